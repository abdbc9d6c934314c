"""The made-up company: nobody's numbers, all well formed, the same for a seed."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook

from sandbox.company import Company, make_company
from sandbox.company.numbers import credit_check_character, organisation_check_character
from sandbox.company.writers import CARD_HEADINGS, ROSTER_HEADINGS, write_company

TODAY = date(2026, 11, 23)
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@pytest.fixture(scope="module")
def company() -> Company:
    return make_company(seed=7, size=300, today=TODAY)


def test_the_same_seed_gives_the_same_company(company: Company) -> None:
    assert make_company(seed=7, size=300, today=TODAY) == company
    assert make_company(seed=8, size=300, today=TODAY) != company


def test_a_larger_company_keeps_its_first_people() -> None:
    small, large = (make_company(seed=3, size=size, today=TODAY) for size in (5, 9))
    assert large.employees[:5] == small.employees


@pytest.mark.parametrize("size", [0, -1, 100_001])
def test_senseless_sizes_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match="size"):
        make_company(seed=1, size=size, today=TODAY)


def test_id_numbers_are_well_formed_and_nobodys(company: Company) -> None:
    numbers = [one.person.id_number for one in company.employees]
    assert len(set(numbers)) == len(numbers)
    for employee in company.employees:
        number, person = employee.person.id_number, employee.person
        # ISO 7064 MOD 11-2: the weighted sum of all eighteen is 1.
        values = [10 if char == "X" else int(char) for char in number]
        assert sum(v * 2 ** (17 - place) for place, v in enumerate(values)) % 11 == 1
        assert number[6:14] == f"{person.birth:%Y%m%d}"
        assert number[14:17] in {"996", "997", "998", "999"}
        assert (int(number[16]) % 2 == 1) == (person.sex == "男")


def test_credit_codes_are_well_formed_and_nobodys(company: Company) -> None:
    # A published example of GB 32100, and one of GB 11714.
    assert credit_check_character("91350100M000100Y4") == "3"
    assert organisation_check_character("D2143569") == "X"
    for employer in company.employers:
        assert employer.credit_code[8:12] == "0000"
        values = [CREDIT_ALPHABET.index(char) for char in employer.credit_code]
        total = sum(v * 3**place for place, v in enumerate(values[:17])) + values[17]
        assert total % 31 == 0


def test_cards_are_valid_today_but_for_the_expired(company: Company) -> None:
    for employee in company.employees:
        until = employee.person.valid_to
        assert employee.person.valid_from <= TODAY
        expired = until is not None and until < TODAY
        assert expired == ("expired" in employee.traits)
        assert (until is None) == ("long_term" in employee.traits)


def test_periods_follow_the_age_at_issue(company: Company) -> None:
    for employee in company.employees:
        person = employee.person
        age = (person.valid_from - person.birth).days / 365.2425
        years = person.valid_to.year - person.valid_from.year if person.valid_to else None
        if "expired" not in employee.traits:
            assert years == (10 if age < 26 else 20 if age < 46 else None)


@pytest.mark.parametrize(
    "trait",
    [
        "rare_character",
        "unreadable_character",
        "middle_dot",
        "minority",
        "expired",
        "long_term",
        "check_x",
        "card_none",
        "card_same_province",
        "card_other_province",
        "card_lost",
        "card_cancelled",
        "card_sealed",
        "card_collectable",
    ],
)
def test_the_first_twelve_people_show_every_situation(trait: str) -> None:
    cast = make_company(seed=11, size=12, today=TODAY)
    assert cast.with_trait(trait)


def test_known_cards_fit_their_situation(company: Company) -> None:
    for employee in company.employees:
        cards = company.cards_of(employee.number)
        provinces = {card.province[:2] == employee.region[:2] for card in cards}
        if "card_none" in employee.traits:
            assert cards == ()
        else:
            assert len(cards) == 1
            assert provinces == {"card_other_province" not in employee.traits}


def test_phones_use_a_prefix_that_no_operator_has(company: Company) -> None:
    phones = [one.phone for one in company.employees]
    assert len(set(phones)) == len(phones)
    assert all(len(phone) == 11 and phone.startswith("154") for phone in phones)


def test_tables_hold_the_company(company: Company, tmp_path: Path) -> None:
    write_company(company, tmp_path, pictures=False)
    with (tmp_path / "roster.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == ROSTER_HEADINGS
    assert [row["证件号码"] for row in rows] == [one.person.id_number for one in company.employees]
    assert {row["统一社会信用代码"] for row in rows} <= {e.credit_code for e in company.employers}
    sheet = load_workbook(tmp_path / "cards.xlsx", read_only=True).worksheets[0]
    lines = list(sheet.iter_rows(values_only=True))
    assert lines[0] == CARD_HEADINGS
    assert len(lines) == len(company.cards) + 1
    stored = json.loads((tmp_path / "company.json").read_text(encoding="utf-8"))
    assert stored["employees"][0]["person"]["name"] == company.employees[0].person.name
    assert not (tmp_path / "people").exists()


def test_everybody_gets_pictures_to_send(tmp_path: Path) -> None:
    small = make_company(seed=2, size=1, today=TODAY)
    write_company(small, tmp_path)
    folder = tmp_path / "people" / small.employees[0].number
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "id_front.jpg",
        "id_back.jpg",
        "portrait.jpg",
        "portrait_blue.jpg",
        "card_list.jpg",
    }
    assert all(path.read_bytes().startswith(b"\xff\xd8") for path in folder.iterdir())
