"""What a case is about, recognised beforehand from the topic, the flow or what opened it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from knowledge.topics import topics
from storage.models import Priority

OTHER = "other"
_FILE = Path(__file__).with_name("matters.yaml")


@dataclass(frozen=True)
class Matter:
    """One matter with its names, what it is recognised by, and its priority."""

    code: str
    zh: str
    en: str
    groups: frozenset[str]
    flows: frozenset[str]
    kinds: frozenset[str]
    priority: Priority

    def title(self, language: str) -> str:
        """Its name in `zh` or `en`."""
        return self.en if language == "en" else self.zh


@cache
def matters() -> dict[str, Matter]:
    """Every matter by its code, in the order of the file; the last is `other`."""
    raw = yaml.safe_load(_FILE.read_text("utf-8"))
    return {
        code: Matter(
            code=code,
            zh=row["zh"],
            en=row["en"],
            groups=frozenset(row.get("groups", ())),
            flows=frozenset(row.get("flows", ())),
            kinds=frozenset(row.get("kinds", ())),
            priority=Priority(row.get("priority", Priority.NORMAL)),
        )
        for code, row in raw.items()
    }


def recognise(
    *, kind: str | None = None, topic: str | None = None, flow: str | None = None
) -> Matter:
    """The likeliest matter: what opened the case, else the topic asked about, else the flow."""
    known = topics().get(topic or "")
    group = known.group if known else topic
    for wanted, field in ((kind, "kinds"), (group, "groups"), (flow, "flows")):
        for matter in matters().values():
            if wanted and wanted in getattr(matter, field):
                return matter
    return matters()[OTHER]


def matter(code: str) -> Matter:
    """The matter with this code, or `other` for one that the file no longer has."""
    return matters().get(code, matters()[OTHER])
