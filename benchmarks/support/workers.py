"""Bot processes that are watched by their own log lines, and killed in the middle of a phase."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from benchmarks.support.town import ROOT, Town, free_ports

PHASES = ("turn", "task", "send")
_IDS = {"turn": "event_id", "task": "task_id", "send": "outbox_id"}


@dataclass(frozen=True)
class Aim:
    """Kill when `phase` begins (of this kind of work, when given), `delay` seconds into it."""

    phase: str
    detail: str | None = None
    delay: float = 0.0


@dataclass(frozen=True)
class Kill:
    """One SIGKILL: what was aimed at, and what the dead process had begun and not ended."""

    worker: str
    aimed: Aim
    at: float
    under_way: tuple[str, ...]

    @property
    def hit(self) -> bool:
        """Whether the aimed phase was under way when the process died."""
        return any(work.split(" ")[0] == self.aimed.phase for work in self.under_way)


@dataclass
class Worker:
    """One place for a bot process; a killed one is started again at the same port."""

    town: Town
    name: str
    settings: dict[str, str] = field(default_factory=dict)
    kills: list[Kill] = field(default_factory=list)
    ended_by_itself: int = 0
    core_limit: str = ""

    def __post_init__(self) -> None:
        (self.port,) = free_ports(1)
        self.started = 0
        self.running = threading.Event()
        self.begun: dict[str, int] = dict.fromkeys(PHASES, 0)
        self._aim: Aim | None = None
        self._shot: Aim | None = None
        self._stopping = False
        self._open: dict[tuple[str, Any], str] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None

    def start(self) -> None:
        """Start a process and follow its log."""
        self.started += 1
        self.running.clear()
        self._open, self._shot = {}, None
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bot", "run"],
            env=self.town.bot_environment(self.port, **self.settings),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        _allow_core_files(self._process.pid)
        log = self.town.folder / "logs" / f"{self.name}.{self.started}.log"
        self._reader = threading.Thread(target=self._follow, args=(self._process, log), daemon=True)
        self._reader.start()

    @property
    def dead(self) -> bool:
        """Whether its process has ended and its log is read to the end."""
        return self._reader is not None and not self._reader.is_alive()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def aim(self, aim: Aim | None) -> None:
        """Kill at the next begin that fits; None: hold fire."""
        self._aim = aim

    def stop(self) -> None:
        """End in good order."""
        self._stopping = True
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
        if self._reader:
            self._reader.join(10)

    def _follow(self, process: subprocess.Popen[bytes], log: Path) -> None:
        assert process.stderr is not None
        with log.open("wb") as kept:
            for line in process.stderr:
                kept.write(line)
                if b'.begin"' in line or b'.end"' in line:
                    self._phase(line)
                elif b'"bot.running"' in line:
                    self.core_limit = _core_limit(process.pid)
                    self.running.set()
        process.wait()
        self.running.clear()
        if self._shot is not None:
            under_way = tuple(sorted(self._open.values()))
            self.kills.append(Kill(self.name, self._shot, time.monotonic(), under_way))
        elif not self._stopping:
            self.ended_by_itself += 1

    def _phase(self, line: bytes) -> None:
        try:
            entry = json.loads(line)
        except ValueError:  # the last line of a killed process may be cut off
            return
        phase, _, edge = str(entry.get("event", "")).partition(".")
        if phase not in PHASES:
            return
        detail = str(entry.get("task") or entry.get("method") or entry.get("kind") or "")
        key = phase, entry.get(_IDS[phase])
        if edge == "end":
            self._open.pop(key, None)
            return
        self._open[key] = f"{phase} {detail}"
        self.begun[phase] += 1
        aim = self._aim
        if aim and aim.phase == phase and aim.detail in (None, detail):
            self._aim, self._shot = None, aim
            if aim.delay:
                time.sleep(aim.delay)
            os.kill(self.pid, signal.SIGKILL)


def _allow_core_files(pid: int) -> None:
    """As on a machine that keeps them: the bot has to forbid them itself."""
    if sys.platform == "linux":
        _, hard = resource.prlimit(pid, resource.RLIMIT_CORE)
        wanted = resource.RLIM_INFINITY if os.geteuid() == 0 else hard
        resource.prlimit(pid, resource.RLIMIT_CORE, (wanted, wanted))


def _core_limit(pid: int) -> str:
    """The soft limit of core files, as Linux tells it; empty elsewhere."""
    try:
        lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    except OSError:
        return ""
    return next((line.split()[4] for line in lines if line.startswith("Max core file size")), "")


class Marksman:
    """Decides when, where and at whom to shoot, from a seed."""

    # What a kill is aimed at, in turn: every phase, and every work with an effect outside.
    PLAN: ClassVar = (
        Aim("task", "document.read"),
        Aim("send", "sendMessage"),
        Aim("turn", "document.read.done"),
        Aim("task", "application.submit"),
        Aim("send", "sendPhoto"),
        Aim("turn", "application.submit.done"),
        Aim("task", "application.check"),
        Aim("send"),
        Aim("turn", "update"),
    )
    LONGEST_DELAY: ClassVar = {"turn": 0.012, "task": 0.12, "send": 0.02}

    def __init__(self, workers: list[Worker], kills: int, seed: int) -> None:
        self.workers, self.wanted = workers, kills
        self.random = random.Random(seed)
        self._next = 0

    @property
    def kills(self) -> list[Kill]:
        """Every kill so far, oldest first."""
        return sorted((k for w in self.workers for k in w.kills), key=lambda kill: kill.at)

    def hits(self, phase: str) -> int:
        """How many kills found this phase under way, as aimed."""
        return sum(kill.hit and kill.aimed.phase == phase for kill in self.kills)

    @property
    def done(self) -> bool:
        """Enough kills, and enough that hit, of each phase."""
        enough = max(1, self.wanted // 4)
        return len(self.kills) >= self.wanted and all(self.hits(p) >= enough for p in PHASES)

    def next_aim(self, *, any_detail: bool = False) -> Aim:
        """The phase with the fewest hits when there are enough kills; else what the plan says."""
        planned = self.PLAN[self._next % len(self.PLAN)]
        self._next += 1
        phase, detail = planned.phase, planned.detail
        if len(self.kills) >= self.wanted:
            phase, detail = min(PHASES, key=self.hits), None
        delay = self.random.uniform(0, self.LONGEST_DELAY[phase])
        return Aim(phase, None if any_detail else detail, delay)
