"""Policies, their history and what they need, as pages and commands show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.policies.schema import PolicyError
from knowledge.policies.show import show
from knowledge.regions import find, full_name
from knowledge.topics import topics
from services.policies import published
from services.policies.published import Publication, base_of, current, publications
from storage.models import PolicyBundle, PolicyRecord


@dataclass(frozen=True)
class PolicyRow:
    """One entry in a list. `grade` is that of its weakest sentence but our own."""

    id: str
    region_code: str
    region: str
    topics: tuple[str, ...]
    text: str
    grade: str
    keeper: str
    checked: date
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True)
class Version:
    """One version of an entry: since which bundle it was in force, and what it said."""

    number: int
    bundle: str
    loaded_at: datetime
    texts: tuple[str, ...]


@dataclass(frozen=True)
class PolicyView:
    """An entry (or a fact) with every source behind it, and its history, newest first."""

    id: str
    bundle: str
    content: dict[str, Any]
    history: tuple[Version, ...]


async def policy_list(
    session: AsyncSession,
    *,
    region_prefix: str = "",
    topic: str | None = None,
    language: str = "zh",
) -> tuple[PolicyRow, ...]:
    """The entries in force, by region; a prefix also lists the country's.

    Args:
        language: of the topics' titles.
    """
    bundle = await current(session)
    if bundle is None:
        return ()
    base = await base_of(session, bundle.id or 0)
    names = dict(topic_titles(language))
    rows = []
    for policy in base.policies.values():
        if topic is not None and topic not in policy.topics:
            continue
        if policy.region != "000000" and not policy.region.startswith(region_prefix):
            continue
        grades = [base.grade(s).value for s in policy.statements if not s.own]
        rows.append(
            PolicyRow(
                policy.id,
                policy.region,
                full_name(policy.region) if find(policy.region) else "全国",
                tuple(names.get(slug, slug) for slug in policy.topics),
                policy.statements[0].text,
                max(grades, default="own"),
                policy.keeper,
                policy.checked,
                policy.valid_from,
                policy.valid_to,
            )
        )
    return tuple(sorted(rows, key=lambda row: (row.region_code, row.id)))


async def policy_view(session: AsyncSession, name: str) -> PolicyView:
    """An entry or a fact by its id.

    Raises:
        PolicyError: no bundle ever had it.
    """
    bundle = await current(session)
    if bundle is None:
        raise PolicyError("no policies")
    history = await _history(session, name)
    try:
        content = show(await base_of(session, bundle.id or 0), name)
    except PolicyError:
        if not history:
            raise
        content = {}  # it is gone, but was there
    return PolicyView(name, bundle.version, content, history)


async def _history(session: AsyncSession, name: str) -> tuple[Version, ...]:
    query = select(PolicyRecord).where(col(PolicyRecord.name) == name)
    records = {row.id: row for row in await session.exec(query)}
    bundles = await session.exec(select(PolicyBundle).order_by(col(PolicyBundle.id)))
    found: list[Version] = []
    before: int | None = None
    for bundle in bundles:
        held = next((i for i in bundle.records if i in records), None)
        if held is not None and held != before:
            row = records[held]
            found.append(Version(row.number, bundle.version, bundle.loaded_at, _texts(row)))
        before = held
    return tuple(reversed(found))


def _texts(row: PolicyRecord) -> tuple[str, ...]:
    content = row.content
    if row.kind == published.FACT:
        return (str(content["fact"]),)
    if row.kind == published.MOVES:
        return tuple(str(step["text"]["text"]) for step in content["steps"])
    parts = [content.get(name) for name in ("rule", "bring", "time", "cost", "where")]
    lines = [*filter(None, parts), *content.get("steps", ()), *content.get("notes", ())]
    return tuple(str(line["text"]) for line in lines)


async def bundle_list(session: AsyncSession) -> tuple[Publication, ...]:
    """Every bundle that was ever in force, newest first."""
    return await publications(session)


def topic_titles(language: str = "zh") -> tuple[tuple[str, str], ...]:
    """(slug, title) of every topic, for a choice."""
    english = language == "en"
    return tuple((slug, one.en if english else one.title) for slug, one in topics().items())
