"""Places in addresses and authorities put right by the table of divisions, and then doubted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from knowledge import regions
from services.documents.again import Again
from services.documents.idnumber import IdNumberError, check_id_number
from services.documents.places import Slip, authority_slip, begins_with_a_place, slip
from services.documents.values import Value

_FIRM = 0.98
_MOST_SLIPS = 3  # province, city and county
_FIND = {"address": slip, "authority": authority_slip, "native_place": slip}


def mend_places(
    values: dict[str, str], doubts: set[str], looks: Sequence[Mapping[str, Value]], again: Again
) -> None:
    """A county that doesn't exist is put right when one alone is meant, and stays doubtful.

    Of several names the one is meant that the holder's number begins with, or that the recogniser
    itself holds for possible.
    """
    for name in _FIND:
        if _rooted(name, values, looks):
            doubts.add(name)
        for _ in range(_MOST_SLIPS):
            if not _mended(name, values, looks, again):
                break
            doubts.add(name)
    if "address" in values and not begins_with_a_place(values["address"]):
        doubts.add("address")


def _rooted(name: str, values: dict[str, str], looks: Sequence[Mapping[str, Value]]) -> bool:
    """Take another look's value where this one begins with no place and that one does: votes may
    have outvoted the look that read it. Whether that was so."""
    if begins_with_a_place(values.get(name) or ""):
        return False
    read = [look[name] for look in looks if name in look]
    sound = [one for one in read if begins_with_a_place(one.text)]
    if name not in values or not sound:
        return False
    values[name] = max(sound, key=lambda value: value.sure).text
    return True


def _mended(
    name: str, values: dict[str, str], looks: Sequence[Mapping[str, Value]], again: Again
) -> bool:
    """Mend the first slip of one value if it can be; whether there was one."""
    text, find = values.get(name, ""), _FIND[name]
    found = find(text)
    if found is None:
        return False
    read = [look[name] for look in looks if name in look]
    sound = [one for one in read if find(one.text) is None and begins_with_a_place(one.text)]
    if sound:
        values[name] = max(sound, key=lambda value: value.sure).text
        return True
    meant = _meant(found, max(read, key=lambda value: value.sure), values, again)
    if meant is not None:
        values[name] = text[: found.start] + meant + text[found.stop :]
    return True


def _meant(found: Slip, value: Value, values: Mapping[str, str], again: Again) -> str | None:
    if found.meant is not None and value.sure < _FIRM:
        return found.meant
    registered = [name for name in found.near if name in _registered(values)]
    if len(registered) == 1:
        return registered[0]
    possible = again.likely(value, found)
    return possible[0] if len(possible) == 1 else None


def _registered(values: Mapping[str, str]) -> frozenset[str]:
    """The places where a number was first registered: most people still live there."""
    try:
        code = check_id_number(values.get("id_number", "")).region
    except IdNumberError:
        return frozenset()
    if regions.find(regions.current_code(code)) is None:
        return frozenset()
    return frozenset(region.name for region in regions.lineage(regions.current_code(code)))
