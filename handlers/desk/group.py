"""HR's group: a topic for each case (or its card in a plain group), and what is shown there.

No picture of a paper ever comes here: a file of the employee is a line with a button that shows it
to one officer, privately and logged.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from handlers.common import again, parts
from handlers.desk.hearing import about, said_in
from handlers.desk.menus import card_buttons
from handlers.inputs import Happened
from handlers.steps import ANYONE, GROUPS, Flow, happened
from handlers.turn import Turn
from knowledge.regions import full_name
from services import cases
from services.cases import CaseView, MessageView
from services.desk import is_plain, set_plain
from services.people.people import by_id
from storage.models import Delivery

flow = Flow("desk", ANYONE)
_TOPIC = 100


@flow.on(happened("case.show"), who=GROUPS)
async def show(turn: Turn) -> None:
    """A place for a new case: a topic of its own, or the group itself where there are none."""
    case = await about(turn)
    here = turn.state.mailbox
    if case.is_over or (case.group_mailbox or "").partition(":")[0] == here:
        return
    if await is_plain(turn.session, here):
        await settle(turn, case.id, here)
        return
    making = list(turn.memory.get("topics") or [])
    if case.id in making:
        return
    turn.memory["topics"] = [*making, case.id][-_TOPIC:]
    title = cases.matter(case.matter).title("zh")
    turn.open_topic(f"{case.number} {title}", ref=f"topic:{case.id}")


async def settle(turn: Turn, case_id: int, mailbox: str) -> None:
    """From now on the case is shown there; its card comes first."""
    making = [each for each in turn.memory.get("topics") or [] if each != case_id]
    turn.memory["topics"] = making
    await cases.set_home(turn.session, case_id, mailbox)
    turn.send_event(mailbox, "case.card", case_id=case_id)


@flow.on(happened("sent"), who=GROUPS)
async def shown(turn: Turn) -> None:
    """Topic, card and messages are there: remember their ids, for replies and edits."""
    assert isinstance(turn.input, Happened)
    kind, _, ref = str(turn.input.payload["ref"]).partition(":")
    message_id = turn.input.payload.get("message_id")
    if message_id is None:
        return
    here = turn.state.mailbox
    if kind == "topic":
        case = await cases.get(turn.session, int(ref))
        if case.group_mailbox is None or not case.group_mailbox.startswith(f"{here}:"):
            await settle(turn, case.id, f"{here}:{message_id}")
    elif kind == "case":
        await card_is_there(turn, int(ref), int(message_id))
    elif kind == "cm":
        await post_is_there(turn, int(ref), int(message_id))


async def card_is_there(turn: Turn, case_id: int, message_id: int) -> None:
    """The card stands; what waited for it follows, and what changed meanwhile is shown."""
    memory = turn.memory
    memory["cards"] = [each for each in memory.get("cards") or [] if each != case_id]
    await cases.set_notice(turn.session, case_id, turn.state.mailbox, message_id, turn.now)
    if case_id in (memory.get("stale") or []):
        memory["stale"] = [each for each in memory["stale"] if each != case_id]
        turn.send_event(turn.state.mailbox, "case.card", case_id=case_id)


async def post_is_there(turn: Turn, message_id: int, post_id: int) -> None:
    """A relayed message stands here; corrections that came meanwhile are made."""
    found = await cases.get_message(turn.session, message_id)
    if found is None:
        return
    case_id, message = found
    place = (turn.state.mailbox, post_id)
    await cases.post(turn.session, case_id, place, message.at, message_id=message_id)
    if message.edited_at or message.deleted_at:
        turn.send_event(turn.state.mailbox, "case.edit", case_id=case_id, message_id=message_id)


@flow.on(happened("unsent"), who=GROUPS)
async def no_topics(turn: Turn) -> None:
    """The group has no topics, or we may not open one: cards in the group do as well."""
    assert isinstance(turn.input, Happened)
    kind, _, ref = str(turn.input.payload["ref"]).partition(":")
    if kind == "topic":
        await set_plain(turn.session, turn.state.mailbox)
        await settle(turn, int(ref), turn.state.mailbox)


# -- the card -----------------------------------------------------------------------------------


@flow.on(happened("case.card"), who=GROUPS)
async def refresh(turn: Turn) -> None:
    """The card, new or as it stands now."""
    case = await about(turn)
    if case.group_mailbox != turn.state.mailbox:
        return
    if case.message_id is not None:
        await card(turn, case, message_id=case.message_id)
        return
    waiting = list(turn.memory.get("cards") or [])
    if case.id in waiting:
        turn.memory["stale"] = [*(turn.memory.get("stale") or []), case.id][-_TOPIC:]
        return
    turn.memory["cards"] = [*waiting, case.id][-_TOPIC:]
    await card(turn, case)


async def card(
    turn: Turn, case: CaseView, *, message_id: int | None = None, menu: str = ""
) -> None:
    """Who (masked), what about, the application, what the bot said on which rule, and buttons."""
    employee = await by_id(turn.session, case.person_id)
    values: dict[str, Any] = {
        "case": case,
        "matter": cases.matter(case.matter).title("zh"),
        "number": employee.number if employee else "—",
        "name": employee.masked_name if employee else "—",
        "region": full_name(case.region_code) if case.region_code else "—",
        "place": full_name(case.application_region or case.region_code),
        "officer": await name_of(turn, case.assignee_id),
        "asked": await name_of(turn, case.offered_to_id),
        "said": [m for m in case.messages if m.author == cases.BOT][-2:],
        "link": link(turn, case),
    }
    buttons = await card_buttons(turn, case, menu)
    if message_id is not None:
        turn.edit(message_id, "desk.card", buttons, **values)
    else:
        # A case card twice is better than a case that nobody saw: it is resent when in doubt.
        turn.say("desk.card", buttons, ref=f"case:{case.id}", **values)


def link(turn: Turn, case: CaseView) -> str | None:
    """The case in the console; None where nobody can reach it."""
    base = turn.tools.console_url.rstrip("/")
    return f"{base}/cases/{case.number}" if base else None


async def name_of(turn: Turn, person_id: int | None) -> str | None:
    """An officer's name; None for nobody."""
    person = await by_id(turn.session, person_id) if person_id else None
    return person.name if person else None


