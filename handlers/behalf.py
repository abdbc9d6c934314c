"""代办: an officer does a matter for somebody who has no smartphone, from the officer's own chat.

Who and what, then the signed authority, then the same road that an employee takes: the officer
sends the papers and answers, the same checks hold, and what follows comes to the officer.
"""

from __future__ import annotations

from handlers.common import again, name_principal, officer_reach, rows
from handlers.inputs import Happened, Press, Text, Upload
from handlers.steps import Flow, command, happened, press, text, upload
from handlers.turn import Button, Turn
from services import applications as apps
from services.applications.errors import NotAllowed
from services.console import roster
from services.console.reach import Place
from services.people import consents
from services.people.people import Employee, by_id
from storage import queue
from storage.models import ApplicationKind, ConsentKind

flow = Flow("behalf")
KINDS = (
    ApplicationKind.FIRST,
    ApplicationKind.LOSS_REPORT,
    ApplicationKind.REPLACEMENT,
    ApplicationKind.BANK_CHANGE,
    ApplicationKind.CANCELLATION,
    ApplicationKind.TRANSFER,
    ApplicationKind.MERGE,
)
"""What can be done for somebody, in the order in which it is offered."""


@flow.on(command("behalf"))
async def begin(turn: Turn) -> None:
    """What this officer does for others, and whom to do something for now."""
    if await officer_reach(turn) is None:
        return
    found = await apps.in_hands_of(turn.session, turn.me.id)
    buttons = []
    for application in found:
        person = await by_id(turn.session, application.person_id)
        name = person.masked_name if person else ""
        buttons.append(
            Button(
                text=f"{application.number} {name}",
                action="apply",
                ref=str(application.id),
                lasting=True,
            )
        )
    turn.state.flow, turn.state.data = flow.name, {}
    turn.goto("who")
    turn.say("behalf.who", [*rows(buttons, 1), [Button("common.exit", "exit")]], open=len(found))


@flow.on(text, at="who")
async def person_named(turn: Turn) -> None:
    """By 工号, within the officer's reach."""
    assert isinstance(turn.input, Text)
    reach = await officer_reach(turn)
    if reach is None:
        return
    found = [one for one in await roster.find(turn.session, reach, turn.input.text) if one.active]
    if len(found) != 1:
        turn.say("behalf.unknown", several=len(found) > 1)
        return
    if await may_be_done(turn, found[0]):
        turn.data["person"] = found[0].id
        await turn.ask("what")


async def may_be_done(turn: Turn, person: Employee) -> bool:
    """Whoever has a chat does it there, and nobody acts for themselves."""
    if person.id == turn.me.id:
        turn.say("behalf.refused", [[again("menu.apply", "apply")]], code="own")
    elif person.mailbox is not None:
        turn.say("behalf.refused", code="bound")
    else:
        return True
    return False


@flow.prompt("what")
async def ask_what(turn: Turn) -> None:
    """Which matter: the authority names it."""
    person = await principal(turn)
    buttons = [Button(f"behalf.{kind}", "behalf.kind", kind.value) for kind in KINDS]
    turn.say(
        "behalf.what",
        rows(buttons),  # 退出 never stands near 注销
        name=person.masked_name,
        number=person.number,
    )


@flow.on(press("behalf.kind"), at="what")
async def kind_chosen(turn: Turn) -> None:
    """Then the authority for just this."""
    assert isinstance(turn.input, Press)
    turn.data["kind"] = ApplicationKind(turn.input.ref or "").value
    await turn.ask("authority")


@flow.on(press("behalf.anew"))
async def anew(turn: Turn) -> None:
    """From what an officer does for somebody to another matter of theirs (`person:kind`)."""
    assert isinstance(turn.input, Press)
    named, _, kind = (turn.input.ref or "").partition(":")
    person, reach = await by_id(turn.session, int(named)), await officer_reach(turn)
    if person is None or reach is None:
        return
    if not reach.covers(Place(person.region_code, person.employer_id)) or not person.active:
        turn.say("behalf.unknown", several=False)
    elif await may_be_done(turn, person):
        turn.state.flow = flow.name
        turn.state.data = {"person": person.id, "kind": ApplicationKind(kind).value}
        await turn.ask("authority")


@flow.prompt("authority")
async def ask_authority(turn: Turn) -> None:
    """A picture or scan of the authority with the person's own signature."""
    person = await principal(turn)
    turn.say(
        "behalf.authority",
        [[Button("behalf.paper", "behalf.paper")], [Button("common.exit", "exit")]],
        name=person.masked_name,
        number=person.number,
        kind=turn.data["kind"],
    )


