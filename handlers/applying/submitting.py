"""The summary, the submission, and the bureau's receipt or what came instead."""

from __future__ import annotations

from handlers.applying.checking import stop
from handlers.applying.road import next_step, recipients
from handlers.common import again, application_of, over, rows, tell_hr
from handlers.inputs import Happened
from handlers.steps import KNOWN, Flow, happened, press
from handlers.turn import Button, Turn
from knowledge.agencies import bank_name
from knowledge.regions import full_name
from services import applications as apps
from services import cases

flow = Flow("apply")


@flow.prompt("summary")
async def show_summary(turn: Turn) -> None:
    """What will be sent, to be confirmed."""
    summary = await apps.summary(turn.session, turn.data["application"])
    application = summary.application
    turn.say(
        "apply.summary",
        [
            [Button("apply.submit", "submit")],
            [Button("apply.change", "change"), Button("common.exit", "exit")],
        ],
        number=application.number,
        region=full_name(application.region_code),
        bank=bank_name(application.bank_code or ""),
        applicant=summary.applicant,
        employer=summary.employer,
        typed=summary.typed,
    )


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
    """The person has confirmed."""
    application = await apps.get(turn.session, turn.data["application"])
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
    number = submission.application.number
    if submission.outcome == "received":
        over(turn)
        buttons = [[again("menu.status", "status")]]
        turn.say("apply.received", buttons, number=number, note="application.received")
    elif submission.outcome == "duplicate" and submission.decision:
        stop(turn, submission.decision)
    elif submission.outcome == "unavailable":
        turn.say("apply.submit_later", number=number, when=submission.not_before)
    elif submission.outcome == "rejected" and submission.mending:
        over(turn)
        turn.say(
            "status.returned",
            [[again("status.mend", "mend", application.id)]],
            number=number,
            reason=submission.mending.message,
            mending=submission.mending,
        )
    elif submission.outcome == "manual":
        over(turn)
        case = await cases.open_case(
            turn.session, application.person_id, "file_by_hand", application.id, turn.now
        )
        tell_hr(turn, case.id)
        turn.say("apply.manual", number=number, case=case.number)
    if submission.escalate:
        case = await cases.open_case(
            turn.session, application.person_id, "desk_down", application.id, turn.now
        )
        tell_hr(turn, case.id)
