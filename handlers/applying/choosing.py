"""Why, which card, what it was before, and what is lost: what a matter asks besides papers."""

from __future__ import annotations

from handlers.applying.road import next_step
from handlers.common import again, rows
from handlers.inputs import Happened, Press, Text
from handlers.steps import KNOWN, Flow, happened, press, text
from handlers.turn import Button, Turn
from knowledge import matters
from knowledge.agencies import bank_name
from knowledge.regions import full_name
from services import applications as apps
from services.applications.errors import FieldError, NotAllowed
from services.cards import CardView
from storage.models import ApplicationKind

flow = Flow("apply")


@flow.prompt("reason")
async def ask_reason(turn: Turn) -> None:
    """Only the reasons that the region knows."""
    application = await apps.get(turn.session, turn.data["application"])
    spec = matters.kinds()[application.kind.value]
    names = spec.reasons_in(application.region_code)
    if len(names) == 1:
        await next_step(
            turn, await apps.choose_reason(turn.session, application.id, names[0], turn.now)
        )
        return
    buttons = [Button(f"reason.{name}", "reason", name) for name in names]
    turn.say(
        "matter.reason",
        [*rows(buttons, 1), [Button("common.exit", "exit")]],
        kind=application.kind,
    )


@flow.on(press("reason"), at="reason")
async def reason_chosen(turn: Turn) -> None:
    """Keep it and go on."""
    assert isinstance(turn.input, Press)
    try:
        application = await apps.choose_reason(
            turn.session, turn.data["application"], turn.input.ref or "", turn.now
        )
    except NotAllowed:
        await turn.repeat()
        return
    await next_step(turn, application)


@flow.prompt("card")
async def ask_card(turn: Turn) -> None:
    """The person's cards here: the only one by itself, several to choose from, none: look first."""
    application = await apps.get(turn.session, turn.data["application"])
    found = await apps.card_choices(turn.session, application.id)
    if not found and not turn.data.get("looked"):
        turn.data["looked"] = True
        here = turn.state.mailbox
        await apps.refresh(turn.session, application.person_id, turn.now, mailbox=here)
        turn.typing()
        turn.say("matter.looking")
    elif len(found) == 1:
        await take_card(turn, found[0])
    else:
        buttons = [
            Button(
                text=f"{bank_name(card.bank_code)} {card.last_four or ''}".strip(),
                action="card",
                ref=str(card.id),
            )
            for card in found
        ]
        other = Button("matter.other_card", "card.other")
        turn.say(
            "matter.card",
            [*rows(buttons, 1), [other, Button("common.exit", "exit")]],
            cards=found,
            region=full_name(application.region_code),
        )


async def take_card(turn: Turn, card: CardView) -> None:
    """This card it is."""
    application = await apps.choose_card(turn.session, turn.data["application"], card.id, turn.now)
    turn.say("matter.card_chosen", card=card)
    await next_step(turn, application)


@flow.on(press("card"), at="card")
async def card_chosen(turn: Turn) -> None:
    """One of several."""
    assert isinstance(turn.input, Press)
    found = await apps.card_choices(turn.session, turn.data["application"])
    for card in found:
        if str(card.id) == turn.input.ref:
            await take_card(turn, card)
            return
    await turn.repeat()


@flow.on(happened("cards.refresh.done", "cards.refresh.failed"), who=KNOWN)
async def looked(turn: Turn) -> None:
    """Registry and banks have answered, or could not be asked at all."""
    if not isinstance(turn.input, Happened) or turn.employee is None:
        return
    asked, down = False, ["bureau"]
    if turn.input.kind.endswith(".done"):
        answers = [apps.Answer.from_json(each) for each in turn.input.payload["answers"]]
        whose = int(turn.input.payload["person_id"])  # one's own, or whom an officer acts for
        done = await apps.record_refresh(turn.session, whose, answers, turn.now)
        asked, down = done.asked, list(done.waiting_for)
    if turn.state.flow == "apply" and turn.state.step == "card":
        if down:
            turn.say("matter.look_failed", desks=down)
        await turn.ask("card")
    elif turn.state.flow == "cards":
        await turn.start("cards", refreshed=True, down=down, asked=asked)


@flow.on(press("card.other"), at="card")
async def card_by_hand(turn: Turn) -> None:
    """Name it by what is printed on it."""
    await turn.ask("card_bank")


