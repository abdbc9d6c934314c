"""An officer's own chat with the bot: bundled notices, and files of employees, each look logged."""

from __future__ import annotations

from handlers.common import again, short
from handlers.desk.hearing import about, said_in
from handlers.inputs import Happened, Press
from handlers.steps import ANYONE, KNOWN, Flow, happened, press
from handlers.turn import Turn
from services import cases
from services.cases.mail import address_of
from storage import queue

flow = Flow("desk", KNOWN)


@flow.on(happened("desk.notices"), who=ANYONE)
async def notices(turn: Turn) -> None:
    """Everything that waits for this officer in one message, and by e-mail where they have one."""
    assert isinstance(turn.input, Happened)
    officer_id = int(turn.input.payload["officer_id"])
    found = await cases.collect(turn.session, officer_id, turn.now)
    if not found:
        return
    urgent = any(each.urgent for each in found)
    console = turn.tools.console_url or None
    turn.say("desk.notices", notices=found, urgent=urgent, console=console)
    address = await address_of(turn.session, officer_id)
    if address is not None:
        await queue.add_task(
            turn.session,
            "desk.mail",
            mailbox=turn.state.mailbox,
            payload={
                "to": address,
                "subject": turn.render("mail.notices_subject", notices=found, urgent=urgent),
                "text": turn.render("mail.notices", notices=found, console=console),
            },
            at=turn.now,
        )


@flow.on(happened("case.private"))
async def private_words(turn: Turn) -> None:
    """In a case that the group never sees, the employee's words come here."""
    case, message = await about(turn), await said_in(turn)
    if message is None or message.deleted_at is not None or case.assignee_id != turn.me.id:
        return
    buttons = [[again("follow.write", "follow.write", case.id)]]
    if message.media:
        look = again("desk.look", "case.look", f"{case.id}:{message.id}")
        turn.say("desk.file_came", [[look]], number=case.number, message=message, count=1)
        return
    words = short(message.text or "", 3500)
    turn.say("desk.written", buttons, number=case.number, text=words, edited=False)


@flow.on(press("case.look"))
async def look_here(turn: Turn) -> None:
    """The same from a case of one's own chat."""
    assert isinstance(turn.input, Press)
    case_id, _, message_id = (turn.input.ref or "").partition(":")
    turn.send_event(
        turn.state.mailbox, "case.look", case_id=int(case_id), message_id=int(message_id)
    )


@flow.on(happened("case.look"))
async def look(turn: Turn) -> None:
    """The file, with every other of its album; who may not act on the case sees nothing."""
    assert isinstance(turn.input, Happened)
    case = await about(turn)
    me = turn.me
    if not await cases.may_act(turn.session, me.id, case.region_code, case.employer_id):
        return
    wanted = int(turn.input.payload["message_id"])
    album = next((m.album for m in case.messages if m.id == wanted), None)
    found = [m for m in case.messages if m.id == wanted or (album and m.album == album)]
    if any(m.file_id is None for m in found):
        turn.say("desk.look_later", number=case.number)
        return
    for message in found:
        assert message.file_id is not None
        await cases.looked(turn.session, message.file_id, me.id, case.number, turn.now)
        if message.media == "photo":
            turn.say("desk.look", file=message.file_id, number=case.number)
        else:
            name = message.file_name or "file"
            turn.send_document(message.file_id, name, "desk.look", number=case.number)
