"""Policy answers as they come from the published policies."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from knowledge.answers import AnswerPart, build_part
from knowledge.policies.base import PolicyBase, load_policies
from knowledge.topics import topics

REGIONS = (None, "370100", "440300")
NOTES = 3


@cache
def parts(language: str) -> tuple[AnswerPart, ...]:
    """Every topic's answer in a few regions."""
    return tuple(_parts(load_policies(), language))


def _parts(base: PolicyBase, language: str) -> Iterator[AnswerPart]:
    for slug, topic in topics().items():
        for region in REGIONS:
            said = base.find(slug, region, NOTES)
            if said:
                yield build_part(base, said, topic, language == "en")
