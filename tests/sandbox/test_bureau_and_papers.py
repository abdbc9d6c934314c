"""The made-up company's own papers, judged by the bureau: sound ones pass, faulty ones don't."""

from __future__ import annotations

from datetime import date

import pytest

from sandbox.bureau.pictures import judge_identity_card, judge_portrait
from sandbox.bureau.rules import valid_id_number
from sandbox.company import Employee, make_company
from sandbox.papers import render

COMPANY = make_company(seed=11, size=6, today=date(2026, 11, 23))


@pytest.mark.parametrize("employee", COMPANY.employees[:3], ids=lambda one: one.number)
def test_sound_papers_pass(employee: Employee) -> None:
    assert valid_id_number(employee.person.id_number)
    for side in ("id_front", "id_back"):
        paper = render(side, employee, seed=1, grade="phone")
        assert judge_identity_card(paper.image, side) is None
    assert judge_portrait(render("portrait", employee, seed=1).image, "370100") is None


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"background": "blue"}, "photo_background"),
        ({"background": "gradient"}, "photo_background"),
        ({"fault": "blurred"}, "photo_blurred"),
        ({"fault": "small"}, "photo_size"),
    ],
)
def test_faulty_portraits_are_found(options: dict[str, str], code: str) -> None:
    paper = render("portrait", COMPANY.employees[0], seed=1, **options)  # type: ignore[arg-type]
    reason = judge_portrait(paper.image, "370100")
    assert reason is not None
    assert reason.code == code
