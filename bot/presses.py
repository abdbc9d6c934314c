"""What a pressed button means, and how a press ends."""

from __future__ import annotations

from sqlmodel.ext.asyncio.session import AsyncSession

from handlers.inputs import Press
from handlers.turn import Outgoing, Turn
from storage.models import ButtonToken, Conversation

_LONGEST = 32


async def meaning(
    session: AsyncSession, press: Press, conversation: Conversation, person_id: int | None
) -> Press:
    """Look a button's token up; it holds for its person, step and version only."""
    given = press.action
    # A client may send any text as callback data; not every database takes every text as a key.
    if not given.isascii() or not given.isprintable() or len(given) > _LONGEST:
        return press
    token = await session.get(ButtonToken, given)
    if token is None or token.mailbox != conversation.mailbox:
        return press
    mine = token.person_id is None or token.person_id == person_id
    here = token.version is None or (
        (token.flow, token.step, token.version)
        == (conversation.flow, conversation.step, conversation.version)
    )
    return Press(token.action, token.ref, not (mine and here), press.query_id, press.message_id)


def acknowledge(turn: Turn, press: Press, before: Conversation) -> None:
    """End the button's spinner; take the buttons off a step that is over."""
    if not turn.answered:
        turn.outgoing.insert(0, Outgoing("answerCallbackQuery", {"query_id": press.query_id}))
    moved = turn.state.version != before.version and not turn.keeps_buttons
    if press.message_id and not turn.actor.is_group and (moved or press.stale):
        payload = {"message_id": press.message_id}
        turn.outgoing.append(Outgoing("editMessageReplyMarkup", payload, note="buttons off"))
