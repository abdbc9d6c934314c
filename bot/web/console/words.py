"""The console's words: `words/<language>/<file>.yaml`, by `file.key`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

import yaml

FOLDER = Path(__file__).parent / "words"
LANGUAGES = ("zh", "en")


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Every sentence of a language by `file.key`."""
    found: dict[str, str] = {}
    for path in sorted((FOLDER / language).glob("*.yaml")):
        for key, words in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            found[f"{path.stem}.{key}"] = str(words)
    return MappingProxyType(found)


def say(language: str, key: str, **values: object) -> str:
    """A sentence, with its values put in.

    Raises:
        KeyError: there is none of this name.
    """
    return catalogue(language)[key].format(**values)


@dataclass(frozen=True)
class Marks:
    """Punctuation between values."""

    colon: str
    semi: str
    comma: str
    list: str
    open: str
    close: str


MARKS = {
    "zh": Marks("：", "；", "，", "、", "（", "）"),
    "en": Marks(": ", "; ", ", ", ", ", " (", ")"),
}


def known(key: str) -> bool:
    """Whether there is a sentence of this name: what an address names is shown only then."""
    return key in catalogue("zh")
