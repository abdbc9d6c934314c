"""Where the HR desk is: the mailbox of the group that cases are brought to."""

from __future__ import annotations

from sqlmodel.ext.asyncio.session import AsyncSession

from storage.state import read_value, write_value

_NAME, _PLAIN = "desk.group", "desk.plain"


async def set_desk(session: AsyncSession, mailbox: str) -> None:
    """Bring cases to this mailbox from now on; whether it has topics is found out with the next."""
    await write_value(session, _NAME, mailbox)
    await write_value(session, _PLAIN, "")


async def desk_mailbox(session: AsyncSession) -> str | None:
    """The HR group's mailbox; None while no group is bound (cases wait in the database)."""
    return await read_value(session, _NAME)


async def set_plain(session: AsyncSession, mailbox: str) -> None:
    """This group has no topics: its cases are told apart by their cards."""
    await write_value(session, _PLAIN, mailbox)


async def is_plain(session: AsyncSession, mailbox: str) -> bool:
    """Whether a group is known to have no topics."""
    return await read_value(session, _PLAIN) == mailbox
