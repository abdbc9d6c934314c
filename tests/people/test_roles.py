"""Roles: scopes, admins, leavers."""

from __future__ import annotations

from datetime import datetime

import pytest

from services.people import UnknownPersonError, audit, leave, roles
from storage.database import Database
from storage.models import Role
from tests.people.makers import employ


async def test_a_role_reaches_its_scope_only(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        someone = await employ(session, now)
        await roles.grant(session, someone.id, Role.OFFICER, now, region_prefix="370000")
        assert await roles.has_role(session, someone.id, Role.OFFICER)
        assert await roles.has_role(session, someone.id, Role.OFFICER, "370102")
        assert not await roles.has_role(session, someone.id, Role.OFFICER, "110000")
        assert not await roles.has_role(session, someone.id, Role.MANAGER)
        assert await roles.has_role(session, someone.id, Role.EMPLOYEE)


async def test_employer_scope(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        someone = await employ(session, now)
        mine = someone.employer_id
        await roles.grant(session, someone.id, Role.OFFICER, now, employer_id=mine)
        assert await roles.has_role(session, someone.id, Role.OFFICER, "110000", mine)
        assert not await roles.has_role(session, someone.id, Role.OFFICER, None, mine + 1)
        assert [e.id for e in await roles.holders(session, Role.OFFICER, "370100", mine)] == [
            someone.id
        ]
        assert await roles.holders(session, Role.OFFICER, "370100", mine + 1) == ()


async def test_the_same_grant_twice_is_one_and_revoking_ends_it(
    database: Database, now: datetime
) -> None:
    async with database.transaction() as session:
        someone = await employ(session, now)
        first = await roles.grant(session, someone.id, Role.OFFICER, now, region_prefix="3701")
        second = await roles.grant(session, someone.id, Role.OFFICER, now, region_prefix="370100")
        assert first == second
        await roles.grant(session, someone.id, Role.OFFICER, now)
        assert await roles.revoke(session, someone.id, Role.OFFICER, now, region_prefix="3701") == 1
        assert await roles.has_role(session, someone.id, Role.OFFICER, "110000")
        assert await roles.revoke(session, someone.id, Role.OFFICER, now) == 1
        assert not await roles.has_role(session, someone.id, Role.OFFICER)
        verbs = [e.verb for e in await audit.entries(session, f"person:{someone.id}")]
        assert verbs == ["role.revoked", "role.revoked", "role.granted", "role.granted"]


async def test_an_admin_has_every_role(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        someone = await employ(session, now)
        await roles.grant(session, someone.id, Role.ADMIN, now)
        assert await roles.has_role(session, someone.id, Role.MANAGER, "110000", 99)
        assert await roles.holders(session, Role.OFFICER) == ()


async def test_a_leaver_has_no_role_and_gets_none(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        someone = await employ(session, now)
        await roles.grant(session, someone.id, Role.OFFICER, now)
        await leave(session, someone.id, now)
        assert await roles.grants(session, someone.id) == ()
        for role in Role:
            assert not await roles.has_role(session, someone.id, role)
        with pytest.raises(UnknownPersonError):
            await roles.grant(session, someone.id, Role.OFFICER, now)
