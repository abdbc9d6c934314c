"""待答问题 in the HR group: what nobody could answer, answered by one officer, published by
another."""

from __future__ import annotations

import re
from datetime import datetime

from handlers.common import again
from handlers.inputs import Press, Text
from handlers.steps import GROUPS, Flow, command, press, text
from handlers.turn import Button, Turn
from services import cases, gaps
from services.gaps import Draft, GapError, GapView
from services.people import roles
from storage.models import GapKind, GapStatus, Role

flow = Flow("gaps", GROUPS)
_MOST = 5
_SOURCE = re.compile(r"^\s*(?:来源|依据|source)\s*[：:]\s*(.+?)\s*$", re.IGNORECASE | re.MULTILINE)
_TITLE = re.compile(r"^\s*(?:问题|question)\s*[：:]\s*(.+?)\s*$", re.IGNORECASE | re.MULTILINE)


def drafting(turn: Turn) -> bool:
    """Words of an officer who has pressed 回答."""
    return text(turn) and str(turn.actor.user_id) in (turn.data.get("drafting") or {})


@flow.on(command("gaps"))
async def listed(turn: Turn) -> None:
    """The most asked first."""
    if await officer(turn) is None:
        turn.say("desk.not_officer")
        return
    found = await gaps.gap_list(turn.session)
    turn.say("gaps.list", total=len(found), shown=min(len(found), _MOST))
    for view in found[:_MOST]:
        card(turn, view)


def card(turn: Turn, view: GapView) -> None:
    """One gap with its counts, its draft, and what can be done with it."""
    turn.say("gaps.card", buttons(view), gap=view)


def buttons(view: GapView) -> list[list[Button]]:
    """Answer it; or publish what a colleague has written."""
    first = [again("gaps.answer", "gap.answer", view.id)]
    if view.status is GapStatus.DRAFTED and view.drafted_at is not None:
        ref = f"{view.id}@{view.drafted_at.isoformat()}"
        first = [
            again("gaps.publish", "gap.publish", ref),
            again("gaps.rewrite", "gap.answer", view.id),
        ]
    return [[*first, again("gaps.dismiss", "gap.dismiss", view.id)]]


async def officer(turn: Turn) -> int | None:
    """The person behind this turn, if an officer."""
    person = turn.employee
    if person is None or not await roles.has_role(turn.session, person.id, Role.OFFICER):
        return None
    return person.id


async def pressing(turn: Turn) -> int | None:
    """The same for a press; others are told that this is not for them."""
    found = await officer(turn)
    if found is None:
        turn.toast("desk.not_officer", alert=True)
    return found


@flow.on(press("gap.answer"))
async def answer_pressed(turn: Turn) -> None:
    """The officer's next words here are the answer."""
    if await pressing(turn) is not None:
        wait_for_words(turn, int(getattr(turn.input, "ref", 0) or 0))


def wait_for_words(turn: Turn, gap_id: int) -> None:
    """Ask for the answer with its source."""
    waiting = dict(turn.data.get("drafting") or {})
    waiting[str(turn.actor.user_id)] = gap_id
    turn.data["drafting"] = waiting
    turn.say("gaps.write", officer=turn.actor.name, gap=gap_id)


@flow.on(drafting)
async def written(turn: Turn) -> None:
    """A draft; without its source it isn't taken."""
    assert isinstance(turn.input, Text)
    waiting = dict(turn.data["drafting"])
    gap_id = int(waiting[str(turn.actor.user_id)])
    author = await officer(turn)
    if author is None:
        return
    try:
        await gaps.answer(turn.session, gap_id, author, draft_of(turn.input.text), turn.now)
    except GapError as error:
        if error.code not in ("no_source", "no_answer", "too_long"):
            waiting.pop(str(turn.actor.user_id))
        turn.data["drafting"] = waiting
        turn.say("gaps.refused", code=error.code)
        return
    waiting.pop(str(turn.actor.user_id))
    turn.data["drafting"] = waiting
    view = await gaps.gap_view(turn.session, gap_id)
    assert view is not None
    turn.say("gaps.drafted", buttons(view), gap=view)


def draft_of(words: str) -> Draft:
    """The answer, with the lines 来源：… and 问题：… taken out of it."""
    source, title = _SOURCE.search(words), _TITLE.search(words)
    answer = _TITLE.sub("", _SOURCE.sub("", words)).strip()
    return Draft(answer, source[1] if source else "", title[1] if title else None)


@flow.on(press("gap.publish"))
async def publish_pressed(turn: Turn) -> None:
    """Only somebody else than the author; who asked is told."""
    assert isinstance(turn.input, Press)
    publisher = await pressing(turn)
    if publisher is None:
        return
    gap_id, _, drafted_at = (turn.input.ref or "").partition("@")
    try:
        told = await gaps.publish(
            turn.session,
            int(gap_id),
            publisher,
            turn.now,
            drafted_at=datetime.fromisoformat(drafted_at),
        )
    except GapError as error:
        refuse(turn, error)
        return
    turn.say("gaps.published", gap=int(gap_id), told=told)


@flow.on(press("gap.dismiss"))
async def dismiss_pressed(turn: Turn) -> None:
    """No question, or none of ours."""
    person = await pressing(turn)
    if person is None:
        return
    gap_id = int(getattr(turn.input, "ref", 0) or 0)
    try:
        await gaps.dismiss(turn.session, gap_id, person, turn.now)
    except GapError as error:
        refuse(turn, error)
        return
    turn.say("gaps.dismissed", gap=gap_id)


def refuse(turn: Turn, error: GapError) -> None:
    """Why a press did nothing, to who pressed."""
    if error.code == "same_person":
        turn.toast("gaps.same_person", alert=True)
    elif error.code in ("over", "changed", "unknown", "not_drafted"):
        turn.toast("gaps.over", alert=True)
    else:
        turn.say("gaps.refused", code=error.code)


@flow.on(press("gap.learn"))
async def learn_pressed(turn: Turn) -> None:
    """What an officer has just answered in a case may serve others: it becomes a gap to answer."""
    if await pressing(turn) is None:
        return
    case = await cases.get(turn.session, int(getattr(turn.input, "ref", 0) or 0))
    if not await cases.may_act(turn.session, turn.me.id, case.region_code, case.employer_id):
        turn.toast("desk.not_officer", alert=True)
        return
    if turn.tools.policies is None:
        return
    asked = [m.text for m in case.messages if m.text and m.author == cases.EMPLOYEE]
    if not asked:
        turn.toast("gaps.no_words", alert=True)
        return
    gap_id = await gaps.note(
        turn.session,
        case.person_id,
        asked[0],
        GapKind.CORRECTED,
        turn.now,
        least=turn.tools.policies.settings.gap_likeness,
    )
    wait_for_words(turn, gap_id)
