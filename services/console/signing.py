"""Signing in to the console: one-shot links from the bot, and the sessions they open.

A link's code and a session's token are random; the database keeps their keyed digests. Time is the
real one (`Clock.tick`): a moved domain clock must neither end nor lengthen a session.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, update
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.console.settings import ConsoleSettings
from services.people import audit, people, roles
from services.people.people import Employee
from services.people.roles import Grant
from storage.database import keyring_of
from storage.models import ConsoleSession, Role, SignInLink
from storage.queue import lock

STAFF = frozenset({Role.OFFICER, Role.MANAGER, Role.ADMIN})
_BYTES = 32
_LINK, _SESSION, _FORM = "console.link", "console.session", "console.form"
_SEEN_EVERY = timedelta(minutes=1)
_KEPT = timedelta(days=30)


class NotStaff(Exception):
    """The person has no role that the console is for."""


class TooManyLinks(Exception):
    """The person has asked for too many links."""


@dataclass(frozen=True)
class Opened:
    """A new session. `token` is here and nowhere else."""

    session_id: int
    token: str
    person: Employee

    def __repr__(self) -> str:
        return f"Opened(person_id={self.person.id})"


@dataclass(frozen=True)
class SignedIn:
    """Who sits at a browser, with their living roles."""

    session_id: int
    person: Employee
    grants: tuple[Grant, ...]
    language: str
    form_token: str

    def __repr__(self) -> str:
        return f"SignedIn(session_id={self.session_id})"


async def issue(
    session: AsyncSession,
    person_id: int,
    tick: datetime,
    settings: ConsoleSettings,
    language: str = "zh",
) -> str:
    """The code of a new link; the person's older unused links end.

    Raises:
        NotStaff: nobody for whom the console is.
        TooManyLinks: more than `links_per_hour`.
    """
    await lock(session, f"console:{person_id}")
    if not await _staff(session, person_id):
        raise NotStaff(f"person {person_id}")
    recent = select(func.count()).where(
        col(SignInLink.person_id) == person_id,
        col(SignInLink.created_at) > tick - timedelta(hours=1),
    )
    if (await session.exec(recent)).one() >= settings.links_per_hour:
        raise TooManyLinks(f"person {person_id}")
    await _revoke_links(session, person_id, tick)
    code = secrets.token_urlsafe(_BYTES)
    session.add(
        SignInLink(
            person_id=person_id,
            code_index=keyring_of(session).blind_index(code, _LINK),
            language=language,
            created_at=tick,
            expires_at=tick + timedelta(minutes=settings.link_minutes),
        )
    )
    await session.flush()
    return code


def link(base: str, code: str) -> str:
    """The address that the bot sends; see `bot/web/console/signin.py` for why it has a `#`."""
    return f"{base}/console/sign-in#{code}"


async def redeem(
    session: AsyncSession, code: str, tick: datetime, now: datetime, settings: ConsoleSettings
) -> Opened | None:
    """Use a link up and open a session; None when it is used, over, or its person has no role.

    Args:
        tick: real time, for the session; `now` is domain time, for the audit log.
    """
    index = keyring_of(session).blind_index(code, _LINK)
    query = select(SignInLink).where(col(SignInLink.code_index) == index).with_for_update()
    found = await session.exec(query.execution_options(populate_existing=True))
    link = found.one_or_none()
    if link is None or link.used_at or link.revoked_at or link.expires_at <= tick:
        return None
    link.used_at = tick
    grants = await _staff(session, link.person_id)
    person = await people.by_id(session, link.person_id)
    if person is None or not grants:
        return None
    token = secrets.token_urlsafe(_BYTES)
    row = ConsoleSession(
        person_id=person.id,
        token_index=keyring_of(session).blind_index(token, _SESSION),
        role_version=_version(person, grants),
        language=link.language,
        created_at=tick,
        seen_at=tick,
        expires_at=tick + timedelta(hours=settings.session_hours),
    )
    session.add(row)
    await audit.record(
        session, f"person:{person.id}", "console.signed_in", f"person:{person.id}", now
    )
    return Opened(row.id or 0, token, person)


async def signed_in(
    session: AsyncSession, token: str, tick: datetime, settings: ConsoleSettings
) -> SignedIn | None:
    """Who has this token. None: unknown, ended, over, or the person's roles or account changed."""
    row = await _row(session, token)
    if row is None or row.ended_at or row.expires_at <= tick:
        return None
    if row.seen_at + timedelta(minutes=settings.idle_minutes) <= tick:
        return None
    person = await people.by_id(session, row.person_id)
    grants = await _staff(session, row.person_id)
    if person is None or not grants or row.role_version != _version(person, grants):
        return None
    form = keyring_of(session).blind_index(token, _FORM)
    return SignedIn(row.id or 0, person, grants, row.language, form)


