"""跟进: a colleague looks after an employee who was not content, in a chat of their own."""

from __future__ import annotations

from handlers.common import again
from handlers.inputs import Happened, Press, Text
from handlers.steps import EMPLOYEES, Flow, happened, press, text
from handlers.turn import Button, Turn
from services import cases
from services.cases import CaseView
from services.people.people import by_id
from storage.models import CaseStatus

flow = Flow("follow", EMPLOYEES)


@flow.on(happened("follow_up.asked"))
async def asked(turn: Turn) -> None:
    """Somebody wants to be looked after; neither score nor words are shown."""
    assert isinstance(turn.input, Happened)
    case = await cases.get(turn.session, int(turn.input.payload["case_id"]))
    employee = await by_id(turn.session, case.person_id)
    if employee is None:
        return
    turn.say(
        "follow.asked",
        buttons(case),
        number=case.number,
        name=employee.name,
        staff_number=employee.number,
        application=case.application_number,
    )


def buttons(case: CaseView) -> list[list[Button]]:
    """What the colleague can do."""
    return [
        [
            again("follow.write", "follow.write", case.id),
            again("follow.done", "follow.done", case.id),
        ]
    ]


async def mine(turn: Turn) -> CaseView | None:
    """The case of the button, while it is this colleague's and open."""
    assert isinstance(turn.input, Press)
    case = await cases.get(turn.session, int(turn.input.ref or 0))
    if case.assignee_id == turn.me.id and case.status is not CaseStatus.RESOLVED:
        return case
    turn.toast("follow.over", alert=True)
    return None


@flow.on(press("follow.write"))
async def write(turn: Turn) -> None:
    """The next words here go to the employee."""
    case = await mine(turn)
    if case is not None:
        turn.state.flow, turn.state.data = flow.name, {"case": case.id}
        await turn.ask("words")


@flow.prompt("words")
async def ask_words(turn: Turn) -> None:
    """Say where the words go."""
    case = await cases.get(turn.session, turn.data["case"])
    turn.say("follow.write_here", number=case.number)


@flow.on(text, at="words")
async def written(turn: Turn) -> None:
    """To the employee, as an answer in their case."""
    assert isinstance(turn.input, Text)
    case_id, words = turn.data["case"], turn.input.text
    turn.end()
    case = await cases.answer(turn.session, case_id, turn.me.id, words, turn.now)
    turn.say("follow.delivered", buttons(case), number=case.number)


@flow.on(press("follow.done"))
async def done(turn: Turn) -> None:
    """Looked after."""
    case = await mine(turn)
    if case is None:
        return
    turn.buttons_off()
    case = await cases.resolve(turn.session, case.id, turn.me.id, turn.now)
    turn.say("follow.closed", number=case.number)
