"""``policies check``: what in a policy base needs a person's eye."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from knowledge import regions
from knowledge.policies.base import PolicyBase
from knowledge.policies.schema import PARTS, Grade, Policy

STALE_AFTER_DAYS = 31


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at.

    ``kind``: stale, expired, early, weak, unsourced, contradictory or missing; ``detail``: the day
    of the check or of the rule's end or beginning, the sentence, or the part and the entries.
    """

    kind: str
    policy_id: str | None
    region: str
    topic: str | None
    keeper: str | None
    detail: str


def check(
    base: PolicyBase,
    today: date,
    staffed: Iterable[str] = (),
    topics: Iterable[str] = (),
    stale_after_days: int = STALE_AFTER_DAYS,
) -> list[Finding]:
    """All findings, in a fixed order. ``staffed``: regions where employees are; ``topics``: those
    that each of them should have an entry of its own for."""
    found: list[Finding] = []
    for policy in base.policies.values():
        found += _of_policy(base, policy, today, stale_after_days)
    found += _contradictions(base)
    found += _missing(base, staffed, topics)
    return sorted(found, key=lambda f: (f.kind, f.region, f.policy_id or "", f.detail))


def _of_policy(base: PolicyBase, policy: Policy, today: date, days: int) -> Iterable[Finding]:
    def finding(kind: str, detail: str) -> Finding:
        return Finding(kind, policy.id, policy.region, policy.topics[0], policy.keeper, detail)

    if today - policy.checked > timedelta(days=days):
        yield finding("stale", policy.checked.isoformat())
    if policy.valid_to and policy.valid_to < today:
        yield finding("expired", policy.valid_to.isoformat())
    if policy.valid_from and policy.valid_from > today:
        yield finding("early", policy.valid_from.isoformat())
    for statement in policy.statements:
        if base.grade(statement) is Grade.D:
            yield finding("weak", statement.text[:40])
        elif not statement.own and not any(base.facts[n].source_url for n in statement.facts):
            yield finding("unsourced", statement.text[:40])


def _contradictions(base: PolicyBase) -> Iterable[Finding]:
    """Two entries of one region that state the same part of a topic differently."""
    parts: dict[tuple[str, str, str], list[Policy]] = defaultdict(list)
    for policy in base.policies.values():
        for topic in policy.topics:
            for part in PARTS:
                if getattr(policy, part):
                    parts[(policy.region, topic, part)].append(policy)
    for (region, topic, part), policies in parts.items():
        if len({getattr(policy, part).text for policy in policies}) > 1:
            names = "、".join(p.id for p in policies)
            yield Finding(
                "contradictory",
                policies[0].id,
                region,
                topic,
                policies[0].keeper,
                f"{part}: {names}",
            )


def _missing(base: PolicyBase, staffed: Iterable[str], topics: Iterable[str]) -> Iterable[Finding]:
    wanted = tuple(topics)
    for place in sorted({regions.city_of(code).code for code in staffed}):
        near = {place, regions.province_of(place).code}
        for topic in wanted:
            if not any(base.own_entries(topic, level) for level in near):
                yield Finding("missing", None, place, topic, None, "")
