"""/summary: a manager's month in ten lines and one picture; an officer's own figures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from handlers.common import again, rows
from handlers.inputs import Happened, Press
from handlers.steps import EMPLOYEES, Flow, command, happened, press
from handlers.turn import Button, Turn
from knowledge.matters import kinds
from knowledge.regions import full_name
from services.measures.monthly import TASK
from services.measures.periods import month
from services.measures.summary import areas_of, choices, read_view
from storage import queue
from storage.models import Role

flow = Flow("summary", EMPLOYEES)
DRAW = "summary.draw"
_SHOWN = 8


@flow.on(command("summary"))
async def asked(turn: Turn) -> None:
    """This month: the whole of one's unit, or an officer's own."""
    await draw(turn, f"{month(turn.today).start:%Y-%m}||")


@flow.on(press("summary.view"))
async def pressed(turn: Turn) -> None:
    """Another month, region or matter."""
    assert isinstance(turn.input, Press)
    await draw(turn, turn.input.ref or "")


async def draw(turn: Turn, view: str, task: str = DRAW) -> None:
    """Ask for the picture; it comes as soon as it is drawn."""
    session, person = turn.session, turn.me.id
    manages = await areas_of(session, person)
    if not manages and not await areas_of(session, person, Role.OFFICER):
        turn.say("summary.not_manager")
        return
    await queue.add_task(
        session,
        task,
        mailbox=turn.state.mailbox,
        payload={"person_id": person, "view": view, "language": turn.language},
        at=turn.now,
    )
    turn.typing()


@flow.on(happened("summary.draw.done"))
async def drawn(turn: Turn) -> None:
    """The lines under the picture, and where to go from here."""
    assert isinstance(turn.input, Happened)
    payload = dict(turn.input.payload)
    turn.say(
        "summary.month",
        buttons(turn, payload),
        file=payload["file_id"],
        said=payload["said"],
    )


def buttons(turn: Turn, payload: dict[str, Any]) -> list[list[Button]]:
    """The month before and after, region, matter, and the files."""
    view = payload["view"]
    _, prefix, matter = view.split("|")
    period = read_view(view, ()).period
    earlier, later = period.before.start, period.end + timedelta(days=1)
    row = [again("summary.before", "summary.view", f"{earlier:%Y-%m}|{prefix}|{matter}")]
    if later <= turn.today:
        row.append(again("summary.after", "summary.view", f"{later:%Y-%m}|{prefix}|{matter}"))
    found = [row]
    if not payload["said"]["own"]:
        found.append(
            [
                again("summary.regions", "summary.regions", view),
                again("summary.matters", "summary.matters", view),
                again("summary.files", "summary.files", view),
            ]
        )
    return found


@flow.on(press("summary.regions"))
async def regions(turn: Turn) -> None:
    """Regions with something in them."""
    assert isinstance(turn.input, Press)
    name, _, matter = (turn.input.ref or "").split("|")
    found = await choices(turn.session, await areas_of(turn.session, turn.me.id), "region_code")
    chosen = [
        Button(
            text=full_name(code),
            action="summary.view",
            ref=f"{name}|{code[:4]}|{matter}",
            lasting=True,
        )
        for code in found[:_SHOWN]
    ]
    every = again("summary.every_region", "summary.view", f"{name}||{matter}")
    turn.say("summary.which_region", [*rows(chosen), [every]])


@flow.on(press("summary.matters"))
async def matters(turn: Turn) -> None:
    """Matters of applications."""
    assert isinstance(turn.input, Press)
    name, prefix, _ = (turn.input.ref or "").split("|")
    chosen = [
        again(f"summary.{kind}", "summary.view", f"{name}|{prefix}|{kind}") for kind in kinds()
    ]
    every = again("summary.every_matter", "summary.view", f"{name}|{prefix}|")
    turn.say("summary.which_matter", [*rows(chosen), [every]])


@flow.on(press("summary.files"))
async def files(turn: Turn) -> None:
    """The report and the workbook, made after this turn."""
    assert isinstance(turn.input, Press)
    await draw(turn, turn.input.ref or "", TASK)
    turn.say("summary.making")


@flow.on(happened("summary.report.done"))
async def reported(turn: Turn) -> None:
    """Picture with the lines, PDF and workbook: on the first workday by itself, or asked for."""
    assert isinstance(turn.input, Happened)
    payload = dict(turn.input.payload)
    name = payload["view"].split("|")[0]
    turn.say("summary.month", buttons(turn, payload), file=payload["file_id"], said=payload["said"])
    turn.send_document(payload["pdf_id"], f"shebao-{name}.pdf", "summary.pdf", month=name)
    turn.send_document(payload["book_id"], f"shebao-{name}.xlsx", "summary.workbook", month=name)
