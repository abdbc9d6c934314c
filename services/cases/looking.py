"""What was filed by hand: nobody but an officer can say where it stands, so they are asked.

The case waits for the desk first, with its clock standing, and comes back after some days.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from services import applications as apps
from services.applications.views import ApplicationView
from services.cases import holding, officers, opening, promises, rows, sla
from services.cases.settings import rules
from services.cases.views import CaseView
from storage import queue
from storage.models import CaseStatus, WaitingFor

CARD, TRANSFER, BACK = "card_by_hand", "transfer_by_hand", "withdraw_by_hand"
"""Where a card matter stands, where a transfer stands, and taking one back."""
KINDS = frozenset({CARD, TRANSFER, BACK})
FILE = "file_by_hand"
"""The case that asks an officer to hand an application in."""
DUE = "case.look_up"


async def begin(
    session: AsyncSession,
    application: ApplicationView,
    officer_id: int,
    now: datetime,
) -> CaseView:
    """The case that asks where an application stands; its officer is who filed it."""
    kind = TRANSFER if application.kind in apps.MOVES else CARD
    case = await opening.open_case(session, application.person_id, kind, application.id, now)
    if not await officers.may_act(session, officer_id, case.region_code, case.employer_id):
        return case  # filed by an officer of another place
    return await wait(session, case.id, officer_id, WaitingFor.BUREAU, now)


async def wait(
    session: AsyncSession, case_id: int, officer_id: int, waiting_for: str, now: datetime
) -> CaseView:
    """Nothing to do for some days (`look_up_days` of the settings); the employee is not told, it is
    HR's own case. Raises as `services.cases.wait`."""
    case = await holding.wait(session, case_id, officer_id, waiting_for, now, quiet=True)
    await queue.set_timer(
        session,
        _key(case_id),
        mailbox=rows.mailbox(case_id),
        kind=DUE,
        due_at=now + timedelta(days=rules().look_up_days),
        payload={"case_id": case_id},
    )
    return case


async def due(session: AsyncSession, case_id: int, now: datetime) -> None:
    """The days are over: it is the officer's turn again. Nothing when it was answered meanwhile."""
    row = await rows.locked(session, case_id)
    if row.status is CaseStatus.RESOLVED or row.waiting_for is WaitingFor.OFFICER:
        return
    await promises.settle(session, row, now)
    await promises.set_waiting(session, row, WaitingFor.OFFICER, now)
    await sla.asked(session, row, now)
    await sla.arrange(session, row, now)
    await rows.ring(session, row, "look_up", now)


async def known(
    session: AsyncSession,
    person_id: int,
    application_id: int,
    now: datetime,
    *,
    kinds: frozenset[str] = KINDS,
    officer_id: int | None = None,
) -> None:
    """What these cases ask about an application is answered: by a file, a handed-out card or the
    desk itself, or by an officer, who then ends those cases that they may act in."""
    for case in await opening.unresolved(session, person_id):
        meant = case.kind in kinds and case.application_id == application_id
        if meant and (
            officer_id is None
            or await officers.may_act(session, officer_id, case.region_code, case.employer_id)
        ):
            await holding.resolve(session, case.id, officer_id, now, resolution=holding.DECIDED)
            await queue.cancel_timers(session, _key(case.id))


async def handed_in(
    session: AsyncSession, person_id: int, application_id: int, now: datetime
) -> None:
    """It went in with a file: no officer has to do it. What comes back is a file too."""
    await known(session, person_id, application_id, now, kinds=frozenset({FILE}))


def _key(case_id: int) -> str:
    return f"case:{case_id}:look_up"