# -- what is written ------------------------------------------------------------------------------


@flow.on(happened("case.post"), who=GROUPS)
async def relay(turn: Turn) -> None:
    """The employee's words or file; an officer's from the console; a note."""
    case, message = await about(turn), await said_in(turn)
    if message is None or message.deleted_at is not None or await stands_here(turn, message):
        return
    ref = f"cm:{message.id}"
    if message.author == cases.EMPLOYEE:
        await relay_employee(turn, case, message, ref)
        return
    name = await name_of(turn, message.author_id)
    look = again("desk.look", "case.look", f"{case.id}:{message.id}")
    turn.say(
        "desk.noted" if message.internal else "desk.echo",
        [[look]] if message.media else [],
        ref=ref,
        number=case.number,
        officer=name,
        text=message.text,
        media=message.media,
    )


async def relay_employee(turn: Turn, case: CaseView, message: MessageView, ref: str) -> None:
    """Words whole; a file as a line that shows it to who asks; of an album one line."""
    answer = again("desk.reply", "case.reply", case.id)
    if message.media:
        if message.album and message.id != first_of_album(case, message):
            return
        look = again("desk.look", "case.look", f"{case.id}:{message.id}")
        count = sum(m.album == message.album for m in case.messages) if message.album else 1
        turn.say(
            "desk.file_came",
            [[answer, look]],
            ref=ref,
            number=case.number,
            message=message,
            count=count,
        )
        return
    pieces = parts(message.text or "")
    for index, words in enumerate(pieces):
        last = index == len(pieces) - 1
        turn.say(
            "desk.written",
            [[answer]],
            ref=ref if last else None,
            number=case.number,
            text=words,
            edited=message.edited_at is not None,
        )


def first_of_album(case: CaseView, message: MessageView) -> int:
    """The first message of the same album."""
    return min(m.id for m in case.messages if m.album == message.album)


async def stands_here(turn: Turn, message: MessageView) -> bool:
    """Whether it was written in this very group."""
    here = turn.state.mailbox.partition(":")[0]
    return await cases.written_in(turn.session, message.id, here)


@flow.on(happened("case.edit"), who=GROUPS)
async def correct(turn: Turn) -> None:
    """What was corrected or taken back elsewhere, here too."""
    case, message = await about(turn), await said_in(turn)
    here = turn.state.mailbox.partition(":")[0]
    if message is None:
        return
    for chat, post_id, shown_at in await cases.copies(turn.session, message.id):
        if chat != here:
            continue
        if message.deleted_at is not None:
            turn.edit(post_id, "desk.gone", number=case.number)
        elif changed_since(message, shown_at):
            answer = again("desk.reply", "case.reply", case.id)
            turn.edit(
                post_id,
                "desk.written",
                [[answer]],
                number=case.number,
                text=message.text or "",
                edited=True,
            )


def changed_since(message: MessageView, shown_at: datetime) -> bool:
    """Whether words of the employee were corrected after they were shown."""
    words = message.author == cases.EMPLOYEE and not message.media
    return words and message.edited_at is not None and message.edited_at > shown_at


@flow.on(happened("case.line"), who=GROUPS)
async def line(turn: Turn) -> None:
    """One line about what happened, and the topic's door."""
    assert isinstance(turn.input, Happened)
    case = await about(turn)
    what = str(turn.input.payload["what"])
    officer = await name_of(turn, case.assignee_id)
    asked = await name_of(turn, case.offered_to_id)
    if ":" in turn.state.mailbox and what == "reopened":
        turn.close_topic(closed=False)
    turn.say("desk.line", what=what, case=case, officer=officer, asked=asked)
    if ":" in turn.state.mailbox and what == "resolved" and case.is_over:
        turn.close_topic(closed=True)


@flow.on(happened("case.many"), who=GROUPS)
async def many(turn: Turn) -> None:
    """More of a workbook is without a result than is asked for in a day."""
    assert isinstance(turn.input, Happened)
    settings = cases.rules()
    turn.say(
        "desk.many",
        count=int(turn.input.payload["count"]),
        days=settings.look_up_days,
        each=settings.look_ups_a_day,
    )


@flow.on(happened("case.delivery"), who=GROUPS)
async def delivery(turn: Turn) -> None:
    """Whether the officer's words are with the employee."""
    case, message = await about(turn), await said_in(turn)
    if message is None or message.delivery in (Delivery.NONE, Delivery.PENDING):
        return
    if message.delivery is Delivery.DELIVERED:
        turn.say(
            "desk.delivered", [[again("gaps.learn", "gap.learn", case.id)]], number=case.number
        )
    else:
        turn.say("desk.undelivered", number=case.number, delivery=message.delivery)
