"""What officers do in the group: take, hand over, reply, wait, resolve, decide.

What is written in a case's topic stays with HR. A reply to the card or to a message of the
employee, or the words after 回复, reach the employee.
"""

from __future__ import annotations

from datetime import timedelta

from handlers.common import again
from handlers.desk.group import card
from handlers.desk.paths import attachment_of, case_pressed, fetch, home_of, officer_for, post_of
from handlers.inputs import Press, Text, Upload
from handlers.steps import GROUPS, Flow, command, press, text, upload
from handlers.turn import Turn
from services import applications as apps
from services import cases, collection, newhires
from services.applications.errors import ApplicationError
from services.cases import CaseError, CaseView
from services.cases.decisions import decide, decisions
from services.console.reach import Area, Reach
from services.desk import set_desk
from services.people import roles
from storage.models import Role

flow = Flow("desk", GROUPS)
_SOON = timedelta(minutes=10)
"""So long a picture in the group counts as the proof of what was just recorded."""
_RECALL = ("撤回", "/recall", "recall")


def chosen(turn: Turn) -> str:
    """What follows the case's id in a button's reference."""
    assert isinstance(turn.input, Press)
    return (turn.input.ref or "").partition(":")[2]


async def redraw(turn: Turn, case: CaseView, menu: str = "") -> None:
    """The pressed card with other buttons."""
    assert isinstance(turn.input, Press)
    if case.message_id is not None and turn.input.message_id == case.message_id:
        await card(turn, case, message_id=case.message_id, menu=menu)


@flow.on(press("case.take"))
async def take(turn: Turn) -> None:
    """Two officers may race: one wins, the other is told."""
    case = await case_pressed(turn)
    officer = await officer_for(turn, case)
    if officer is None:
        return
    taken = await cases.take(turn.session, case.id, officer, turn.now)
    if taken.won:
        turn.toast("desk.yours")
    else:
        turn.toast("desk.too_late", alert=True)
        await redraw(turn, taken.case)


@flow.on(press("case.menu"))
async def open_menu(turn: Turn) -> None:
    """The choices of a button, in the card's place; and back."""
    case = await case_pressed(turn)
    if await officer_for(turn, case) is not None:
        await redraw(turn, case, chosen(turn))


@flow.on(press("case.hand"))
async def hand_over(turn: Turn) -> None:
    """转给…"""
    case = await case_pressed(turn)
    officer = await officer_for(turn, case)
    if officer is None:
        return
    try:
        case = await cases.hand_over(turn.session, case.id, officer, int(chosen(turn)), turn.now)
    except CaseError as error:
        turn.toast("desk.cannot", alert=True, code=error.code)
    await redraw(turn, case)


@flow.on(press("case.wait"))
async def wait(turn: Turn) -> None:
    """等待 somebody else: the clock stands."""
    case = await case_pressed(turn)
    officer = await officer_for(turn, case)
    if officer is None:
        return
    try:
        case = await cases.wait(turn.session, case.id, officer, chosen(turn), turn.now)
        turn.toast("desk.waits_now", waiting_for=case.waiting_for)
    except CaseError as error:
        turn.toast("desk.cannot", alert=True, code=error.code)
    await redraw(turn, case)


@flow.on(press("case.papers"))
async def ask_for_papers(turn: Turn) -> None:
    """请员工补资料."""
    case = await case_pressed(turn)
    officer = await officer_for(turn, case)
    if officer is None:
        return
    kind = turn.renderer.label(f"kind.{chosen(turn)}", case.language, {})
    words = turn.render("desk.papers_wanted", language=case.language, kind=kind)
    case = await cases.request_papers(turn.session, case.id, officer, words, turn.now)
    turn.toast("desk.papers_asked")
    await redraw(turn, case)


@flow.on(press("case.quick"))
async def quick_reply(turn: Turn) -> None:
    """快捷回复."""
    case = await case_pressed(turn)
    officer = await officer_for(turn, case)
    ready = {each.code: each for each in cases.quick_replies(case)}.get(chosen(turn))
    if officer is None or ready is None:
        return
    case = await cases.answer(turn.session, case.id, officer, ready.text, turn.now)
    turn.toast("desk.quick_sent")
    turn.say("desk.echo", number=case.number, officer=turn.actor.name, text=ready.text, media=None)
    await redraw(turn, case)


@flow.on(press("case.resolve", "case.to_bot", "case.duplicate", "case.reopen"))
async def end(turn: Turn) -> None:
    """解决, 转回小助手, 重复, or open again."""
    assert isinstance(turn.input, Press)
    case = await case_pressed(turn)
    officer = await officer_for(turn, case)
    if officer is None:
        return
    verbs = {
        "case.resolve": cases.resolve,
        "case.to_bot": cases.back_to_bot,
        "case.duplicate": cases.close_duplicate,
    }
    verb = verbs.get(turn.input.action, cases.reopen)
    await verb(turn.session, case.id, officer, turn.now)


@flow.on(press("case.decide"))
async def decided(turn: Turn) -> None:
    """The second press: the decision with its reason; the employee hears of it."""
    case = await case_pressed(turn)
    officer = await officer_for(turn, case)
    if officer is None:
        return
    code = chosen(turn).partition(".")[0]
    try:
        case = await decide(turn.session, case.id, officer, chosen(turn), turn.now)
    except (ApplicationError, CaseError):
        turn.toast("desk.decided_before", alert=True)
        await redraw(turn, case)
        return
    decision = decisions()[code]
    if code != "papers_bad":
        home = await home_of(turn, case.person_id)
        if case.application_id is not None:
            home = await apps.mailbox_of(turn.session, case.application_id)
        number, application = case.number, case.application_id
        turn.send_event(
            home, decision.tells, number=number, application_id=application, case_id=case.id
        )
    if decision.came_to is not None:
        expect(turn, "proof", case)
    turn.say("desk.recorded", number=case.number, looked=decision.came_to is not None)


