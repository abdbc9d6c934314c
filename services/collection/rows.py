"""Loading and locking: what every verb of this room does with rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.collection.views import HeldCard
from services.people.identity import masked_name
from storage.models import Application, ChannelAccount, Handover, Person, PersonStatus


async def locked(session: AsyncSession, application_id: int) -> Handover | None:
    """An application's handover, locked until the end of the transaction and freshly read."""
    query = (
        select(Handover)
        .where(col(Handover.application_id) == application_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await session.exec(query)).one_or_none()


async def cards(session: AsyncSession, *conditions: Any) -> Sequence[HeldCard]:
    """Cards that came to HR, those sealed first in front, those without a day at the end."""
    living = and_(
        col(ChannelAccount.person_id) == col(Person.id), col(ChannelAccount.ended_at).is_(None)
    )
    query = (
        select(Handover, Application, Person, ChannelAccount.id)
        .join(Application, col(Application.id) == col(Handover.application_id))
        .join(Person, col(Person.id) == col(Application.person_id))
        .outerjoin(ChannelAccount, living)
        .where(*conditions)
        .order_by(col(Application.due).is_(None), col(Application.due), col(Handover.id))
    )
    await session.flush()
    return [_card(*found) for found in await session.exec(query)]


async def card(session: AsyncSession, application_id: int) -> HeldCard | None:
    """The card of one application, when it came to HR."""
    found = await cards(session, col(Handover.application_id) == application_id)
    return found[0] if found else None


def _card(row: Handover, application: Application, person: Person, account: int | None) -> HeldCard:
    return HeldCard(
        application_id=application.id or 0,
        application=application.number,
        person_id=person.id or 0,
        person=person.number,
        name=masked_name(person.name),
        employer_id=application.employer_id,
        region_code=application.region_code,
        bank_code=application.bank_code,
        status=application.status,
        place=row.place,
        code=row.code,
        due=application.due,
        bound=account is not None,
        left=person.status is not PersonStatus.ACTIVE,
        received_at=row.received_at,
        received_by=row.received_by,
        asked_at=row.asked_at,
        handed_at=row.handed_at,
        handed_by=row.handed_by,
        signed_by=row.signed_by,
        returned_at=row.returned_at,
    )
