"""Whether front, back, hukou and roster tell of one person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from services.documents import text as texts
from services.documents.findings import Finding
from services.documents.idcard import LONG_TERM
from services.documents.idfindings import number_findings, validity_findings
from services.documents.idnumber import IdNumberError, check_id_number, normalise_id_number


@dataclass(frozen=True)
class RosterPerson:
    """What HR's roster says; None where it says nothing. ``birth`` is YYYY-MM-DD."""

    name: str
    id_number: str | None = None
    sex: str | None = None
    birth: str | None = None


def check_consistency(
    front: Mapping[str, str] | None,
    back: Mapping[str, str] | None,
    roster: RosterPerson | None = None,
    *,
    today: date,
    hukou: Mapping[str, str] | None = None,
) -> list[Finding]:
    """Findings over the fields after the person confirmed or corrected them.

    Whether both sides are of one card can't be proved from two pictures: what contradicts it is a
    fault (issued before birth), what makes it unlikely a notice.
    """
    found: list[Finding] = []
    if front is not None:
        found += number_findings(front, today)
        if roster is not None:
            found += _against_roster(front, roster)
        if hukou is not None:
            found += _against_hukou(front, hukou)
    if back is not None:
        found += validity_findings(back.get("valid_from"), back.get("valid_to"), today)
    if front is not None and back is not None:
        found += _one_card(front, back)
    return found


def same_name(one: str, two: str) -> bool:
    """Whether two spellings are one name: middle dots, spaces and variant forms don't matter."""
    return _plain_name(one) == _plain_name(two)


def _plain_name(name: str) -> str:
    return texts.person_name(name).replace("·", "").casefold()


def _against_roster(front: Mapping[str, str], roster: RosterPerson) -> list[Finding]:
    found = []
    if "name" in front and not same_name(front["name"], roster.name):
        found.append(Finding("name_differs", "name", {}, "question"))
    number = front.get("id_number")
    if number and roster.id_number and not same_number(number, roster.id_number):
        found.append(Finding("roster_number_differs", "id_number"))
    for name, told in (("sex", roster.sex), ("birth", roster.birth)):
        if told and front.get(name, told) != told:
            found.append(Finding(f"roster_{name}_differs", name))
    return found


def same_number(one: str, two: str) -> bool:
    """Whether two numbers are one person's, a 15-digit one included."""
    left, right = normalise_id_number(one), normalise_id_number(two)
    if len(left) == len(right):
        return left == right
    longer, shorter = sorted((left, right), key=len, reverse=True)
    return len(longer) == 18 and len(shorter) == 15 and longer[:6] + longer[8:17] == shorter


def _against_hukou(front: Mapping[str, str], hukou: Mapping[str, str]) -> list[Finding]:
    found = []
    if "name" in front and "name" in hukou and not same_name(front["name"], hukou["name"]):
        found.append(Finding("hukou_name_differs", "name"))
    numbers = front.get("id_number"), hukou.get("id_number")
    if numbers[0] and numbers[1] and not same_number(numbers[0], numbers[1]):
        found.append(Finding("hukou_number_differs", "id_number"))
    return found


def _one_card(front: Mapping[str, str], back: Mapping[str, str]) -> list[Finding]:
    start, end = back.get("valid_from"), back.get("valid_to")
    birth = _birth(front)
    if start is None or end is None or birth is None:
        return []
    issued = date.fromisoformat(start)
    if issued < birth:
        return [Finding("issued_before_birth", "valid_from")]
    if not _period_fits(birth, issued, end):
        return [Finding("validity_age", "valid_to", {}, "notice")]
    return []


def _birth(front: Mapping[str, str]) -> date | None:
    try:
        return check_id_number(front.get("id_number", "")).birth
    except IdNumberError:
        return None


def _period_fits(birth: date, issued: date, end: str) -> bool:
    """Resident Identity Card Law, article 5: the length goes by the holder's age when issued.

    A year's slack on both sides: cards are dated by the day of printing, not of application.
    """
    age = (issued - birth).days / 365.25
    if end == LONG_TERM:
        return age >= 45
    years = date.fromisoformat(end).year - issued.year
    bounds = {5: (0.0, 17.0), 10: (15.0, 27.0), 20: (25.0, 47.0)}.get(years)
    return bounds is None or bounds[0] <= age <= bounds[1]
