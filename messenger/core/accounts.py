"""Invitations, accounts and sign-ins. Every secret is kept as a hash only."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy import update as sql_update
from sqlmodel import col, select

from messenger.core.chats import chat_by_id, open_private, user_json
from messenger.core.messages import announce
from messenger.core.unit import Unit, digest, random_id
from messenger.errors import ClientError, bad_request
from messenger.models import Account, Chat, ChatType, Invite, Member, SignIn

_CODE_BYTES = 24
_NAME_LENGTH = 64
#: A sign-in's last use is noted no more often than this.
_SEEN_STEP = timedelta(minutes=10)


@dataclass(frozen=True)
class Invitation:
    """What a new link is for."""

    name: str
    start_parameter: str | None = None
    language: str = "zh"
    phone: str | None = None
    account_id: int | None = None
    group_chat_id: int | None = None


@dataclass(frozen=True)
class Session:
    """A signed-in person, as requests carry it."""

    sign_in_id: int
    account_id: int
    slug: str


async def invite(unit: Unit, invitation: Invitation, expires_at: datetime) -> str:
    """A new one-shot link's address."""
    name = invitation.name.strip()
    if not 1 <= len(name) <= _NAME_LENGTH:
        raise bad_request("display_name must be 1 to 64 characters long")
    if (
        invitation.account_id is not None
        and await unit.session.get(Account, invitation.account_id) is None
    ):
        raise bad_request("user not found")
    if invitation.group_chat_id is not None:
        chat = await chat_by_id(unit, invitation.group_chat_id)
        if chat.type is not ChatType.SUPERGROUP:
            raise bad_request("group_chat_id must be a group")
    code = secrets.token_urlsafe(_CODE_BYTES)
    unit.session.add(
        Invite(
            code_hash=digest(code),
            account_id=invitation.account_id,
            name=name,
            phone=invitation.phone,
            language=invitation.language,
            start_parameter=invitation.start_parameter,
            start_index=start_index(unit, invitation.start_parameter),
            group_chat_id=invitation.group_chat_id,
            created_at=unit.now,
            expires_at=expires_at,
        )
    )
    return f"{unit.messenger.settings.base_url}/join#{code}"


def start_index(unit: Unit, start_parameter: str | None) -> str | None:
    """The blind index by which open links of a start parameter are found."""
    if start_parameter is None:
        return None
    return unit.messenger.keyring.blind_index(start_parameter, "invite.start_parameter")


async def redeem(unit: Unit, code: str) -> tuple[str, str]:
    """Use a link up: returns the new sign-in's slug and its secret.

    Raises:
        ClientError: 404 for a wrong, used or expired code alike.
    """
    query = select(Invite).where(Invite.code_hash == digest(code)).with_for_update()
    found = (await unit.session.exec(query)).first()
    if found is None or found.used_at is not None or found.expires_at <= unit.now:
        raise ClientError(404, "invite_invalid")
    found.used_at = unit.now
    account = await _account(unit, found)
    found.account_id = account.id
    unit.session.add(found)
    member = await unit.session.get_one(Member, (account.id, account.id))
    if found.start_parameter:
        member.start_parameter = found.start_parameter
        unit.session.add(member)
        unit.event("chat", account.id)
    if found.group_chat_id is not None:
        await join(unit, await chat_by_id(unit, found.group_chat_id), account)
    return await _sign_in(unit, account.id)


async def _account(unit: Unit, found: Invite) -> Account:
    if found.account_id is not None:
        account = await unit.session.get_one(Account, found.account_id)
        account.phone = found.phone or account.phone
        return account
    account = Account(
        id=random_id(),
        name=found.name,
        phone=found.phone,
        language=found.language,
        created_at=unit.now,
    )
    unit.session.add(account)
    await unit.session.flush()
    await open_private(unit, account)
    return account


async def join(unit: Unit, chat: Chat, account: Account) -> None:
    """Make a person a member of a group; a second time changes nothing."""
    if await unit.session.get(Member, (chat.id, account.id)) is not None:
        return
    unit.session.add(
        Member(chat_id=chat.id, account_id=account.id, started=True, joined_at=unit.now)
    )
    await unit.session.flush()
    await announce(unit, chat, account, {"new_chat_members": [user_json(account)]})
    unit.event("chat", chat.id)


async def _sign_in(unit: Unit, account_id: int) -> tuple[str, str]:
    slug, token = secrets.token_hex(8), secrets.token_urlsafe(32)
    unit.session.add(
        SignIn(
            account_id=account_id,
            slug=slug,
            token_hash=digest(token),
            created_at=unit.now,
            seen_at=unit.now,
        )
    )
    return slug, token


async def session_of(unit: Unit, slug: str, token: str) -> Session | None:
    """The signed-in person of a slug and its cookie; None when unknown or unused for too long."""
    row = (await unit.session.exec(select(SignIn).where(SignIn.slug == slug))).first()
    if row is None or not secrets.compare_digest(row.token_hash, digest(token)):
        return None
    if row.seen_at < unit.now - timedelta(days=unit.messenger.settings.session_days):
        return None
    assert row.id is not None
    return Session(row.id, row.account_id, row.slug)


async def note_seen(unit: Unit, session: Session) -> None:
    """Remember that a sign-in is in use, now and then."""
    await unit.session.exec(
        sql_update(SignIn)
        .where(col(SignIn.id) == session.sign_in_id, col(SignIn.seen_at) < unit.now - _SEEN_STEP)
        .values(seen_at=unit.now)
        .execution_options(synchronize_session=False)
    )


async def sign_out(unit: Unit, session: Session) -> None:
    """End one sign-in."""
    await unit.session.exec(delete(SignIn).where(col(SignIn.id) == session.sign_in_id))


async def end_sign_ins(unit: Unit, account_id: int) -> int:
    """End every sign-in of an account; returns how many."""
    query = select(SignIn).where(SignIn.account_id == account_id)
    rows = list(await unit.session.exec(query))
    for row in rows:
        await unit.session.delete(row)
    return len(rows)


async def revoke_invites(unit: Unit, *, account_id: int | None, start: str | None) -> int:
    """Make open links useless, by account or by start parameter; returns how many."""
    query = select(Invite).where(col(Invite.used_at).is_(None), Invite.expires_at > unit.now)
    if account_id is not None:
        query = query.where(Invite.account_id == account_id)
    if start is not None:
        query = query.where(Invite.start_index == start_index(unit, start))
    rows = list(await unit.session.exec(query))
    for row in rows:
        row.expires_at = unit.now
        unit.session.add(row)
    return len(rows)
