"""The employee asks for a person, chooses the matter, writes, and can take it back."""

from __future__ import annotations

from datetime import timedelta

from handlers.common import again, gently, rows
from handlers.desk.paths import attachment_of, fetch, post_of
from handlers.inputs import Other, Press, Text, Upload
from handlers.steps import (
    EMPLOYEES,
    KNOWN,
    LEAVERS,
    Flow,
    command,
    press,
    text,
    upload,
)
from handlers.turn import Button, Turn
from services import applications as apps
from services import cases
from services.cases import CaseError, CaseView
from services.policies import answers
from storage.models import CaseStatus

flow = Flow("desk", KNOWN)
_RECALL = ("撤回", "/recall", "recall")
_JUST_NOW = timedelta(hours=1)


def talks(turn: Turn) -> bool:
    """Whether an officer has this person's case and no other conversation is under way."""
    return turn.case is not None and turn.state.flow in (None, flow.name)


# -- asking -----------------------------------------------------------------------------------


@flow.on(command("person", "hr"))
async def person_wanted(turn: Turn) -> None:
    """找人工, typed or from the menu."""
    await call_person(turn, None)


@flow.on(press("person"))
async def person_pressed(turn: Turn) -> None:
    """找人工 under a message; its reference says what it was about.

    What else stands under it can still be pressed: a person may be waited for, and the application
    mended meanwhile.
    """
    assert isinstance(turn.input, Press)
    turn.keeps_buttons = True
    await call_person(turn, turn.input.ref)


@flow.on(command("person", "hr"), who=LEAVERS)
async def leaver_wants_person(turn: Turn) -> None:
    """A leaver's open matters still have a person."""
    await call_person(turn, None)


@flow.on(press("person.new"))
async def new_matter(turn: Turn) -> None:
    """Not the case of the last days: a new one."""
    await open_new(turn, None)


@flow.on(press("person.resume"))
async def old_matter(turn: Turn) -> None:
    """The case of the last days goes on."""
    assert isinstance(turn.input, Press)
    case = await own_case(turn, turn.input.ref)
    if case is None:
        return
    turn.buttons_off()
    if case.is_over:
        case = await cases.reopen(turn.session, case.id, None, turn.now)
    await enter(turn, case)


async def call_person(turn: Turn, ref: str | None) -> None:
    """Open a case at once; words may follow. One of the last days can go on instead."""
    lately = await cases.lately_resolved(turn.session, turn.me.id, turn.now)
    if ref is None and lately is not None and not await live_case(turn):
        buttons = [
            [again("desk.resume", "person.resume", lately.id)],
            [again("desk.new", "person.new")],
        ]
        turn.say("desk.resume_or_new", buttons, number=lately.number)
        return
    await open_new(turn, ref)


async def live_case(turn: Turn) -> CaseView | None:
    """The person's conversation with HR that is not over."""
    found = [case for case in await cases.unresolved(turn.session, turn.me.id) if case.live]
    return found[0] if found else None


async def open_new(turn: Turn, ref: str | None) -> None:
    """The matter is recognised beforehand; what the bot said last goes with it."""
    application = await apps.current(turn.session, turn.me.id)
    application = application or await apps.stopped_last(turn.session, turn.me.id)
    application_id = application.id if application else None
    if ref and ref.startswith("application:"):
        application_id = int(ref.partition(":")[2])
    past = await question_behind(turn, ref)
    topic = past.topic if past else None
    matter = cases.recognise(topic=topic, flow="apply" if ref else turn.state.flow)
    mine = await live_case(turn)
    case = await cases.open_case(
        turn.session,
        turn.me.id,
        "asked",
        application_id,
        turn.now,
        text=past.question if past else None,
        matter=matter.code,
        language=turn.language,
        said=() if mine else await cases.last_said(turn.session, turn.state.mailbox),
    )
    await enter(turn, case)


async def question_behind(turn: Turn, ref: str | None) -> answers.Past | None:
    """The question whose answer the pressed button stood under: nobody has to write it twice."""
    number = (ref or "").removeprefix("answer:")
    if ref is None or ref == number or not number.isdecimal():
        return None
    return await answers.judge(turn.session, int(number), turn.me.id, answers.PERSON, turn.now)


