"""What happens in the case, told to the employee."""

from __future__ import annotations

from handlers.common import again, parts
from handlers.inputs import Happened
from handlers.steps import KNOWN, Flow, Match, happened
from handlers.turn import Turn
from services import cases
from services.cases import CaseView, MessageView
from storage.models import OnDoubt

flow = Flow("desk", KNOWN)


async def about(turn: Turn) -> CaseView:
    """The case that an event is about."""
    assert isinstance(turn.input, Happened)
    return await cases.get(turn.session, int(turn.input.payload["case_id"]))


async def said_in(turn: Turn) -> MessageView | None:
    """The message that an event is about."""
    assert isinstance(turn.input, Happened)
    found = await cases.get_message(turn.session, int(turn.input.payload["message_id"]))
    return found[1] if found else None


@flow.on(happened("case.say"))
async def said(turn: Turn) -> None:
    """The officer's words, picture or file, once; it is noted whether they arrive."""
    case, message = await about(turn), await said_in(turn)
    if message is None or message.deleted_at is not None:
        return
    if turn.actor.chat_id is None:  # nobody is bound: it comes when somebody is
        await cases.undelivered(turn.session, message.id, turn.now, blocked=True)
        return
    if turn.state.flow is None:
        turn.state.flow, turn.state.data = "desk", {"case": case.id}
        turn.goto("write")
    ref = f"cm:{message.id}"
    if message.media == "document" and message.file_id is not None:
        name = message.file_name or "file"
        text = message.text or ""
        turn.send_document(
            message.file_id, name, "desk.answer", ref=ref, text=text, number=case.number
        )
        return
    pieces = parts(message.text or "") if message.file_id is None else [message.text or ""]
    for index, words in enumerate(pieces):
        last = index == len(pieces) - 1
        turn.say(
            "desk.answer",
            file=message.file_id if message.media == "photo" else None,
            ref=ref if last else None,
            # Twice is better than never: the officer believes that it was read.
            on_doubt=OnDoubt.RESEND,
            text=words,
            number=case.number,
        )


@flow.on(happened("case.edit"))
async def edited(turn: Turn) -> None:
    """What an officer corrected or took back, here too."""
    case, message = await about(turn), await said_in(turn)
    if message is None:
        return
    here = turn.state.mailbox.partition(":")[0]
    for chat, post_id, shown_at in await cases.copies(turn.session, message.id):
        if chat != here:
            continue
        if message.deleted_at is not None:
            turn.delete(post_id)
        elif message.edited_at is not None and message.edited_at > shown_at:
            text = message.text or ""
            if message.media:
                turn.edit_caption(post_id, "desk.answer", text=text, number=case.number)
            else:
                turn.edit(post_id, "desk.answer", text=text, number=case.number)


def of_a_case(kind: str) -> Match:
    """This happened to a message of a case; others have messages that they wait for too."""

    def matches(turn: Turn) -> bool:
        said = turn.input
        if not isinstance(said, Happened) or said.kind != kind:
            return False
        return str(said.payload.get("ref", "")).startswith("cm:")

    return matches


@flow.on(of_a_case("sent"))
async def arrived(turn: Turn) -> None:
    """A message of the officer is with the employee. Later corrections find it here."""
    assert isinstance(turn.input, Happened)
    ref = str(turn.input.payload["ref"]).removeprefix("cm:")
    found = await cases.get_message(turn.session, int(ref))
    if found is None:
        return
    case_id, message = found
    place = (turn.state.mailbox, int(turn.input.payload["message_id"]))
    shown_at = message.at
    await cases.post(turn.session, case_id, place, shown_at, message_id=message.id)
    await cases.delivered(turn.session, message.id, turn.now)
    if message.edited_at or message.deleted_at:
        turn.send_event(turn.state.mailbox, "case.edit", case_id=case_id, message_id=message.id)


@flow.on(of_a_case("unsent"))
async def did_not_arrive(turn: Turn) -> None:
    """The employee has stopped the bot, or the messenger refuses: the officer sees it."""
    assert isinstance(turn.input, Happened)
    ref = str(turn.input.payload["ref"]).removeprefix("cm:")
    blocked = bool(turn.input.payload.get("blocked"))
    await cases.undelivered(turn.session, int(ref), turn.now, blocked=blocked)


@flow.on(happened("case.taken"))
async def taken(turn: Turn) -> None:
    """A person has it: from now on the bot keeps silent, and says so once."""
    case = await about(turn)
    if turn.state.flow is None and case.live:
        turn.state.flow, turn.state.data = "desk", {"case": case.id}
        turn.goto("write")
    turn.say("desk.taken", number=case.number, live=case.live)


@flow.on(happened("case.handed"))
async def handed(turn: Turn) -> None:
    """Another colleague goes on."""
    turn.say("desk.handed", number=(await about(turn)).number)


@flow.on(happened("case.waits"))
async def waits(turn: Turn) -> None:
    """HR waits for the bureau or the bank."""
    case = await about(turn)
    if case.waiting_for in ("bureau", "bank"):
        turn.say("desk.waits", number=case.number, waiting_for=case.waiting_for)


@flow.on(happened("case.overridden"))
async def overridden(turn: Turn) -> None:
    """A stop was lifted by hand: the application can go on."""
    turn.say(
        "desk.overridden", [[again("apply.resume", "apply", (await about(turn)).application_id)]]
    )


@flow.on(happened("case.papers_ok"))
async def papers_fine(turn: Turn) -> None:
    """What did not fit in the papers is settled: nothing has to be sent again."""
    turn.say("desk.papers_ok")


@flow.on(happened("case.reopened"))
async def open_again(turn: Turn) -> None:
    """It is looked at again."""
    turn.say("desk.reopened", number=(await about(turn)).number)


@flow.on(happened("case.resolved"))
async def resolved(turn: Turn) -> None:
    """It is done, or given back: the bot is there again."""
    case = await about(turn)
    if not case.is_over:
        return
    if turn.state.flow == "desk":
        turn.end()
    buttons = [[again("desk.unsolved", "person.resume", case.id), again("menu.person", "person")]]
    if case.resolution == cases.DUPLICATE:
        turn.say("desk.duplicate", buttons, number=case.number)
        return
    given_back = case.resolution == cases.BACK_TO_BOT
    turn.say("desk.back_to_bot" if given_back else "desk.resolved", buttons, number=case.number)
    await turn.aside("rate", subject=f"case:{case.id}")
