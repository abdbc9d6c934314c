"""Reading a paper other than the ID card: two looks, doubts, missing fields, its own checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.documents.document import Side
from services.documents.findings import Finding
from services.documents.idfindings import expiry_findings, number_findings
from services.documents.layout import page_angle
from services.documents.ocr import Line, Ocr, Pixels
from services.documents.papers import parse_paper
from services.documents.places import authority_slip, slip
from services.documents.rectify import brightened, upright
from services.documents.values import Value, doubtful_names, most_probable

_CITIZEN_NUMBERS = frozenset({"temporary_id", "hmt_permit", "hukou_person", "social_card"})
_DETAIL_SIDE_PX = 1440


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
    degrees = page_angle(lines)
    straight = picture if abs(degrees) < 1 else upright(picture, degrees)
    side, values, needed = parse_paper(kind, lines)
    looks = [values]
    if not _enough(values, needed, ocr.settings.sure):
        for view in (straight, brightened(straight)):
            again_side, again, again_needed = parse_paper(kind, ocr.read(view, _DETAIL_SIDE_PX))
            if again_side != side and len(again) <= len(values):
                continue
            if again_side != side:
                looks, side, needed = [], again_side, again_needed
            looks.append(again)
            if _enough(most_probable(looks), needed, ocr.settings.sure):
                break
    best = most_probable(looks)
    doubts = doubtful_names(looks, best, ocr.settings.doubtful)
    told = {name: value.text for name, value in best.items()}
    for name, find in (("address", slip), ("authority", authority_slip)):
        if find(told.get(name, "")) is not None:  # a county that doesn't exist
            doubts.add(name)
    findings = _judged(kind, told, doubts, needed, today)
    shown: Side | None = "front" if side == "front" else "back" if side == "back" else None
    ordered = tuple(name for name in told if name in doubts)
    return PaperRead(shown, told, ordered, tuple(findings), straight)


def _enough(values: dict[str, Value], needed: Sequence[str], sure: float) -> bool:
    return all(name in values and values[name].sure >= sure for name in needed)


def _judged(
    kind: str, values: dict[str, str], doubts: set[str], needed: Sequence[str], today: date
) -> list[Finding]:
    findings = [Finding("field_unreadable", name) for name in needed if name not in values]
    findings += [Finding("field_doubtful", name, {}, "notice") for name in values if name in doubts]
    if kind in _CITIZEN_NUMBERS:
        findings += number_findings(values, today)
    if kind != "social_card":
        findings += expiry_findings(values.get("valid_to"), today)
    return findings
