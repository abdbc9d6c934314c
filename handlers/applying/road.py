"""What is asked for next: reason, card and bank, the consent for pictures, papers, the check."""

from __future__ import annotations

from handlers.applying.checking import check
from handlers.common import again, rows
from handlers.steps import Flow, press
from handlers.turn import Button, Turn
from knowledge.agencies import bank_name, partner_banks
from knowledge.regions import full_name
from services import applications as apps
from services.applications.views import ApplicationView
from services.people import consents
from services.people.consents import Recipients
from services.people.people import by_id
from storage.models import ConsentKind

flow = Flow("apply")


async def next_step(turn: Turn, application: ApplicationView) -> None:
    """Ask for whatever is missing next."""
    pictures = [each for each in application.documents if each.kind != apps.AUTHORITY]
    papers = bool(application.missing or application.unconfirmed or pictures)
    if application.lacks:
        await turn.ask(application.lacks[0])
    elif await apps.needs_report(turn.session, application.id):
        await turn.ask("report")
    elif papers and await consents.required(
        turn.session, application.person_id, ConsentKind.PICTURES, recipients(application)
    ):
        await turn.ask("consent")
    elif application.missing or any(d.status == "offered" for d in application.documents):
        await turn.ask("documents")
    elif await apps.still_checked(turn.session, application.id, turn.now):
        await turn.ask("summary")
    else:
        await check(turn, application)


def recipients(application: ApplicationView) -> Recipients:
    """To whom the pictures go: the region's bureau and the chosen bank, by name."""
    bureau = f"{full_name(application.region_code)}社会保险经办机构"
    return Recipients(
        bureau=bureau, bank=bank_name(application.bank_code) if application.bank_code else None
    )


@flow.prompt("bank")
async def ask_bank(turn: Turn) -> None:
    """The banks that the region's bureau works with."""
    application = await apps.get(turn.session, turn.data["application"])
    choices = apps.bank_choices(application.region_code, turn.tools.banks.connected_banks)
    known = partner_banks(application.region_code)
    now_at = application.card.bank_code if application.card else None
    buttons = [
        Button(text=choice.name, action="bank", ref=choice.code)
        for choice in choices
        if choice.code != now_at
    ]
    turn.say(
        "apply.bank",
        [*rows(buttons), [Button("common.exit", "exit")]],
        region=full_name(application.region_code),
        complete=bool(known and known.complete),
    )


@flow.on(press("bank"), at="bank")
async def bank_chosen(turn: Turn) -> None:
    """Keep the bank and go on."""
    bank = getattr(turn.input, "ref", None) or ""
    application = await apps.choose_bank(turn.session, turn.data["application"], bank, turn.now)
    turn.say("apply.bank_chosen", bank=bank_name(bank))
    await next_step(turn, application)


@flow.prompt("consent")
async def ask_consent(turn: Turn) -> None:
    """A separate consent for pictures, to a named bureau and bank, for a named purpose."""
    application = await apps.get(turn.session, turn.data["application"])
    person = await by_id(turn.session, application.person_id) or turn.me
    notice = consents.notice_text(
        ConsentKind.PICTURES,
        turn.language,
        employer_name=person.employer_name,
        recipients=recipients(application),
        settings=turn.tools.people,
    )
    turn.data["notice"] = notice.version
    agree = Button("enrol.agree", "pictures.agree")
    if person.id != turn.me.id:
        turn.say("behalf.consent", name=person.masked_name)
        agree = Button("behalf.on_paper", "pictures.agree")
    turn.say(
        "enrol.notice",
        [[agree, Button("enrol.refuse", "pictures.refuse")]],
        title=notice.title,
        notice=notice.text,
    )


@flow.on(press("pictures.agree"), at="consent")
async def consent_given(turn: Turn) -> None:
    """Pictures may come now."""
    application = await apps.get(turn.session, turn.data["application"])
    await consents.give(
        turn.session,
        application.person_id,
        ConsentKind.PICTURES,
        turn.now,
        version=turn.data["notice"],
        recipients=recipients(application),
        application_id=application.id,
        recorded_by=None if application.person_id == turn.me.id else f"person:{turn.me.id}",
    )
    await next_step(turn, application)


@flow.on(press("pictures.refuse"), at="consent")
async def consent_refused(turn: Turn) -> None:
    """The offline way, without a penalty; what was begun stays."""
    application = await apps.get(turn.session, turn.data["application"])
    refusal = consents.refusal_text(
        ConsentKind.PICTURES, turn.language, region_code=application.region_code
    )
    turn.say(
        "enrol.refused",
        [[again("apply.resume", "apply", turn.data["application"])]],
        refusal=refusal,
    )
    turn.end()
