"""What always works: menu, help, exit, language, stale buttons, and words nobody expected."""

from __future__ import annotations

from pathlib import Path

import yaml
from rapidfuzz import fuzz, process

from handlers.common import again
from handlers.inputs import Happened, Other, Press, Text
from handlers.steps import (
    ANYONE,
    EMPLOYEES,
    GROUPS,
    KNOWN,
    LEAVERS,
    NEWCOMERS,
    PRIVATE,
    STRANGERS,
    Flow,
    command,
    happened,
    other,
    press,
)
from handlers.turn import Button, Turn
from services import applications as apps
from services import cases

first = Flow("basics", ANYONE)
last = Flow("fallback", ANYONE)
_INTENTS: dict[str, list[str]] = yaml.safe_load(
    (Path(__file__).parent / "intents.yaml").read_text("utf-8")
)
_PHRASES = {phrase: name for name, phrases in _INTENTS.items() for phrase in phrases}
_SURE = 82
_MATTERS = frozenset({"loss_report", "replacement", "bank_change", "cancellation"})


@first.on(lambda turn: isinstance(turn.input, Press) and turn.input.stale)
async def stale(turn: Turn) -> None:
    """A button of an earlier step, or somebody else's."""
    turn.toast("common.stale", alert=True)


@first.on(lambda turn: isinstance(turn.input, Other) and turn.input.kind == "service")
async def service(turn: Turn) -> None:
    """Somebody joined, left, blocked or renamed: nothing was said to us."""


@first.on(command("menu"), who=EMPLOYEES)
async def menu(turn: Turn) -> None:
    """The main keyboard, and where we are."""
    turn.say("common.menu", menu=True, name=turn.me.name)


@first.on(command("help"), who=PRIVATE)
async def help_(turn: Turn) -> None:
    """What the bot can do."""
    if turn.employee is not None and not turn.is_employee:
        await leaver(turn)
    else:
        turn.say("common.help", menu=turn.has_menu)


@first.on(command("exit", "cancel"), who=KNOWN)
async def exit_(turn: Turn) -> None:
    """退出: nothing is lost."""
    await leave(turn)


@first.on(press("exit"), who=KNOWN)
async def exit_pressed(turn: Turn) -> None:
    """The same from a button."""
    await leave(turn)


async def leave(turn: Turn) -> None:
    """Say what is kept."""
    was = turn.state.flow
    turn.end()
    application = await apps.current(turn.session, turn.me.id)
    ours = application is not None and application.status in ("draft", "evidence")
    draft = ours and was == "apply"
    turn.say("common.left", menu=turn.has_menu, draft=draft, was=was)


@first.on(command("back"), who=EMPLOYEES)
async def back(turn: Turn) -> None:
    """Put the last question again."""
    if turn.state.flow == "apply":
        await turn.start("apply")
    elif turn.state.flow is None:
        turn.say("common.menu", menu=True, name=turn.me.name)
    else:
        await leave(turn)


@first.on(command("language"), who=PRIVATE)
async def language(turn: Turn) -> None:
    """中文 or English."""
    buttons = [
        Button(text="中文", action="language", ref="zh", lasting=True),
        Button(text="English", action="language", ref="en", lasting=True),
    ]
    turn.say("common.language", [buttons])


@first.on(press("language"), who=PRIVATE)
async def language_chosen(turn: Turn) -> None:
    """From now on in this language."""
    turn.state.language = "en" if getattr(turn.input, "ref", "zh") == "en" else "zh"
    turn.say("common.language_set", menu=turn.has_menu)
    if turn.state.flow is not None:
        await turn.repeat()


@first.on(
    happened(
        "event.dead",
        "application.check.failed",
        "application.submit.failed",
        "application.withdraw.failed",
        "privacy.export.failed",
    ),
    who=ANYONE,
)
async def broken(turn: Turn) -> None:
    """Something of ours failed for good: apologise, with a case number."""
    if turn.employee is None:
        turn.say("common.broken", number=None)
        return
    assert isinstance(turn.input, Happened)
    case = await cases.open_case(
        turn.session,
        turn.employee.id,
        "fault",
        None,
        turn.now,
        text=turn.input.payload.get("kind") or turn.input.kind,
    )
    turn.say("common.broken", number=case.number)


