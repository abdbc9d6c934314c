"""What is wrong with a document and what to do about it.

Codes are stable; sentences live in ``findings.yaml`` (Chinese and English, with placeholders).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

import yaml

Severity = Literal["fault", "question", "notice"]
Language = Literal["zh", "en"]

_SENTENCES = Path(__file__).with_name("findings.yaml")


@cache
def sentences() -> Mapping[str, Any]:
    """The sentence file: ``findings`` by code, ``words`` by language."""
    return cast(Mapping[str, Any], yaml.safe_load(_SENTENCES.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Finding:
    """One thing found; ``field`` names what it is about, ``values`` fill the sentences.

    A *fault* is what the bureau would return; a *question* is for HR to settle; a *notice* asks a
    person to look. Values never hold a person's data, only words such as a colour or a limit.
    """

    code: str
    field: str | None = None
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)
    severity: Severity = "fault"

    @property
    def message(self) -> str:
        """What is wrong, in Chinese."""
        return self.text()[0]

    @property
    def remedy(self) -> str:
        """What to do next, in Chinese."""
        return self.text()[1]

    def text(self, language: Language = "zh") -> tuple[str, str]:
        """Message and remedy in a language; words such as colours are translated too."""
        words = sentences()["words"][language]
        filled = {name: words.get(value, value) for name, value in self.values.items()}
        if self.field is not None:
            filled["field"] = words.get(self.field, self.field)
        entry = sentences()["findings"][self.code][language]
        return entry["message"].format_map(filled), entry["remedy"].format_map(filled)

    def as_json(self) -> dict[str, str]:
        """The three keys that a program reads."""
        message, remedy = self.text()
        return {"code": self.code, "message": message, "remedy": remedy}

    def pack(self) -> dict[str, Any]:
        """All parts, as JSON."""
        return {
            "code": self.code,
            "field": self.field,
            "values": dict(self.values),
            "severity": self.severity,
        }

    @classmethod
    def unpack(cls, packed: Mapping[str, Any]) -> Finding:
        """The opposite of :meth:`pack`; an unknown code raises ``ValueError``."""
        if packed["code"] not in sentences()["findings"]:
            raise ValueError("unknown finding")
        if packed["severity"] not in ("fault", "question", "notice"):
            raise ValueError("unknown severity")
        values = {str(name): str(value) for name, value in packed["values"].items()}
        return cls(packed["code"], packed["field"], values, packed["severity"])
