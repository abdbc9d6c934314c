"""What papers that prove a person say of themselves, of each other and of the roster's entry.

Kinds are those of an application's documents: a residence permit's sides are ``hmt_front`` and
``hmt_back``, other papers have the reader's names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date

from services.documents.consistency import RosterPerson, check_consistency, same_name, same_number
from services.documents.findings import Finding
from services.documents.idfindings import expiry_findings, number_findings, validity_findings
from services.documents.idnumber import normalise_id_number
from services.documents.permitnumber import (
    PermitNumberError,
    check_hmt_number,
    check_passport_number,
    check_permanent_number,
    paper_of_number,
)

SIDES = {("hmt_permit", "front"): "hmt_front", ("hmt_permit", "back"): "hmt_back"}
"""The reader's kinds whose sides are documents of their own."""

Fields = Mapping[str, str]
_NUMBERS = ("id_number", "passport_number", "permit_number")


def kind_of_side(kind: str, side: str | None) -> str:
    """The kind of an application's document for what the reader saw."""
    return SIDES.get((kind, side or ""), kind)


def own_findings(kind: str, values: Fields, today: date) -> list[Finding]:
    """What one document's fields say about themselves; nothing for kinds that prove nobody."""
    judge = _JUDGES.get(kind)
    return judge(values, today) if judge else []


def identity_findings(
    paper: str, documents: Mapping[str, Fields], roster: RosterPerson | None, *, today: date
) -> list[Finding]:
    """The findings over all documents of one paper, after the person's corrections.

    Args:
        paper: an identity of `knowledge.identities`.
        documents: fields by kind of document.
    """
    if paper == "id_card":
        front, back = documents.get("id_front"), documents.get("id_back")
        return check_consistency(front, back, roster, today=today)
    found = [each for kind in documents for each in own_findings(kind, documents[kind], today)]
    values: dict[str, str] = {}
    for fields in documents.values():
        values |= fields
    if values.get("valid_from", "9999") < values.get("birth", ""):
        found.append(Finding("issued_before_birth", "valid_from"))
    if roster is not None and values:
        found += _against_roster(paper, values, roster)
    return found


def _against_roster(paper: str, values: Fields, roster: RosterPerson) -> list[Finding]:
    found = []
    name = values.get("name")
    if name and not (same_name(name, roster.name) or _same_latin(name, roster.name)):
        found.append(Finding("name_differs", "name", {}, "question"))
    told = [values[each] for each in _NUMBERS if values.get(each)]
    if told and roster.id_number and not any(same_number(one, roster.id_number) for one in told):
        of = paper_of_number(roster.id_number)
        if of is not None and (of[1] == paper or of[0] == "mainland"):
            field = "passport_number" if paper == "passport" else "id_number"
            found.append(Finding("roster_number_differs", field))
        else:  # the roster has another paper's number: nothing to compare
            found.append(Finding("roster_paper_differs", "id_number", {}, "question"))
    for field, known in (("sex", roster.sex), ("birth", roster.birth)):
        if known and values.get(field, known) != known:
            found.append(Finding(f"roster_{field}_differs", field))
    return found


def _same_latin(one: str, two: str) -> bool:
    """Whether two spellings in Latin letters are one name: order and signs don't matter."""
    left, right = (sorted(re.findall(r"[A-Z]+", text.upper())) for text in (one, two))
    return bool(left) and left == right


def _front(values: Fields, today: date) -> list[Finding]:
    return number_findings(values, today)


def _back(values: Fields, today: date) -> list[Finding]:
    return validity_findings(values.get("valid_from"), values.get("valid_to"), today)


def _temporary(values: Fields, today: date) -> list[Finding]:
    """Valid for three months, so the ID card's periods don't count."""
    found = number_findings(values, today)
    if values.get("valid_from", "") > today.isoformat():
        found.append(Finding("not_yet_valid", "valid_from"))
    return found + expiry_findings(values.get("valid_to"), today)


def _hmt_front(values: Fields, today: date) -> list[Finding]:
    found = number_findings(values, today)
    if found or "id_number" not in values:
        return found
    try:
        check_hmt_number(values["id_number"], today=today)
    except PermitNumberError:
        return [Finding("number_not_hmt", "id_number")]
    return []


def _foreign(values: Fields, today: date) -> list[Finding]:
    found = []
    if "id_number" in values:
        try:
            _, birth = check_permanent_number(values["id_number"])
        except PermitNumberError:
            found.append(Finding("permit_number_invalid", "id_number"))
        else:
            told = values.get("birth")
            if birth is not None and told is not None and told != birth.isoformat():
                found.append(Finding("permit_birth_differs", "birth"))
    return found + expiry_findings(values.get("valid_to"), today)


def _passport(values: Fields, today: date) -> list[Finding]:
    found = []
    if "passport_number" in values:
        try:
            check_passport_number(normalise_id_number(values["passport_number"]))
        except PermitNumberError:
            found.append(Finding("passport_number_invalid", "passport_number"))
    return found + expiry_findings(values.get("valid_to"), today)


_JUDGES: Mapping[str, Callable[[Fields, date], list[Finding]]] = {
    "id_front": _front,
    "id_back": _back,
    "temporary_id": _temporary,
    "hmt_front": _hmt_front,
    "hmt_back": _back,
    "foreign_permit": _foreign,
    "passport": _passport,
}
