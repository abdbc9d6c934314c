"""The words that questions are made of: wordings by topic, examples of others, glossary, terms."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from knowledge.facts import DATA
from knowledge.regions.table import HERE
from knowledge.understand.classifier import OUT_OF_SCOPE

WORDINGS = DATA.parent / "wordings"
HAN = re.compile(r"[一-鿿]")


@dataclass(frozen=True, slots=True)
class Wording:
    """One way to ask; ``previous`` is set for a follow-up, ``kind``: plain, chat, en, follow."""

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
        """Every Chinese wording."""
        return tuple(w.text for w in self.wordings if HAN.search(w.text))

    @property
    def english(self) -> tuple[str, ...]:
        """Every English wording of more than one word, and those of a topic."""
        return tuple(
            w.text
            for w in self.wordings
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
    tables = ("divisions.tsv", "former_names.tsv", "nicknames.tsv")
    return (
        *sorted(WORDINGS.glob("*.yaml")),
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
    return Lexicon(
        wordings=tuple(_wordings()),
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