@first.on(
    happened(
        "authority.keep.failed",
        "authority.make.failed",
        "card.proof.failed",
        "collection.read.failed",
        "form.make.failed",
        "move.form.failed",
        "proxy.letter.failed",
        "summary.draw.failed",
        "summary.report.failed",
    ),
    who=ANYONE,
)
async def gave_up(turn: Turn) -> None:
    """What somebody has asked for or sent could not be done: they need not wait for it."""
    if turn.actor.chat_id is not None:
        button = [[again("menu.person", "person")]] if turn.is_employee else None
        turn.say("common.gave_up", button)


# -- when nobody else wanted it --------------------------------------------------------------


@last.on(lambda turn: isinstance(turn.input, Text) and turn.input.edited, who=PRIVATE)
async def edited(turn: Turn) -> None:
    """An edited message changes nothing by itself; say how to."""
    turn.say("common.edited")


@last.begin
@last.on(lambda turn: isinstance(turn.input, Text), who=EMPLOYEES)
async def own_words(turn: Turn) -> None:
    """An intent in own words; else a policy question; then back to the open question."""
    assert isinstance(turn.input, Text)
    name = intent(turn.input.text)
    if name == "apply":
        await turn.start("apply")
        return
    if name in _MATTERS:
        await turn.start("matter", kind=name)
        return
    if name == "transfer":
        await turn.start("move")
        return
    if name == "status":
        await turn.aside("status")
    elif name in ("cards", "merge"):
        await turn.start(name)
        return
    elif name == "person":
        turn.say("common.offer_person", [[again("menu.person", "person")]])
    elif name == "thanks":
        turn.say("common.thanks")
    elif name == "greeting":
        turn.say("common.menu", menu=True, name=turn.me.name)
    else:
        await turn.aside("ask", question=turn.input.text)
        await turn.aside("desk", words=turn.input.text)
    if turn.state.flow not in (None, "ask", "guide") and turn.state.step:
        turn.say("common.where_we_were", [[again("apply.resume", "resume")]])


def intent(words: str) -> str | None:
    """Which of our own functions somebody means, when it is near enough to a known wording."""
    found = process.extractOne(words, list(_PHRASES), scorer=fuzz.ratio, score_cutoff=_SURE)
    return _PHRASES[found[0]] if found else None


@last.on(other, who=EMPLOYEES)
async def sticker(turn: Turn) -> None:
    """A sticker, voice or location: say what works."""
    turn.say("common.cannot_read", menu=True)


@last.on(lambda turn: True, who=NEWCOMERS)
async def notice_first(turn: Turn) -> None:
    """Anything before the notice is answered by the notice."""
    if isinstance(turn.input, Happened):
        return
    turn.state.flow = "enrol"
    await turn.ask("notice")


@last.on(lambda turn: not isinstance(turn.input, Happened), who=STRANGERS)
async def stranger(turn: Turn) -> None:
    """Who are you? How to get in."""
    if turn.state.flow == "enrol" and turn.state.step:
        await turn.repeat()
        return
    turn.say("enrol.hello", contact=True)


@last.on(lambda turn: not isinstance(turn.input, Happened), who=LEAVERS)
async def leaver(turn: Turn) -> None:
    """A leaver keeps their data rights and open matters."""
    turn.say("common.leaver", [[again("menu.person", "person")]])


@last.on(lambda turn: not isinstance(turn.input, Happened), who=EMPLOYEES)
async def unexpected(turn: Turn) -> None:
    """A command that we don't know, or something out of place."""
    turn.say("common.help", menu=True)


@last.on(command("start", "help", "menu", "apply", "status", "ask", "mydata"), who=GROUPS)
async def private_matter(turn: Turn) -> None:
    """In a group everybody would read it."""
    turn.say("common.private")


@last.on(lambda turn: not isinstance(turn.input, Happened), who=GROUPS)
async def group_noise(turn: Turn) -> None:
    """Talk in a group is not ours; a private matter belongs into the private chat."""
    if isinstance(turn.input, Press):
        turn.toast("common.stale", alert=True)