@flow.on(press("case.look"))
async def look(turn: Turn) -> None:
    """A file of the employee, shown to this officer alone in their own chat, and logged."""
    case = await case_pressed(turn)
    officer = await officer_for(turn, case)
    if officer is None:
        return
    home = await home_of(turn, officer)
    turn.send_event(home, "case.look", case_id=case.id, message_id=int(chosen(turn)))
    turn.toast("desk.look_private")


# -- writing ---------------------------------------------------------------------------------------


@flow.on(press("case.reply"))
async def reply_pressed(turn: Turn) -> None:
    """The officer's next words here go to the employee."""
    case = await case_pressed(turn)
    if await officer_for(turn, case) is None:
        return
    expect(turn, "writing", case)
    turn.toast("desk.write_now")
    turn.say("desk.write_here", number=case.number, officer=turn.actor.name)


def expect(turn: Turn, what: str, case: CaseView) -> None:
    """What this officer writes next (`writing`), or sends soon (`proof`), is the case's."""
    until = (turn.now + _SOON).isoformat()
    waiting = turn.memory.get(what) or {}
    turn.memory[what] = waiting | {str(turn.actor.user_id): [case.id, until]}


def expected(turn: Turn, what: str) -> int | None:
    """The case that was waiting for it, once."""
    waiting = dict(turn.memory.get(what) or {})
    kept = waiting.pop(str(turn.actor.user_id), None)
    found, until = kept if isinstance(kept, list) else (kept, "")
    turn.memory[what] = waiting
    late = what == "proof" and until < turn.now.isoformat()
    return None if late else found


@flow.on(lambda turn: text(turn) or upload(turn))
async def group_words(turn: Turn) -> None:
    """An answer, a note, or talk of their own."""
    said = turn.input
    assert isinstance(said, Text | Upload)
    words = said.text if isinstance(said, Text) else said.caption
    found = None
    if said.reply_to:
        found = await cases.by_post(turn.session, turn.state.mailbox, said.reply_to)
    if found and found.original and (words or "").strip() in _RECALL:
        await recall(turn, found.message_id)
        return
    case_id = expected(turn, "writing") or (found.case_id if found else None)
    if case_id is not None:
        await send_answer(turn, await cases.get(turn.session, int(case_id)), words)
        return
    here = await cases.by_topic(turn.session, turn.state.mailbox)
    if isinstance(said, Upload):
        here = expected(turn, "proof") or here
    if here is not None and turn.employee is not None:
        await keep_note(turn, await cases.get(turn.session, here), words)


async def keep_note(turn: Turn, case: CaseView, words: str | None) -> None:
    """HR's own: words in the case's topic, or the picture of what an officer has looked up."""
    me, said = turn.employee, turn.input
    if me is None or not await cases.may_act(
        turn.session, me.id, case.region_code, case.employer_id
    ):
        return
    given = attachment_of(said)
    if not words and given is None:
        return
    case = await cases.note(
        turn.session, case.id, me.id, words, turn.now, attachment=given, post=post_of(turn)
    )
    if isinstance(said, Upload):
        await fetch(turn, case.messages[-1].id, said)
        look = again("desk.look", "case.look", f"{case.id}:{case.messages[-1].id}")
        turn.say("desk.proof_kept", [[look]], number=case.number)


async def send_answer(turn: Turn, case: CaseView, words: str | None) -> None:
    """The officer's words or file into the case."""
    officer = await officer_for(turn, case)
    if officer is None:
        return
    said = turn.input
    case = await cases.answer(
        turn.session,
        case.id,
        officer,
        words,
        turn.now,
        attachment=attachment_of(said),
        post=post_of(turn),
    )
    if isinstance(said, Upload):
        await fetch(turn, case.messages[-1].id, said)


async def recall(turn: Turn, message_id: int | None) -> None:
    """撤回, as a reply to one's own answer."""
    if message_id is None or turn.employee is None:
        return
    try:
        await cases.recall_message(turn.session, message_id, turn.now, by_id=turn.employee.id)
    except CaseError as error:
        turn.say("desk.cannot", code=error.code)
        return
    turn.say("desk.recalled")


@flow.on(lambda turn: isinstance(turn.input, Text) and turn.input.edited)
async def corrected(turn: Turn) -> None:
    """An officer's edit reaches the employee too."""
    assert isinstance(turn.input, Text)
    if turn.actor.message_id is None or turn.employee is None:
        return
    found = await cases.by_post(turn.session, turn.state.mailbox, turn.actor.message_id)
    if found is None or found.message_id is None or not found.original:
        return
    try:
        await cases.edit_message(
            turn.session, found.message_id, turn.input.text, turn.now, by_id=turn.employee.id
        )
    except CaseError as error:
        turn.say("desk.cannot", code=error.code)


@flow.on(command("bind_hr"))
async def bind_group(turn: Turn) -> None:
    """Who answers for everything makes this group the HR desk: every case comes here then."""
    me = turn.employee
    held = await roles.grants(turn.session, me.id) if me else ()
    reach = Reach.of(held, frozenset({Role.OFFICER}))
    if Area() not in reach.areas:
        turn.say("desk.not_everywhere" if reach.areas else "desk.not_officer")
        return
    await set_desk(turn.session, turn.state.mailbox.partition(":")[0])
    await collection.watch(turn.session, turn.now)  # cards may lie here already
    await newhires.arm(turn.session, turn.now)
    turn.say("desk.bound")
    for case_id in await cases.open_ids(turn.session):  # what waited for a desk, or for this one
        await cases.ring_again(turn.session, case_id, turn.now)
