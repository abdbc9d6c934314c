"""One merge request: its summary, handing it in, and what a return asks for."""

from __future__ import annotations

from handlers.common import again, name_principal, own_application, person_about
from handlers.inputs import Press
from handlers.steps import Flow, press
from handlers.turn import Button, Turn
from knowledge import transfers
from services import applications as apps
from services import cases
from services.applications.errors import NotAllowed
from services.applications.views import ApplicationView
from services.people.people import by_id
from storage.models import ApplicationStatus

flow = Flow("merge")


async def resume(turn: Turn, application: ApplicationView) -> None:
    """A draft goes to its summary, a return to what must be mended; the rest is followed."""
    if application.status == ApplicationStatus.RETURNED:
        await mend(turn, application)
    elif application.status == ApplicationStatus.DRAFT:
        turn.state.data = {"application": application.id}
        await turn.ask("summary")
    else:
        await turn.start("status")


async def mend(turn: Turn, application: ApplicationView) -> None:
    """What is put in order elsewhere goes in again; a wrong place or person does not."""
    views = await apps.progress(turn.session, application.person_id, turn.now)
    found = next((each.mending for each in views if each.application_id == application.id), None)
    code, message = (found.code, found.message) if found else ("other", "")
    way = transfers.mended_by(code)
    if way == "officer":
        await cases.open_case(
            turn.session, application.person_id, "returned", application.id, turn.now, text=message
        )
    turn.end()
    person = person_about(application.id)
    buttons = [[again("status.withdraw", "withdraw", application.id), person]]
    if way not in ("end", "origin"):
        buttons.insert(0, [again("move.mended", "merge.mended", application.id)])
    turn.say(
        "merge.mend",
        buttons,
        number=application.number,
        message=message,
        way=way,
        cleared=application.origin_code,
    )


@flow.on(press("merge.mended"))
async def mended(turn: Turn) -> None:
    """It is in order now: the same request once more, after a last look."""
    assert isinstance(turn.input, Press)
    application = await own_application(turn, turn.input.ref)
    if application is None:
        turn.toast("common.stale", alert=True)
        return
    try:
        await apps.reopen_for_mending(turn.session, application.id, turn.now)
    except NotAllowed:
        await turn.start("status")
        return
    await turn.start("merge", application=application.id)


@flow.prompt("summary")
async def show_summary(turn: Turn) -> None:
    """What stays and what is cleared, for the person's last look."""
    application = await apps.get(turn.session, turn.data["application"])
    person = await by_id(turn.session, application.person_id) or turn.me
    await name_principal(turn, application)
    turn.say(
        "merge.summary",
        [
            [Button("apply.submit", "merge.hand_in")],
            [again("matter.form", "form.make", application.id)],
            [Button("common.exit", "exit")],
        ],
        number=application.number,
        insurance=application.reason,
        kept=application.region_code,
        cleared=application.origin_code,
        me=person,
    )


@flow.on(press("merge.hand_in"), at="summary")
async def confirmed(turn: Turn) -> None:
    """The summary is right."""
    await hand_in(turn, turn.data["application"])


async def hand_in(turn: Turn, application_id: int) -> None:
    """Submit, or say what is still missing. Ends the conversation: the rest is news."""
    outcome = await apps.submit(turn.session, application_id, turn.now)
    number = outcome.application.number
    turn.end()
    if outcome.outcome in ("queued", "already"):
        form = again("matter.form", "form.make", application_id)
        turn.say("merge.filed", [[form], [again("menu.status", "status")]], number=number)
    elif outcome.outcome == "missing":
        person = person_about(application_id)
        turn.say("move.lacking", [[person]], number=number, fields=outcome.missing)
    else:  # closed or returned in the meantime
        await turn.start("status")
