"""Getting to know each other: invitation or phone number, verified rebind, notice."""

from __future__ import annotations

from handlers.common import again
from handlers.inputs import Command, Contact, Text
from handlers.steps import (
    ANYONE,
    EMPLOYEES,
    NEWCOMERS,
    STRANGERS,
    Flow,
    command,
    contact,
    happened,
    press,
    text,
)
from handlers.turn import Button, Turn
from services import applications as apps
from services import cases
from services.people import accounts, consents
from services.people.accounts import BindResult, Outcome
from services.people.people import by_account
from storage import queue
from storage.models import ConsentKind

flow = Flow("enrol", STRANGERS)


@flow.on(command("start"), who=STRANGERS)
async def come_with_code(turn: Turn) -> None:
    """`/start <code>` from a personal invitation."""
    assert isinstance(turn.input, Command)
    code = turn.input.argument
    if not code:
        await hello(turn)
        return
    assert turn.actor.user_id is not None
    result = await accounts.bind_by_code(
        turn.session,
        code,
        turn.actor.user_id,
        turn.state.mailbox,
        now=turn.now,
        settings=turn.tools.people,
    )
    await after_binding(turn, result)


@flow.on(contact, who=STRANGERS)
async def come_with_phone(turn: Turn) -> None:
    """The messenger vouches that the number is the sender's own."""
    assert isinstance(turn.input, Contact)
    if not turn.input.own:
        turn.say("enrol.not_your_contact", contact=True)
        return
    assert turn.actor.user_id is not None
    result = await accounts.bind_by_phone(
        turn.session,
        turn.input.phone,
        turn.actor.user_id,
        turn.state.mailbox,
        now=turn.now,
        settings=turn.tools.people,
    )
    await after_binding(turn, result)


@flow.on(command("start"), who=EMPLOYEES)
async def come_again(turn: Turn) -> None:
    """A bound employee opens the chat, or a second invitation."""
    turn.say("common.menu", menu=True, name=turn.me.name)


async def after_binding(turn: Turn, result: BindResult) -> None:
    """Tell how it went, and go on to the notice."""
    if result.outcome in (Outcome.BOUND, Outcome.ALREADY_MINE):
        assert turn.actor.user_id is not None
        turn.employee = await by_account(turn.session, turn.actor.user_id)
        if turn.employee is not None:
            waiting = f"person:{turn.employee.id}"
            await queue.move_mailbox(turn.session, waiting, turn.state.mailbox)
        if result.old_mailbox and result.old_mailbox != turn.state.mailbox:
            await queue.move_mailbox(turn.session, result.old_mailbox, turn.state.mailbox)
            turn.send_event(result.old_mailbox, "account.moved")
        turn.say("enrol.welcome", name=turn.me.name, employer=turn.me.employer_name)
        if result.outcome is Outcome.BOUND:  # HR's words that no account could get
            await cases.again(turn.session, turn.me.id, turn.now, moved=True)
        turn.noticed = await consents.has(turn.session, turn.me.id, ConsentKind.NOTICE)
        if not turn.is_employee:  # a leaver keeps the rights to their own data
            turn.end()
            turn.say("common.leaver", [[again("menu.person", "person")]])
            return
        if turn.noticed:
            turn.end()
            turn.say("common.menu", menu=True, name=turn.me.name)
            return
        turn.state.flow = flow.name
        await turn.ask("notice")
        return
    if result.outcome == Outcome.NEEDS_VERIFICATION:
        turn.state.flow = flow.name
        turn.data["person"] = result.person_id
        await turn.ask("verify")
        return
    if result.outcome == Outcome.WRONG:
        turn.say("enrol.wrong", left=result.tries_left)
        return
    turn.end()
    turn.say(f"enrol.{result.outcome.value}", contact=True)


@flow.prompt("verify")
async def ask_last_four(turn: Turn) -> None:
    """A second account must show that it is the same person."""
    turn.say("enrol.verify")


@flow.on(text, at="verify", who=STRANGERS)
async def last_four_given(turn: Turn) -> None:
    """The last four characters of the ID number, or three tries and then HR."""
    assert isinstance(turn.input, Text)
    assert turn.actor.user_id is not None
    result = await accounts.verify_rebind(
        turn.session,
        int(turn.data["person"]),
        turn.actor.user_id,
        turn.state.mailbox,
        turn.input.text,
        now=turn.now,
        settings=turn.tools.people,
    )
    await after_binding(turn, result)


@flow.on(happened("account.moved"), who=ANYONE)
async def account_moved(turn: Turn) -> None:
    """The old phone hears that it is no longer bound."""
    turn.end()
    turn.say("enrol.moved")


@flow.prompt("notice")
async def show_notice(turn: Turn) -> None:
    """Who handles what, why, how long, for whom, and the person's rights."""
    notice = consents.notice_text(
        ConsentKind.NOTICE,
        turn.language,
        employer_name=turn.me.employer_name,
        settings=turn.tools.people,
    )
    turn.data["notice"] = notice.version
    agree = Button("enrol.agree", "notice.agree")
    turn.say(
        "enrol.notice",
        [[agree, Button("enrol.refuse", "notice.refuse")]],
        title=notice.title,
        notice=notice.text,
    )


@flow.on(press("notice.agree"), at="notice", who=NEWCOMERS)
async def notice_agreed(turn: Turn) -> None:
    """Everything is open now, except pictures, which are asked for apart."""
    await consents.give(
        turn.session, turn.me.id, ConsentKind.NOTICE, turn.now, version=turn.data["notice"]
    )
    turn.noticed = True
    turn.end()
    application = await apps.current(turn.session, turn.me.id)
    if application is not None:  # what happened before anybody could be told
        turn.send_event(turn.state.mailbox, "application.tell", application_id=application.id)
    turn.say("common.menu", menu=True, name=turn.me.name)


@flow.on(press("notice.refuse"), at="notice", who=NEWCOMERS)
async def notice_refused(turn: Turn) -> None:
    """No penalty: the offline way, and the door stays open."""
    refusal = consents.refusal_text(
        ConsentKind.NOTICE, turn.language, region_code=turn.me.region_code
    )
    read_again = again("enrol.read_again", "notice.again")
    turn.say("enrol.refused", [[read_again]], refusal=refusal)


@flow.on(press("notice.again"), who=NEWCOMERS)
async def notice_again(turn: Turn) -> None:
    """Read it once more."""
    turn.state.flow = flow.name
    await turn.ask("notice")


async def hello(turn: Turn) -> None:
    """What a stranger hears: how to get in."""
    turn.say("enrol.hello", contact=True)
