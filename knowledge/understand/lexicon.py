"""The words that questions are made of: wordings by topic, examples of others, glossary, terms."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from knowledge.facts import DATA
from knowledge.regions.table import HERE
from knowledge.understand.classifier import OUT_OF_SCOPE

WORDINGS = DATA.parent / "wordings"
ASKED = DATA.parent / "asked"
HAN = re.compile(r"[一-鿿]")
ASKED_KIND = "asked"


@dataclass(frozen=True, slots=True)
class Wording:
    """One way to ask; ``previous`` is set for a follow-up, ``kind``: plain, chat, en, follow, out,
    asked (a question of an earlier blind set, slips and names and all: it trains, but is no
    example of how words are spelled)."""

    topic: str
    text: str
    kind: str
    previous: str | None = None


@dataclass(frozen=True)
class Lexicon:
    """Everything that understanding learns from."""

    wordings: tuple[Wording, ...]
    glossary: Mapping[str, str]
    initials: Mapping[str, str]
    slips: Mapping[str, str]
    terms: tuple[str, ...]
    concepts: Mapping[str, tuple[str, ...]]

    @property
    def chinese(self) -> tuple[str, ...]:
        """Every Chinese wording of ours."""
        return tuple(w.text for w in self.written if HAN.search(w.text))

    @property
    def written(self) -> tuple[Wording, ...]:
        """The wordings that were written for this, without those that were asked."""
        return tuple(w for w in self.wordings if w.kind != ASKED_KIND)

    @property
    def english(self) -> tuple[str, ...]:
        """Every English wording of more than one word, and those of a topic."""
        return tuple(
            w.text
            for w in self.written
            if not HAN.search(w.text) and (" " in w.text or w.topic != OUT_OF_SCOPE)
        )


def sources() -> tuple[Path, ...]:
    """Every file that the model depends on, in a fixed order."""
    names = (
        "glossary.yaml",
        "initials.yaml",
        "slips.yaml",
        "terms.txt",
        "concepts.yaml",
        "places.yaml",
        "roles.yaml",
    )
    tables = ("divisions.tsv", "former_names.tsv", "latin_names.tsv", "nicknames.tsv")
    return (
        *sorted(WORDINGS.glob("*.yaml")),
        *_sets(),
        *(DATA / name for name in names),
        *(HERE / name for name in tables),
    )


def data_hash() -> str:
    """sha256 over every file that the model is trained from."""
    digest = hashlib.sha256()
    for path in sources():
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


@cache
def load_lexicon() -> Lexicon:
    """Read the files. Raises ``KeyError`` or ``ValueError`` on a file of another form."""
    written = _wordings()
    return Lexicon(
        wordings=(*written, *_asked(written)),
        glossary=_yaml(DATA / "glossary.yaml"),
        initials=_yaml(DATA / "initials.yaml"),
        slips=_yaml(DATA / "slips.yaml"),
        terms=tuple((DATA / "terms.txt").read_text(encoding="utf-8").split()),
        concepts={k: tuple(map(str, v)) for k, v in _yaml(DATA / "concepts.yaml").items()},
    )


def _yaml(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def _wordings() -> list[Wording]:
    found: list[Wording] = []
    for path in sorted(WORDINGS.glob("*.yaml")):
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        if path.stem == "follow":
            found += _followed(content)
            continue
        if path.stem == "out_of_scope":
            rows = [str(text) for texts in content.values() for text in texts]
            found += [Wording(OUT_OF_SCOPE, text, "out") for text in rows]
            continue
        for topic, kinds in content.items():
            for kind in ("plain", "chat", "en"):
                found += [Wording(topic, str(text), kind) for text in kinds.get(kind, ())]
            for previous, text in kinds.get("follow", []):
                found.append(Wording(topic, text, "follow", previous))
    return found


def _sets() -> list[Path]:
    return sorted(ASKED.glob("*.jsonl"), key=lambda path: int(path.stem))


def _asked(written: Sequence[Wording]) -> list[Wording]:
    """Questions of earlier blind sets that ask one thing and that no wording says already.

    Attacks are left to the rules; what is written in pinyin alone reads as no language.
    """
    seen = {(_plain(w.text), w.previous) for w in written}
    found: list[Wording] = []
    for path in _sets():
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            text, previous = row["question"], row.get("previous")
            key = (_plain(text), previous)
            one = not row.get("also") and row.get("oos_type") != "injection"
            legible = HAN.search(text) or row["kind"] in ("english", "follow-up")
            if not one or not legible or key in seen:
                continue
            seen.add(key)
            outside = row["topic"] == "out-of-scope"
            found.append(
                Wording(OUT_OF_SCOPE if outside else row["topic"], text, ASKED_KIND, previous)
            )
    return found


def _plain(text: str) -> str:
    return re.sub(r"[\s，。？！,.?!]", "", text.lower())


EARLIER = 2
"""Earlier questions that each follow-up is paired with."""


def _followed(content: Mapping[str, Any]) -> list[Wording]:
    """Follow-ups from aspects and the earlier questions that they may come after.

    Every text is paired with :data:`EARLIER` of the earlier questions in turn, so that each text
    and each earlier question is seen, and not every combination.
    """
    earlier: Mapping[str, list[str]] = content["previous"]
    found: list[Wording] = []
    for aspect in content["aspects"]:
        before = [text for topic in aspect["after"] for text in earlier[topic]]
        for number, text in enumerate(aspect["texts"]):
            chosen = {before[(number * EARLIER + k) % len(before)] for k in range(EARLIER)}
            found += [Wording(aspect["topic"], text, "follow", said) for said in sorted(chosen)]
    for number, (topic, texts) in enumerate(earlier.items()):
        again = content["same"][number % len(content["same"])]
        found += [Wording(topic, again, "follow", said) for said in texts]
    return found
