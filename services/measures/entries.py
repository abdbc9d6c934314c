"""Which policies were wrong: entries whose answers were pressed 没解决, corrected or recalled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.measures.catalogue import measure
from services.measures.periods import Period
from services.measures.query import Figure, Slice, compare, figure, good, histograms
from services.measures.settings import rules
from services.measures.stats import Histogram, Verdict
from storage.models import PolicyRecord

WRONG, RECALLED = "entry_wrong", "entry_recalled"
_SHOWN = 8


@dataclass(frozen=True)
class WrongEntry:
    """A policy entry of a month.

    Args:
        before: without a sample where the month before had fewer answers than a group.
        recalled: how many were told that it had changed; None: fewer than a group.
    """

    entry: str
    topics: tuple[str, ...]
    region_code: str
    now: Figure
    before: Figure
    verdict: Verdict
    better: bool | None
    recalled: int | None


async def wrong_entries(
    session: AsyncSession, period: Period, today: date
) -> tuple[WrongEntry, ...]:
    """Entries with wrong answers, the surest first: by the lower bound of their share.

    Of all employers together, since a policy is about nobody: no part of it can be subtracted.
    Entries with fewer answers than a group are left out; the month must be over.
    """
    if period.end >= today:
        return ()
    names = (WRONG, RECALLED)
    now = await histograms(session, names, _slice(period), today, by=("matter",))
    before = await histograms(session, (WRONG,), _slice(period.before), today, by=("matter",))
    found = []
    for (entry,), values in now[WRONG].items():
        shown = figure(WRONG, values)
        told = now[RECALLED].get((entry,), {}).get(1, 0)
        recalled = told if told >= rules().smallest_group else None
        if shown.count >= rules().smallest_group and (shown.hits or recalled):
            found.append((entry, values, shown, recalled))
    found.sort(key=lambda one: (-(one[2].interval.low if one[2].interval else 0), one[0]))
    found = found[:_SHOWN]
    known = await _content(session, [entry for entry, *_ in found])
    return tuple(
        _entry(each, known.get(each[0], {}), before[WRONG].get((each[0],), {})) for each in found
    )


def _slice(period: Period) -> Slice:
    return Slice(period.start, period.end)


def _entry(
    found: tuple[str, Histogram, Figure, int | None], content: dict[str, Any], older: Histogram
) -> WrongEntry:
    entry, values, shown, recalled = found
    before = older if sum(older.values()) >= rules().smallest_group else {}
    verdict = compare(WRONG, before, values)
    return WrongEntry(
        entry,
        tuple(content.get("topics", ())),
        str(content.get("region", "")),
        shown,
        figure(WRONG, before),
        verdict,
        good(measure(WRONG), verdict),
        recalled,
    )


async def _content(session: AsyncSession, names: list[str]) -> dict[str, dict[str, Any]]:
    """The newest version of each entry."""
    query = select(PolicyRecord).where(
        col(PolicyRecord.kind) == "policy", col(PolicyRecord.name).in_(names)
    )
    rows = (await session.exec(query.order_by(col(PolicyRecord.number)))).all()
    return {row.name: row.content for row in rows}
