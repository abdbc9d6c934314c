"""When a run is over: nothing is on its way any more, not even in the hands of a dead process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

#: Calls that a process makes whether or not anybody has said anything.
_IDLE = frozenset({"getUpdates", "getMe", "setMyCommands", "setWebhook", "deleteWebhook"})


@dataclass
class Calm:
    """Watches the messenger's counts.

    A process that was killed while sending holds its message until the lease runs out, and its
    chat is silent for as long. So the run is over only after a silence of more than `seconds`,
    which must be longer than the longest lease.
    """

    seconds: float
    _sent: int = -1
    _since: float = 0.0

    def reached(self, stats: dict[str, Any], *, alive: bool, at: float) -> bool:
        """Whether all is quiet at `at` (seconds of any steady clock), by `GET /admin/stats`."""
        sent = sum(
            number
            for method, outcomes in stats["requests"].items()
            if method not in _IDLE
            for number in outcomes.values()
        )
        if sent != self._sent or stats["updates"]["pending"] or not alive:
            self._sent, self._since = sent, at
        return at - self._since > self.seconds
