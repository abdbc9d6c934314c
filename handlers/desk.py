"""找人工, and what HR does with it in their group: take, answer, decide, resolve."""

from __future__ import annotations

from typing import Any

from handlers.common import again, parts, short, tell_hr
from handlers.inputs import Happened, Press, Text, Upload
from handlers.steps import ANYONE, GROUPS, KNOWN, LEAVERS, Flow, command, happened, press, text
from handlers.turn import Button, Turn
from knowledge.regions import full_name
from services import applications as apps
from services import cases
from services.applications.errors import ApplicationError
from services.cases import CaseView
from services.desk import set_desk
from services.people import roles
from services.people.people import by_id, mailbox_of
from services.policies import answers
from storage.models import CaseStatus, Role

flow = Flow("desk", KNOWN)


# -- the employee's side ------------------------------------------------------------------------


@flow.on(command("person", "hr"))
async def person_wanted(turn: Turn) -> None:
    """找人工, typed or from the menu."""
    await call_person(turn, None)


@flow.on(press("person"))
async def person_pressed(turn: Turn) -> None:
    """找人工 under a message; its reference says what it was about."""
    assert isinstance(turn.input, Press)
    await call_person(turn, turn.input.ref)


async def call_person(turn: Turn, ref: str | None) -> None:
    """Open a case at once; words may follow. The flow that was left can be resumed."""
    application = await apps.current(turn.session, turn.me.id)
    application_id = application.id if application else None
    if ref and ref.startswith("application:"):
        application_id = int(ref.partition(":")[2])
    words = await question_behind(turn, ref)
    case = await cases.open_case(
        turn.session, turn.me.id, "asked", application_id, turn.now, text=words
    )
    tell_hr(turn, case.id)
    turn.state.flow, turn.state.data = flow.name, {"case": case.id}
    await turn.ask("write")


async def question_behind(turn: Turn, ref: str | None) -> str | None:
    """The question whose answer the pressed button stood under: nobody has to write it twice."""
    number = (ref or "").removeprefix("answer:")
    if ref is None or ref == number or not number.isdecimal():
        return None
    verdict = answers.PERSON
    past = await answers.judge(turn.session, int(number), turn.me.id, verdict, turn.now)
    return past.question if past else None


@flow.prompt("write")
async def ask_words(turn: Turn) -> None:
    """Say that a person comes, and what to do meanwhile."""
    case = await cases.get(turn.session, turn.data["case"])
    turn.say("desk.opened", [[Button("desk.done", "desk.leave")]], number=case.number)


@flow.on(text, at="write")
async def words_for_hr(turn: Turn) -> None:
    """Everything written here goes into the case."""
    assert isinstance(turn.input, Text)
    written = await cases.write(turn.session, turn.data["case"], turn.input.text, turn.now)
    case = written.case
    turn.send_event(
        case.group_mailbox or "desk",
        "case.written",
        case_id=case.id,
        text=turn.input.text,
    )
    turn.say("desk.passed_on", number=case.number)


@flow.on(press("desk.leave"), at="write")
async def leave_desk(turn: Turn) -> None:
    """Back to the bot; the case stays open."""
    turn.end()
    turn.say("desk.left", menu=turn.has_menu)


@flow.on(happened("case.answer"))
async def answered(turn: Turn) -> None:
    """HR's words reach the employee."""
    assert isinstance(turn.input, Happened)
    for words in parts(turn.input.payload["text"]):
        turn.say("desk.answer", text=words, number=turn.input.payload["number"])


@flow.on(happened("case.taken"))
async def taken(turn: Turn) -> None:
    """A person has it."""
    assert isinstance(turn.input, Happened)
    turn.say("desk.taken", number=turn.input.payload["number"])


@flow.on(happened("case.resolved"))
async def resolved(turn: Turn) -> None:
    """It is done."""
    assert isinstance(turn.input, Happened)
    if turn.state.flow == flow.name:
        turn.end()
    turn.say(
        "desk.resolved",
        [[again("menu.person", "person")]],
        number=turn.input.payload["number"],
    )
    await turn.aside("rate", subject=f"case:{turn.input.payload['case_id']}")


# -- the HR group's side -------------------------------------------------------------------------


@flow.on(happened("case.opened"), who=ANYONE)
async def show_case(turn: Turn) -> None:
    """A short notice without pictures or numbers, and buttons that are enough."""
    assert isinstance(turn.input, Happened)
    case = await cases.get(turn.session, int(turn.input.payload["case_id"]))
    if case.message_id is not None and turn.state.mailbox == case.group_mailbox:
        turn.say("desk.again", number=case.number, kind=case.kind)
        return
    await card(turn, case)


