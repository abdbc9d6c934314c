"""新员工: HR sees in the group who must be handed in by when, and reminds them with one press."""

from __future__ import annotations

from datetime import date

from handlers.common import again
from handlers.inputs import Happened
from handlers.steps import EMPLOYEES, GROUPS, NEWCOMERS, Flow, command, happened, press
from handlers.turn import Turn
from services import newhires
from services.desk import desk_mailbox
from services.newhires import NewHire
from services.people import roles
from storage.models import Role

flow = Flow("newhires", GROUPS)
_SHOWN = 20
"""Lines of one message; the console and the command line list everybody."""


@flow.on(command("newhires"))
async def asked(turn: Turn) -> None:
    """Who is due, the most urgent first."""
    if not await is_officer(turn):
        return
    show(turn, [hire for hire in await seen(turn) if hire.open])
    await newhires.arm(turn.session, turn.now)


def show(turn: Turn, hires: list[NewHire]) -> None:
    """The list, without names in full."""
    buttons = [[again("newhires.remind", "newhires.remind")]] if hires else []
    turn.say("newhires.list", buttons, hires=hires[:_SHOWN], more=max(len(hires) - _SHOWN, 0))


@flow.on(happened(newhires.MORNING))
async def morning(turn: Turn) -> None:
    """Every workday: who is about to be late; silent when nobody is."""
    home = await desk_mailbox(turn.session)
    if home is not None and turn.state.mailbox.partition(":")[0] != home:
        turn.send_event(home, newhires.MORNING)  # HR has another group by now
        return
    found = newhires.pressing(await newhires.watch(turn.session, turn.now))
    if found:
        show(turn, found)
    await newhires.arm(turn.session, turn.now)


@flow.on(press("newhires.remind"))
async def remind(turn: Turn) -> None:
    """Everybody who has something to do hears of it, once a day however often it is pressed."""
    if not await is_officer(turn):
        return
    hires = await seen(turn)
    done = await newhires.remind(turn.session, hires, turn.now, actor=f"person:{turn.me.id}")
    unbound = [hire.number for hire in hires if hire.stage == "unbound"]
    turn.say("newhires.reminded", count=len(done), unbound=unbound[:_SHOWN])


async def is_officer(turn: Turn) -> bool:
    """Whether the presser is an officer; others are told."""
    if turn.employee and await roles.has_role(turn.session, turn.employee.id, Role.OFFICER):
        return True
    turn.say("desk.not_officer")
    return False


async def seen(turn: Turn) -> list[NewHire]:
    """The new hires that this officer answers for."""
    found = []
    for hire in await newhires.watch(turn.session, turn.now):
        place = hire.region_code, hire.employer_id
        if await roles.has_role(turn.session, turn.me.id, Role.OFFICER, *place):
            found.append(hire)
    return found


async def told(turn: Turn) -> None:
    """The reminder itself, with the day."""
    if not isinstance(turn.input, Happened):
        return
    payload = turn.input.payload
    turn.say(
        "newhires.due",
        [[again("menu.apply", "apply")]],
        note="newhire.due",
        name=turn.me.name,
        due=date.fromisoformat(payload["due"]),
        passed=date.fromisoformat(payload["due"]) < turn.today,
    )


for who in (EMPLOYEES, NEWCOMERS):
    flow.on(happened(newhires.REMIND), who=who)(told)
