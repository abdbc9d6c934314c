"""Shared by conversations: small helpers, no flow of their own."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from handlers.inputs import Happened
from handlers.turn import Button, Turn
from services import applications as apps
from services.applications.views import ApplicationView
from services.console.reach import Reach
from services.people import people, roles
from storage.models import ApplicationKind, Role

_GENTLE = timedelta(days=7)
MOVE_FLOWS = {ApplicationKind.TRANSFER: "move", ApplicationKind.MERGE: "merge"}
"""Kinds that are not about a card, and the conversation of each."""


def tongue(turn: Turn) -> Literal["zh", "en"]:
    """The conversation's language, as services name it."""
    return "en" if turn.language == "en" else "zh"


def parts(text: str, longest: int = 3500) -> list[str]:
    """A person's words in pieces that fit into a message (4096 characters) with ours around."""
    return [text[at : at + longest] for at in range(0, len(text), longest)] or [text]


def short(text: str, longest: int = 300) -> str:
    """The beginning of a person's words, where the whole stands elsewhere."""
    return text if len(text) <= longest else f"{text[:longest]}…"


def rows(buttons: list[Button], width: int = 2) -> list[list[Button]]:
    """Buttons in rows of `width`."""
    return [buttons[i : i + width] for i in range(0, len(buttons), width)]


def again(label: str, action: str, ref: object = None, **values: object) -> Button:
    """A button that stays valid: it stands under a notice, not under a question."""
    return Button(label, action, None if ref is None else str(ref), lasting=True, values=values)


def person_about(application_id: int) -> Button:
    """找人工, from somebody who has the application before them."""
    return again("menu.person", "person", f"application:{application_id}")


def elsewhere(turn: Turn, application_id: int) -> bool:
    """Whether the person is in the middle of another matter, whose words news must not catch."""
    if turn.state.flow == "apply":
        return turn.data.get("application") not in (None, application_id)
    return turn.state.flow not in (None, "ask")


def gently(turn: Turn) -> bool:
    """Whether to offer a person at an angry word now: once within a week."""
    told = turn.memory.get("gentle")
    if told is not None and turn.today - date.fromisoformat(told) < _GENTLE:
        return False
    turn.memory["gentle"] = turn.today.isoformat()
    return True


def over(turn: Turn, application_id: int) -> None:
    """The application's conversation is over; another matter goes on."""
    if not elsewhere(turn, application_id):
        turn.end()


def come_back(turn: Turn, application_id: int) -> None:
    """The button that leads back to the application, where news came in between."""
    turn.say("common.where_we_were", [[again("apply.resume", "apply", application_id)]])


async def application_of(turn: Turn) -> ApplicationView | None:
    """The application that an own event is about, when this mailbox is its owner's.

    A person who has moved to another account gets the event there.
    """
    if not isinstance(turn.input, Happened):
        return None
    application = await apps.get(turn.session, int(turn.input.payload["application_id"]))
    home = await apps.home(turn.session, application)
    here = turn.state.mailbox
    if home is None and turn.employee is not None and turn.employee.id == application.agent_id:
        home = f"person:{application.person_id}"  # who did it for them is no officer any more
    if home is not None and home != here:
        kind, payload = turn.input.kind, turn.input.payload
        turn.send_event(home, kind, key=f"moved:{turn.event_id}", **payload)
        return None
    return application


async def name_principal(turn: Turn, application: ApplicationView) -> None:
    """Before news that an officer gets in somebody's place: whose they are."""
    if turn.employee is not None and application.person_id != turn.employee.id:
        person = await people.by_id(turn.session, application.person_id)
        if person is not None:
            turn.say("behalf.about", number=person.number, name=person.masked_name)


async def subject(turn: Turn) -> people.Employee:
    """Whom the conversation is about: the person whose signed `authority` an officer holds, else
    who speaks."""
    if turn.data.get("authority") is not None:
        person = await people.by_id(turn.session, int(turn.data["person"]))
        if person is None:
            raise LookupError("the person has been erased meanwhile")
        return person
    return turn.me


def commission(turn: Turn) -> dict[str, object]:
    """What a conversation keeps of whom it is about when it forgets the rest."""
    return {name: turn.data[name] for name in ("person", "authority") if name in turn.data}


async def in_hand(turn: Turn, application_id: int) -> None:
    """What has been opened for somebody else is done by this officer."""
    if turn.data.get("authority") is not None:
        file_id = int(turn.data["authority"])
        await apps.take_over(turn.session, application_id, turn.me.id, file_id, turn.now)


def next_matter(
    turn: Turn, label: str, kind: ApplicationKind, application: ApplicationView
) -> Button:
    """To another matter of the same person: one's own at once, somebody else's by an authority."""
    if application.person_id != turn.me.id:
        return again(label, "behalf.anew", f"{application.person_id}:{kind.value}")
    reason = "lost" if kind is ApplicationKind.REPLACEMENT else ""
    return again(label, "matter", f"{kind.value}:{reason}")


async def officer_reach(turn: Turn) -> Reach | None:
    """Whose matters this officer may touch; None, said, for who is none."""
    grants = await roles.grants(turn.session, turn.employee.id) if turn.employee else ()
    reach = Reach.of(grants, frozenset({Role.OFFICER}))
    if not reach.areas:
        turn.say("desk.not_officer")
        return None
    return reach


async def own_application(turn: Turn, ref: object) -> ApplicationView | None:
    """The application with this id that is the employee's own, or that they do for somebody else as
    an officer; None when it is nobody's or another's."""
    try:
        found = await apps.get(turn.session, int(str(ref)))
    except (ValueError, LookupError):
        return None
    mine = found.person_id == turn.me.id
    return found if mine or await apps.may_act(turn.session, found, turn.me.id) else None


async def at_hand(turn: Turn) -> ApplicationView | None:
    """The application that the conversation is about, else the one touched last."""
    if turn.state.flow == "apply" and turn.data.get("application"):
        found = await own_application(turn, turn.data["application"])
        if found is not None and found.open:
            return found
    return await apps.current(turn.session, turn.me.id)
