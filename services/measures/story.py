"""What is wrong in a month, in a few sentences: where, with whom, what got worse, what hurts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlmodel.ext.asyncio.session import AsyncSession

from services.measures.backlog import Backlog
from services.measures.catalogue import measure
from services.measures.histories import BOT
from services.measures.query import Cut, Figure, Slice, figure, good, histograms
from services.measures.settings import rules
from services.measures.stats import Histogram, Verdict, compare_means, compare_shares

COMPARED = ("return_rate", "timeliness", "progress_bot", "first_response", "resolution")
_MANY = 0.5
_SHOWN = 3


@dataclass(frozen=True)
class Apart:
    """A region or an officer that is worse than all others together.

    Args:
        kind: region_code or officer_id; `key`: which one.
        figures: its figure and that of the others, for each measure that really is worse.
    """

    kind: str
    key: str | int
    figures: tuple[tuple[Figure, Figure], ...]


@dataclass(frozen=True)
class Story:
    """What stands out. `overdue_with`: officer who has at least half of what is overdue with
    officers, and how much."""

    apart: tuple[Apart, ...]
    overdue_with: tuple[int, int] | None

    @property
    def officers(self) -> tuple[int, ...]:
        """Officers that it names."""
        named = [int(one.key) for one in self.apart if one.kind == "officer_id"]
        return tuple({*named, *([self.overdue_with[0]] if self.overdue_with else [])})


async def tell(session: AsyncSession, part: Slice, open_now: Backlog, today: date) -> Story:
    """The region and the officer that are worst, if any is really worse than the others.

    Every region and measure is a comparison of its own, so the significance is divided by their
    number (Bonferroni): with many of them one would always look worse by chance.
    """
    found = []
    for kind in ("region_code", "officer_id"):
        cut = await histograms(session, COMPARED, part, today, by=(kind,))
        worst = stands_apart(cut, kind)
        if worst is not None:
            found.append(worst)
    return Story(tuple(found), _overdue_with(open_now))


def stands_apart(cut: Mapping[str, Mapping[Cut, Mapping[int, int]]], kind: str) -> Apart | None:
    """The key that is worse than the rest in most measures; then by how much."""
    keys = {key[0] for values in cut.values() for key in values} - {BOT}
    if len(keys) < 2:
        return None
    tests = len(keys) * len(cut)
    found = []
    for key in keys:
        worse = []
        for name, values in cut.items():
            mine, others = values.get((key,), {}), _others(values, key)
            if good(measure(name), _compare(name, others, mine, tests)) is False:
                worse.append((figure(name, mine), figure(name, others)))
        if worse:
            found.append(Apart(kind, key, tuple(worse)))
    return max(found, key=lambda one: (len(one.figures), str(one.key)), default=None)


def _others(values: Mapping[Cut, Mapping[int, int]], key: object) -> Histogram:
    found: Counter[int] = Counter()
    for cut, counts in values.items():
        if cut[0] not in (key, BOT):
            found.update(counts)
    return found


def _compare(name: str, others: Histogram, mine: Histogram, tests: int) -> Verdict:
    settings = rules()
    significance, enough = settings.significance / tests, settings.enough
    if measure(name).kind != "rate":
        return compare_means(others, mine, significance=significance, enough=enough)
    sides = [(one.get(1, 0), sum(one.values())) for one in (others, mine)]
    return compare_shares(sides[0], sides[1], significance=significance, enough=enough)


def _overdue_with(open_now: Backlog) -> tuple[int, int] | None:
    counts = Counter(open_now.overdue_with)
    counts.pop(BOT, None)
    if not counts:
        return None
    officer, count = counts.most_common(1)[0]
    return (officer, count) if count >= max(_SHOWN, _MANY * open_now.late["officer"]) else None
