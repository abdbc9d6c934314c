"""The duplicate test's table."""

from __future__ import annotations

from collections import Counter, defaultdict

from rich.console import Console
from rich.table import Table

from benchmarks.support.duplicaterun import Result

_SHOWN = 30


def print_report(result: Result, console: Console) -> None:
    """Situations and what became of them; then the figures."""
    table = Table("situation", "people", "must stop", "what became of them", title="200 people")
    table.title = f"{len(result.fates)} people on {result.options.engine}"
    grouped: dict[str, Counter[str]] = defaultdict(Counter)
    stops: dict[str, bool] = {}
    for fate in result.fates:
        grouped[fate.case.situation][fate.status or "?"] += 1
        stops[fate.case.situation] = fate.case.must_stop
    for situation, outcomes in sorted(grouped.items()):
        became = ", ".join(f"{count} {status}" for status, count in outcomes.most_common())
        must = "yes" if stops[situation] else "no"
        table.add_row(situation, str(sum(outcomes.values())), must, became)
    console.print(table)
    stopped = sum(fate.status == "stopped" for fate in result.fates)
    must_stop = sum(fate.case.must_stop for fate in result.fates)
    figures = {
        "seconds": f"{result.seconds:.0f}",
        "outages of bureau and banks": result.outages,
        "people who had to wait for one": sum(fate.waited for fate in result.fates),
        "stopped / the oracle says": f"{stopped} / {must_stop}",
        "submissions refused by the bureau": result.refused_by_bureau,
        "second valid cards in a province": result.second_cards,
        "direct inserts refused by the database": f"{result.inserts_refused} of "
        f"{result.inserts_tried}",
        "races of two connections with one winner": f"{result.races_held} of {result.races_tried}",
    }
    summary = Table("what", "figure")
    for name, figure in figures.items():
        summary.add_row(name, str(figure))
    console.print(summary)
    for violation in result.violations[:_SHOWN]:
        console.print(f"[red]violation[/] {violation}", highlight=False)
    console.print("[red]FAILED[/]" if result.violations else "[green]everything held[/]")
