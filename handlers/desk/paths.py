"""Between a turn and a case: attachments, posts, the way to the employee, who may act."""

from __future__ import annotations

from handlers.inputs import Input, Press, Upload
from handlers.turn import Turn
from services import cases
from services.cases import Attachment, CaseView, Post
from services.people.people import mailbox_of
from storage import queue


def post_of(turn: Turn) -> Post | None:
    """Where the words of this turn stand."""
    if turn.actor.message_id is None:
        return None
    return Post(turn.state.mailbox.partition(":")[0], turn.actor.message_id)


def attachment_of(said: Input) -> Attachment | None:
    """The file of an upload; it still lies with the messenger."""
    if not isinstance(said, Upload):
        return None
    media = "photo" if said.file.is_photo else "document"
    return Attachment(media, source=said.file.file_id, name=said.file.name, album=said.album)


async def fetch(turn: Turn, message_id: int, said: Upload) -> None:
    """Fetch an upload after this turn; the case's mailbox hears of it."""
    await queue.add_task(
        turn.session,
        "case.fetch",
        mailbox=turn.state.mailbox,
        payload={
            "message_id": message_id,
            "file": said.file.file_id,
            "photo": said.file.is_photo,
            "media_type": said.file.media_type,
        },
        at=turn.now,
    )


async def home_of(turn: Turn, person_id: int) -> str:
    """A person's mailbox, or the one that waits until an account is bound."""
    return await mailbox_of(turn.session, person_id) or f"person:{person_id}"


async def case_pressed(turn: Turn) -> CaseView:
    """The case of the pressed button: its reference is the id, or begins with it."""
    assert isinstance(turn.input, Press)
    return await cases.get(turn.session, int((turn.input.ref or "0").partition(":")[0]))


async def officer_for(turn: Turn, case: CaseView) -> int | None:
    """The acting person, if they may work on this case; others are told that it is not for them."""
    me = turn.employee
    if me is not None and await cases.may_act(
        turn.session, me.id, case.region_code, case.employer_id
    ):
        return me.id
    turn.toast("desk.not_officer", alert=True)
    return None