async def card(turn: Turn, case: CaseView, message_id: int | None = None) -> None:
    """The case's card, new or edited."""
    employee = await by_id(turn.session, case.person_id)
    assert employee is not None
    officer = await by_id(turn.session, case.assignee_id) if case.assignee_id else None
    values: dict[str, Any] = {
        "case": case,
        "number": employee.number,
        "name": employee.masked_name,
        "region": full_name(employee.region_code),
        "officer": officer.name if officer else None,
        "words": [short(m.text) for m in case.messages if m.text and m.author != "officer"][-3:],
    }
    buttons = case_buttons(case)
    if message_id is not None:
        turn.edit(message_id, "desk.card", buttons, **values)
    else:
        # A case card twice is better than a case that nobody saw: it is resent when in doubt.
        turn.say("desk.card", buttons, ref=f"case:{case.id}", **values)


def case_buttons(case: CaseView) -> list[list[Button]]:
    """What an officer can do now."""
    if case.status == CaseStatus.RESOLVED:
        return []
    first = [again("desk.take", "case.take", case.id)] if case.assignee_id is None else []
    first += [
        again("desk.reply", "case.reply", case.id),
        again("desk.resolve", "case.resolve", case.id),
    ]
    extra: list[Button] = []
    if case.kind == "evidence":
        extra = [
            again("desk.no_card", "case.evidence_ok", case.id),
            again("desk.has_card", "case.evidence_bad", case.id),
        ]
    elif case.kind == "evidence_card":
        extra = [
            again("desk.card_seen", "case.evidence_ok", case.id),
            again("desk.card_missing", "case.evidence_bad", case.id),
        ]
    elif case.kind == "file_by_hand":
        extra = [again("desk.filed", "case.filed", case.id)]
    return [first, extra] if extra else [first]


@flow.on(happened("sent"), who=GROUPS)
async def card_sent(turn: Turn) -> None:
    """Remember which message is which case, for replies and edits."""
    assert isinstance(turn.input, Happened)
    kind, _, case_id = str(turn.input.payload["ref"]).partition(":")
    if kind == "case":
        await cases.set_notice(
            turn.session,
            int(case_id),
            turn.state.mailbox,
            turn.input.payload["message_id"],
            turn.now,
        )


@flow.on(happened("case.written"), who=GROUPS)
async def employee_wrote(turn: Turn) -> None:
    """The employee's words in the group."""
    assert isinstance(turn.input, Happened)
    case = await cases.get(turn.session, int(turn.input.payload["case_id"]))
    for index, words in enumerate(parts(turn.input.payload["text"])):
        turn.say(
            "desk.written",
            [[again("desk.reply", "case.reply", case.id)]],
            ref=f"case:{case.id}" if case.message_id is None and index == 0 else None,
            number=case.number,
            text=words,
        )


async def officer_of(turn: Turn) -> int | None:
    """The presser, if an officer; others are told that this is not for them."""
    if turn.employee and await roles.has_role(turn.session, turn.employee.id, Role.OFFICER):
        return turn.employee.id
    turn.toast("desk.not_officer", alert=True)
    return None


async def case_of(turn: Turn) -> CaseView:
    """The case of the pressed button."""
    return await cases.get(turn.session, int(getattr(turn.input, "ref", 0) or 0))


async def to_employee(turn: Turn, case: CaseView, kind: str, **payload: Any) -> None:
    """An event for the employee's mailbox."""
    home = await mailbox_of(turn.session, case.person_id) or f"person:{case.person_id}"
    turn.send_event(home, kind, number=case.number, case_id=case.id, **payload)


@flow.on(press("case.take"), who=GROUPS)
async def take(turn: Turn) -> None:
    """Two officers may race: one wins, the other is told."""
    officer = await officer_of(turn)
    if officer is None:
        return
    taken_now = await cases.take(turn.session, (await case_of(turn)).id, officer, turn.now)
    if not taken_now.won:
        turn.toast("desk.too_late", alert=True)
    else:
        turn.toast("desk.yours")
        await to_employee(turn, taken_now.case, "case.taken")
    await card(turn, taken_now.case, getattr(turn.input, "message_id", None))


