"""The summary, the submission, and the bureau's receipt or what came instead."""

from __future__ import annotations

from handlers.applying.checking import stop
from handlers.applying.road import next_step, recipients
from handlers.common import (
    again,
    application_of,
    next_matter,
    over,
    own_application,
    person_about,
    rows,
)
from handlers.inputs import Happened
from handlers.steps import KNOWN, Flow, happened, press
from handlers.turn import Button, Turn
from knowledge.agencies import bank_name
from knowledge.identities import ID_CARD
from knowledge.matters import kinds, rule
from knowledge.regions import full_name
from services import applications as apps
from services import cases
from services.applications.errors import NotAllowed
from services.applications.formdata import FORMS
from services.applications.views import ApplicationView, Submission
from storage import queue
from storage.models import ApplicationKind

flow = Flow("apply")


@flow.prompt("summary")
async def show_summary(turn: Turn) -> None:
    """What will be sent, to be confirmed."""
    summary = await apps.summary(turn.session, turn.data["application"])
    application = summary.application
    change = [Button("apply.change", "change")] if application.documents else []
    form = [[again("matter.form", "form.make", application.id)]] if has_form(application) else []
    turn.say(
        "apply.summary",
        [
            [Button("apply.submit", "submit")],
            *form,
            [*change, Button("common.exit", "exit")],
        ],
        number=application.number,
        kind=application.kind,
        reason=application.reason,
        card=application.card,
        region=full_name(application.region_code),
        bank=bank_name(application.bank_code or ""),
        applicant=summary.applicant,
        paper=None
        if application.identity == ID_CARD
        else turn.label(f"paper.{application.identity}"),
        employer=summary.employer,
        typed=summary.typed,
    )


def has_form(application: ApplicationView) -> bool:
    """Whether its kind has a form that a counter takes on paper."""
    return application.kind in FORMS


@flow.on(press("form.make"))
async def make_form(turn: Turn) -> None:
    """The filled-in form, made outside the turn."""
    application = await own_application(turn, getattr(turn.input, "ref", None))
    if application is None:
        turn.toast("common.stale", alert=True)
        return
    await queue.add_task(
        turn.session,
        "form.make",
        mailbox=turn.state.mailbox,
        payload={"application_id": application.id},
        at=turn.now,
    )
    turn.typing()
    turn.toast("matter.form_making")


@flow.on(happened("form.make.done"), who=KNOWN)
async def form_made(turn: Turn) -> None:
    """The form to sign, and the same as data."""
    assert isinstance(turn.input, Happened)
    application = await own_application(turn, turn.input.payload["application_id"])
    if application is None or turn.actor.chat_id is None:
        return
    payload, number = turn.input.payload, application.number
    turn.send_document(payload["pdf_id"], f"{number}.pdf", "matter.form", number=number)
    turn.send_document(payload["json_id"], f"{number}.json", "matter.form_data", number=number)


@flow.on(press("change"), at="summary")
async def change_something(turn: Turn) -> None:
    """Back to the papers, or to the bank."""
    application = await apps.get(turn.session, turn.data["application"])
    fields = [
        Button(
            "apply.change_field",
            "doc.correct",
            str(d.id),
            values={"kind": turn.label(f"kind.{d.kind}")},
        )
        for d in application.documents
        if apps.editable_fields(d.kind)
    ]
    turn.goto("documents")
    turn.say("apply.change", [*rows(fields, 1), [Button("apply.other_bank", "bank.again")]])


@flow.on(press("bank.again"), at="documents")
async def bank_again(turn: Turn) -> None:
    """Choose another bank; the consent names the bank, so it is asked again."""
    await turn.ask("bank")


@flow.on(press("submit"), at="summary")
async def submit(turn: Turn) -> None:
    """The person has confirmed; what can't be taken back is confirmed twice."""
    application = await apps.get(turn.session, turn.data["application"])
    if kinds()[application.kind.value].confirm_twice:
        await turn.ask("sure")
    else:
        await hand_in(turn, application)


@flow.prompt("sure")
async def ask_sure(turn: Turn) -> None:
    """The second confirmation."""
    application = await apps.get(turn.session, turn.data["application"])
    turn.say(
        "matter.sure",
        [[Button("matter.keep_card", "exit")], [Button("matter.submit_sure", "submit.sure")]],
        card=application.card,
    )


@flow.on(press("submit.sure"), at="sure")
async def submit_sure(turn: Turn) -> None:
    """Confirmed twice."""
    await hand_in(turn, await apps.get(turn.session, turn.data["application"]))


async def hand_in(turn: Turn, application: ApplicationView) -> None:
    """Submit, or ask for what is still missing."""
    outcome = await apps.submit(
        turn.session, application.id, turn.now, recipients=recipients(application)
    )
    if outcome.outcome in ("queued", "already"):
        turn.goto("submitting")
        turn.typing()
        turn.say("apply.submitting", number=outcome.application.number)
    elif outcome.outcome == "check":
        await apps.begin_check(turn.session, outcome.application.id, turn.now)
        await turn.ask("checking")
    elif outcome.outcome == "consent":
        await turn.ask("consent")
    elif outcome.outcome == "closed":
        turn.end()
        await turn.start("status")
    else:
        await next_step(turn, outcome.application)


