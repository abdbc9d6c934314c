"""Who may say which command, and press which button of the HR group: all that are registered.

Both lists come from the registered handlers: a command without a row below fails the test, and so
does a button of the group that does not refuse who has nothing to do with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlmodel import col, select

from handlers.flows import registry
from handlers.steps import GROUPS, Commanded, Pressed
from services import applications as apps
from services import cases
from services.people import people, roles
from storage.models import (
    ApplicationKind,
    ButtonToken,
    EventStatus,
    InboxEvent,
    OutboxMessage,
    Role,
)
from tests.bot.conftest import Build
from tests.bot.house import House

HERE, ELSEWHERE, GROUP = "370100", "440300", -100
PEOPLE = ("stranger", "newcomer", "employee", "leaver")
STAFF = (
    *("officer here", "officer elsewhere", "officer of all"),
    *("manager here", "manager elsewhere", "admin here", "admin of all"),
)


@dataclass(frozen=True)
class Row:
    """The first thing said to each; "" for silence. Staff hear what employees do unless named.

    What an officer may, an admin may. `all_*`: for those whose area is everything.
    """

    employee: str
    officer: str = ""
    manager: str = ""
    newcomer: str = "enrol.notice"
    leaver: str = "common.leaver"
    stranger: str = "enrol.hello"
    group: str = ""
    group_officer: str = ""
    group_all: str = ""

    def private(self, name: str) -> str:
        """In one's own chat with the bot."""
        if name in PEOPLE:
            return str(getattr(self, name))
        staff = self.manager if name.startswith("manager") else self.officer
        return staff or self.employee

    def in_group(self, name: str) -> str:
        """In a group."""
        officer = name.startswith(("officer", "admin"))
        everywhere = self.group_all if name.endswith("of all") else ""
        return (everywhere or self.group_officer or self.group) if officer else self.group


def _right(said: str, **more: str) -> Row:
    """A right that does not wait for the notice and outlives the employment."""
    return Row(said, newcomer=said, leaver=said, **more)


ALONE = "common.private"  # a group hears where to go, and nothing else
NOT_OFFICER = "desk.not_officer"
DRAWING = "sendChatAction"
COMMANDS: dict[str, Row] = {
    "accounts": Row(DRAWING),
    "apply": Row("apply.opened", group=ALONE),
    "ask": Row("ask.what", group=ALONE),
    "back": Row("apply.resumed"),
    "behalf": Row(NOT_OFFICER, officer="behalf.who", manager=NOT_OFFICER),
    "bind_hr": Row(
        "common.help",
        group=NOT_OFFICER,
        group_officer="desk.not_everywhere",
        group_all="desk.bound",
    ),
    "cancel": _right("common.left"),
    "cards": Row("cards.list"),
    "collection": Row(
        NOT_OFFICER, officer="handout.list", group=NOT_OFFICER, group_officer="handout.list"
    ),
    "console": Row("console.not_staff", officer="console.link", manager="console.link"),
    "exit": _right("common.left"),
    "gaps": Row("common.help", group=NOT_OFFICER, group_officer="gaps.list"),
    "help": Row("common.help", newcomer="common.help", stranger="common.help", group=ALONE),
    "hr": _right("desk.opened"),
    "language": _right("common.language", stranger="common.language"),
    "loss": Row("matter.opened"),
    "menu": Row("common.menu", group=ALONE),
    "mydata": _right("mydata.holding", group=ALONE),
    "newhires": Row("common.help", group=NOT_OFFICER, group_officer="newhires.list"),
    "person": _right("desk.opened"),
    "start": Row("common.menu", group=ALONE),
    "status": Row("status.progress", group=ALONE),
    "summary": Row("summary.not_manager", officer=DRAWING, manager=DRAWING),
}
ANY_REGION = frozenset({"gap.answer", "gap.publish", "gap.dismiss"})
"""Questions of the knowledge base belong to every officer."""
OFFICERS_ONLY = frozenset({"gap.learn", "move.form", "move.month"})
"""A question of the knowledge base, a paper with a whole number, the month of a mover's list."""
OWN_PEOPLE = frozenset({"newhires.remind", "handout.remind"})
"""Each officer does it for those of their own area, whoever that is."""


def registered(kind: type, of: str) -> Iterator[tuple[str, bool]]:
    """Names of every command or button, and whether it is the group's."""
    for handler in registry().handlers():
        if isinstance(handler.match, kind):
            for name in getattr(handler.match, of):
                yield name, handler.who is GROUPS


async def hire(house: House, name: str, chat: int) -> None:
    """Somebody of the matrix, with this chat."""
    role, _, where = name.partition(" ")
    region = ELSEWHERE if where == "elsewhere" else HERE
    person = await house.employee(chat, noticed=name != "newcomer", region=region)
    async with house.database.transaction() as session:
        if where:
            prefix = "" if where == "of all" else region
            await roles.grant(session, person, Role(role), house.clock.now(), region_prefix=prefix)
        if name == "leaver":
            await people.leave(session, person, house.clock.now())