async def enter(turn: Turn, case: CaseView) -> None:
    """From now on what is written here goes into the case."""
    turn.state.flow, turn.state.data = flow.name, {"case": case.id}
    await turn.ask("write")


@flow.prompt("write")
async def ask_words(turn: Turn) -> None:
    """Say that a person comes: the place, the hours, by when; and what to do meanwhile."""
    case = await cases.get(turn.session, turn.data["case"])
    if case.status is CaseStatus.PENDING:
        turn.say("desk.in_hand", [[again("desk.withdraw", "desk.withdraw", case.id)]], case=case)
        return
    buttons = [
        [again("desk.other_matter", "desk.matters", case.id)],
        [again("desk.withdraw", "desk.withdraw", case.id), Button("desk.done", "desk.leave")],
    ]
    turn.say(
        "desk.opened",
        buttons,
        number=case.number,
        matter=cases.matter(case.matter).title(turn.language),
        promise=await cases.promise(turn.session, case.id, turn.now),
        hours=cases.hours_of(case.region_code),
    )


@flow.on(press("desk.matters"))
async def which_matter(turn: Turn) -> None:
    """It is about something else."""
    assert isinstance(turn.input, Press)
    case = await own_case(turn, turn.input.ref)
    if case is None:
        return
    buttons = [
        Button(
            text=matter.title(turn.language),
            action="desk.matter",
            ref=f"{case.id}:{matter.code}",
            lasting=True,
        )
        for matter in cases.matters().values()
        if matter.code not in ("system", case.matter)
    ]
    turn.say("desk.which_matter", rows(buttons))


@flow.on(press("desk.matter"))
async def matter_chosen(turn: Turn) -> None:
    """The person knows best what it is about."""
    assert isinstance(turn.input, Press)
    case_id, _, code = (turn.input.ref or "").partition(":")
    case = await own_case(turn, case_id)
    if case is None or case.is_over:
        return
    case = await cases.set_matter(turn.session, case.id, None, code, turn.now)
    turn.buttons_off()
    turn.say("desk.matter_set", matter=cases.matter(case.matter).title(turn.language))


@flow.on(press("desk.withdraw"))
async def withdrawn(turn: Turn) -> None:
    """不用了: the case is over, nobody needs to come."""
    assert isinstance(turn.input, Press)
    case = await own_case(turn, turn.input.ref)
    if case is None:
        return
    turn.buttons_off()
    if case.is_over:
        turn.say("desk.over_already", number=case.number)
        return
    await cases.withdraw(turn.session, case.id, turn.me.id, turn.now)
    if turn.state.flow == flow.name:
        turn.end()
    turn.say("desk.withdrawn", menu=turn.has_menu, number=case.number)


async def own_case(turn: Turn, ref: str | None) -> CaseView | None:
    """The case of a button, when it is this person's."""
    if not ref or not ref.isdecimal():
        return None
    case = await cases.get(turn.session, int(ref))
    return case if case.person_id == turn.me.id else None


# -- writing -----------------------------------------------------------------------------------


@flow.on(text, at="write")
async def words_at_write(turn: Turn) -> None:
    """Everything written here goes into the case."""
    await put_in(turn, turn.data["case"])


@flow.on(upload, at="write")
async def upload_at_write(turn: Turn) -> None:
    """Pictures and files too."""
    await put_in(turn, turn.data["case"])


async def put_in(turn: Turn, case_id: int) -> None:
    """One message into the case; while nobody has taken it, say that it is there."""
    said = turn.input
    assert isinstance(said, Text | Upload)
    if isinstance(said, Text) and said.reply_to and said.text.strip() in _RECALL:
        await recall(turn, said.reply_to)
        return
    written = await cases.write(
        turn.session,
        case_id,
        said.text if isinstance(said, Text) else said.caption,
        turn.now,
        attachment=attachment_of(said),
        post=post_of(turn),
    )
    if isinstance(said, Upload):
        await fetch(turn, written.message_id, said)
    case = written.case
    if case.is_over:
        turn.end()
        turn.say("common.thanks")
        return
    turn.state.flow, turn.state.data = flow.name, {**turn.data, "case": case.id}
    if turn.state.step != "write":
        turn.goto("write")
    album = said.album if isinstance(said, Upload) else None
    if case.id != case_id:  # too late for the old one: a new one was opened
        await enter(turn, case)
    elif (
        not written.opened
        and case.status is CaseStatus.OPEN
        and (album is None or turn.data.get("album") != album)
    ):
        turn.say("desk.passed_on", number=case.number)
    turn.data["album"] = album


