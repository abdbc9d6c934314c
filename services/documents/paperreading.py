"""Reading a paper other than the ID card: two looks, doubts, missing fields, its own checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.documents import cardlist
from services.documents.again import Again
from services.documents.document import Side
from services.documents.findings import Finding
from services.documents.identity import kind_of_side, own_findings
from services.documents.idfindings import expiry_findings, number_findings
from services.documents.idnumber import IdNumberError, check_id_number, is_id_number
from services.documents.layout import page_angle
from services.documents.ocr import Line, Ocr, Pixels
from services.documents.papers import parse_paper
from services.documents.placemending import mend_places
from services.documents.places import begins_with_a_place
from services.documents.rectify import brightened, upright
from services.documents.values import Value, doubtful_names, least_sure, most_probable
from services.documents.wordlists import CLOSED

_CITIZEN_NUMBERS = frozenset({"hukou_person", "social_card"})
_ONE_SIDE = frozenset({"temporary_id", "foreign_permit"})  # everything stands beside the photo
_VOTED = ("name", "address", "authority", "native_place", *CLOSED)
_NUMBERED = frozenset({"hukou_person", "temporary_id"})  # their number tells birth and sex
_DETAIL_SIDE_PX = 1440
_WORKING_AGE = 16  # years, labour law article 15


@dataclass(frozen=True)
class PaperRead:
    """A paper after all looks."""

    side: Side | None
    values: dict[str, str]
    doubts: tuple[str, ...]
    findings: tuple[Finding, ...]
    picture: Pixels


def read_paper(
    ocr: Ocr, picture: Pixels, kind: str, lines: Sequence[Line], today: date
) -> PaperRead:
    """Read a paper of a recognised kind, given the lines of the first look."""
    straight, side, needed, looks = _looked(ocr, picture, kind, lines)
    seen = [values for values, _ in looks]
    best = most_probable(seen, _VOTED)
    doubts = doubtful_names(seen, best, ocr.settings.doubtful)
    told = {name: value.text for name, value in best.items()}
    again = Again(ocr, looks)
    doubts |= {name for name in _VOTED if name in best and again.unstable(least_sure(seen, name))}
    doubts |= {name for name, words in CLOSED.items() if told.get(name, "") not in {"", *words}}
    if "native_place" in told and not begins_with_a_place(told["native_place"]):
        doubts.add("native_place")
    mend_places(told, doubts, seen, again)
    if kind in _NUMBERED:
        _settle_by_number(told, doubts)
    findings = _judged(kind_of_side(kind, side), told, doubts, needed, today)
    if kind in _ONE_SIDE and side == "back":
        findings = [Finding("other_side")]
    if kind == "hukou_person" and _child(told, today):
        told, doubts, findings = _masked(told), set(), [Finding("childs_page", None, {}, "notice")]
    shown: Side | None = "front" if side == "front" else "back" if side == "back" else None
    ordered = tuple(name for name in told if name in doubts)
    return PaperRead(shown, told, ordered, tuple(findings), straight)


def _looked(
    ocr: Ocr, picture: Pixels, kind: str, lines: Sequence[Line]
) -> tuple[Pixels, str | None, list[str], list[tuple[dict[str, Value], Pixels]]]:
    """The picture turned upright, the side, the names it needs, and what each look saw."""
    degrees = page_angle(lines)
    straight = picture if abs(degrees) < 1 else upright(picture, degrees)
    side, values, needed = parse_paper(kind, lines)
    looks = [(values, picture)]
    if _enough(values, needed + _parts(kind, values), ocr.settings.sure):
        return straight, side, needed, looks
    for view in (straight, brightened(straight)):
        again_side, again, again_needed = parse_paper(kind, ocr.read(view, _DETAIL_SIDE_PX))
        if again_side != side and len(again) <= len(values):
            continue
        if again_side != side:
            looks, side, needed = [], again_side, again_needed
        looks.append((again, view))
        best = most_probable([values for values, _ in looks], _VOTED)
        if _enough(best, needed + _parts(kind, best), ocr.settings.sure):
            break
    if kind == "ecard_list":  # a look that missed a card counts the others wrongly
        most = max(cardlist.cards_in(values) for values, _ in looks)
        looks = [look for look in looks if cardlist.cards_in(look[0]) == most]
    return straight, side, needed, [(_listed(looks, values), view) for values, view in looks]


def _parts(kind: str, values: Mapping[str, Value]) -> list[str]:
    return cardlist.wanted(values) if kind == "ecard_list" else []


def _listed(
    looks: Sequence[tuple[Mapping[str, Value], Pixels]], values: Mapping[str, Value]
) -> dict[str, Value]:
    """A look's values without words that the field can't have, where another look read one."""
    known = {
        name
        for name, words in CLOSED.items()
        if any(name in look and look[name].text in words for look, _ in looks)
    }
    return {
        name: value
        for name, value in values.items()
        if name not in known or value.text in CLOSED[name]
    }


def _settle_by_number(values: dict[str, str], doubts: set[str]) -> None:
    """Birth and sex stand in a number that holds: what was not read comes from it, what was read
    otherwise is doubted."""
    try:
        number = check_id_number(values.get("id_number", ""))
    except IdNumberError:
        return
    if number.fifteen:
        return
    for name, told in (("birth", number.birth.isoformat()), ("sex", str(number.sex))):
        if values.setdefault(name, told) == told:
            doubts.discard(name)
        else:
            doubts |= {name, "id_number"}


def _child(values: Mapping[str, str], today: date) -> bool:
    """Whether a page of the household is a child's: nobody under 16 is anybody's employee."""
    birth = values.get("birth") or ""
    if is_id_number(values.get("id_number", "")):
        birth = check_id_number(values["id_number"]).birth.isoformat()
    return birth > f"{today.year - _WORKING_AGE}-{today:%m-%d}"


def _masked(values: Mapping[str, str]) -> dict[str, str]:
    """A relative's page as far as anybody needs it: that it is one."""
    kept = {"relation": values["relation"]} if "relation" in values else {}
    name = values.get("name", "")
    return kept | ({"name": name[0] + "*" * (len(name) - 1)} if name else {})


def _enough(values: dict[str, Value], needed: Sequence[str], sure: float) -> bool:
    return all(name in values and values[name].sure >= sure for name in needed)


def _judged(
    kind: str, values: dict[str, str], doubts: set[str], needed: Sequence[str], today: date
) -> list[Finding]:
    findings = [Finding("field_unreadable", name) for name in needed if name not in values]
    findings += [Finding("field_doubtful", name, {}, "notice") for name in values if name in doubts]
    if kind in _CITIZEN_NUMBERS:
        findings += number_findings(values, today)
    own = own_findings(kind, values, today)
    if not own and kind != "social_card":
        own = expiry_findings(values.get("valid_to"), today)
    known = {(one.code, one.field) for one in findings}
    return findings + [one for one in own if (one.code, one.field) not in known]
