"""Updates of every kind become what a person did; none can raise."""

from __future__ import annotations

from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from aiogram import types
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from telegram import Update

from bot.inputs import mailbox_of_update, read_actor, read_input
from bot.intake import ALLOWED
from handlers.inputs import Actor, Command, Contact, Input, Other, Press, Text, Upload
from storage.models import InboxEvent, OutboxMessage
from tests.bot.conftest import Build

DEEPEST = 4
TEXTS = st.sampled_from(
    ["", "/", "/start", "/START@bot x", "办社保卡", "a\x00b", "🙂" * 9, "x" * 5000, " ", "5:6"]
)
IDS = st.sampled_from([0, 1, -1, 2**31, -(2**52), -1001234567890])


@st.composite
def of_type(draw: st.DrawFn, wanted: Any, depth: int) -> Any:  # noqa: C901 - one line a type
    """A JSON value of an aiogram annotation."""
    origin = get_origin(wanted)
    if origin in (Union, UnionType):
        return draw(of_type(draw(st.sampled_from(get_args(wanted))), depth))
    if origin is Annotated:
        return draw(of_type(get_args(wanted)[0], depth))
    if origin is Literal:
        return draw(st.sampled_from(get_args(wanted)))
    if origin is list:
        if depth >= DEEPEST:
            return []
        return draw(st.lists(of_type(get_args(wanted)[0], depth + 1), max_size=2))
    if isinstance(wanted, type) and issubclass(wanted, BaseModel):
        return draw(of_model(wanted, depth + 1))
    if wanted is bool:
        return draw(st.booleans())
    if wanted is int:
        return draw(IDS)
    if wanted is float:
        return draw(st.floats(-180, 180))
    if wanted is datetime:
        return draw(st.integers(1, 2**31 - 1))
    return None if wanted is NoneType else draw(TEXTS)


@st.composite
def of_model(draw: st.DrawFn, model: type[BaseModel], depth: int = 0) -> dict[str, Any]:
    """A Bot API object with the fields that it must have and some of those that it may."""
    required = [name for name, field in model.model_fields.items() if field.is_required()]
    optional = [name for name in model.model_fields if name not in required]
    chosen = []
    if optional and depth < DEEPEST:
        chosen = draw(st.lists(st.sampled_from(optional), max_size=5 - depth, unique=True))
    made = {}
    for name in (*required, *chosen):
        value = draw(of_type(model.model_fields[name].annotation, depth))
        if value is not None:
            made["from" if name == "from_user" else name] = value
    return made


MODELS: dict[str, type[BaseModel]] = {
    "message": types.Message,
    "edited_message": types.Message,
    "callback_query": types.CallbackQuery,
    "my_chat_member": types.ChatMemberUpdated,
}
INPUTS = get_args(Input)


@st.composite
def updates(draw: st.DrawFn) -> dict[str, Any]:
    """Any update of the kinds that we ask for."""
    kind = draw(st.sampled_from(ALLOWED))
    return {"update_id": draw(IDS), kind: draw(of_model(MODELS[kind]))}


@settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(updates())
def test_no_update_can_make_the_reading_raise(raw: dict[str, Any]) -> None:
    mailbox = mailbox_of_update(raw)
    assert 0 < len(mailbox) <= 64
    try:
        update = Update.de_json(raw, None)
    except Exception:  # a shape that PTB itself refuses: the event dies alone (test_turns)
        return
    actor, said = read_actor(update), read_input(update)
    assert isinstance(actor, Actor)
    assert isinstance(said, INPUTS)
    if update.effective_chat is not None and update.effective_chat.id != 0:
        assert mailbox.partition(":")[0] == str(update.effective_chat.id)
        assert actor.is_group == (update.effective_chat.type != "private")


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.dictionaries(
        st.sampled_from([*ALLOWED, "poll", "x"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | TEXTS,
            lambda inner: (
                st.lists(inner, max_size=2)
                | st.dictionaries(st.sampled_from(["chat", "id", "message", "data"]), inner)
            ),
            max_leaves=8,
        ),
    )
)
def test_no_json_can_make_the_mailbox_raise(raw: dict[str, Any]) -> None:
    assert isinstance(mailbox_of_update(raw), str)


