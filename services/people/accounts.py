"""Binding a messenger account to a person: by invitation code, by own phone, or again."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.people import audit, people
from services.people.identity import normalise_phone, phone_index, plain
from services.people.settings import PeopleSettings
from storage.database import keyring_of
from storage.models import BindAttempt, ChannelAccount, Invitation, Person, PersonStatus
from storage.queue import lock

CODE_PURPOSE = "invitation.code"
_REFUSED = "rebind.refused"
_ANSWER_LENGTH = 4


class Outcome(StrEnum):
    """What came of a try to bind."""

    BOUND = "bound"
    ALREADY_MINE = "already_mine"
    NEEDS_VERIFICATION = "needs_verification"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    USED = "used"
    TOO_MANY = "too_many"
    ACCOUNT_TAKEN = "account_taken"
    WRONG = "wrong"
    ASK_HR = "ask_hr"


@dataclass(frozen=True)
class BindResult:
    """The outcome and what the caller may know of it.

    Args:
        employee: only for BOUND and ALREADY_MINE: nothing of a person is told before.
        person_id: for NEEDS_VERIFICATION and ASK_HR, to go on with; never shown.
        old_mailbox: a rebind ended this account; tell it so.
        tries_left: answers left for NEEDS_VERIFICATION and WRONG.
    """

    outcome: Outcome
    employee: people.Employee | None = None
    person_id: int | None = None
    old_mailbox: str | None = None
    tries_left: int | None = None


@dataclass(frozen=True)
class _Claim:
    """Who asks to be bound, by which way, and when."""

    user_id: int
    mailbox: str
    via: str
    now: datetime
    settings: PeopleSettings


async def bind_by_code(
    session: AsyncSession,
    code: str,
    user_id: int,
    mailbox: str,
    *,
    now: datetime,
    settings: PeopleSettings,
) -> BindResult:
    """Redeem an invitation code for the account that sent it."""
    own, others = await _recent_failures(session, user_id, now, settings)
    if own >= settings.bind_tries:
        return BindResult(Outcome.TOO_MANY)
    index = keyring_of(session).blind_index(code.strip(), CODE_PURPOSE)
    found = select(Invitation).where(col(Invitation.code_index) == index).with_for_update()
    invitation = (await session.exec(found)).one_or_none()
    # Under a flood of guesses a right code still passes from an account that hasn't guessed:
    # a flood must not keep real employees out, and a code can't be hit at the first try.
    if invitation is None or (own and others >= settings.bind_tries_total):
        crowded = others >= settings.bind_tries_total
        return await _fail(session, user_id, now, Outcome.TOO_MANY if crowded else Outcome.UNKNOWN)
    return await _redeem(session, invitation, _Claim(user_id, mailbox, "code", now, settings))


async def bind_by_phone(
    session: AsyncSession,
    phone: str,
    user_id: int,
    mailbox: str,
    *,
    now: datetime,
    settings: PeopleSettings,
) -> BindResult:
    """Bind by a phone number that the messenger vouches for: the sender's own contact.

    The caller must have checked that the contact is the sender's own.
    """
    own, others = await _recent_failures(session, user_id, now, settings)
    if own >= settings.bind_tries or others >= settings.bind_tries_total:
        return BindResult(Outcome.TOO_MANY)
    digits = normalise_phone(phone)
    if digits is None:
        return await _fail(session, user_id, now, Outcome.UNKNOWN)
    query = select(Person).where(
        col(Person.phone_index) == phone_index(session, digits),
        col(Person.status) != PersonStatus.ERASED,
    )
    persons = list(await session.exec(query))
    active = [p for p in persons if p.status is PersonStatus.ACTIVE] or persons
    if not active:
        return await _fail(session, user_id, now, Outcome.UNKNOWN)
    mine = await _living_of_user(session, user_id)
    if mine is not None:
        if any(person.id == mine.person_id for person in active):
            return await _mine(session, mine)
        return BindResult(Outcome.ACCOUNT_TAKEN)
    if len(active) > 1:
        return BindResult(Outcome.ASK_HR)
    return await _bind(session, active[0], _Claim(user_id, mailbox, "phone", now, settings))


async def verify_rebind(
    session: AsyncSession,
    person_id: int,
    user_id: int,
    mailbox: str,
    answer: str,
    *,
    now: datetime,
    settings: PeopleSettings,
) -> BindResult:
    """Bind a new account in place of the old one, after NEEDS_VERIFICATION named `person_id`.

    Args:
        answer: the last four characters of the person's ID number.
    """
    await lock(session, f"person:{person_id}")
    person = await session.get(Person, person_id)
    if person is None or person.status is PersonStatus.ERASED:
        return BindResult(Outcome.UNKNOWN)
    mine = await _living_of_user(session, user_id)
    if mine is not None:
        taken = mine.person_id != person_id
        return BindResult(Outcome.ACCOUNT_TAKEN) if taken else await _mine(session, mine)
    left = await _answers_left(session, person, now, settings)
    if left == 0:
        return BindResult(Outcome.ASK_HR, person_id=person_id)
    expected = (person.id_number or "")[-_ANSWER_LENGTH:]
    given = plain(answer).upper().replace(" ", "")
    if not hmac.compare_digest(expected.encode(), given.encode()):
        await audit.record(session, f"user:{user_id}", _REFUSED, f"person:{person_id}", now)
        if left == 1:
            return BindResult(Outcome.ASK_HR, person_id=person_id)
        return BindResult(Outcome.WRONG, person_id=person_id, tries_left=left - 1)
    old = await _end(session, person_id, now, f"user:{user_id}")
    claim = _Claim(user_id, mailbox, "rebind", now, settings)
    result = await _attach(session, person, claim)
    return BindResult(result.outcome, result.employee, old_mailbox=old)


async def unbind(
    session: AsyncSession, person_id: int, now: datetime, actor: str = "hr"
) -> str | None:
    """End a person's living account; returns its mailbox, or None when there was none."""
    await lock(session, f"person:{person_id}")
    return await _end(session, person_id, now, actor)


