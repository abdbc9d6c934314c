"""What a transfer says besides the person: from where, and what is known of both sides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from services.applications import rows
from services.applications.errors import NotAllowed
from services.applications.matters.base import put_details
from services.applications.views import ApplicationView

MOVE_DETAILS = ("origin", "household", "last_month", "first_month")
"""`origin` and `household` are region codes, the months YYYY-MM."""


async def describe_move(
    session: AsyncSession, application_id: int, details: Mapping[str, str | None], now: datetime
) -> ApplicationView:
    """Set some of `MOVE_DETAILS`; None takes one away.

    Raises:
        NotAllowed: `not_editable`.
    """
    row = await rows.locked(session, application_id)
    if row.status not in rows.EDITABLE:
        raise NotAllowed("not_editable")
    put_details(row, **{name: details[name] for name in MOVE_DETAILS if name in details})
    row.updated_at = now
    return await rows.view(session, row)


async def move_details(session: AsyncSession, application_id: int) -> dict[str, str]:
    """Those that are set."""
    row = await rows.seen(session, application_id)
    return {name: value for name, value in (row.details or {}).items() if name in MOVE_DETAILS}