@flow.on(happened("application.submit.done"), who=KNOWN)
async def submitted(turn: Turn) -> None:
    """The bureau's receipt, or what came instead."""
    application = await application_of(turn)
    if application is None or not isinstance(turn.input, Happened):
        return
    result = apps.SubmitResult.from_json(turn.input.payload["result"])
    submission = await apps.record_submission(turn.session, application.id, result, turn.now)
    if not submission.news:
        return
    if submission.application.kind == ApplicationKind.TRANSFER:
        hand_on(turn, submission)
        return
    if submission.application.kind == ApplicationKind.LOSS_REPORT:
        await reported(turn, submission)
    else:
        await tell(turn, submission)
    if submission.escalate:
        await cases.open_case(
            turn.session, application.person_id, "desk_down", application.id, turn.now
        )


async def tell(turn: Turn, submission: Submission) -> None:
    """What became of a submission about a card."""
    application, number = submission.application, submission.application.number
    if submission.outcome == "received":
        over(turn, application.id)
        buttons = [[again("menu.status", "status")]]
        turn.say(
            "apply.received",
            buttons,
            number=number,
            kind=application.kind,
            note="application.received",
        )
    elif submission.outcome == "duplicate" and submission.decision:
        stop(turn, submission.decision)
    elif submission.outcome == "unavailable":
        turn.say("apply.submit_later", number=number, kind=application.kind)
    elif submission.outcome == "rejected" and submission.mending:
        over(turn, application.id)
        turn.say(
            "status.returned",
            [
                [
                    again("status.mend", "mend", application.id),
                    person_about(application.id),
                ]
            ],
            number=number,
            reason=submission.mending.message,
            mending=submission.mending,
        )
    elif submission.outcome in ("manual", "by_file"):
        await by_people(turn, submission)


def hand_on(turn: Turn, submission: Submission) -> None:
    """A transfer's conversation tells what became of it."""
    turn.send_event(
        turn.state.mailbox,
        "move.submitted",
        application_id=submission.application.id,
        outcome=submission.outcome,
        code=submission.mending.code if submission.mending else None,
        escalate=submission.escalate,
    )


async def by_people(turn: Turn, submission: Submission) -> None:
    """No interface: it waits for the next file of the region, or an officer hands it in."""
    application = submission.application
    over(turn, application.id)
    if submission.outcome == "by_file":
        turn.say("apply.by_file", [[again("menu.status", "status")]], number=application.number)
        return
    case = await cases.open_case(
        turn.session, application.person_id, "file_by_hand", application.id, turn.now
    )
    turn.say("apply.manual", number=application.number, case=case.number)


async def reported(turn: Turn, submission: Submission) -> None:
    """A loss report works at once, or the person must telephone: nobody can do that for them."""
    application = submission.application
    over(turn, application.id)
    if submission.outcome == "received":
        waiting = await apps.current(turn.session, application.person_id)
        following = [again("matter.go_on_replacing", "apply", waiting.id)] if waiting else []
        turn.say(
            "matter.reported",
            [
                following or [replace_now(turn, application)],
                [again("matter.lift", "withdraw", application.id)],
            ],
            note="application.reported",
            number=application.number,
            card=application.card,
            reason=application.reason,
            due=application.due,
            both=rule(application.region_code, "loss_shared") is None,
        )
    elif submission.outcome in ("manual", "by_file"):
        turn.say(
            "matter.by_phone",
            [[again("matter.i_reported", "report.told", application.id)]],
            number=application.number,
            card=application.card,
        )
    elif submission.outcome == "unavailable":
        turn.say("matter.report_later", number=application.number, card=application.card)
    else:
        person = person_about(application.id)
        mending = submission.mending
        other = mending is not None and mending.step == "card"
        mend = [again("matter.name_again", "mend", application.id)] if other else []
        turn.say("matter.report_refused", [[*mend, person]], number=application.number)


def replace_now(turn: Turn, application: ApplicationView) -> Button:
    """From the report to the new card."""
    return next_matter(turn, "matter.replace_now", ApplicationKind.REPLACEMENT, application)


@flow.on(press("report.told"))
async def told_of_report(turn: Turn) -> None:
    """The person has telephoned: their word counts until somebody knows better."""
    application = await own_application(turn, getattr(turn.input, "ref", None))
    if application is None:
        return
    try:
        application = await apps.declare_reported(turn.session, application.id, turn.now)
    except NotAllowed:
        turn.toast("common.stale", alert=True)
        return
    turn.buttons_off()
    waiting = await apps.current(turn.session, application.person_id)
    following = [again("matter.go_on_replacing", "apply", waiting.id)] if waiting else []
    turn.say(
        "matter.report_noted",
        [following or [replace_now(turn, application)]],
        due=application.due,
    )
