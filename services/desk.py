"""Where the HR desk is: the mailbox of the group that cases are brought to."""

from __future__ import annotations

from sqlmodel.ext.asyncio.session import AsyncSession

from storage.state import read_value, write_value

_NAME = "desk.group"


async def set_desk(session: AsyncSession, mailbox: str) -> None:
    """Bring cases to this mailbox from now on."""
    await write_value(session, _NAME, mailbox)


async def desk_mailbox(session: AsyncSession) -> str | None:
    """The HR group's mailbox; None while no group is bound (cases wait in the database)."""
    return await read_value(session, _NAME)
