"""The tables at the end of a run."""

from __future__ import annotations

from collections import Counter

from rich.console import Console
from rich.table import Table

from benchmarks.support.crashrun import Result
from benchmarks.support.workers import PHASES

_SHOWN = 40


def print_report(result: Result, console: Console) -> None:
    """Kills, counts, leaks, verdict."""
    _print_kills(result, console)
    _print_counts(result, console)
    _print_leaks(result, console)
    for violation in result.violations[:_SHOWN]:
        console.print(f"[red]violation[/] {violation}", highlight=False)
    if len(result.violations) > _SHOWN:
        console.print(f"… and {len(result.violations) - _SHOWN} more")
    console.print("[red]FAILED[/]" if result.violations else "[green]everything held[/]")


def _print_kills(result: Result, console: Console) -> None:
    table = Table("#", "worker", "aimed at", "under way when it died", title="SIGKILLs")
    for nth, kill in enumerate(result.kills, 1):
        aimed = f"{kill.aimed.phase} {kill.aimed.detail or ''}".strip()
        mark = "" if kill.hit else " (just over)"
        under_way = ", ".join(kill.under_way) or "-"
        table.add_row(str(nth), kill.worker, aimed + mark, under_way)
    console.print(table)
    for phase in PHASES:
        hits = sum(kill.hit and kill.aimed.phase == phase for kill in result.kills)
        any_ = sum(any(w.startswith(phase) for w in kill.under_way) for kill in result.kills)
        console.print(f"{phase}: {hits} kills as aimed, under way in {any_}")


def _print_counts(result: Result, console: Console) -> None:
    options, verdicts = result.options, result.verdicts
    doubts = Counter(f"{d.reason}, {d.resolution}" for d in result.doubts)
    created, again = result.updates["created"], result.updates["redelivered"]
    table = Table("what", "figure", title=f"{options.engine}, {options.workers} worker(s)")
    rows = {
        "seconds": f"{result.seconds:.0f}",
        "employees, conversations finished": f"{len(verdicts)}, "
        f"{sum('end' not in ' '.join(v.lost) for v in verdicts)}",
        "updates created": created,
        "redelivered": f"{again} ({again / max(created, 1):.0%})",
        "kills, restarts": f"{len(result.kills)}, {result.restarts}",
        "messages expected": sum(v.expected for v in verdicts),
        "messages arrived (repeats apart)": sum(v.arrived for v in verdicts),
        "chats with something lost": sum(bool(v.lost) for v in verdicts),
        "chats out of order": sum(bool(v.disordered) for v in verdicts),
        "messages sent twice": len(result.doubled),
        "… kinds": dict(Counter(m.kind for m in result.doubled)) or "-",
        "… without a recorded doubt": result.unexplained,
        "doubts recorded": dict(doubts) or "-",
        "cases between employee and HR": result.relay.cases,
        "… lines, pictures, answers, news of delivery": result.relay.expected,
        "… lost, doubled or in a wrong place": len(result.relay.faults),
        "lost or doubled effects at the bureau": len(result.bureau),
    }
    for name, figure in rows.items():
        table.add_row(name, str(figure))
    console.print(table)


def _print_leaks(result: Result, console: Console) -> None:
    leaks = result.leaks
    table = Table("place", "searched", title=f"leak test: {leaks.canaries} canaries")
    for name, size in leaks.places.items():
        table.add_row(name, f"{size / 1e6:.1f} MB" if size > 1000 else str(size))
    console.print(table)
    console.print(f"canaries found in clear: {len(leaks.findings)}")