@flow.on(press("case.reply"), who=GROUPS)
async def reply_pressed(turn: Turn) -> None:
    """The officer's next words here go to the employee."""
    officer = await officer_of(turn)
    if officer is None:
        return
    case = await case_of(turn)
    writing = dict(turn.data.get("writing") or {})
    writing[str(turn.actor.user_id)] = case.id
    turn.data["writing"] = writing
    turn.toast("desk.write_now")
    turn.say("desk.write_here", number=case.number, officer=turn.actor.name)


@flow.on(text, who=GROUPS)
async def group_words(turn: Turn) -> None:
    """An officer's answer: after 回复, or as a reply to the case's card; other talk is theirs."""
    assert isinstance(turn.input, Text)
    writing = dict(turn.data.get("writing") or {})
    case_id = writing.pop(str(turn.actor.user_id), None)
    if case_id is None and turn.input.reply_to:
        found = await cases.by_post(turn.session, turn.state.mailbox, turn.input.reply_to)
        case_id = found.case_id if found else None
    if case_id is None or await officer_of(turn) is None or turn.employee is None:
        return
    turn.data["writing"] = writing
    case = await cases.answer(
        turn.session, int(case_id), turn.employee.id, turn.input.text, turn.now
    )
    await to_employee(turn, case, "case.answer", text=turn.input.text)
    learn = again("gaps.learn", "gap.learn", case.id)
    turn.say("desk.delivered", [[learn]], number=case.number)


@flow.on(press("case.resolve"), who=GROUPS)
async def resolve(turn: Turn) -> None:
    """Done."""
    officer = await officer_of(turn)
    if officer is None:
        return
    case = await cases.resolve(turn.session, (await case_of(turn)).id, officer, turn.now)
    await to_employee(turn, case, "case.resolved")
    await card(turn, case, getattr(turn.input, "message_id", None))


@flow.on(press("case.evidence_ok", "case.evidence_bad", "case.filed"), who=GROUPS)
async def decide(turn: Turn) -> None:
    """Two presses: this one asks, the next one does."""
    if await officer_of(turn) is None or not isinstance(turn.input, Press):
        return
    case = await case_of(turn)
    yes = again("desk.sure", f"{turn.input.action}.sure", case.id)
    turn.say(
        "desk.sure",
        [[yes]],
        what=turn.input.action.removeprefix("case."),
        kind=case.kind,
        number=case.number,
    )


@flow.on(press("case.evidence_ok.sure", "case.evidence_bad.sure", "case.filed.sure"), who=GROUPS)
async def decided(turn: Turn) -> None:
    """Record the officer's decision; the employee hears of it."""
    officer = await officer_of(turn)
    if officer is None or not isinstance(turn.input, Press):
        return
    case = await case_of(turn)
    if case.application_id is None:
        return
    session, application = turn.session, case.application_id
    try:
        if turn.input.action == "case.evidence_ok.sure":
            await apps.confirm_evidence(session, application, officer, turn.now)
        elif turn.input.action == "case.evidence_bad.sure":
            await apps.refuse_evidence(session, application, officer, "card_seen", turn.now)
        else:
            await apps.record_filed(session, application, officer, None, turn.now)
    except ApplicationError:
        turn.toast("desk.decided_before", alert=True)
        return
    case = await cases.resolve(session, case.id, officer, turn.now)
    filed = turn.input.action == "case.filed.sure"
    kind = "application.tell" if filed else "evidence.decided"
    await to_employee(turn, case, kind, application_id=application)
    turn.say("desk.recorded", number=case.number)


@flow.on(command("bind_hr"), who=GROUPS)
async def bind_group(turn: Turn) -> None:
    """An admin or officer makes this group the HR desk's."""
    if await officer_of(turn) is None:
        turn.say("desk.not_officer")
        return
    await set_desk(turn.session, turn.state.mailbox)
    turn.say("desk.bound")
    for case_id in await cases.open_ids(turn.session):  # what waited for a desk, or for this one
        case = await cases.get(turn.session, case_id)
        if case.group_mailbox != turn.state.mailbox and case.kind != "follow_up":
            tell_hr(turn, case.id)


@flow.on(lambda turn: isinstance(turn.input, Upload), who=GROUPS)
async def group_upload(turn: Turn) -> None:
    """Pictures in the group are left alone."""


@flow.on(command("person", "hr"), who=LEAVERS)
async def leaver_wants_person(turn: Turn) -> None:
    """A leaver's open matters still have a person."""
    await call_person(turn, None)
