"""Papers other than the ID card: their numbers, what they say of themselves and of the roster."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from services.documents.consistency import RosterPerson
from services.documents.identity import identity_findings, kind_of_side, own_findings
from services.documents.idnumber import check_character
from services.documents.permitnumber import (
    PermitNumberError,
    check_passport_number,
    check_permanent_number,
    paper_of_number,
)

TODAY = date(2026, 11, 23)


def ending(body: str) -> str:
    return body + check_character(body)


HMT = ending("81000019900102999")
MAINLAND = ending("37010219900102999")
FOREIGN = ending("93784019900102999")
BORN = {"sex": "男", "birth": "1990-01-02"}
PERMIT = {"name": "陈样本", **BORN, "address": "山东省济南市样本路1号", "id_number": HMT}
BACK = {"authority": "济南市公安局", "valid_from": "2024-01-02", "valid_to": "2029-01-02"}
TRAVEL = BACK | {"permit_number": "H12345678"}
CARD = {"name": "ERIKSSON, ANNA MARIA", "birth": "1990-01-02", "id_number": FOREIGN}
ANOTHER = ("roster_number_differs", "fault")
PAPER = ("roster_paper_differs", "question")
NAME = ("name_differs", "question")
PASS = {"name": "ERIKSSON, ANNA MARIA", "nationality": "UTO", "passport_number": "L1234567"}


@pytest.mark.parametrize(
    ("number", "whose"),
    [
        (MAINLAND, ("mainland", "id_card")),
        (MAINLAND.lower(), ("mainland", "id_card")),
        (HMT, ("hmt", "hmt_permit")),
        ("H12345678", ("hmt", "hmt_permit")),
        (FOREIGN, ("foreign", "foreign_permit")),
        ("USA310010101012", ("foreign", "foreign_permit")),
        ("L1234567", ("foreign", "passport")),
        ("12345678", None),
        (MAINLAND[:-1] + "?", None),
        ("", None),
        (None, None),
    ],
)
def test_whose_number_it_is(number: str | None, whose: tuple[str, str] | None) -> None:
    assert paper_of_number(number) == whose


def test_numbers_of_permanent_residence_cards() -> None:
    assert check_permanent_number(f" {FOREIGN.lower()}") == (FOREIGN, date(1990, 1, 2))
    assert check_permanent_number("usa310010101012") == ("USA310010101012", None)
    wrong = FOREIGN[:-1] + ("0" if FOREIGN[-1] != "0" else "1")
    for number in (wrong, MAINLAND, ending("93784019901302999"), "US3100101010123", "9"):
        with pytest.raises(PermitNumberError) as caught:
            check_permanent_number(number)
        assert number not in str(caught.value)


@pytest.mark.parametrize("number", ["1234", "L12345678901", "ABCDEFG", "L12-34/67"])
def test_what_is_no_passport_number(number: str) -> None:
    with pytest.raises(PermitNumberError):
        check_passport_number(number)


@pytest.mark.parametrize(
    ("kind", "fields", "code"),
    [
        ("hmt_front", PERMIT, None),
        ("hmt_front", PERMIT | {"id_number": MAINLAND}, "number_not_hmt"),
        ("hmt_front", PERMIT | {"birth": "1991-01-02"}, "birth_differs"),
        ("hmt_front", PERMIT | {"id_number": HMT[:-1] + "?"}, "number_invalid"),
        ("hmt_back", BACK, None),
        ("hmt_back", BACK | {"valid_to": "2026-11-22"}, "expired"),
        ("foreign_permit", CARD, None),
        ("foreign_permit", CARD | {"id_number": "USA310010101012"}, None),
        ("foreign_permit", CARD | {"id_number": MAINLAND}, "permit_number_invalid"),
        ("foreign_permit", CARD | {"birth": "1990-02-01"}, "permit_birth_differs"),
        ("foreign_permit", CARD | {"valid_to": "2020-01-01"}, "expired"),
        ("passport", PASS | {"valid_to": "2020-01-01"}, "expired"),
        ("temporary_id", {"valid_from": "2026-11-01", "valid_to": "2027-01-31"}, "expires_soon"),
        ("temporary_id", {"valid_from": "2026-07-01", "valid_to": "2026-09-30"}, "expired"),
        ("portrait", {}, None),
    ],
)
def test_what_a_paper_says_of_itself(
    kind: str, fields: Mapping[str, str], code: str | None
) -> None:
    found = [one.code for one in own_findings(kind, fields, TODAY)]
    assert [one for one in found if one != "validity_odd"] == ([code] if code else [])


@pytest.mark.parametrize(
    ("paper", "documents", "roster", "wanted"),
    [
        ("hmt_permit", {"hmt_front": PERMIT, "hmt_back": BACK}, ("陈样本", HMT), None),
        # The roster may have the travel permit's number, which the back shows.
        ("hmt_permit", {"hmt_front": PERMIT, "hmt_back": TRAVEL}, ("陈样本", "H12345678"), None),
        ("hmt_permit", {"hmt_front": PERMIT}, ("陈样本", "H87654321"), ANOTHER),
        ("hmt_permit", {"hmt_front": PERMIT}, ("陈样本", MAINLAND), ANOTHER),
        ("hmt_permit", {"hmt_front": PERMIT}, ("李样本", HMT), NAME),
        ("foreign_permit", {"foreign_permit": CARD}, ("Anna Maria Eriksson", FOREIGN), None),
        ("foreign_permit", {"foreign_permit": CARD}, ("ERIKSSON ANNA MARIA", "L1234567"), PAPER),
        ("passport", {"passport": PASS}, ("Anna Maria Eriksson", "L7654321"), ANOTHER),
        ("passport", {"passport": PASS}, ("艾样本", "L1234567"), NAME),
    ],
)
def test_against_the_roster(
    paper: str,
    documents: Mapping[str, Mapping[str, str]],
    roster: tuple[str, str],
    wanted: tuple[str, str] | None,
) -> None:
    person = RosterPerson(*roster)
    found = identity_findings(paper, documents, person, today=TODAY)
    assert [(one.code, one.severity) for one in found] == ([wanted] if wanted else [])


def test_sides_are_documents_of_their_own() -> None:
    assert kind_of_side("hmt_permit", "back") == "hmt_back"
    assert kind_of_side("foreign_permit", "front") == "foreign_permit"