async def everybody(house: House) -> dict[str, int]:
    """Chats by name."""
    chats = {name: 10 + place for place, name in enumerate((*PEOPLE, *STAFF))}
    for name, chat in chats.items():
        if name != "stranger":
            await hire(house, name, chat)
    return chats


async def answers(house: House, keys: dict[str, str]) -> dict[str, list[str]]:
    """What each event was answered with; names of templates stand for words here."""
    await house.turns()
    async with house.database.reading() as session:
        query = (
            select(InboxEvent.key, OutboxMessage)
            .join(OutboxMessage, col(OutboxMessage.event_id) == col(InboxEvent.id))
            .order_by(col(OutboxMessage.id))
        )
        found: dict[str, list[str]] = {}
        for key, row in (await session.exec(query)).all():
            words = str((row.payload or {}).get("text") or row.method)
            found.setdefault(key, []).append(words.split(maxsplit=1)[0])
    return {name: found.get(key, []) for name, key in keys.items()}


def as_command(name: str) -> list[dict[str, object]]:
    return [{"type": "bot_command", "offset": 0, "length": len(name) + 1}]


async def test_every_command_for_every_role(build: Build) -> None:
    house = build(*registry().flows)
    if not house.database.is_sqlite:
        pytest.skip("roles are read the same way on both; the pages' matrix covers areas in SQL")
    every = dict.fromkeys(name for name, _ in registered(Commanded, "names"))
    assert sorted(every) == sorted(COMMANDS)  # a new command needs its row
    chats, wrong = await everybody(house), []
    for command, row in COMMANDS.items():
        keys: dict[str, str] = {}
        for name, chat in chats.items():
            for place in (chat, GROUP):
                said = await house.says(
                    place, f"/{command}", user=chat, entities=as_command(command)
                )
                keys[f"{name}@{place == GROUP}"] = f"tg:{said['update_id']}"
        heard = await answers(house, keys)
        for name in chats:
            for group, wanted in ((False, row.private(name)), (True, row.in_group(name))):
                if (came := "".join(heard[f"{name}@{group}"][:1])) != wanted:
                    wrong.append((command, name, "group" if group else "alone", came, wanted))
    assert wrong == [], "\n".join(map(str, wrong))


def ref_of(action: str, case_id: int, officer_id: int) -> str:
    """A button's reference, as the card makes it."""
    if action == "gap.publish":
        return "1@2026-11-24T02:00:00+00:00"
    after = {
        "case.hand": officer_id,
        "case.look": 1,
        "case.menu": "hand",
        "case.papers": "id_front",
        "case.quick": "checking",
        "case.wait": "bureau",
    }
    return f"{case_id}:{after[action]}" if action in after else str(case_id)


def may_press(action: str, name: str) -> bool:
    """Whoever works on cases of this area; what is of no region, every officer."""
    if name in PEOPLE:
        return False
    if action in ANY_REGION | OWN_PEOPLE:
        return not name.startswith("manager")
    if action in OFFICERS_ONLY and name.startswith("manager"):
        return False
    return not name.endswith("elsewhere")


async def test_every_button_of_the_group_for_every_role(build: Build) -> None:
    house = build(*registry().flows)
    actions = sorted({name for name, group in registered(Pressed, "actions") if group})
    assert {"case.take", "case.decide", "gap.learn", "newhires.remind"} <= set(actions)
    chats = await everybody(house)
    now = house.clock.now()
    async with house.database.transaction() as session:
        employee = next(p for p in await people.by_number(session, "E002"))
        assert employee.region_code == HERE
        case = await cases.open_case(session, employee.id, "asked", None, now, text="卡在哪里？")
        transfer = await apps.open_matter(
            session, employee.id, ApplicationKind.TRANSFER, HERE, now, reason="medical"
        )
        moves = {
            "move.form": f"transfer:{transfer.id}",
            "move.month": f"{employee.id}:{ELSEWHERE}:{HERE}:2026-11-24:1",
        }
        officer = (await cases.officers_for(session, HERE, employee.employer_id))[0].id
    wrong = []
    names = list(chats) if house.database.is_sqlite else ["employee", "officer elsewhere"]
    for action in actions:
        keys = {}
        for name in names:
            token = f"{action}-{name}"[:32].replace(" ", "_")
            async with house.database.transaction() as session:
                ref = moves.get(action) or ref_of(action, case.id, officer)
                session.add(
                    ButtonToken(
                        token=token, mailbox=str(GROUP), action=action, ref=ref, created_at=now
                    )
                )
            await house.presses(GROUP, token, user=chats[name])
            keys[name] = f"tg:{house.numbers[0]}"
        heard = await answers(house, keys)
        wrong += [
            (action, name, came)
            for name, came in heard.items()
            if not came or (NOT_OFFICER in came) == may_press(action, name)
        ]
    assert wrong == [], "\n".join(map(str, wrong))
    dead = await house.rows(InboxEvent, col(InboxEvent.status) == EventStatus.DEAD)
    assert [event.key for event in dead] == []