async def _redeem(session: AsyncSession, invitation: Invitation, claim: _Claim) -> BindResult:
    user_id, now = claim.user_id, claim.now
    person = await session.get(Person, invitation.person_id)
    if person is None or person.status is PersonStatus.ERASED:
        return await _fail(session, user_id, now, Outcome.UNKNOWN)
    mine = await _living_of_user(session, user_id)
    if mine is not None:
        if mine.person_id != invitation.person_id:
            return BindResult(Outcome.ACCOUNT_TAKEN)
        invitation.used_at = invitation.used_at or now
        session.add(invitation)
        return await _mine(session, mine)
    if invitation.used_at is not None:
        return await _fail(session, user_id, now, Outcome.USED)
    if invitation.revoked_at is not None or invitation.expires_at <= now:
        return await _fail(session, user_id, now, Outcome.EXPIRED)
    return await _bind(session, person, claim)


async def _bind(session: AsyncSession, person: Person, claim: _Claim) -> BindResult:
    person_id = person.id or 0
    await lock(session, f"person:{person_id}")
    if await _living_of_person(session, person_id) is None:
        return await _attach(session, person, claim)
    left = await _answers_left(session, person, claim.now, claim.settings)
    outcome = Outcome.NEEDS_VERIFICATION if left else Outcome.ASK_HR
    return BindResult(outcome, person_id=person_id, tries_left=left or None)


async def _attach(session: AsyncSession, person: Person, claim: _Claim) -> BindResult:
    person_id, now = person.id or 0, claim.now
    account = ChannelAccount(
        person_id=person_id,
        user_id=claim.user_id,
        mailbox=claim.mailbox,
        bound_by=claim.via,
        bound_at=now,
    )
    try:
        async with session.begin_nested():
            session.add(account)
    except IntegrityError:
        # The same account was bound to somebody else in another transaction just now.
        return BindResult(Outcome.ACCOUNT_TAKEN)
    living = select(Invitation).where(
        col(Invitation.person_id) == person_id,
        col(Invitation.used_at).is_(None),
        col(Invitation.revoked_at).is_(None),
    )
    for invitation in await session.exec(living):
        invitation.used_at = now
        session.add(invitation)
    actor, detail = f"user:{claim.user_id}", {"by": claim.via}
    await audit.record(session, actor, "account.bound", f"person:{person_id}", now, detail=detail)
    return BindResult(Outcome.BOUND, await people.by_id(session, person_id))


async def _end(session: AsyncSession, person_id: int, now: datetime, actor: str) -> str | None:
    account = await _living_of_person(session, person_id)
    if account is None:
        return None
    account.ended_at = now
    session.add(account)
    await audit.record(session, actor, "account.ended", f"person:{person_id}", now)
    return account.mailbox


async def _mine(session: AsyncSession, account: ChannelAccount) -> BindResult:
    return BindResult(Outcome.ALREADY_MINE, await people.by_id(session, account.person_id))


async def _fail(session: AsyncSession, user_id: int, now: datetime, outcome: Outcome) -> BindResult:
    session.add(BindAttempt(user_id=user_id, at=now))
    await session.flush()
    return BindResult(outcome)


async def _recent_failures(
    session: AsyncSession, user_id: int, now: datetime, settings: PeopleSettings
) -> tuple[int, int]:
    """Failed tries in the window: of this account, and of everybody."""
    since = now - timedelta(minutes=settings.bind_window_minutes)
    recent = select(func.count()).select_from(BindAttempt).where(col(BindAttempt.at) > since)
    own = (await session.exec(recent.where(col(BindAttempt.user_id) == user_id))).one()
    return own, (await session.exec(recent)).one()


async def _answers_left(
    session: AsyncSession, person: Person, now: datetime, settings: PeopleSettings
) -> int:
    """Answers that a rebind may still try; 0 also when there is nothing to ask for."""
    if len(person.id_number or "") < _ANSWER_LENGTH:
        return 0
    since = now - timedelta(hours=settings.rebind_window_hours)
    wrong = await audit.count_since(session, _REFUSED, f"person:{person.id}", since)
    return max(settings.rebind_tries - wrong, 0)


async def _living_of_user(session: AsyncSession, user_id: int) -> ChannelAccount | None:
    query = select(ChannelAccount).where(
        col(ChannelAccount.user_id) == user_id, col(ChannelAccount.ended_at).is_(None)
    )
    return (await session.exec(query)).one_or_none()


async def _living_of_person(session: AsyncSession, person_id: int) -> ChannelAccount | None:
    query = select(ChannelAccount).where(
        col(ChannelAccount.person_id) == person_id, col(ChannelAccount.ended_at).is_(None)
    )
    return (await session.exec(query)).one_or_none()
