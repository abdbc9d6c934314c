"""The HR system's delta, over real HTTP, with the HR system misbehaving."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from services.gateways import Gateways, NoConnector, Unavailable
from services.imports import delta
from services.imports.settings import ImportSettings
from services.people import roles
from services.people.people import by_number
from storage.database import Database
from storage.models import InboxEvent, Person, PersonStatus, Role
from tests.gateways.conftest import settings_for
from tests.people.makers import CREDIT_CODE, id_number
from tests.sandbox.conftest import Running, running

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


@pytest.fixture
async def hr(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path / "sandbox") as up:
        yield up


def change(kind: str, serial: int, **person: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "on": "2026-11-23",
        "person": {
            "number": f"E{serial:03d}",
            "name": "样一",
            "id_number": id_number(serial),
            "phone": f"154{serial:08d}",
            "credit_code": CREDIT_CODE,
            "employer_name": "样例科技有限公司",
            "region": "370100",
            "hire_date": "2026-11-23",
            **person,
        },
    }


async def told(hr: Running, *changes: dict[str, Any]) -> None:
    status, body = await hr.call("POST", "/admin/hr", {"changes": list(changes)})
    assert status == 201, body


async def taken(database: Database, hr: Running) -> delta.Delta:
    """One run, as the command makes it."""
    async with database.reading() as session:
        after = await delta.cursor(session)
    async with Gateways.from_settings(settings_for(hr)) as gateways:
        found = await delta.fetch(gateways, after)
    async with database.transaction() as session:
        return await delta.apply_changes(session, found, NOW, settings=ImportSettings())


async def people_of(database: Database) -> dict[str, Person]:
    async with database.reading() as session:
        return {each.number: each for each in (await session.exec(select(Person))).all()}


async def test_joiners_movers_and_leavers_each_once(database: Database, hr: Running) -> None:
    await told(hr, *(change("joined", serial) for serial in range(120)))
    first = await taken(database, hr)  # two pages
    assert (first.joined, first.ok, first.cursor) == (120, True, 120)
    async with database.transaction() as session:
        (officer,) = await by_number(session, "E001")
        await roles.grant(session, officer.id, Role.OFFICER, NOW)
    await told(hr, change("moved", 0, region="320500"), change("left", 1), change("left", 999))
    second = await taken(database, hr)
    assert (second.moved, second.left, second.joined, second.cursor) == (1, 1, 0, 123)
    people = await people_of(database)
    assert people["E000"].region_code == "320500"
    assert people["E001"].status is PersonStatus.LEFT
    async with database.reading() as session:
        assert await roles.grants(session, people["E001"].id) == ()
        events = (await session.exec(select(InboxEvent))).all()
    (moved,) = [each for each in events if each.kind == delta.MOVED]
    assert moved.payload["origin"] == "370100"
    assert moved.payload["destination"] == "320500"
    assert (await taken(database, hr)).cursor == 123  # nothing twice
    # The same changes once more, as after a lost commit: each is passed over.
    async with Gateways.from_settings(settings_for(hr)) as gateways:
        everything = await delta.fetch(gateways, 0)
    async with database.transaction() as session:
        again = await delta.apply_changes(session, everything, NOW, settings=ImportSettings())
    assert (again.joined, again.moved, again.left) == (0, 0, 0)


async def test_a_bad_change_is_named_and_holds_up_nobody(database: Database, hr: Running) -> None:
    await told(hr, change("joined", 1, id_number="370102199003070011"), change("joined", 2))
    done = await taken(database, hr)
    assert (done.joined, done.ok) == (1, False)
    assert {error.row for error in done.refused} == {1}
    assert "370102199003070011" not in repr(done)
    await told(hr, change("joined", 1))  # the correction
    assert (await taken(database, hr)).joined == 1


async def test_nothing_is_written_while_the_hr_system_is_down(
    database: Database, hr: Running
) -> None:
    await told(hr, change("joined", 1))
    await hr.fault("hr", down="503")
    with pytest.raises(Unavailable):
        await taken(database, hr)
    assert await people_of(database) == {}
    await hr.fault("hr")
    await hr.fault("hr", lose_every=1, times=1)  # the answer is lost once, and asked for again
    assert (await taken(database, hr)).joined == 1


async def test_without_a_connector_hr_imports_a_roster() -> None:
    with pytest.raises(NoConnector):
        await delta.fetch(Gateways({}, {}), 0)
