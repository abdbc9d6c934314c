"""The table of a simulated year: every figure beside the baseline's and its definition."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from rich.console import Console
from rich.table import Table

from benchmarks.support.year.assumptions import Assumptions
from benchmarks.support.year.pictures import Album, error_table
from benchmarks.support.year.tally import Result, Wish
from knowledge.workdays import is_workday

_RETURNS = frozenset({"return", "refused"})


@dataclass(frozen=True)
class Row:
    """One measure: its figure in a run, and what it means."""

    name: str
    figure: Callable[[Result], str]
    definition: str


def share(part: int, whole: int) -> str:
    """A rate with what it was counted of."""
    return f"{100 * part / whole:.2f}% ({part} of {whole})" if whole else "none of 0"


def refused_across(result: Result) -> tuple[int, int]:
    """Movers' requests refused or returned, and those that came to a counter."""
    own = [wish for wish in result.wishes if wish.region_crossed]
    bad = [wish for wish in own if wish.refused or wish.paper or wish.moved or wish.unseen]
    return len(bad), sum(wish.handed_in or wish.refused for wish in own)


def papers_returned(result: Result) -> tuple[int, int]:
    """Hand-ins returned for a document or form fault, and all that were taken."""
    return result.count("paper"), result.count("handed_in")


def touches_per_wish(result: Result) -> float:
    """Times an officer had to act for each wish."""
    return result.touches.total() / len(result.wishes) if result.wishes else 0.0


def hours(result: Result, a: Assumptions) -> float:
    """An officer's hours for all touches, by the minutes assumed for their kind."""
    minutes = 0.0
    for kind, count in result.touches.items():
        each = a.minutes_return if kind in _RETURNS else a.minutes_other
        minutes += count * (a.minutes_status if kind == "status" else each)
    return minutes / 60


def _median(values: Iterable[float]) -> str:
    found = list(values)
    return f"{statistics.median(found):g} (of {len(found)})" if found else "none"


def _workdays(wish: Wish) -> int:
    assert wish.done is not None
    days = (wish.done - wish.wished).days
    return sum(is_workday(wish.wished + timedelta(days=n + 1)) for n in range(days))


def _cards(result: Result) -> list[Wish]:
    return [w for w in result.wishes if w.kind == "card" and w.done is not None]


def _touches(result: Result) -> str:
    kinds = ", ".join(f"{name} {count}" for name, count in result.touches.most_common())
    return f"{touches_per_wish(result):.2f} ({kinds or 'none'})"


def rows(a: Assumptions) -> list[Row]:
    """The measures in their order."""
    return [
        Row("wishes", lambda r: f"{len(r.wishes)}", "cards and transfers wanted by anybody"),
        Row(
            "duplicate cards issued",
            lambda r: f"{r.second_cards}",
            "valid cards beyond the first of a person and province, counted at the bureau's and"
            " banks' own storage",
        ),
        Row(
            "cross-region rejection rate",
            lambda r: share(*refused_across(r)),
            "movers' card requests and transfers refused at the counter, or returned at least once"
            " for any reason / those that came to a counter",
        ),
        Row(
            "returned for a document or form fault",
            lambda r: share(*papers_returned(r)),
            "returned at least once for a picture or a field / taken by bureau or agency",
        ),
        Row(
            "returned for what no check sees",
            lambda r: share(r.count("unseen"), r.count("handed_in")),
            "the same for any other reason of a card",
        ),
        Row(
            "transfers returned",
            lambda r: share(r.count("moved"), r.count("handed_in", "transfer")),
            "returned at least once by either agency / transfers taken",
        ),
        Row(
            "refused at the counter",
            lambda r: f"{r.count('refused')}",
            "the bureau or agency said at once that a card or application is there",
        ),
        Row(
            "workdays to card, median",
            lambda r: _median(_workdays(w) for w in _cards(r)),
            "from the wish to the card in hand",
        ),
        Row(
            "  at the bureau",
            lambda r: _median(w.bureau_days for w in _cards(r)),
            "workdays of review and making, as drawn, of every hand-in",
        ),
        Row(
            "  elsewhere",
            lambda r: _median(_workdays(w) - w.bureau_days for w in _cards(r)),
            "the rest: people, waiting for news, renewals",
        ),
        Row(
            "status questions",
            lambda r: f"{sum(w.asked for w in r.wishes)}",
            "how does it stand, asked of anybody",
        ),
        Row(
            "status questions that reached HR",
            lambda r: f"{r.touches['status']}",
            "those that nobody else answered, or whose person insisted",
        ),
        Row(
            "HR touches per application",
            _touches,
            "times an officer had to act / wishes",
        ),
        Row(
            "HR hours",
            lambda r: f"{hours(r, a):.1f}",
            "touches by the minutes assumed for their kind; filing by hand not counted",
        ),
        Row(
            "cards made",
            lambda r: f"{r.cards_made}",
            "at the bureau's storage, within the year and its run-out",
        ),
    ]


