"""Small durable values of the program itself, read and written by name."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import StateValue

_CLOCK_OFFSET = "clock_offset"


async def read_value(session: AsyncSession, name: str) -> str | None:
    """The value; None when it was never written."""
    row = await session.get(StateValue, name)
    return row.value if row else None


async def write_value(session: AsyncSession, name: str, value: str) -> None:
    """Keep the value under its name, in place of an older one."""
    row = await session.get(StateValue, name)
    if row is None:
        session.add(StateValue(name=name, value=value))
    else:
        row.value = value


async def clock_offset(session: AsyncSession) -> timedelta:
    """How far the demo has moved domain time; it survives a restart."""
    return timedelta(seconds=float(await read_value(session, _CLOCK_OFFSET) or 0))


async def set_clock_offset(session: AsyncSession, offset: timedelta) -> None:
    """Keep how far domain time is moved."""
    await write_value(session, _CLOCK_OFFSET, str(offset.total_seconds()))