async def recall(turn: Turn, post_id: int) -> None:
    """撤回, as a reply to one's own message."""
    found = await cases.by_post(turn.session, turn.state.mailbox, post_id)
    if found is None or found.message_id is None or not found.original:
        turn.say("desk.cannot_recall")
        return
    try:
        await cases.recall_message(turn.session, found.message_id, turn.now, by_id=None)
    except CaseError:
        turn.say("desk.cannot_recall")
        return
    turn.say("desk.recalled")


@flow.on(press("desk.leave"))
async def leave_desk(turn: Turn) -> None:
    """Back to the bot; the case stays open."""
    turn.end()
    turn.say("desk.left", menu=turn.has_menu)


@flow.on(lambda turn: isinstance(turn.input, Other) and turn.input.kind == "unblocked")
async def reachable(turn: Turn) -> None:
    """They have let the bot in again: what did not arrive comes now."""
    await cases.again(turn.session, turn.me.id, turn.now)


# -- offered by the bot --------------------------------------------------------------------------


@flow.begin
async def offer(turn: Turn) -> None:
    """Started aside after an answer to `words`: was it none, again and again, or were they angry?

    Words that the bot could not answer go on in a case of the last days, if there is one.
    """
    words = turn.data.get("words") or ""
    missed = await cases.missed_in_a_row(turn.session, turn.me.id, turn.now)
    lately = await cases.lately_resolved(turn.session, turn.me.id, turn.now)
    if missed and lately is not None and not cases.is_closing(words):
        post = post_of(turn)
        await cases.write(turn.session, lately.id, words, turn.now, post=post)
        return
    if cases.is_angry(words):
        if gently(turn):
            turn.say("desk.offer_angry", [[again("menu.person", "person")]])
    elif missed >= cases.rules().not_understood:
        past = await answers.last(turn.session, turn.me.id, turn.now - _JUST_NOW)
        ref = f"answer:{past.id}" if past else None
        turn.say("desk.offer_missed", [[again("menu.person", "person", ref)]])


# -- while an officer has the case -----------------------------------------------------------------

talking = Flow("desk.talking", EMPLOYEES)


@talking.on(lambda turn: talks(turn) and (text(turn) or upload(turn)))
async def to_officer(turn: Turn) -> None:
    """The bot keeps silent: words and files go to the officer."""
    assert turn.case is not None
    await put_in(turn, turn.case)


@talking.on(lambda turn: isinstance(turn.input, Text) and turn.input.edited)
async def corrected(turn: Turn) -> None:
    """An edit of something that stands in a case is an edit there."""
    assert isinstance(turn.input, Text)
    found = None
    if turn.actor.message_id is not None:
        found = await cases.by_post(turn.session, turn.state.mailbox, turn.actor.message_id)
    if found is None or found.message_id is None or not found.original:
        turn.say("common.edited")
        return
    try:
        await cases.edit_message(
            turn.session, found.message_id, turn.input.text, turn.now, by_id=None
        )
    except CaseError:
        turn.say("common.edited")


@talking.on(lambda turn: text(turn) and _replies(turn) and turn.state.flow is None)
async def reply(turn: Turn) -> None:
    """A reply to an officer's message belongs to that case, also after it was resolved."""
    assert isinstance(turn.input, Text)
    assert turn.input.reply_to is not None
    found = await cases.by_post(turn.session, turn.state.mailbox, turn.input.reply_to)
    if found is None:
        await turn.registry.start(turn, "fallback")
        return
    await put_in(turn, found.case_id)


def _replies(turn: Turn) -> bool:
    return isinstance(turn.input, Text) and turn.input.reply_to is not None