def print_sample(console: Console, album: Album) -> None:
    """What the real reader made of its sample."""
    table = Table(title=f"{album.pictures_read} pictures read by the real reader: its error table")
    for heading in ("kind", "condition", "pictures", "refused", "mended or doubtful", "silent"):
        table.add_column(heading)
    for row in error_table(album):
        table.add_row(*(str(each) for each in row))
    console.print(table)
    console.print(
        "refused: not usable as sent; of sides: a wrong value shown as doubtful, or silently"
        " wrong; of portraits: refused ones that the bot can mend"
    )


def print_year(console: Console, a: Assumptions, title: str, on: Result, off: Result) -> None:
    """The table, what became of every wish, and what it comes to."""
    table = Table(title=title, show_lines=True)
    for heading in ("measure", "with the bot's checks", "checks off", "definition"):
        table.add_column(heading)
    for row in rows(a):
        table.add_row(row.name, row.figure(on), row.figure(off), row.definition)
    fates = Counter[str]()
    for result in (on, off):
        fates += fates_of(result)
    for fate, _ in sorted(fates.items(), key=lambda each: (each[0][:4], -each[1])):
        table.add_row(f"· {fate}", *(str(fates_of(r)[fate]) for r in (on, off)), "fate of a wish")
    console.print(table)
    _savings(console, a, on, off)


def fates_of(result: Result) -> Counter[str]:
    """Every wish once, by what became of it."""
    return Counter(f"{wish.kind}: {wish.fate}" for wish in result.wishes)


def _savings(console: Console, a: Assumptions, on: Result, off: Result) -> None:
    before, after = touches_per_wish(off), touches_per_wish(on)
    fewer = 100 * (1 - after / before) if before else 0.0
    console.print(f"HR touches per application: {before:.2f} → {after:.2f} ({fewer:.0f}% fewer)")
    saved = hours(off, a) - hours(on, a)
    cards = off.second_cards - on.second_cards
    console.print(
        f"HR hours saved: {saved:.1f} ({saved * 60:.0f} minutes,"
        f" yuan {saved * a.yuan_hr_hour:.0f}); cards not made twice: {cards}"
        f" (yuan {cards * a.yuan_card:.0f})"
    )
    filed = on.count("handed_in") * a.minutes_filing / 60
    console.print(
        f"If each hand-in were also filed by hand without the bot: {filed:.1f} hours more"
    )
    targets = {
        "duplicate cards 0": on.second_cards == 0,
        "cross-region ≤ 2 %": _at_most(refused_across(on), 0.02),
        "document or form ≤ 1 %": _at_most(papers_returned(on), 0.01),
        "HR touches −80 %": fewer >= 80,
    }
    held = "; ".join(f"{name}: {'held' if ok else 'NOT held'}" for name, ok in targets.items())
    console.print(f"Targets with the checks: {held}")
    reminders = sum(wish.reminders for wish in on.wishes)
    console.print(
        f"Reminders: {reminders}; desks in trouble: {on.bad_desk_days} desk-days; seconds:"
        f" {on.seconds:.0f} and {off.seconds:.0f} ({on.seconds / max(len(on.wishes), 1):.2f} and"
        f" {off.seconds / max(len(off.wishes), 1):.2f} a wish)"
    )


def _at_most(rate: tuple[int, int], bar: float) -> bool:
    return rate[0] <= bar * rate[1]


def days_between(first: date, last: date) -> int:
    """Calendar days, for a progress bar."""
    return (last - first).days + 1
