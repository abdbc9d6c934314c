"""Bulk-loads cases, their messages and the keyed index of their words, as the verbs write them."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from rich.console import Console
from sqlalchemy import insert, text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.applications.numbers import CASE, new_number
from services.cases import index
from services.people import roles
from services.people.people import Employee, by_id
from storage.database import Database
from storage.models import (
    Case,
    CaseMessage,
    CaseStatus,
    CaseWord,
    ChannelAccount,
    Delivery,
    Priority,
    Role,
    WaitingFor,
)
from tests.people.makers import employ

REGIONS = ("370100", "440300", "310115", "510100")
_PEOPLE = 2_000
_BATCH = 5_000
_MATTERS = ("card", "documents", "using", "moving", "policy", "data", "other")


@dataclass(frozen=True)
class Load:
    """How much, and where to say how far it is."""

    cases: int
    messages: int
    console: Console


@dataclass(frozen=True)
class Loaded:
    """Staff by name, the cases' numbers, and those of the first region."""

    people: dict[str, Employee]
    numbers: list[str]
    quarter: list[str]


@cache
def phrases() -> tuple[str, ...]:
    """Some 3,000 different things to say; the same words come back in many of them."""
    openings = ("请问", "你好，", "麻烦问下", "急！", "上次说的", "再问一下")
    things = ("社保卡", "医保报销", "养老账户", "制卡进度", "转移手续", "银行激活", "证件照片")
    asks = ("要多久", "在哪里办", "需要什么材料", "可以代办吗", "显示异常怎么办", "什么时候到账")
    near = ("济南", "历下区", "章丘", "深圳", "南山区", "龙华")
    places = (*near, "浦东", "成都", "武侯", "崇州", "金堂")
    every = itertools.product(openings, things, asks, places)
    return tuple(f"{a}{b}在{d}{c}" for a, b, c, d in every)


@cache
def rare_words() -> tuple[str, ...]:
    """Words that only a few cases have."""
    first, second = "枫槐榆柏桐楠梓桦樟檀", "溪岚屿汀渚涧泊沅澜沣"
    return tuple(f"{a}{b}" for a in first for b in second)


def vocabulary() -> tuple[list[str], list[str]]:
    """Words to search for: those of very many cases, and those of a few."""
    return ["社保卡", "医保报销", "材料", "历下区", "制卡进度"], list(rare_words())


async def fill(database: Database, now: datetime, load: Load) -> Loaded:
    """Everything, in large statements."""
    dice = random.Random(20261125)
    begin = time.perf_counter()
    async with database.transaction() as session:
        people = await _staff(session, now)
        ids = [(await _employee(session, now, n)).id for n in range(10, _PEOPLE + 10)]
    officer = people["officer of all"].id
    numbers = await _cases(database, now, load, dice, (ids, officer))
    await _messages(database, now, load, dice, officer)
    if not database.is_sqlite:
        async with database.transaction() as session:
            for table in ("case", "case_message", "case_word", "person"):
                await session.execute(text(f'analyze "{table}"'))  # as autovacuum does by itself
    load.console.print(f"loaded in {time.perf_counter() - begin:.0f} s")
    return Loaded(people, *numbers)


async def _employee(session: AsyncSession, now: datetime, serial: int) -> Employee:
    return await employ(session, now, serial, region=REGIONS[serial % len(REGIONS)])


async def _staff(session: AsyncSession, now: datetime) -> dict[str, Employee]:
    found: dict[str, Employee] = {}
    for serial, (name, prefix) in enumerate(
        (("officer of all", ""), ("officer of a quarter", REGIONS[0]))
    ):
        person = await _employee(session, now, serial)
        account = ChannelAccount(
            person_id=person.id,
            user_id=90 + serial,
            mailbox=str(90 + serial),
            bound_by="code",
            bound_at=now,
        )
        session.add(account)
        await session.flush()
        await roles.grant(session, person.id, Role.OFFICER, now, region_prefix=prefix)
        found[name] = await by_id(session, person.id) or person
    return found


async def _cases(
    database: Database,
    now: datetime,
    load: Load,
    dice: random.Random,
    who: tuple[Sequence[int], int],
) -> tuple[list[str], list[str]]:
    people, officer = who
    rows: list[dict[str, Any]] = []
    for number in range(load.cases):
        taken = dice.random() < 0.6
        opened = now - timedelta(minutes=dice.randrange(60 * 24 * 20))
        rank = dice.choices((0, 1, 2, 3), (2, 15, 73, 10))[0]
        rows.append(
            {
                "number": new_number(CASE),
                "person_id": people[number % len(people)],
                "employer_id": 1,
                "kind": "asked",
                "matter": dice.choice(_MATTERS),
                "region_code": REGIONS[(number % len(people) + 10) % len(REGIONS)],
                "language": "zh",
                "priority": tuple(Priority)[rank],
                "rank": rank,
                "status": CaseStatus.PENDING if taken else CaseStatus.OPEN,
                "waiting_for": dice.choice(tuple(WaitingFor)) if taken else WaitingFor.OFFICER,
                "live": taken,
                "assignee_id": officer if taken and dice.random() < 0.1 else None,
                "offers": 0,
                "changes": 0,
                "opened_at": opened,
                "last_message_at": opened,
                "due_at": opened + timedelta(hours=dice.randrange(4, 600)),
                "reopened": 0,
            }
        )
    async with database.transaction() as session:
        await session.execute(insert(Case), rows)
    here = [str(row["number"]) for row in rows if row["region_code"] == REGIONS[0]]
    return [str(row["number"]) for row in rows], here


async def _messages(
    database: Database, now: datetime, load: Load, dice: random.Random, officer: int
) -> None:
    each = load.messages // load.cases
    every = (*phrases(), *rare_words())
    known = {one: index.tokens(database.keyring, index.pieces(one)) for one in every}
    for first in range(1, load.cases + 1, _BATCH // each or 1):
        cases = range(first, min(first + (_BATCH // each or 1), load.cases + 1))
        rows, words = [], set[tuple[int, int]]()
        for case_id in cases:
            for row, said in _talk(case_id, each, now, dice, officer):
                rows.append(row)
                for part in said:
                    words |= {(token, case_id) for token in known[part]}
        async with database.transaction() as session:
            await session.execute(insert(CaseMessage), rows)
            tokens = [{"token": token, "case_id": case_id} for token, case_id in sorted(words)]
            await session.execute(insert(CaseWord), tokens)


def _talk(
    case_id: int, count: int, now: datetime, dice: random.Random, officer: int
) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """A case's messages and the phrases that each is made of."""
    for number in range(count):
        said = dice.choices(phrases(), k=dice.choice((1, 1, 2)))
        if dice.random() < 0.002:
            said.append(dice.choice(rare_words()))
        by_officer = number % 3 == 1
        yield (
            {
                "case_id": case_id,
                "author": "officer" if by_officer else "employee",
                "author_id": officer if by_officer else None,
                "internal": False,
                "text": "。".join(said),
                "at": now - timedelta(minutes=count - number),
                "delivery": Delivery.DELIVERED if by_officer else Delivery.NONE,
            },
            said,
        )
