"""委托代领: the owner names who collects, and gets a letter of authority to print and sign."""

from __future__ import annotations

from handlers.common import again, own_application
from handlers.inputs import Happened, Press, Text
from handlers.steps import KNOWN, Flow, happened, press, text
from handlers.turn import Button, Turn
from services import applications as apps
from services import collection
from services.applications.errors import FieldError, NotAllowed
from services.applications.views import ApplicationView
from services.collection import proxies
from storage import queue

flow = Flow("proxy", KNOWN)
_ASKED = ("name", "id_number", "phone")


@flow.on(press("proxy.begin"))
async def begin(turn: Turn) -> None:
    """What the region says of it, then the proxy's name; or who is named already."""
    application = await mine(turn, getattr(turn.input, "ref", None))
    if application is None:
        turn.toast("common.stale", alert=True)
        return
    named = await proxies.of_application(turn.session, application.id, turn.today)
    if named is not None:
        buttons = [
            [
                again("proxy.letter", "proxy.letter", application.id),
                again("proxy.data", "proxy.data", application.id),
            ],
            [again("proxy.take_back", "proxy.take_back", application.id)],
        ]
        turn.say("proxy.named", buttons, name=named.name, number=named.number, until=named.until)
        return
    try:
        await proxies.may_send(turn.session, application.id)
    except NotAllowed:
        turn.say("proxy.too_late")
        return
    held = await collection.of_application(turn.session, application.id)
    here = held is not None and held.open
    rule = None if here else proxies.local_rule(application.region_code)
    if rule is not None and rule.value == "refused":
        turn.say("proxy.refused", [[again("menu.person", "person")]], rule=rule)
        return
    turn.state.flow, turn.state.data = flow.name, {"application": application.id}
    turn.say("proxy.begin", here=here, rule=rule)
    await turn.ask("name")


@flow.prompt(*_ASKED)
async def ask(turn: Turn) -> None:
    """Name, ID number, phone, one after the other."""
    turn.say("proxy.ask", [[Button("common.exit", "exit")]], what=turn.state.step)


@flow.on(text, at=_ASKED)
async def answered(turn: Turn) -> None:
    """Checked at once; the last one leads to the confirmation."""
    assert isinstance(turn.input, Text)
    what = str(turn.state.step)
    try:
        value = proxies.checked(what, turn.input.text, turn.me.id_number, turn.today)
    except FieldError as error:
        if error.code == "own":
            turn.say("proxy.own")
        else:
            turn.say("documents.bad_value", code=error.code, field=turn.label(f"field.{what}"))
        return
    turn.data[what] = value
    rest = _ASKED[_ASKED.index(what) + 1 :]
    await turn.ask(rest[0] if rest else "confirm")


@flow.prompt("confirm")
async def ask_confirm(turn: Turn) -> None:
    """Everything once more: it will stand in the letter."""
    turn.say(
        "proxy.confirm",
        [
            [Button("proxy.confirm", "proxy.confirm")],
            [Button("proxy.again", "proxy.again"), Button("common.exit", "exit")],
        ],
        name=turn.data["name"],
        id_number=turn.data["id_number"],
        phone=turn.data["phone"],
    )


@flow.on(press("proxy.again"), at="confirm")
async def once_more(turn: Turn) -> None:
    """From the name on."""
    await turn.ask("name")


@flow.on(press("proxy.confirm"), at="confirm")
async def confirmed(turn: Turn) -> None:
    """Named; the letter is made outside the turn."""
    person = {name: str(turn.data[name]) for name in _ASKED}
    application_id = int(turn.data["application"])
    turn.end()
    try:
        await proxies.name_proxy(turn.session, application_id, person, turn.now)
    except NotAllowed:
        turn.say("proxy.too_late")
        return
    await make(turn, application_id)


@flow.on(press("proxy.letter", "proxy.data"))
async def letter_again(turn: Turn) -> None:
    """The letter once more, or what stands in it, for a program."""
    assert isinstance(turn.input, Press)
    application = await mine(turn, getattr(turn.input, "ref", None))
    if application is None or not await proxies.of_application(
        turn.session, application.id, turn.today
    ):
        turn.toast("common.stale", alert=True)
        return
    await make(turn, application.id, data=turn.input.action == "proxy.data")


async def make(turn: Turn, application_id: int, *, data: bool = False) -> None:
    """Have the PDF made, or the same as data."""
    await queue.add_task(
        turn.session,
        "proxy.letter",
        mailbox=turn.state.mailbox,
        payload={"application_id": application_id, "data": data},
        at=turn.now,
    )
    turn.typing()
    turn.say("proxy.making")


@flow.on(happened("proxy.letter.done"))
async def made(turn: Turn) -> None:
    """Here it is, with what to do with it."""
    assert isinstance(turn.input, Happened)
    application = await apps.get(turn.session, int(turn.input.payload["application_id"]))
    file_id, data_id = (turn.input.payload.get(name) for name in ("file_id", "data_id"))
    if turn.actor.chat_id is None:
        return
    if data_id is not None:
        named = await proxies.of_application(turn.session, application.id, turn.today)
        if named is not None:
            turn.send_document(
                data_id, "代领授权委托书.json", "proxy.data", number=application.number
            )
        return
    if file_id is None:
        return
    if not await proxies.keep_letter(turn.session, application.id, file_id, turn.now):
        return  # taken back while it was made
    turn.send_document(file_id, "代领授权委托书.pdf", "proxy.made", number=application.number)


@flow.on(press("proxy.take_back"))
async def taken_back(turn: Turn) -> None:
    """The owner collects it after all."""
    application = await mine(turn, getattr(turn.input, "ref", None))
    if application is None:
        turn.toast("common.stale", alert=True)
        return
    turn.buttons_off()
    await proxies.take_back(turn.session, application.id, turn.now)
    turn.say("proxy.taken_back", number=application.number)


async def mine(turn: Turn, ref: object) -> ApplicationView | None:
    """Only the owner sends somebody for their card."""
    found = await own_application(turn, ref)
    return found if found is not None and found.person_id == turn.me.id else None
