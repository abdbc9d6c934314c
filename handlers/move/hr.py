"""The employer's side in HR's group: 增减员 as a checklist, what is filed by hand, late desks."""

from __future__ import annotations

from datetime import date
from typing import Any

from handlers.common import again
from handlers.inputs import Happened, Press
from handlers.steps import GROUPS, Flow, happened, press
from handlers.turn import Button, Turn
from knowledge.regions import full_name
from services import applications as apps
from services import moves
from services.people import roles
from services.people.people import Employee, by_id
from storage.models import Role

flow = Flow("move")


def values_of(
    employee: Employee, origin: str, destination: str, on: date | None, *, later: int = 0
) -> dict[str, Any]:
    """What the checklist says."""
    return {
        "list": moves.checklist(origin, destination, on, later=later),
        "name": employee.masked_name,
        "number": employee.number,
        "origin": full_name(origin),
        "destination": full_name(destination),
    }


@flow.on(happened("move.checklist"), who=GROUPS)
async def checklist(turn: Turn) -> None:
    """Last month there, first month here, and who does what by when."""
    assert isinstance(turn.input, Happened)
    given = turn.input.payload
    employee = await by_id(turn.session, int(given["person_id"]))
    if employee is None:
        return
    origin, destination, on = given["origin"], given["destination"], given["on"]
    ref = f"{employee.id}:{origin}:{destination}:{on}"
    turn.say(
        "move.checklist",
        other_month(ref, 0) if on else None,  # nobody has named the first day of work
        note="move.checklist",
        **values_of(employee, origin, destination, date.fromisoformat(on) if on else None),
    )


def other_month(ref: str, later: int) -> list[list[Button]]:
    """The same with the other month."""
    return [
        [
            again(
                "move.this_month" if later else "move.next_month",
                "move.month",
                f"{ref}:{1 - later}",
            )
        ]
    ]


@flow.on(press("move.month"), who=GROUPS)
async def month_chosen(turn: Turn) -> None:
    """Contributions change over a month later, or at once: the list says what follows."""
    assert isinstance(turn.input, Press)
    person, origin, destination, on, later = (turn.input.ref or "").split(":")
    employee = await by_id(turn.session, int(person))
    me = turn.employee
    if employee is None or turn.input.message_id is None:
        return
    place = destination, employee.employer_id
    if me is None or not await roles.has_role(turn.session, me.id, Role.OFFICER, *place):
        turn.toast("desk.not_officer", alert=True)
        return
    ref = f"{person}:{origin}:{destination}:{on}"
    turn.edit(
        turn.input.message_id,
        "move.checklist",
        other_month(ref, int(later)),
        **values_of(employee, origin, destination, date.fromisoformat(on), later=int(later)),
    )


@flow.on(happened("move.by_hand", "move.overdue"), who=GROUPS)
async def papers_for_hr(turn: Turn) -> None:
    """A line with the form to file, or the letter to send, one press away."""
    assert isinstance(turn.input, Happened)
    application = await apps.get(turn.session, int(turn.input.payload["application_id"]))
    chase = turn.input.kind == "move.overdue"
    form = "chase" if chase else "transfer"
    turn.say(
        "move.hr_overdue" if chase else "move.hr_by_hand",
        [
            [
                again(
                    "move.letter" if chase else "move.form_hr",
                    "move.form",
                    f"{form}:{application.id}",
                )
            ]
        ],
        number=application.number,
        insurance=application.reason,
        origin=full_name(application.origin_code or ""),
        destination=full_name(application.region_code),
    )
