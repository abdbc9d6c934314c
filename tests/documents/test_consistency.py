"""Front, back, hukou and roster told as one person or not."""

from __future__ import annotations

from datetime import date

import pytest

from services.documents.consistency import (
    RosterPerson,
    check_consistency,
    same_name,
    same_number,
)
from services.documents.idnumber import check_character

TODAY = date(2026, 11, 23)
NUMBER = "37010219930623999" + check_character("37010219930623999")
FRONT = {"name": "江辉", "sex": "男", "birth": "1993-06-23", "id_number": NUMBER}
BACK = {"authority": "济南市公安局历下分局", "valid_from": "2021-02-14", "valid_to": "2041-02-14"}
ROSTER = RosterPerson("江辉", NUMBER, "男", "1993-06-23")


def codes(*args: object, **more: object) -> list[str]:
    return [one.code for one in check_consistency(*args, today=TODAY, **more)]  # type: ignore[arg-type]


def test_one_person_has_no_findings() -> None:
    assert codes(FRONT, BACK, ROSTER, hukou=FRONT) == []


def test_a_roster_name_that_differs_is_a_question_to_hr() -> None:
    found = check_consistency(
        FRONT, BACK, RosterPerson("江晖", NUMBER, "男", "1993-06-23"), today=TODAY
    )
    assert [(one.code, one.severity) for one in found] == [("name_differs", "question")]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"id_number": "370102199306239981"}, "number_invalid"),
        ({"sex": "女"}, "sex_differs"),
        ({"birth": "1993-06-24"}, "birth_differs"),
    ],
)
def test_contradictions_on_the_front_are_faults(change: dict[str, str], code: str) -> None:
    found = check_consistency({**FRONT, **change}, BACK, None, today=TODAY)
    assert code in [one.code for one in found if one.severity == "fault"]


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        ("2006-11-22", "2026-11-22", "expired"),
        ("2006-11-23", "2026-11-23", "expires_soon"),  # valid on its last day
        ("2027-01-01", "2047-01-01", "not_yet_valid"),
        ("2021-02-14", "2038-02-14", "validity_odd"),
        ("1990-02-14", "长期", "issued_before_birth"),
        ("2021-02-14", "长期", "validity_age"),
        ("2021-02-14", "2026-12-30", "validity_odd"),
    ],
)
def test_validity(start: str, end: str, code: str) -> None:
    assert code in codes(FRONT, {**BACK, "valid_from": start, "valid_to": end}, None)


def test_roster_numbers_of_both_lengths_agree() -> None:
    assert same_number(NUMBER, NUMBER[:6] + NUMBER[8:17])
    assert same_number(NUMBER.lower(), NUMBER)
    assert not same_number(NUMBER, "370102199306239981")


def test_spellings_of_one_name() -> None:
    assert same_name("买买提·艾力", "买买提•艾力")
    assert same_name("買買提 艾力", "买买提艾力")
    assert not same_name("张三", "张山")


def test_the_hukou_page_of_another_person_is_noticed() -> None:
    other = {"name": "江月", "id_number": "370102199306239981"}
    assert codes(FRONT, None, None, hukou=other) == ["hukou_name_differs", "hukou_number_differs"]
