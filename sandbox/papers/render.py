"""One call for every paper."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from sandbox.company.dice import dice
from sandbox.company.model import Employee, Person
from sandbox.papers import household, idcard, passport, permits, social, strangers
from sandbox.papers.camera import GRADES, take
from sandbox.papers.encode import encode
from sandbox.papers.faults import make_portrait
from sandbox.papers.fonts import FACES
from sandbox.papers.model import Paper, Sheet

Printer = Callable[[Person, Random, str, str], Sheet]


# What a file of each kind holds: (kind, side, printer) of each sheet, from top to bottom.
_FRONT = ("id_front", "front", idcard.print_front)
_BACK = ("id_back", "back", idcard.print_back)
_PRINTERS: dict[str, tuple[tuple[str, str | None, Printer], ...]] = {
    "id_front": (_FRONT,),
    "id_back": (_BACK,),
    "id_both": (_FRONT, _BACK),
    "temporary_id": (("temporary_id", "front", permits.print_temporary),),
    "hukou_index": (("hukou_index", None, household.print_index),),
    "hukou_person": (("hukou_person", None, household.print_person),),
    "social_card_front": (("social_card_front", "front", social.print_card_front),),
    "social_card_back": (("social_card_back", "back", social.print_card_back),),
    "card_list": (("card_list", None, social.print_card_list),),
    "hmt_permit_front": (("hmt_permit_front", "front", permits.print_hmt_front),),
    "hmt_permit_back": (("hmt_permit_back", "back", permits.print_hmt_back),),
    "foreign_permit_front": (("foreign_permit_front", "front", permits.print_foreign),),
    "passport": (("passport", None, passport.print_passport),),
    "other": (("other", None, strangers.print_receipt),),
}
KINDS = (*_PRINTERS, "portrait")
TEMPLATES = ("a", "b")


def render(
    kind: str,
    person: Person | Employee,
    seed: int,
    grade: str = "clean",
    *,
    template: str | None = None,
    face: str | None = None,
    background: str = "white",
    fault: str | None = None,
    size: tuple[int, int] = (358, 441),
    dpi: int = 350,
) -> Paper:
    """A picture of one of the person's papers, the same for the same arguments.

    ``template`` and ``face`` are drawn from the seed unless given; ``background``, ``fault``,
    ``size`` (width, height in pixels) and ``dpi`` are for portraits only.
    Raises ValueError for an unknown kind or grade.
    """
    if kind not in KINDS or grade not in GRADES:
        raise ValueError(f"no such kind or grade: {kind}, {grade}")
    who = person.person if isinstance(person, Employee) else person
    if kind == "portrait":
        return make_portrait(who, seed, background=background, fault=fault, size=size, dpi=dpi)
    rng = dice(kind, seed, who.id_number, grade)
    template = template or rng.choice(TEMPLATES)
    face = face or rng.choice(FACES)
    rules = _PRINTERS[kind]
    sheets = [printer(who, rng, template, face) for _, _, printer in rules]
    if kind == "card_list" and grade == "clean":
        return _screenshot(sheets[0], seed)
    taken = take(sheets, grade, rng)
    documents = [
        _document(name, side, sheet, quad)
        for (name, side, _), sheet, quad in zip(rules, sheets, taken.quads, strict=True)
    ]
    labels = {
        "documents": documents,
        "grade": grade,
        "rotation": 0 if taken.exif else 90 * (taken.turns % 4),
        "style": sheets[0].style,
    }
    image = encode(taken.pixels, quality=taken.quality, exif_turns=taken.turns * taken.exif)
    return Paper(kind, image, "image/jpeg", labels, grade, seed)


def _screenshot(sheet: Sheet, seed: int) -> Paper:
    """A screen is not photographed: the file is exactly what was shown."""
    height, width = sheet.pixels.shape[:2]
    quad = ((0.0, 0.0), (width, 0.0), (width, height), (0.0, height))
    labels = {
        "documents": [_document("card_list", None, sheet, quad)],
        "grade": "clean",
        "rotation": 0,
        "style": sheet.style,
    }
    image = encode(sheet.pixels, media_type="image/png")
    return Paper("card_list", image, "image/png", labels, "clean", seed)


def _document(kind: str, side: str | None, sheet: Sheet, quad: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "side": side,
        "fields": sheet.fields,
        "printed": sheet.printed,
        "quad": [[round(x, 1), round(y, 1)] for x, y in quad],
    }