CHAT = {"id": 5, "type": "private", "first_name": "样本"}
USER = {"id": 5, "is_bot": False, "first_name": "样本"}
SIZE = {"file_id": "f", "file_unique_id": "u", "width": 90, "height": 60}


def message(**content: Any) -> dict[str, Any]:
    """An update with a message."""
    return {
        "update_id": 1,
        "message": {"message_id": 3, "date": 1, "chat": CHAT, "from": USER, **content},
    }


def read(raw: dict[str, Any]) -> Input:
    """What was done."""
    return read_input(Update.de_json(raw, None))


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ({"text": "查进度"}, Text("查进度")),
        ({"text": "/start abc"}, Command("start", "abc")),
        ({"text": "/Help@shebao_bot"}, Command("help")),
        ({"text": "/"}, Command("")),
        ({"sticker": {**SIZE, "type": "regular", "is_animated": False, "is_video": False}},
         Other("sticker")),
        ({"dice": {"emoji": "🎲", "value": 3}}, Other("dice")),
        ({"location": {"latitude": 1.0, "longitude": 2.0}}, Other("location")),
        ({"contact": {"phone_number": "1", "first_name": "x", "user_id": 5}}, Contact("1", True)),
        ({"contact": {"phone_number": "1", "first_name": "x", "user_id": 6}}, Contact("1", False)),
        ({"contact": {"phone_number": "1", "first_name": "x"}}, Contact("1", False)),
        ({"new_chat_title": "x"}, Other("service")),
        ({"pinned_message": {"message_id": 1, "date": 0, "chat": CHAT}}, Other("service")),
    ],
)  # fmt: skip
def test_what_was_done(content: dict[str, Any], wanted: Input) -> None:
    assert read(message(**content)) == wanted


def test_the_largest_size_of_a_photo_is_taken() -> None:
    sizes = [{**SIZE, "file_id": str(n), "width": n, "height": n} for n in (90, 800, 320)]
    said = read(message(photo=sizes, caption="正面", media_group_id="7"))
    assert isinstance(said, Upload)
    assert (said.file.file_id, said.file.is_photo) == ("800", True)
    assert (said.caption, said.album) == ("正面", "7")


def test_a_press_on_a_message_too_old_to_see_is_one() -> None:
    query = {"id": "9", "from": USER, "chat_instance": "1", "data": "token"}
    gone = {"message_id": 3, "date": 0, "chat": CHAT}
    raw = {"update_id": 1, "callback_query": {**query, "message": gone}}
    assert read(raw) == Press("token", None, True, "9", 3)
    assert mailbox_of_update(raw) == "5"
    assert mailbox_of_update({"update_id": 1, "callback_query": query}) == "bot"
    game = {"id": "9", "from": USER, "chat_instance": "1", "game_short_name": "g", "message": gone}
    assert mailbox_of_update({"update_id": 1, "callback_query": game}) == "5"


async def test_what_the_messenger_says_by_itself_is_not_answered(build: Build) -> None:
    """Blocked, unblocked, renamed: a bot that answers these is a nuisance."""
    from bot.intake import accept_update
    from handlers.flows import registry

    house = build(*registry().flows)
    await house.employee(5)
    member = {"user": {"id": 9, "is_bot": True, "first_name": "b"}, "status": "member"}
    changed = {"chat": CHAT, "from": USER, "date": 1, "old_chat_member": member}
    for chat in (CHAT, {**CHAT, "id": 6}):
        raw = {**changed, "chat": chat, "new_chat_member": member}
        await accept_update(house.runtime, {"update_id": house.number(), "my_chat_member": raw})
    title = house.message(5, new_chat_title="x")
    await accept_update(house.runtime, {"update_id": house.number(), "message": title})
    await house.turns()
    assert await house.rows(OutboxMessage) == []
    assert [event.attempts for event in await house.rows(InboxEvent)] == [1, 1, 1]
