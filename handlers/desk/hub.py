"""The case's own mailbox: what follows from a change, for employee, group and another desk.

Verbs write rows and ring here, from a chat, the console or a timer alike. A turn looks at what is
there, so a repeated or late ring does nothing twice.
"""

from __future__ import annotations

from handlers.desk.paths import home_of
from handlers.inputs import Happened
from handlers.steps import ANYONE, Flow, happened
from handlers.turn import Turn
from services import cases
from services.cases import CaseError, CaseView
from services.cases.hook import report
from services.desk import desk_mailbox

flow = Flow("desk", ANYONE)
# What the employee is told of, and by which event.
_TOLD = {
    "taken": "case.taken",
    "handed": "case.handed",
    "waits": "case.waits",
    "reopened": "case.reopened",
    "resolved": "case.resolved",
}
# What is worth a line in the group; the card shows the rest.
# What changes nothing that the card shows.
_CARDLESS = frozenset({"written", "answered", "noted", "carded", "delivery", "fetched"})
_SILENT = (cases.WITHDRAWN, cases.DECIDED, "erased")
_LINES = frozenset(
    {"again", "handed", "offered", "sla", "reopened", "resolved", "waits", "look_up"}
)


@flow.on(happened(cases.CHANGED))
async def changed(turn: Turn) -> None:
    """Hand on what waits, show the card anew, tell whom it concerns."""
    assert isinstance(turn.input, Happened)
    what = str(turn.input.payload["what"])
    case = await cases.get_locked(turn.session, int(turn.input.payload["case_id"]))
    home = await group_of(turn, case)
    message_id = turn.input.payload.get("message_id")
    if what in ("edited", "recalled") and message_id is not None:
        await show_edit(turn, case, home, int(message_id))
    if what in _TOLD and case.resolution not in _SILENT:
        employee = await home_of(turn, case.person_id)
        turn.send_event(employee, _TOLD[what], case_id=case.id)
    if home is not None:
        tell_group(turn, case, home, what)
    await hand_on(turn, case, home)
    await report(turn.session, case, what, message_id, turn.now)


def tell_group(turn: Turn, case: CaseView, home: str, what: str) -> None:
    """The card anew, and a line where it is worth one; before what is written, which follows."""
    assert isinstance(turn.input, Happened)
    if what not in _CARDLESS or turn.input.payload.get("card"):
        turn.send_event(home, "case.card", case_id=case.id)
    if what in _LINES:
        line = "late" if turn.input.payload.get("late") else what
        turn.send_event(home, "case.line", case_id=case.id, what=line)
    if what == "delivery":
        message_id = turn.input.payload["message_id"]
        turn.send_event(home, "case.delivery", case_id=case.id, message_id=message_id)


async def group_of(turn: Turn, case: CaseView) -> str | None:
    """Where the group talks about the case; asks for a place when there is none yet."""
    if case.kind in cases.PRIVATE:
        return None
    desk = await desk_mailbox(turn.session)
    here = case.group_mailbox
    if desk is not None and (here is None or here.partition(":")[0] != desk.partition(":")[0]):
        if not case.is_over:
            turn.send_event(desk, "case.show", case_id=case.id)
        return None
    return here


async def hand_on(turn: Turn, case: CaseView, home: str | None) -> None:
    """Messages that nobody has handed on: an officer's to the employee, others to the group.

    The group's wait for its card, so that they stand below it.
    """
    for message in await cases.waiting(turn.session, case.id):
        to_employee = message.author == cases.OFFICER and not message.internal
        ready = home is not None and case.message_id is not None
        if to_employee:
            employee = await home_of(turn, case.person_id)
            turn.send_event(employee, "case.say", case_id=case.id, message_id=message.id)
        elif case.kind in cases.PRIVATE and case.assignee_id is not None:
            keeper = await home_of(turn, case.assignee_id)
            turn.send_event(keeper, "case.private", case_id=case.id, message_id=message.id)
        elif not ready:
            continue
        if ready and home is not None:
            turn.send_event(home, "case.post", case_id=case.id, message_id=message.id)
        await cases.handed_on(turn.session, message.id, turn.now)


async def show_edit(turn: Turn, case: CaseView, home: str | None, message_id: int) -> None:
    """A correction goes to every place that shows the message."""
    for mailbox in (await home_of(turn, case.person_id), home):
        if mailbox is not None:
            turn.send_event(mailbox, "case.edit", case_id=case.id, message_id=message_id)


@flow.on(happened("case.clock"))
async def clock_ran(turn: Turn) -> None:
    """A warning, a breach or a tier is due."""
    assert isinstance(turn.input, Happened)
    await cases.tick(turn.session, int(turn.input.payload["case_id"]), turn.now)


@flow.on(happened("case.look_up"))
async def look_up_again(turn: Turn) -> None:
    """Some days have passed: where does it stand by now?"""
    assert isinstance(turn.input, Happened)
    await cases.look_up_due(turn.session, int(turn.input.payload["case_id"]), turn.now)


@flow.on(happened(cases.UNANSWERED))
async def unanswered(turn: Turn) -> None:
    """Some days without a result for what went in with a workbook."""
    assert isinstance(turn.input, Happened)
    left = await cases.unanswered_due(
        turn.session, int(turn.input.payload["employer_id"]), turn.now
    )
    home = await desk_mailbox(turn.session)
    if left and home is not None:
        turn.send_event(home, "case.many", count=left)


@flow.on(happened("case.offer_over"))
async def nobody_took_it(turn: Turn) -> None:
    """The next in line is asked."""
    assert isinstance(turn.input, Happened)
    await cases.offer_over(turn.session, int(turn.input.payload["case_id"]), turn.now)


@flow.on(happened("case.verb"))
async def other_desk(turn: Turn) -> None:
    """A company's own desk acts on the case, as an officer of ours."""
    assert isinstance(turn.input, Happened)
    given = turn.input.payload
    case_id, officer, words = int(given["case_id"]), int(given["officer_id"]), given.get("text")
    session, now = turn.session, turn.now
    try:
        if given["verb"] == "answer":
            await cases.answer(session, case_id, officer, words or "", now)
        elif given["verb"] == "note":
            await cases.note(session, case_id, officer, words or "", now)
        elif given["verb"] == "take":
            await cases.take(session, case_id, officer, now)
        elif given["verb"] == "wait":
            await cases.wait(session, case_id, officer, given["waiting_for"], now)
        elif given["verb"] == "resolve":
            await cases.resolve(session, case_id, officer, now)
    except CaseError:
        return  # they may not, or it is over: the next report shows how it stands
