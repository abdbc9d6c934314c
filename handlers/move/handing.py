"""What the agencies did with a request, and its papers."""

from __future__ import annotations

from handlers.common import again, application_of, name_principal, own_application, person_about
from handlers.inputs import Happened, Press
from handlers.steps import EMPLOYEES, GROUPS, KNOWN, Flow, happened, press
from handlers.turn import Turn
from knowledge import transfers
from knowledge.agencies import agencies
from knowledge.regions import full_name
from services import applications as apps
from services import cases, moves
from services.applications.views import ApplicationView
from services.desk import desk_mailbox
from services.people import audit, roles
from services.people.people import mailbox_of
from storage.models import Role

flow = Flow("move")


@flow.on(happened("move.submitted"), who=KNOWN)
async def submitted(turn: Turn) -> None:
    """The receipt of one insurance, or what came instead."""
    application = await application_of(turn)
    if application is None or not isinstance(turn.input, Happened):
        return
    given, number = turn.input.payload, application.number
    person = person_about(application.id)
    await name_principal(turn, application)
    if given["outcome"] == "received":
        await tell_received(turn, application)
    elif given["outcome"] == "unavailable":
        turn.say("move.submit_later", number=number, agency=agency(application))
    elif given["outcome"] == "rejected":
        if given["code"] != "duplicate_transfer":  # that one the person settles
            await cases.open_case(
                turn.session, application.person_id, "returned", application.id, turn.now
            )
        turn.say("move.refused", [[person]], number=number, code=given["code"])
    elif given["outcome"] == "manual":
        case = await cases.open_case(
            turn.session, application.person_id, "file_by_hand", application.id, turn.now
        )
        turn.say("move.manual", number=number, case=case.number)
        home = await desk_mailbox(turn.session)
        if home is not None:
            turn.send_event(home, "move.by_hand", application_id=application.id)
    if given["escalate"]:
        await cases.open_case(
            turn.session, application.person_id, "desk_down", application.id, turn.now
        )


def agency(application: ApplicationView) -> str:
    """The name of the desk that an application is at."""
    return agencies()[transfers.insurances()[application.reason or ""].agency].name


async def tell_received(turn: Turn, application: ApplicationView) -> None:
    """Where it is now, and by when the rule wants it done."""
    insurance, place = application.reason or "", application.region_code
    turn.say(
        "move.received",
        [[again("menu.status", "status")]],
        note="move.received",
        number=application.number,
        insurance=insurance,
        agency=agency(application),
        destination=full_name(place),
        by=await apps.rule_deadline(turn.session, application.id),
        clock=transfers.clock(insurance, place),
        hotline=agencies()[transfers.insurances()[insurance].agency].hotline,
    )


# -- papers --------------------------------------------------------------------------------------


@flow.on(press("move.form"), who=EMPLOYEES)
async def own_form(turn: Turn) -> None:
    """The person's own request form."""
    assert isinstance(turn.input, Press)
    form, _, ref = (turn.input.ref or "").partition(":")
    application = await own_application(turn, ref)
    if application is None or form != "transfer":
        turn.toast("common.stale", alert=True)
        return
    here = turn.state.mailbox
    await moves.ask_for_form(turn.session, "transfer", application.id, here, turn.now)
    turn.toast("move.form_comes")


@flow.on(press("move.form"), who=GROUPS)
async def form_for_officer(turn: Turn) -> None:
    """A form or letter, into the officer's own chat and logged: it holds a whole ID number."""
    assert isinstance(turn.input, Press)
    form, _, ref = (turn.input.ref or "").partition(":")
    application = await apps.get(turn.session, int(ref))
    place = application.region_code, application.employer_id
    me = turn.employee
    if me is None or not await roles.has_role(turn.session, me.id, Role.OFFICER, *place):
        turn.toast("desk.not_officer", alert=True)
        return
    home = await mailbox_of(turn.session, me.id) or f"person:{me.id}"
    subject = f"application:{application.id}"
    wanted: moves.Form = "chase" if form == "chase" else "transfer"
    if wanted == "chase" and await apps.rule_deadline(turn.session, application.id) is None:
        turn.toast("move.no_letter", alert=True)
        return
    verb = "application.letter" if wanted == "chase" else "application.form"
    await audit.record(turn.session, f"person:{me.id}", verb, subject, turn.now)
    await moves.ask_for_form(turn.session, wanted, application.id, home, turn.now)
    turn.toast("move.form_private")


@flow.on(happened(f"{moves.FORM_TASK}.done"), who=KNOWN)
async def form_made(turn: Turn) -> None:
    """The PDF; an officer gets its data as JSON too."""
    assert isinstance(turn.input, Happened)
    given = turn.input.payload
    application = await apps.get(turn.session, int(given["application_id"]))
    name = f"{given['name']}-{application.number}"
    turn.send_document(int(given["pdf_id"]), f"{name}.pdf", "move.form_made", form=given["form"])
    if turn.employee is not None and application.person_id != turn.employee.id:
        turn.send_document(int(given["json_id"]), f"{name}.json", "move.data_made")
