"""A database with the packaged policies, and people who ask."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import pytest
from sqlmodel import select

from knowledge.ask import Answerer
from knowledge.settings import AskSettings
from services.people import roles
from services.policies import Asker, Inquiry, Library, Reply, ensure
from services.policies.settings import PolicySettings
from storage.database import Database
from storage.models import Role
from tests.applications.conftest import add_person
from tests.support.clock import ManualClock

T = TypeVar("T")
HOME = "370100"


@dataclass
class Desk:
    """Verbs and questions, each in a transaction of its own, at the clock's time."""

    database: Database
    clock: ManualClock
    library: Library
    people: tuple[int, ...]
    officers: tuple[int, ...]

    @property
    def now(self) -> datetime:
        return self.clock.now()

    async def do(self, verb: Callable[..., Awaitable[T]], *args: Any, **named: Any) -> T:
        """`verb(session, …)` in one transaction."""
        async with self.database.transaction() as session:
            return await verb(session, *args, **named)

    async def asks(self, words: str, who: int = 0, library: Library | None = None) -> Reply:
        """A person asks."""
        async with self.database.transaction() as session:
            asker = Asker(self.people[who], HOME)
            inquiry = Inquiry(session, library or self.library, asker, self.now)
            return await inquiry.ask(words)

    async def doubts(self, reply: Reply, who: int = 0) -> None:
        """没解决."""
        async with self.database.transaction() as session:
            asker = Asker(self.people[who], HOME)
            number = reply.parts[0].answer_id if reply.parts else reply.answer_id
            await Inquiry(session, self.library, asker, self.now).doubt(number)

    async def rows(self, model: type[T]) -> list[T]:
        async with self.database.reading() as session:
            return list((await session.exec(select(model))).all())


@pytest.fixture(scope="session")
def answerer() -> Answerer:
    """The trained reader over the packaged files."""
    return Answerer.load()


@pytest.fixture(scope="session")
def shy(answerer: Answerer) -> Answerer:
    """One that is never sure of anything: what is ours it neither answers nor offers."""
    found = answerer.with_base(answerer.base)
    found.settings = AskSettings(answer_score=9, offer_score=9, near_exact=101, doubt_lead=-9)
    return found


@pytest.fixture
async def desk(database: Database, clock: ManualClock, answerer: Answerer) -> Desk:
    """Three employees of Jinan; two officers, one of them for Shandong alone."""
    clock.jump(timedelta(days=10))  # some time after the packaged files were checked
    async with database.transaction() as session:
        now = clock.now()
        everybody = [await add_person(session, now, serial) for serial in range(5)]
        await ensure(session, now)
        await roles.grant(session, everybody[3], Role.OFFICER, now)
        await roles.grant(session, everybody[4], Role.OFFICER, now, region_prefix="37")
    library = Library(answerer, PolicySettings())
    return Desk(database, clock, library, tuple(everybody[:3]), tuple(everybody[3:]))
