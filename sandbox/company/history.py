"""A made-up company's past, as plain records: quiet months, and a bad one that has a story.

In the bad month a new officer starts in one region: portraits of the wrong size come back, people
wait for answers, progress is told late, and a rule that changed is answered wrongly by the bot.

    python -m sandbox.company.history --until 2026-11 --months 7 --people 4000 --per-month 800 \
        --out past.jsonl
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

REGIONS = ("370100", "370200", "440300", "320500", "510100")
WEAK_REGION = "440300"
_STRIDE = 7919
"""People take turns, so that nobody has two applications at once."""
_CODES = ("photo_background", "photo_size", "id_expired", "name_mismatch", "other")
_TOPICS = ("first-issue", "photo-requirements", "loss-report", "pension-transfer")
_WRONG = "photo-requirements"
"""What the bot answers wrongly in the bad month."""
_BAD = {
    "slow": ("等了{n}天没人回，打电话也没人接。", "没人回我，等了{n}天，电话也没人接。"),
    "opaque": ("不知道办到哪一步了，只能自己去问。", "办到哪一步了完全不知道，只能自己问。"),
    "returned_again": (
        "照片退了{n}次，每次说的要求都不一样。",
        "照片被退了{n}次，要求每次说的都不一样！",
    ),
    "wrong_rule": ("小助手说蓝底照片也行，结果被退了。", "小助手说照片蓝底也行，结果还是退了。"),
}
"""Reason → what people write, each in their own words."""
_NUMBERS = "两三四五六七八"


@dataclass(frozen=True)
class Record:
    """One thing of the past. `kind`: application, case, answer or rating; `data` its values."""

    kind: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Month:
    """How a month goes: shares, and days of waiting."""

    first: date
    bad: bool = False
    late: float = 0.04
    returned: float = 0.04
    untold: float = 0.005
    reply_hours: float = 1.5
    happy: float = 0.88
    solved: float = 0.55
    gives_up: float = 0.015


_NORMAL = Month(date(2000, 1, 1))
_HARD = Month(date(2000, 1, 1), True, 0.54, 0.5, 0.4, 40.0, 0.3, 0.3, 0.5)
"""How the bad month goes where the new officer is; elsewhere nothing has changed but the rule."""


@dataclass
class Past:
    """A generator of records.

    Args:
        people: how many employees there are; records name them by their place, from 0.
        employers, officers: how many; the last officer is the new one.
        per_month: applications, cases and answers of a month.
    """

    people: int
    per_month: int
    employers: int = 1
    officers: int = 3
    seed: int = 7
    turn: int = 0
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311 - made-up history

    def months(self, last: date, count: int, *, bad: date | None) -> Iterator[Record]:
        """Records of `count` months up to the one of `last`; `bad` lies in the bad one."""
        firsts = [last.replace(day=1)]
        while len(firsts) < count:
            firsts.append((firsts[-1] - timedelta(days=1)).replace(day=1))
        for first in reversed(firsts):
            yield from self.month(Month(first, bad is not None and first == bad.replace(day=1)))

    def month(self, month: Month) -> Iterator[Record]:
        """Records of one month: each application with its case, rating and answer, as it comes."""
        for _ in range(self.per_month):
            person = self.turn * _STRIDE % self.people
            self.turn += 1
            region = self.region(person)
            hard = month.bad and region == WEAK_REGION
            going = _HARD if hard else _NORMAL
            at = self.moment(month.first)
            yield self.application(going, person, at, hard=hard)
            if self.chance.random() < (0.45 if hard else 0.2):
                yield from self.case(going, person, at, hard=hard)
            if self.chance.random() < 0.6:
                yield self.answer(month, person, at)

    def region(self, person: int) -> str:
        """Where a person is insured."""
        return REGIONS[person % len(REGIONS)]

    def moment(self, first: date) -> datetime:
        """Some minute of office hours on a weekday, from the 9th on: October begins with a week
        of holidays."""
        day = first + timedelta(days=8 + self.chance.randrange(18))
        while day.weekday() > 4:
            day -= timedelta(days=2)
        clock = timedelta(minutes=self.chance.randrange(60, 560))
        return datetime(day.year, day.month, day.day, tzinfo=UTC) + clock

    def officer(self, region: str) -> int:
        """Who answers for a region: the new one for the weak region."""
        if region == WEAK_REGION:
            return self.officers - 1
        return REGIONS.index(region) % max(1, self.officers - 1)

    def application(self, month: Month, person: int, at: datetime, *, hard: bool) -> Record:
        """One application with its states."""
        chance, region = self.chance, self.region(person)
        late = chance.random() < month.late
        submitted = at + timedelta(hours=chance.randrange(1, 30), days=7 if late else 0)
        steps: list[dict[str, Any]] = []
        when = submitted + timedelta(minutes=2)
        states = ["reviewing", "making", "collectable", "collected", "social_enabled"]
        if chance.random() < month.returned:
            states[1:1] = ["returned", "reviewing"]
        code = "photo_size" if hard and chance.random() < 0.7 else chance.choice(_CODES)
        for state in [*states, "financial_activated"]:
            untold = chance.random() < month.untold
            steps.append(
                {
                    "status": state,
                    "at": when,
                    "told": when + (timedelta(hours=50) if untold else timedelta(minutes=1)),
                    "code": code if state == "returned" else None,
                    "by_officer": chance.random() < 0.15,
                }
            )
            when += timedelta(hours=chance.randrange(8, 48))
        stopped = chance.random() < 0.04
        places = [place for place, step in enumerate(steps) if step["status"] == "returned"]
        gives_up = bool(places) and chance.random() < month.gives_up
        if gives_up:  # after the first return
            steps = steps[: places[0] + 1]
        return Record(
            "application",
            {
                "person": person,
                "region": region,
                "kind": chance.choice(["first", "first", "first", "replacement", "transfer"]),
                "hired": (at - timedelta(days=chance.randrange(0, 2))).date(),
                "created": at,
                "submitted": None if stopped else submitted,
                "stopped": at + timedelta(minutes=5) if stopped else None,
                "withdrawn": steps[-1]["at"] + timedelta(days=1) if gives_up else None,
                "steps": [] if stopped else steps,
                "rating": None if stopped or gives_up else self.rating(month, steps[-1]["at"]),
            },
        )

    def rating(self, month: Month, at: datetime) -> dict[str, Any] | None:
        """What was answered when asked; a third does not answer."""
        chance = self.chance
        asked: dict[str, Any] = {"asked": at, "score": None, "reasons": [], "comment": None}
        if chance.random() < 0.35:
            return asked
        happy = chance.random() < month.happy
        asked["score"] = chance.choice([4, 5, 5]) if happy else chance.choice([1, 2, 2, 3])
        if not happy:
            reason = chance.choice(list(_BAD) if month.bad else ["slow", "opaque"])
            words = chance.choice(_BAD[reason]).format(n=chance.choice(_NUMBERS))
            asked |= {"reasons": [reason], "comment": words if chance.random() < 0.8 else None}
        return asked

    def case(self, month: Month, person: int, at: datetime, *, hard: bool) -> Iterator[Record]:
        """A case that an officer handles."""
        chance, region = self.chance, self.region(person)
        wait = month.reply_hours * (0.3 + chance.random())
        reply = at + timedelta(hours=wait)
        resolved = reply + timedelta(hours=wait * (1 + 2 * chance.random()))
        open_still = hard and chance.random() < 0.35
        yield Record(
            "case",
            {
                "person": person,
                "region": region,
                "matter": chance.choice(["card", "documents", "moving", "policy"]),
                "officer": self.officer(region),
                "opened": at,
                "reply": None if open_still and chance.random() < 0.5 else reply,
                "resolved": None if open_still else resolved,
                "reopened": int(chance.random() < (0.25 if hard else 0.05)),
                "rating": None if open_still else self.rating(month, resolved),
            },
        )

    def answer(self, month: Month, person: int, at: datetime) -> Record:
        """A policy answer and what was pressed under it."""
        chance = self.chance
        topic = chance.choice(_TOPICS)
        wrong = month.bad and topic == _WRONG
        verdict = "solved" if chance.random() < (month.solved * (0.3 if wrong else 1)) else None
        if verdict is None and chance.random() < (0.7 if wrong else 0.15):
            verdict = "unsolved"
        return Record(
            "answer",
            {"person": person, "region": self.region(person), "topic": topic, "at": at,
             "verdict": verdict},
        )  # fmt: skip


def main() -> None:
    """Write a past as JSON lines: quiet months, the bad one, then the month of `--until`."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--until", required=True, help="the last month, such as 2026-11")
    parser.add_argument("--out", type=Path, required=True)
    for name in ("--months", "--people", "--per-month"):
        parser.add_argument(name, type=int, required=True)
    chosen = parser.parse_args()
    last = date.fromisoformat(f"{chosen.until}-01")
    past = Past(chosen.people, chosen.per_month)
    head = {
        "people": chosen.people,
        "officers": past.officers,
        "regions": {region: past.officer(region) for region in REGIONS},
    }
    lines = [head, *(vars(record) for record in past.months(
        last, chosen.months, bad=last - timedelta(days=1)
    ))]  # fmt: skip
    with chosen.out.open("w", encoding="utf-8") as stream:
        for line in lines:
            print(json.dumps(line, ensure_ascii=False, default=_text), file=stream)


def _text(value: object) -> str:
    assert isinstance(value, date)  # a datetime is one too
    return value.isoformat()


if __name__ == "__main__":
    main()