@flow.on(press("behalf.paper"), at="authority")
async def paper_asked(turn: Turn) -> None:
    """The authority to print, filled in; only the signature is missing."""
    await queue.add_task(
        turn.session,
        "authority.make",
        mailbox=turn.state.mailbox,
        payload={
            "person": turn.data["person"],
            "officer": turn.me.id,
            "kind": turn.data["kind"],
        },
        at=turn.now,
    )
    turn.typing()


@flow.on(happened("authority.make.done"))
async def paper_made(turn: Turn) -> None:
    """Here it is."""
    assert isinstance(turn.input, Happened)
    person = await by_id(turn.session, int(turn.input.payload["person"]))
    if person is not None:
        given, number = turn.input.payload, person.number
        name = f"代办授权书-{number}"
        turn.send_document(int(given["file_id"]), f"{name}.pdf", "behalf.paper", number=number)
        turn.send_document(int(given["json_id"]), f"{name}.json", "behalf.paper_data")


@flow.on(upload, at="authority")
async def authority_sent(turn: Turn) -> None:
    """It is fetched and kept, encrypted."""
    assert isinstance(turn.input, Upload)
    size = turn.input.file.size
    if size is not None and size > turn.tools.max_upload_bytes:
        turn.say("documents.too_big", limit=turn.tools.max_upload_bytes // 2**20)
        return
    await queue.add_task(
        turn.session,
        "authority.keep",
        mailbox=turn.state.mailbox,
        payload={"file": turn.input.file.file_id, "person": turn.data["person"]},
        at=turn.now,
    )
    turn.typing()


@flow.on(happened("authority.keep.done"))
async def authority_kept(turn: Turn) -> None:
    """Now the officer says what the paper says."""
    assert isinstance(turn.input, Happened)
    payload = turn.input.payload
    here = turn.state.flow == flow.name and turn.data.get("person") == payload["person"]
    if not here:
        return  # the officer has gone on to something else: an unused file is swept
    if payload["file_id"] is None:
        turn.say("behalf.unreadable")
        return
    turn.data["file"] = payload["file_id"]
    await turn.ask("confirm")


@flow.prompt("confirm")
async def ask_confirm(turn: Turn) -> None:
    """The notice, which the person must have signed on paper, and the officer's word."""
    person = await principal(turn)
    notice = consents.notice_text(
        ConsentKind.NOTICE,
        turn.language,
        employer_name=person.employer_name,
        settings=turn.tools.people,
    )
    turn.say("enrol.notice", title=notice.title, notice=notice.text)
    turn.say(
        "behalf.confirm",
        [[Button("behalf.confirm", "behalf.confirm")], [Button("common.exit", "exit")]],
        name=person.masked_name,
        number=person.number,
    )


@flow.on(press("behalf.confirm"), at="confirm")
async def confirmed(turn: Turn) -> None:
    """Recorded; from here on it is the road of every matter."""
    person, kind = await principal(turn), ApplicationKind(turn.data["kind"])
    if kind is ApplicationKind.TRANSFER:
        await turn.ask("places")
        return
    if kind is ApplicationKind.MERGE:
        await turn.start("merge", person=person.id, authority=turn.data["file"])
        return
    try:
        application = await apps.act_for(
            turn.session, person.id, turn.me.id, turn.data["file"], turn.now, kind=kind
        )
    except NotAllowed as refused:
        turn.end()
        turn.say("behalf.refused", [[again("menu.person", "person")]], code=refused.code)
        return
    await name_principal(turn, application)
    await turn.start("apply", application=application.id)


@flow.prompt("places")
async def ask_places(turn: Turn) -> None:
    """From where to where, in one line."""
    turn.say("behalf.places", [[Button("common.exit", "exit")]])


@flow.on(text, at="places")
async def places_named(turn: Turn) -> None:
    """Both cities; the officer must answer for where it is asked for."""
    assert isinstance(turn.input, Text)
    person, reach = await principal(turn), await officer_reach(turn)
    policies = turn.tools.policies
    if policies is None or reach is None:
        return
    edition = await policies.edition(turn.session, turn.now)
    named = edition.answerer.places(turn.input.text, person.region_code)
    if named.origin is None or named.destination is None:
        turn.say("behalf.places", [[Button("common.exit", "exit")]])
    elif not reach.covers(Place(named.destination.code, person.employer_id)):
        turn.end()
        turn.say("behalf.refused", [[again("menu.person", "person")]], code="out_of_reach")
    else:
        await turn.start(
            "move",
            origin=named.origin.code,
            destination=named.destination.code,
            person=person.id,
            authority=turn.data["file"],
        )


async def principal(turn: Turn) -> Employee:
    """For whom it is."""
    person = await by_id(turn.session, int(turn.data["person"]))
    if person is None:
        raise LookupError("the person has been erased meanwhile")
    return person
