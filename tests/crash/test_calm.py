"""The crash test must not judge while a dead process still holds a message."""

from __future__ import annotations

from typing import Any

from benchmarks.support.calm import Calm

LEASE = 15


def stats(sent: int, *, polls: int = 0, pending: int = 0) -> dict[str, Any]:
    """What the messenger counts."""
    requests = {"sendMessage": {"ok": sent}, "getUpdates": {"ok": polls}}
    return {"requests": requests, "updates": {"pending": pending}}


def over(calm: Calm, *counts: tuple[float, dict[str, Any]], alive: bool = True) -> list[float]:
    """The moments at which the run would be judged."""
    return [at for at, seen in counts if calm.reached(seen, alive=alive, at=at)]


def test_a_message_in_a_dead_hand_is_waited_for() -> None:
    calm = Calm(LEASE + 10)
    silence = [(float(at), stats(7)) for at in range(LEASE + 3)]
    again = [(float(at), stats(8)) for at in range(LEASE + 3, LEASE + 3 + 40)]
    judged = over(calm, *silence, *again)
    assert judged[0] > LEASE + 3 + LEASE


def test_polling_is_no_news() -> None:
    calm = Calm(LEASE + 10)
    judged = over(calm, *[(float(at), stats(7, polls=at)) for at in range(60)])
    assert judged[0] == LEASE + 11


def test_an_update_that_waits_or_a_worker_that_is_away_is_waited_for() -> None:
    for trouble in ({"pending": 1}, {}):
        calm = Calm(LEASE + 10)
        counts = [(float(at), stats(7, **trouble)) for at in range(60)]
        assert not over(calm, *counts, alive=bool(trouble))
