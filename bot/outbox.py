"""What a turn leaves behind, written as rows: messages, button tokens, events for others."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from handlers.turn import Button, Outgoing, Turn
from services.desk import desk_mailbox
from storage import queue
from storage.models import ButtonToken, OnDoubt, OutboxMessage

# Calls whose repetition changes nothing: they never stand in doubt.
REPEATABLE = frozenset(
    {
        "answerCallbackQuery",
        "closeForumTopic",
        "deleteMessage",
        "editMessageCaption",
        "editMessageReplyMarkup",
        "editMessageText",
        "reopenForumTopic",
        "sendChatAction",
    }
)
DESK = "desk"  # stands for the HR group; also a mailbox of its own while none is bound
_MENU = (
    ("menu.apply", "menu.status"),
    ("menu.cards", "menu.ask"),
    ("menu.person", "menu.exit"),
)


async def flush(turn: Turn, tick: datetime) -> None:
    """Write messages in order, then events for other mailboxes in the order of their locks."""
    previous: int | None = None
    if not _is_chat(turn.state.mailbox):
        turn.outgoing.clear()  # nobody to tell yet; what is untold is told after binding
    for seq, outgoing in enumerate(turn.outgoing):
        row = _row(turn, seq, outgoing, tick)
        row.payload = await _with_markup(turn, outgoing)
        row.depends_on = previous if outgoing.after_previous else None
        turn.session.add(row)
        await turn.session.flush()
        previous = row.id
    if turn.outgoing:
        queue.wake(turn.session, queue.OUTBOX)
    desk = await desk_mailbox(turn.session) if turn.onward else None
    onward = [(desk or DESK if e.mailbox == DESK else e.mailbox, e) for e in turn.onward]
    for mailbox, event in sorted(onward, key=lambda pair: (pair[0], pair[1].key)):
        await queue.accept(
            turn.session,
            key=event.key,
            mailbox=mailbox,
            kind=event.kind,
            payload=event.payload,
            at=tick,
            actor=turn.state.mailbox,
        )


def _is_chat(mailbox: str) -> bool:
    """Whether somebody reads there: `desk`, `bot` and `person:7` are mailboxes without a chat."""
    return mailbox.partition(":")[0].lstrip("-").isdecimal()


def _row(turn: Turn, seq: int, outgoing: Outgoing, tick: datetime) -> OutboxMessage:
    mailbox = outgoing.chat or turn.state.mailbox
    return OutboxMessage(
        event_id=turn.event_id,
        seq=seq,
        mailbox=mailbox,
        chat=mailbox.partition(":")[0],
        method=outgoing.method,
        note=outgoing.note,
        ref=outgoing.ref,
        on_doubt=OnDoubt.RESEND if outgoing.method in REPEATABLE else outgoing.on_doubt,
        created_at=tick,
    )


async def _with_markup(turn: Turn, outgoing: Outgoing) -> dict[str, Any]:
    payload = dict(outgoing.payload)
    keyboard = payload.pop("keyboard", None)
    language = payload.pop("language", "zh")
    if outgoing.buttons:
        payload["reply_markup"] = {
            "inline_keyboard": [
                [await _inline(turn, button, language) for button in row]
                for row in outgoing.buttons
            ]
        }
    elif keyboard == "menu":
        payload["reply_markup"] = menu_keyboard(turn, language)
    elif keyboard == "contact":
        button = {"text": turn.renderer.label("enrol.share", language, {}), "request_contact": True}
        payload["reply_markup"] = {"keyboard": [[button]], "resize_keyboard": True}
    return payload


def menu_keyboard(turn: Turn, language: str) -> dict[str, Any]:
    """The main keyboard, always at hand."""
    rows = [[{"text": turn.renderer.label(key, language, {})} for key in row] for row in _MENU]
    return {"keyboard": rows, "resize_keyboard": True, "is_persistent": True}


async def _inline(turn: Turn, button: Button, language: str) -> dict[str, str]:
    text = button.text or turn.renderer.label(button.label, language, button.values)
    token = await _token(turn.session, turn, button)
    return {"text": text, "callback_data": token}


async def _token(session: AsyncSession, turn: Turn, button: Button) -> str:
    bound = None if button.lasting else turn.state
    person = turn.employee.id if turn.employee and not turn.actor.is_group else None
    row = ButtonToken(
        token=secrets.token_urlsafe(18),
        mailbox=turn.state.mailbox,
        person_id=person,
        flow=bound.flow if bound else None,
        step=bound.step if bound else None,
        version=bound.version if bound else None,
        action=button.action,
        ref=button.ref,
        created_at=turn.now,
    )
    session.add(row)
    return row.token
