"""Mixed sets of papers for benchmarks; a seed gives the same set again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random

from sandbox.company.dice import dice
from sandbox.company.people import make_person
from sandbox.papers.backgrounds import BACKGROUNDS
from sandbox.papers.camera import GRADES
from sandbox.papers.faults import FAULTS
from sandbox.papers.model import Paper
from sandbox.papers.render import render

# How often each kind comes, in percent.
_KINDS = {
    "id_front": 44,
    "id_back": 20,
    "id_both": 14,
    "temporary_id": 3,
    "hukou_index": 2,
    "hukou_person": 4,
    "social_card_front": 2,
    "social_card_back": 1,
    "card_list": 3,
    "hmt_permit_front": 2,
    "hmt_permit_back": 1,
    "foreign_permit_front": 1,
    "passport": 1,
    "other": 2,
}
_TRAITS = (None,) * 15 + ("rare_character", "middle_dot", "long_term", "expired", "check_x")
_PORTRAIT_SIZES = ((358, 441), (358, 441), (413, 579), (716, 882), (1080, 1440))


def dataset(
    seed: int, count: int, today: date, *, kinds: tuple[str, ...] = (), grades: tuple[str, ...] = ()
) -> Iterator[Paper]:
    """``count`` papers, each of another person: every grade equally often, kinds as people send
    them, or only the given ones."""
    order = grades or GRADES
    weights = {kind: _KINDS[kind] for kind in (kinds or _KINDS)}
    for index in range(count):
        rng = dice("dataset", seed, index)
        person = make_person(rng, today, trait=rng.choice(_TRAITS))
        kind = rng.choices(list(weights), list(weights.values()))[0]
        yield render(kind, person, rng.randrange(1 << 30), order[index % len(order)])


def portraits(seed: int, count: int, today: date) -> Iterator[Paper]:
    """``count`` portraits: half without a fault, half with one, on all backgrounds."""
    for index in range(count):
        rng = dice("portraits", seed, index)
        person = make_person(rng, today)
        background = BACKGROUNDS[index % len(BACKGROUNDS)]
        fault = _fault(rng) if index // len(BACKGROUNDS) % 2 else None
        size = rng.choice(_PORTRAIT_SIZES)
        yield render("portrait", person, index, background=background, fault=fault, size=size)


def _fault(rng: Random) -> str:
    return rng.choice(list(FAULTS))


def write_dataset(papers: Iterator[Paper], folder: Path) -> int:
    """Writes pictures and labels.jsonl (one line per picture); gives how many there were."""
    folder.mkdir(parents=True, exist_ok=True)
    number = 0
    with (folder / "labels.jsonl").open("w", encoding="utf-8") as lines:
        for number, paper in enumerate(papers, start=1):
            name = f"{number:05d}-{paper.filename}"
            (folder / name).write_bytes(paper.image)
            row = {"file": name, "kind": paper.kind, **paper.labels}
            if paper.matte:
                row["matte"] = f"{number:05d}-matte.png"
                (folder / row["matte"]).write_bytes(paper.matte)
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
    return number
