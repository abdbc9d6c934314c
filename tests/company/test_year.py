"""The simulated year runs to its end, and its sums add up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import ValidationError

from benchmarks.support.year import plan, report, year
from benchmarks.support.year.assumptions import NAMES, Assumptions
from benchmarks.support.year.pictures import Album, make_album, own_fields, spoilt
from benchmarks.support.year.tally import Result
from sandbox.company.dice import dice
from tests.support.reader import SharedReader

SEED = 3


def _rough() -> Assumptions:
    """Few people among whom much happens, with few kinds of pictures."""
    usual = Assumptions.load("rough")
    return usual.model_copy(
        update={
            "joiners": 0.5,
            "movers": 0.2,
            "tries_again": 0.2,
            "portrait": {"good": 0.5, "large": 0.3, "no_face": 0.2},
            "id_side": {"good": 0.8, "unreadable": 0.2},
            "unregistered": 0.3,
            "banks_connected": 5,
        }
    )


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def album(shared_reader: SharedReader) -> AsyncIterator[Album]:
    """One picture of each condition, really read."""
    conditions = {"portrait": tuple(_rough().portrait), "id_side": tuple(_rough().id_side)}
    yield await make_album(
        SEED, conditions, plan.REGIONS[:2], (1, 1), step=lambda: None, reader=shared_reader
    )


async def _run(album: Album, folder: Path, *, checks: bool) -> Result:
    a = _rough()
    company = plan.draw(a, 12, 2, SEED)
    return await year.run(
        a,
        company,
        album,
        folder,
        f"sqlite:///{folder}/year.db",
        checks=checks,
        seed=SEED,
        step=lambda _: None,
    )


@pytest.mark.asyncio(loop_scope="module")
async def test_checks_on_beside_checks_off(album: Album, tmp_path: Path) -> None:
    on = await _run(album, tmp_path / "on", checks=True)
    off = await _run(album, tmp_path / "off", checks=False)
    for result in (on, off):
        assert sum(report.fates_of(result).values()) == len(result.wishes)
        assert all(wish.fate for wish in result.wishes)
        made = sum(w.kind == "card" and w.done is not None for w in result.wishes)
        assert made <= result.cards_made
    assert len(on.wishes) == len(off.wishes) > 5
    assert on.second_cards == 0 < off.second_cards
    assert on.count("paper") < off.count("paper")
    assert report.touches_per_wish(on) < report.touches_per_wish(off)
    again = await _run(album, tmp_path / "again", checks=True)
    assert again.wishes == on.wishes
    figures = [row.figure for row in report.rows(_rough())]
    assert [each(again) for each in figures] == [each(on) for each in figures]


@pytest.mark.parametrize("name", NAMES)
def test_every_assumption_has_its_reason(name: str) -> None:
    assert Assumptions.load(name).name == name
    with pytest.raises(ValidationError):
        Assumptions.load(name).model_validate(
            Assumptions.load(name).model_dump() | {"portrait": {"good": 0.4}}
        )


def test_a_misreading_is_one_character_elsewhere() -> None:
    person = plan.draw(_rough(), 3, 2, SEED).people[0].person
    for kind in ("id_front", "id_back"):
        for name, value in own_fields(kind, person.fields()).items():
            wrong = spoilt(name, value, dice(name))
            assert wrong != value or value == "长期"
            assert len(wrong) == len(value)
