"""代办: an officer applies for somebody who has no smartphone, with their signed authority.

What the officer did is theirs in every record; the application, its consents and its card are
the person's. News go to the person as soon as they have a chat of their own, and to the officer
till then.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.applications import rows
from services.applications.errors import NotAllowed, NotFound
from services.applications.opening import open_matter
from services.applications.readings import install
from services.applications.views import ApplicationView
from services.people import audit, consents, roles
from storage.models import (
    CLOSED,
    Application,
    ApplicationKind,
    ConsentKind,
    Document,
    DocumentStatus,
    Person,
    PersonStatus,
    Role,
)

AUTHORITY = "authority"
"""The kind of document that the signed authority is."""
ON_BEHALF = "on_behalf"


async def act_for(
    session: AsyncSession,
    person_id: int,
    officer_id: int,
    file_id: int,
    now: datetime,
    *,
    kind: ApplicationKind = ApplicationKind.FIRST,
) -> ApplicationView:
    """Open a matter about a card for a person, or take theirs over, in an officer's hands.

    Args:
        file_id: the stored picture or scan of the authority that the person signed; it says that
            they agree to the notice on personal data.

    Raises:
        NotFound: no such person.
        NotAllowed: `own`, `left`, `out_of_reach`, or `another_open`.
    """
    person = await _principal(session, person_id, officer_id)
    opened = await open_matter(session, person_id, kind, person.region_code, now)
    return await take_over(session, opened.id, officer_id, file_id, now)


async def _principal(session: AsyncSession, person_id: int, officer_id: int) -> Person:
    person = await session.get(Person, person_id)
    if person is None:
        raise NotFound("person")
    if person_id == officer_id:
        raise NotAllowed("own")
    if person.status is not PersonStatus.ACTIVE:
        raise NotAllowed("left")
    place = person.region_code, person.employer_id
    if not await roles.has_role(session, officer_id, Role.OFFICER, *place):
        raise NotAllowed("out_of_reach")
    return person


async def take_over(
    session: AsyncSession, application_id: int, officer_id: int, file_id: int, now: datetime
) -> ApplicationView:
    """An open application is in this officer's hands from now on; once more changes nothing.

    Raises:
        NotFound: no such person.
        NotAllowed: `own`, `left` or `out_of_reach`.
    """
    row = await rows.locked(session, application_id)
    await _principal(session, row.person_id, officer_id)
    if not await roles.has_role(
        session, officer_id, Role.OFFICER, row.region_code, row.employer_id
    ):
        raise NotAllowed("out_of_reach")
    if row.agent_id == officer_id and file_id in await _papers(session, row):
        return await rows.view(session, row)
    actor = f"person:{officer_id}"
    await consents.give(
        session,
        row.person_id,
        ConsentKind.NOTICE,
        now,
        version=consents.current_version(ConsentKind.NOTICE),
        recorded_by=actor,
    )
    row.agent_id = officer_id
    await _keep(session, row, file_id, now)
    await rows.note(session, row, ON_BEHALF, now, source=rows.OFFICER)
    await audit.record(session, actor, "application.on_behalf", f"application:{row.id}", now)
    return await rows.view(session, row)


async def follow(session: AsyncSession, application_id: int, other_id: int, now: datetime) -> None:
    """What one application calls for (a loss report first) is in the same hands, by the same
    authority; nothing where a person does it for themselves."""
    row = await rows.seen(session, application_id)
    papers = await _papers(session, row)
    if row.agent_id is not None and papers:
        await take_over(session, other_id, row.agent_id, papers[-1], now)


async def _papers(session: AsyncSession, row: Application) -> list[int]:
    found = await rows.documents(session, row.id or 0)
    return [each.file_id for each in found if each.kind == AUTHORITY and each.file_id is not None]


async def _keep(session: AsyncSession, row: Application, file_id: int, now: datetime) -> None:
    document = Document(
        application_id=row.id or 0,
        person_id=row.person_id,
        kind=AUTHORITY,
        status=DocumentStatus.CHECKING,
        file_id=file_id,
        created_at=now,
    )
    session.add(document)
    await session.flush()
    await install(session, row, document, now)
    document.status, document.confirmed_at = DocumentStatus.CONFIRMED, now
    await session.flush()


async def in_hands_of(session: AsyncSession, officer_id: int) -> list[ApplicationView]:
    """Open applications that an officer does for others while they may, the last touched first."""
    query = (
        select(Application)
        .where(col(Application.agent_id) == officer_id, col(Application.status).not_in(CLOSED))
        .order_by(col(Application.updated_at).desc(), col(Application.id).desc())
    )
    found = (await session.exec(query)).all()
    mine = [row for row in found if await rows.may_act(session, row, officer_id)]
    return [await rows.view(session, row) for row in mine]
