"""Mending what was returned: only that is asked for again."""

from __future__ import annotations

from handlers.applying.road import next_step
from handlers.common import MOVE_FLOWS, own_application
from handlers.steps import Flow, press
from handlers.turn import Turn
from services import applications as apps
from services import cases
from services.applications.views import ApplicationView
from storage.models import ApplicationStatus

flow = Flow("mend")


@flow.on(press("mend"))
async def mend_pressed(turn: Turn) -> None:
    """From the notice of a returned application."""
    await turn.start("mend", application=getattr(turn.input, "ref", None))


@flow.begin
async def begin(turn: Turn) -> None:
    """The returned application, or whatever there is to go on with."""
    named = turn.data.get("application")
    application = await own_application(turn, named) if named else None
    if application is None or not application.open:
        application = await apps.current(turn.session, turn.me.id)
    if application is None:
        await turn.start("status")
        return
    if application.kind in MOVE_FLOWS:
        await turn.start(MOVE_FLOWS[application.kind], application=application.id)
        return
    if application.status == ApplicationStatus.RETURNED:
        await mend(turn, application)
    else:
        await turn.start("apply", application=application.id)


async def mend(turn: Turn, application: ApplicationView) -> None:
    """Only what was returned is asked for again."""
    mending = await apps.reopen_for_mending(turn.session, application.id, turn.now)
    turn.state.flow, turn.state.data = "apply", {"application": application.id}
    turn.say("apply.mending", mending=mending)
    if mending.who == "officer":
        await cases.open_case(
            turn.session,
            application.person_id,
            "returned",
            application.id,
            turn.now,
            text=mending.message,
        )
        turn.end()
        return
    fresh = await apps.get(turn.session, application.id)
    if mending.kinds or mending.field is None:
        await next_step(turn, fresh)
        return
    for document in fresh.documents:
        if mending.field in apps.editable_fields(document.kind):
            turn.data.update(document=document.id, field=mending.field)
            await turn.ask("value")
            return
    await next_step(turn, fresh)
