"""Binding: codes, phones, rebinding, and what a guesser gets."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from sqlmodel import select

from services.people import accounts, by_account, invitations, leave, mailbox_of
from services.people.accounts import Outcome
from services.people.settings import PeopleSettings
from storage.database import Database
from storage.models import BindAttempt, ChannelAccount, Invitation
from tests.people.makers import employ, id_number

SETTINGS = PeopleSettings()


async def test_a_code_binds_once(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        someone = await employ(session, now)
        invited = await invitations.invite(session, someone.id, now, SETTINGS)
        result = await accounts.bind_by_code(
            session, invited.code, 11, "11", now=now, settings=SETTINGS
        )
        assert result.outcome is Outcome.BOUND
        assert result.employee is not None
        assert (result.employee.id, result.employee.mailbox) == (someone.id, "11")
    async with database.transaction() as session:
        again = await accounts.bind_by_code(
            session, invited.code, 11, "11", now=now, settings=SETTINGS
        )
        stranger = await accounts.bind_by_code(
            session, invited.code, 12, "12", now=now, settings=SETTINGS
        )
        assert again.outcome is Outcome.ALREADY_MINE
        assert stranger.outcome is Outcome.USED
        assert stranger.employee is None
        assert await by_account(session, 12) is None
        assert await mailbox_of(session, someone.id) == "11"


async def test_only_an_index_of_the_code_is_kept(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        someone = await employ(session, now)
        invited = await invitations.invite(session, someone.id, now, SETTINGS)
        row = (await session.exec(select(Invitation))).one()
        assert invited.code not in repr(row)
        assert invited.code not in repr(invited)
        assert 22 <= len(invited.code) <= 64
        assert set(invited.code) <= set(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
        )


async def test_a_new_code_revokes_the_old(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        someone = await employ(session, now)
        old = await invitations.invite(session, someone.id, now, SETTINGS)
        new = await invitations.invite(session, someone.id, now, SETTINGS)
        late = now + timedelta(days=SETTINGS.invitation_days)
        results = [
            await accounts.bind_by_code(session, code, user, str(user), now=at, settings=SETTINGS)
            for code, user, at in ((old.code, 1, now), (new.code, 2, late), (new.code, 3, now))
        ]
        assert [r.outcome for r in results] == [Outcome.EXPIRED, Outcome.EXPIRED, Outcome.BOUND]


async def test_guessing_is_limited_per_account(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        someone = await employ(session, now)
        invited = await invitations.invite(session, someone.id, now, SETTINGS)
        outcomes = [
            (
                await accounts.bind_by_code(
                    session, f"guess{n}", 7, "7", now=now, settings=SETTINGS
                )
            ).outcome
            for n in range(SETTINGS.bind_tries + 1)
        ]
        assert outcomes == [Outcome.UNKNOWN] * SETTINGS.bind_tries + [Outcome.TOO_MANY]
        right = await accounts.bind_by_code(
            session, invited.code, 7, "7", now=now, settings=SETTINGS
        )
        assert right.outcome is Outcome.TOO_MANY
        later = now + timedelta(minutes=SETTINGS.bind_window_minutes, seconds=1)
        right = await accounts.bind_by_code(
            session, invited.code, 7, "7", now=later, settings=SETTINGS
        )
        assert right.outcome is Outcome.BOUND


async def test_a_flood_of_guesses_is_stopped_but_employees_get_in(
    database: Database, now: datetime
) -> None:
    settings = PeopleSettings(bind_tries_total=4)
    async with database.transaction() as session:
        someone = await employ(session, now)
        invited = await invitations.invite(session, someone.id, now, settings)
        for user in range(100, 104):
            await accounts.bind_by_code(session, "x", user, "x", now=now, settings=settings)
        guess = await accounts.bind_by_code(session, "y", 200, "y", now=now, settings=settings)
        known = await accounts.bind_by_code(
            session, invited.code, 100, "100", now=now, settings=settings
        )
        phone = await accounts.bind_by_phone(
            session, "15400000000", 201, "201", now=now, settings=settings
        )
        employee = await accounts.bind_by_code(
            session, invited.code, 300, "300", now=now, settings=settings
        )
        assert guess.outcome is Outcome.TOO_MANY
        assert known.outcome is Outcome.TOO_MANY
        assert phone.outcome is Outcome.TOO_MANY
        assert employee.outcome is Outcome.BOUND


async def test_own_phone_in_any_writing(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        await employ(session, now, 5)
        for user, phone in ((1, "+86 154 0000 0005"), (1, "８６15400000005"), (1, "15400000005")):
            result = await accounts.bind_by_phone(
                session, phone, user, "1", now=now, settings=SETTINGS
            )
            assert result.outcome in {Outcome.BOUND, Outcome.ALREADY_MINE}
        unknown = await accounts.bind_by_phone(
            session, "15499999999", 2, "2", now=now, settings=SETTINGS
        )
        assert unknown.outcome is Outcome.UNKNOWN
        assert len((await session.exec(select(BindAttempt))).all()) == 1


async def test_a_shared_phone_goes_to_hr(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        await employ(session, now, 1, phone="15400000009")
        await employ(session, now, 2, phone="15400000009")
        result = await accounts.bind_by_phone(
            session, "15400000009", 1, "1", now=now, settings=SETTINGS
        )
        assert (result.outcome, result.employee) == (Outcome.ASK_HR, None)


async def test_an_account_serves_one_person(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        first, second = await employ(session, now, 1), await employ(session, now, 2)
        one = await invitations.invite(session, first.id, now, SETTINGS)
        two = await invitations.invite(session, second.id, now, SETTINGS)
        await accounts.bind_by_code(session, one.code, 9, "9", now=now, settings=SETTINGS)
        other = await accounts.bind_by_code(session, two.code, 9, "9", now=now, settings=SETTINGS)
        assert other.outcome is Outcome.ACCOUNT_TAKEN
        bound = await by_account(session, 9)
        assert bound is not None
        assert bound.id == first.id


async def test_a_verified_rebind_ends_the_old_account(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        someone = await employ(session, now)
        await accounts.bind_by_phone(session, "15400000000", 1, "1", now=now, settings=SETTINGS)
        invited = await invitations.invite(session, someone.id, now, SETTINGS)
        asked = await accounts.bind_by_code(
            session, invited.code, 2, "2", now=now, settings=SETTINGS
        )
        assert (asked.outcome, asked.tries_left) == (Outcome.NEEDS_VERIFICATION, 3)
        assert asked.person_id == someone.id
        assert asked.employee is None
        wrong = await accounts.verify_rebind(
            session, someone.id, 2, "2", "0000", now=now, settings=SETTINGS
        )
        assert (wrong.outcome, wrong.tries_left) == (Outcome.WRONG, 2)
        right = await accounts.verify_rebind(
            session, someone.id, 2, "2", id_number()[-4:].lower(), now=now, settings=SETTINGS
        )
        assert (right.outcome, right.old_mailbox) == (Outcome.BOUND, "1")
        assert await by_account(session, 1) is None
        assert await mailbox_of(session, someone.id) == "2"
        reused = await accounts.bind_by_code(
            session, invited.code, 3, "3", now=now, settings=SETTINGS
        )
        assert reused.outcome is Outcome.USED


async def test_three_wrong_answers_end_in_hr_whatever_the_account(
    database: Database, now: datetime
) -> None:
    async with database.transaction() as session:
        someone = await employ(session, now)
        await accounts.bind_by_phone(session, "15400000000", 1, "1", now=now, settings=SETTINGS)
        outcomes = []
        for user in (2, 3, 4, 5):
            result = await accounts.verify_rebind(
                session, someone.id, user, str(user), "0000", now=now, settings=SETTINGS
            )
            outcomes.append(result.outcome)
        assert outcomes == [Outcome.WRONG, Outcome.WRONG, Outcome.ASK_HR, Outcome.ASK_HR]
        right = await accounts.verify_rebind(
            session, someone.id, 6, "6", id_number()[-4:], now=now, settings=SETTINGS
        )
        assert right.outcome is Outcome.ASK_HR
        assert await mailbox_of(session, someone.id) == "1"
        assert await accounts.unbind(session, someone.id, now) == "1"
        free = await accounts.bind_by_phone(
            session, "15400000000", 6, "6", now=now, settings=SETTINGS
        )
        assert free.outcome is Outcome.BOUND


async def test_nothing_to_ask_for_means_hr(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        await employ(session, now, 3, with_id=False)
        await accounts.bind_by_phone(session, "15400000003", 1, "1", now=now, settings=SETTINGS)
        result = await accounts.bind_by_phone(
            session, "15400000003", 2, "2", now=now, settings=SETTINGS
        )
        assert result.outcome is Outcome.ASK_HR


async def test_a_leaver_stays_bound(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        someone = await employ(session, now)
        await accounts.bind_by_phone(session, "15400000000", 1, "1", now=now, settings=SETTINGS)
        left = await leave(session, someone.id, now)
        assert not left.active
        bound = await by_account(session, 1)
        assert bound is not None
        assert not bound.active


async def test_two_accounts_race_for_one_code(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        someone = await employ(session, now)
        invited = await invitations.invite(session, someone.id, now, SETTINGS)

    async def bind(user: int) -> Outcome:
        async with database.transaction() as session:
            result = await accounts.bind_by_code(
                session, invited.code, user, str(user), now=now, settings=SETTINGS
            )
            return result.outcome

    outcomes = await asyncio.gather(*(bind(user) for user in (1, 2, 3)))
    assert outcomes.count(Outcome.BOUND) == 1
    async with database.reading() as session:
        assert len((await session.exec(select(ChannelAccount))).all()) == 1


async def test_one_account_races_for_two_persons(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        codes = []
        for serial in (1, 2):
            someone = await employ(session, now, serial)
            codes.append((await invitations.invite(session, someone.id, now, SETTINGS)).code)

    async def bind(code: str) -> Outcome:
        async with database.transaction() as session:
            result = await accounts.bind_by_code(session, code, 5, "5", now=now, settings=SETTINGS)
            return result.outcome

    outcomes = await asyncio.gather(*(bind(code) for code in codes))
    assert sorted(outcomes) == [Outcome.ACCOUNT_TAKEN, Outcome.BOUND]
