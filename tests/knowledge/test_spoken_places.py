"""Places in sentences that nobody listed: many ways to say it times names of every kind.

``data/spoken_places.tsv`` has templates. ``A`` is left, or where the card or insurance is; ``B`` is
gone to, or where the matter is handled; ``P`` only says where somebody is from. ``count`` says
which of them are places of the question, ``names`` how they are written (``han``, ``en``, ``py``).
"""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from pathlib import Path

from knowledge import regions
from knowledge.facts import DATA as RULES
from knowledge.regions.table import Level, Region, table
from knowledge.understand.lexicon import load_lexicon
from knowledge.understand.names import latin_names, names
from knowledge.understand.reader import Preparer

LINES = (Path(__file__).parent / "data" / "spoken_places.tsv").read_text(encoding="utf-8")
TEMPLATES = list(csv.DictReader(LINES.splitlines(), delimiter="\t"))
EACH = 4
"""Sentences made from every template."""
WANTED = 0.97
"""Share that must be exact: a county's name may be part of other words in its neighbourhood."""


def owners(name: str) -> Sequence[str]:
    """Codes that a name may mean."""
    return names()[name][0]


def unmistakable() -> list[Region]:
    """Cities and counties whose short name is theirs alone and no everyday word."""
    common = (RULES / "places.yaml").read_text(encoding="utf-8")
    return [
        r
        for r in table().values()
        if len(r.short) == 2 and len(owners(r.short)) == 1 and r.short not in common
        if r.level is Level.CITY or (r.level is Level.COUNTY and r.name[-1] in "市县")
    ]


class Drawer:
    """Draws places and writes their names."""

    def __init__(self, seed: int) -> None:
        self.pick = random.Random(seed)
        self.places = unmistakable()
        self.letters = {
            region.code: typed
            for typed, codes in latin_names().items()
            for region in [table()[codes[0]]]
            if len(codes) == 1 and region.level is Level.CITY and typed.isalpha()
        }

    def draw(self, written: str) -> tuple[str, str]:
        """A name and the code that it means."""
        if written == "han":
            place = self.pick.choice(self.places)
            above = "" if place.parent is None else table()[place.parent].short
            return self.pick.choice([place.short, place.name, above + place.name]), place.code
        code = self.pick.choice(sorted(self.letters))
        typed = self.letters[code]
        return (typed.capitalize() if written == "en" else typed), code


def test_places_in_sentences_that_nobody_listed() -> None:
    prepare, drawer = Preparer(load_lexicon()), Drawer(20261125)
    wrong: list[tuple[str, tuple[str | None, ...]]] = []
    for row in TEMPLATES:
        for _ in range(EACH):
            (a, left), (b, gone_to) = drawer.draw(row["names"]), drawer.draw(row["names"])
            if regions.city_of(left) == regions.city_of(gone_to):
                continue
            if row["count"] == "-":  # a road or a bank bears the short name
                a = table()[left].short
            question = row["template"].format(A=a, B=b, P="河南")
            wanted = (
                left if "A" in row["count"] else None,
                gone_to if "B" in row["count"] else None,
            )
            normal = prepare.normalise(question)
            found = prepare.gazetteer.find(normal.text, normal.english)
            codes = tuple(
                place.code if place else None for place in (found.origin, found.destination)
            )
            if codes != wanted and not (found.loose and codes[::-1] == wanted):
                wrong.append((question, codes))
    assert len(wrong) <= (1 - WANTED) * EACH * len(TEMPLATES), wrong
