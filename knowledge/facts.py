"""Facts: single sourced statements read from public pages; everything said rests on them.

The files under ``data/facts`` are kept as they were collected: every record has the same keys,
an id, the region, the status of its source and the day on which it was read.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType

import yaml
from pydantic import BaseModel, ConfigDict, Field

DATA = Path(__file__).parent / "data"


class Status(StrEnum):
    """How far a fact can be used: only ``current`` is answered plainly."""

    CURRENT = "current"
    OLDER = "older"
    UNDATED = "undated"
    UNCERTAIN = "uncertain"
    HISTORIC = "historic"
    SUPERSEDED = "superseded"


class SourceKind(StrEnum):
    """Who published the page that was read."""

    OFFICIAL = "official"
    OFFICIAL_REPRINT = "official_reprint"
    MEDIA = "media"
    THIRD_PARTY = "third_party"
    CODE = "code"


class Fact(BaseModel):
    """One statement with its source; ``value`` and ``unit`` are for programs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^\d{6}-[a-z_]+-\d{2}$")
    region_code: str = Field(pattern=r"^\d{6}$")
    region_name: str
    topic: str
    subtopic: str
    fact: str
    value: str | int | float | None = None
    unit: str | None = None
    effective_from: str | None = None
    status: Status
    source_title: str
    source_docno: str | None = None
    issuer: str | None = None
    source_url: str | None = None
    source_date: str | None = None
    source_kind: SourceKind
    confidence: str
    verified: str
    derived: bool = False
    note: str | None = None
    checked: str

    @property
    def plain(self) -> bool:
        """Whether it may be said without the caveat 以当地12333为准."""
        return (
            self.status is Status.CURRENT
            and self.source_url is not None
            and self.source_date is not None
            and self.source_kind is not SourceKind.CODE
            and self.confidence != "low"
        )


class UnknownFactError(LookupError):
    """Raised when a data file names a fact that does not exist."""


@cache
def load_facts(folder: Path = DATA / "facts") -> Mapping[str, Fact]:
    """All facts by id. Raises ``pydantic.ValidationError`` or ``ValueError`` on a bad file."""
    facts: dict[str, Fact] = {}
    for path in sorted(folder.glob("*.yaml")):
        for record in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader):
            fact = Fact.model_validate(record)
            if fact.id in facts:
                raise ValueError(f"two facts have the id {fact.id}")
            facts[fact.id] = fact
    return MappingProxyType(facts)


def fact(fact_id: str) -> Fact:
    """The fact with this id. Raises :class:`UnknownFactError`."""
    try:
        return load_facts()[fact_id]
    except KeyError:
        raise UnknownFactError(fact_id) from None
