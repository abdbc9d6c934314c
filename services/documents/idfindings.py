"""What one side of an ID card says about itself: missing, doubtful, contradictory, expired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from services.documents.findings import Finding
from services.documents.idcard import BACK_FIELDS, FRONT_FIELDS, LONG_TERM
from services.documents.idnumber import IdNumberError, check_id_number
from services.documents.idreading import valid_period

_SOON = timedelta(days=90)


def front_findings(
    values: Mapping[str, str], doubts: Sequence[str], today: date, weak_line: int | None = None
) -> list[Finding]:
    """Findings of the portrait side, in the order of the card.

    ``weak_line`` is the line of the address that could hardly be read, when one alone is meant.
    """
    found = _missing(FRONT_FIELDS, values) + _doubtful(doubts)
    if weak_line is not None:
        line = Finding("address_line_unreadable", "address", {"line": str(weak_line)}, "notice")
        found = [line if one.field == "address" else one for one in found]
    return found + number_findings(values, today)


def back_findings(values: Mapping[str, str], doubts: Sequence[str], today: date) -> list[Finding]:
    """Findings of the emblem side."""
    return (
        _missing(BACK_FIELDS, values)
        + _doubtful(doubts)
        + validity_findings(values.get("valid_from"), values.get("valid_to"), today)
    )


def number_findings(values: Mapping[str, str], today: date) -> list[Finding]:
    """The number's own check, and birth and sex against it."""
    text = values.get("id_number")
    if text is None:
        return []
    try:
        number = check_id_number(text, today=today)
    except IdNumberError:
        return [Finding("number_invalid", "id_number")]
    if number.fifteen:
        return [Finding("number_fifteen", "id_number")]
    found = []
    if values.get("birth", number.birth.isoformat()) != number.birth.isoformat():
        found.append(Finding("birth_differs", "birth"))
    if values.get("sex", number.sex) != number.sex:
        found.append(Finding("sex_differs", "sex"))
    return found


def validity_findings(start: str | None, end: str | None, today: date) -> list[Finding]:
    """Expiry and the lengths that the law knows. A card is valid on its last day."""
    if start is None or end is None:
        return []
    found = []
    if start > today.isoformat():
        found.append(Finding("not_yet_valid", "valid_from"))
    found += expiry_findings(end, today)
    if not valid_period(start, end):
        found.append(Finding("validity_odd", "valid_to", {}, "notice"))
    return found


def expiry_findings(end: str | None, today: date) -> list[Finding]:
    """Whether a document has expired or soon will; ``end`` is YYYY-MM-DD or 长期."""
    if end is None or end == LONG_TERM:
        return []
    if end < today.isoformat():
        return [Finding("expired", "valid_to", {"date": end})]
    if date.fromisoformat(end) - today <= _SOON:
        return [Finding("expires_soon", "valid_to", {"date": end}, "notice")]
    return []


def _missing(names: Sequence[str], values: Mapping[str, str]) -> list[Finding]:
    return [Finding("field_unreadable", name) for name in names if name not in values]


def _doubtful(doubts: Sequence[str]) -> list[Finding]:
    return [Finding("field_doubtful", name, {}, "notice") for name in doubts]