async def keep_alive(session: AsyncSession, session_id: int, tick: datetime) -> None:
    """Note that a session is used; written once a minute at most."""
    await session.exec(
        update(ConsoleSession)
        .where(col(ConsoleSession.id) == session_id, col(ConsoleSession.ended_at).is_(None))
        .where(col(ConsoleSession.seen_at) <= tick - _SEEN_EVERY)
        .values(seen_at=tick)
    )


async def must_note(session: AsyncSession, session_id: int, tick: datetime) -> bool:
    """Whether `keep_alive` would write, so that a read needs no write lock."""
    row = await session.get(ConsoleSession, session_id)
    return row is not None and row.seen_at <= tick - _SEEN_EVERY


async def set_language(session: AsyncSession, session_id: int, language: str) -> None:
    """The language of a session's pages."""
    row = await session.get(ConsoleSession, session_id)
    if row is not None:
        row.language = language
        session.add(row)


async def sign_out(session: AsyncSession, token: str, tick: datetime) -> None:
    """End a session; an unknown token changes nothing."""
    row = await _row(session, token)
    if row is not None and row.ended_at is None:
        row.ended_at = tick
        session.add(row)


async def end_all(session: AsyncSession, person_id: int, tick: datetime, now: datetime) -> int:
    """End every session and unused link of a person; returns how many sessions ended."""
    await _revoke_links(session, person_id, tick)
    ended = await session.exec(
        update(ConsoleSession)
        .where(col(ConsoleSession.person_id) == person_id, col(ConsoleSession.ended_at).is_(None))
        .values(ended_at=tick)
    )
    await audit.record(
        session, f"person:{person_id}", "console.all_ended", f"person:{person_id}", now
    )
    return int(ended.rowcount)


async def forget_old(session: AsyncSession, tick: datetime) -> None:
    """Delete links and sessions that are long over."""
    for kind in (SignInLink, ConsoleSession):
        await session.exec(delete(kind).where(col(kind.expires_at) < tick - _KEPT))


async def _row(session: AsyncSession, token: str) -> ConsoleSession | None:
    index = keyring_of(session).blind_index(token, _SESSION)
    query = select(ConsoleSession).where(col(ConsoleSession.token_index) == index)
    return (await session.exec(query)).one_or_none()


async def _revoke_links(session: AsyncSession, person_id: int, tick: datetime) -> None:
    await session.exec(
        update(SignInLink)
        .where(
            col(SignInLink.person_id) == person_id,
            col(SignInLink.used_at).is_(None),
            col(SignInLink.revoked_at).is_(None),
        )
        .values(revoked_at=tick)
    )


async def _staff(session: AsyncSession, person_id: int) -> tuple[Grant, ...]:
    """The living grants of an active person; none for anybody else."""
    person = await people.by_id(session, person_id)
    if person is None or not person.active:
        return ()
    return tuple(g for g in await roles.grants(session, person_id) if g.role in STAFF)


def _version(person: Employee, grants: tuple[Grant, ...]) -> str:
    """A digest of what the person may do and of the account that asked."""
    parts = [f"{g.id}:{g.role}:{g.region_prefix}:{g.employer_id}" for g in grants]
    return hashlib.sha256("|".join([str(person.user_id), *sorted(parts)]).encode()).hexdigest()