@flow.prompt("card_bank")
async def ask_card_bank(turn: Turn) -> None:
    """Which bank is on the card?"""
    application = await apps.get(turn.session, turn.data["application"])
    choices = apps.bank_choices(application.region_code, turn.tools.banks.connected_banks)
    buttons = [Button(text=each.name, action="card_bank", ref=each.code) for each in choices]
    turn.say("matter.card_bank", [*rows(buttons), [Button("common.exit", "exit")]])


@flow.on(press("card_bank"), at="card_bank")
async def card_bank_chosen(turn: Turn) -> None:
    """And its last four digits."""
    turn.data["card_bank"] = getattr(turn.input, "ref", None)
    await turn.ask("card_digits")


@flow.prompt("card_digits")
async def ask_digits(turn: Turn) -> None:
    """The last four digits of the bank card number."""
    turn.say("matter.card_digits", [[Button("matter.no_digits", "digits.none")]])


@flow.on(press("digits.none"), at="card_digits")
async def no_digits(turn: Turn) -> None:
    """A lost card can't be read."""
    await named(turn, None)


@flow.on(text, at="card_digits")
async def digits_typed(turn: Turn) -> None:
    """Four digits."""
    assert isinstance(turn.input, Text)
    try:
        await named(turn, turn.input.text.strip())
    except FieldError:
        turn.say("matter.bad_digits")


async def named(turn: Turn, digits: str | None) -> None:
    """The card as the person names it; registry and banks say whether it exists."""
    application = await apps.name_card(
        turn.session, turn.data["application"], turn.data["card_bank"], digits, turn.now
    )
    await next_step(turn, application)


@flow.prompt("previous")
async def ask_previous(turn: Turn) -> None:
    """What the registry still has."""
    application = await apps.get(turn.session, turn.data["application"])
    reason = matters.kinds()[application.kind.value].reasons[application.reason or ""]
    turn.say("matter.previous", field=turn.label(f"field.{reason.previous}"))


@flow.on(text, at="previous")
async def previous_typed(turn: Turn) -> None:
    """Checked like a field of the ID card."""
    assert isinstance(turn.input, Text)
    try:
        application = await apps.tell_previous(
            turn.session, turn.data["application"], turn.input.text, turn.now
        )
    except FieldError as error:
        turn.say(
            "documents.bad_value",
            code=error.code,
            field=turn.label(f"field.{error.field}"),
        )
        return
    await next_step(turn, application)


@flow.prompt("consequences")
async def say_consequences(turn: Turn) -> None:
    """What is lost with the card, before anything is asked for."""
    application = await apps.get(turn.session, turn.data["application"])
    turn.say(
        "matter.consequences",
        [
            [Button("matter.keep_card", "exit")],
            [Button("matter.cancel_anyway", "consequences.accept")],
        ],
        reason=application.reason,
        card=application.card,
    )


@flow.on(press("consequences.accept"), at="consequences")
async def consequences_accepted(turn: Turn) -> None:
    """They have read it."""
    application = await apps.accept_consequences(turn.session, turn.data["application"], turn.now)
    await next_step(turn, application)


@flow.prompt("report")
async def ask_report(turn: Turn) -> None:
    """A lost card is reported first."""
    application = await apps.get(turn.session, turn.data["application"])
    buttons = [
        [Button("matter.report_now", "report.form", "temporary")],
        [Button("matter.report_formal", "report.form", "formal")],
        [again("menu.person", "person")],
    ]
    turn.say("matter.report", buttons, region=full_name(application.region_code))


@flow.on(press("report.form"), at="report")
async def report_form(turn: Turn) -> None:
    """Open the loss report for the same card."""
    assert isinstance(turn.input, Press)
    application = await apps.get(turn.session, turn.data["application"])
    report = await apps.open_matter(
        turn.session,
        application.person_id,
        ApplicationKind.LOSS_REPORT,
        application.region_code,
        turn.now,
        reason=turn.input.ref,
    )
    if application.card is not None:
        report = await apps.name_card(
            turn.session,
            report.id,
            application.card.bank_code,
            application.card.last_four,
            turn.now,
        )
    await apps.follow(turn.session, application.id, report.id, turn.now)
    turn.data["application"] = report.id
    await next_step(turn, report)
