"""Reading ID cards well: a first look, a second one at the straightened card, and the settling.

Every value ends as agreed, corrected by the number's own checks, or doubtful; a doubtful value is
said to be so, a missing one is asked for by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from services.documents import idcard
from services.documents import text as texts
from services.documents.again import Again
from services.documents.deblurring import deblurred
from services.documents.idcard import Card
from services.documents.idnumber import IdNumberError, check_id_number, is_id_number
from services.documents.ocr import Corners, Line, Ocr, Pixels, cut
from services.documents.placemending import mend_places
from services.documents.places import begins_with_a_place
from services.documents.rectify import brightened, guess, inside, outline, straighten, upright
from services.documents.values import Value, doubtful_names, least_sure, voted

_WANTED = {"front": idcard.FRONT_FIELDS, "back": idcard.BACK_FIELDS}
_FREE = ("name", "address", "authority")  # no check digit or list tells whether these are right
_CLEAR = 0.95  # from which free text needs no sharpening
_MOST_LINES = 10  # of free text on one side; more is something else
_SHARP = 0.9  # from which a sharpened reading is preferred to a less sure one
_DIGITS = "0123456789X"
_FEWEST_TO_COMPARE = 3
_LOST_END = 2  # characters; more is another line, a mark or another paper
_SEEN = 0.8  # probability from which an end was seen, not made up
_WIDE = 1.55  # a step between a name's characters against the narrowest: a dot may be lost there


@dataclass(frozen=True)
class SideRead:
    """One side after all looks: settled values, doubtful names and the straightened picture."""

    side: str
    values: dict[str, str]
    doubts: tuple[str, ...]
    picture: Pixels
    looks: int
    weak_line: int | None = None
    """Which line of the address (from 1) is the doubtful one, when it has several."""


def read_sides(ocr: Ocr, picture: Pixels, lines: Sequence[Line]) -> list[SideRead]:
    """Every side of an ID card that a picture shows, given its lines."""
    return [_read_side(ocr, picture, lines, side) for side in idcard.sides(lines)]


def _read_side(ocr: Ocr, picture: Pixels, lines: Sequence[Line], side: str) -> SideRead:
    card = idcard.parse(lines, side)
    place = guess(card.labels, side, card.degrees)
    exact = outline(picture, place) if place is not None else None
    corners = exact if exact is not None else place
    first = _own_lines(card, lines, corners)
    flat = _flat(ocr, picture, first, corners)
    looks = [first]
    if not _convincing(first, ocr.settings.sure):
        looks.append(_look(ocr, flat, side))
        if not _convincing(_best(looks), ocr.settings.sure):
            looks.append(_look(ocr, brightened(flat), side))
        looks = [_closer(ocr, picture, looks[0]), *looks[1:]]
    values, doubts = settle(looks, ocr.settings.doubtful)
    best = _best(looks)
    doubts |= _sharper(ocr, picture, first, best, values)
    seen = [look.values for look in looks]
    shaky = [name for name in _FREE if name in values and name not in doubts]
    again = Again(ocr, [(looks[0].values, picture), *((look.values, flat) for look in looks[1:])])
    doubts |= {
        name
        for name in shaky
        if again.shaky(best.values[name])
        or again.unstable(least_sure(seen, name))
        or (name == "name" and _unlikely(best.values[name]))
    }
    if values.get("address", "")[-1:].isdecimal():
        values["address"] += again.lone_end(best.values["address"])
    whole = again.cut_digits(best.values["address"]) if "address" in values else None
    if whole is not None and values["address"] == best.values["address"].text:
        values["address"] = idcard.plain_place(whole)
        doubts.add("address")
    mend_places(values, doubts, seen, again)
    ordered = tuple(name for name in _WANTED[side] if name in doubts)
    weak = _weak_line(best.values.get("address"), ocr.settings.doubtful)
    return SideRead(side, values, ordered, flat, len(looks), weak)


def _sharper(
    ocr: Ocr, picture: Pixels, first: Card, best: Card, values: dict[str, str]
) -> set[str]:
    """Free text that a blurred picture left unsure, read again with the blur taken out: where that
    is surer it takes the value's place, unless it lost a character: a shorter text is easily surer.
    The names whose two readings differ."""
    free = [name for name in _FREE if name in first.values and name in best.values]
    if min((best.values[name].sure for name in free), default=1.0) >= _CLEAR:
        return set()
    lines = [line for name in free for line in first.values[name].lines]
    if not 0 < len(lines) <= _MOST_LINES:
        return set()
    again = iter(deblurred(ocr, picture, lines) or ())
    differ = set()
    for name in free:
        read = [line for _, line in zip(first.values[name].lines, again, strict=False)]
        sure = min((min(line.sure, default=0.0) for line in read), default=0.0)
        printed = "".join(line.text for line in read)
        text = texts.person_name(printed) if name == "name" else idcard.plain_place(printed)
        if sure >= _SHARP and sure > best.values[name].sure and text and text != values[name]:
            values[name] = text if len(text) >= len(values[name]) else values[name]
            differ.add(name)
    return differ


def _unlikely(name: Value) -> bool:
    """Whether a name begins with what is hardly a surname, or its characters stand unevenly: a
    faint dot between two may have been missed."""
    if name.text[:1] in texts.UNLIKELY_SURNAMES:
        return True
    if len(name.lines) != 1 or len(name.text) < _FEWEST_TO_COMPARE or "·" in name.text:
        return False
    steps = np.diff(name.lines[0].centres)
    return bool(len(steps) and steps.max() > _WIDE * steps.min())


def _weak_line(value: Value | None, doubtful: float) -> int | None:
    if value is None or len(value.lines) < 2:
        return None
    lowest = [min(line.sure, default=0.0) for line in value.lines]
    return lowest.index(min(lowest)) + 1 if min(lowest) < doubtful else None


def _own_lines(card: Card, lines: Sequence[Line], corners: Corners | None) -> Card:
    """The side parsed from the lines that lie on it, when other papers lie beside it."""
    if corners is None:
        return card
    own = [line for line in lines if inside(corners, line)]
    if len(own) == len(lines):
        return card
    again = idcard.parse(own, card.side)
    crowded = len(idcard.sides(lines)) > 1
    return again if crowded or again.values.keys() >= card.values.keys() else card


def _flat(ocr: Ocr, picture: Pixels, card: Card, corners: Corners | None) -> Pixels:
    if corners is None:
        return upright(picture, card.degrees)
    size = float(np.linalg.norm(corners[1] - corners[0]))
    return straighten(picture, corners, min(ocr.settings.rectified_width_px, max(600, round(size))))


def _look(ocr: Ocr, flat: Pixels, side: str) -> Card:
    return idcard.parse(ocr.read(flat), side)


def _convincing(card: Card, sure: float) -> bool:
    """Whether one look is enough: all fields, each character probable, the checks agree."""
    wanted = _WANTED[card.side]
    if any(name not in card.values or card.values[name].sure < sure for name in wanted):
        return False
    if card.side == "back":
        return valid_period(card.values["valid_from"].text, card.values["valid_to"].text)
    try:
        number = check_id_number(card.values["id_number"].text)
    except IdNumberError:
        return False
    agrees = number.birth.isoformat() == card.values["birth"].text
    address = card.values["address"].text
    # An address seldom ends with its number: a lone 号 or 室 is the first to be missed.
    agrees = agrees and begins_with_a_place(address) and not address[-1:].isdecimal()
    return agrees and number.sex == card.values["sex"].text


def _closer(ocr: Ocr, picture: Pixels, card: Card) -> Card:
    """A number that fails its check is read again with nothing but digits allowed."""
    value = card.values.get("id_number")
    if value is None or is_id_number(value.text) or len(value.lines) != 1:
        return card
    for grow in (0.0, 0.15):
        text, sure = ocr.read_alphabet(cut(picture, value.lines[0].box, grow), _DIGITS)
        if is_id_number(text):
            again = Value(text, min(sure), value.lines)
            return replace(card, values={**card.values, "id_number": again})
    return card


def _best(looks: Sequence[Card]) -> Card:
    """For each field the most probable value of several looks; free text by their votes."""
    values: dict[str, Value] = {}
    for name in _WANTED[looks[0].side]:
        read = [look.values[name] for look in looks if name in look.values]
        if name == "id_number":
            read = [value for value in read if is_id_number(value.text)] or read
        if read:
            free = name in _FREE
            clean = texts.person_name if name == "name" else texts.place
            values[name] = _fuller(voted(read, clean), read) if free else max(read, key=_sureness)
    return replace(looks[0], values=values)


def _sureness(value: Value) -> float:
    return value.sure


def _fuller(best: Value, read: Sequence[Value]) -> Value:
    """Another look's value that is the best one and what it lost: an end, a digit of a row of
    digits, a name's dot. The recogniser drops what is printed more often than it makes things up.
    """
    for value in read:
        rest = value.text.removeprefix(best.text)
        ends = rest != value.text and 0 < len(rest) <= _LOST_END and value.sure >= _SEEN
        if ends or ("·" in value.text and value.text.replace("·", "") == best.text):
            return value
        if _lost_digit(best.text, value.text):
            return value
    return best


def _lost_digit(short: str, full: str) -> bool:
    """Whether one text is the other without one digit that stands beside others."""
    if len(full) != len(short) + 1:
        return False
    place = next((i for i, one in enumerate(short) if one != full[i]), len(short))
    beside = full[max(place - 1, 0) : place] + full[place + 1 : place + 2]
    return (
        short[place:] == full[place + 1 :]
        and full[place].isdecimal()
        and any(one.isdecimal() for one in beside)
    )


def settle(looks: Sequence[Card], doubtful: float) -> tuple[dict[str, str], set[str]]:
    """Final values and the names of those that a person should check."""
    best = _best(looks)
    values = {name: value.text for name, value in best.values.items()}
    doubts = doubtful_names([look.values for look in looks], best.values, doubtful)
    if best.side == "front":
        _settle_front(looks, values, doubts)
    elif not valid_period(values.get("valid_from", ""), values.get("valid_to", "")):
        doubts |= {"valid_from", "valid_to"} & values.keys()
    return values, doubts


def _settle_front(looks: Sequence[Card], values: dict[str, str], doubts: set[str]) -> None:
    """Birth and sex stand in the number too: three readings settle one another."""
    try:
        number = check_id_number(values.get("id_number", ""))
    except IdNumberError:
        doubts |= {"id_number"} & values.keys()
        return
    if number.fifteen:
        return
    for name, told in (("birth", number.birth.isoformat()), ("sex", str(number.sex))):
        read = [look.values[name].text for look in looks if name in look.values]
        if not read or told in read:
            values[name] = told
            doubts.discard(name)
        else:
            doubts |= {name, "id_number"}
    if "birth" not in doubts:
        doubts.discard("id_number")


def valid_period(start: str, end: str) -> bool:
    """Whether two ISO days are 5, 10 or 20 years apart, or the end is 长期.

    Resident Identity Card Law, article 5: 5 years under 16, 10 from 16 to 25, 20 from 26 to 45,
    long-term from 46. A card issued on 29 February ends on 28 February or 1 March.
    """
    if not start or not end:
        return False
    if end == idcard.LONG_TERM:
        return True
    years = int(end[:4]) - int(start[:4])
    leap = start[5:] == "02-29" and end[5:] in ("02-28", "03-01")
    return years in (5, 10, 20) and (start[5:] == end[5:] or leap)
