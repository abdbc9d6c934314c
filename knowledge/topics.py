"""The topics that questions are sorted into, with their titles."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import yaml
from pydantic import BaseModel, ConfigDict

from knowledge.facts import DATA

TALK = frozenset({"bot-help", "human-agent", "complaint", "privacy-data"})
"""Topics about this assistant and its people, not about a rule of a region."""


class Topic(BaseModel):
    """One topic. ``leaves``: in its questions “X的卡” means the place that is left."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slug: str
    group: str
    title: str
    en: str
    leaves: bool = False


@cache
def topics() -> Mapping[str, Topic]:
    """All topics by slug, in the order of the file."""
    raw = yaml.safe_load((DATA / "topics.yaml").read_text(encoding="utf-8"))
    return MappingProxyType({row["slug"]: Topic.model_validate(row) for row in raw})
