"""查进度, every change told by itself, and reminders."""

from __future__ import annotations

from typing import Any

from handlers.common import (
    again,
    application_of,
    name_principal,
    next_matter,
    own_application,
    person_about,
)
from handlers.inputs import Happened
from handlers.steps import KNOWN, Flow, command, happened, press
from handlers.turn import Button, Turn
from knowledge.agencies import agencies, bank_name
from knowledge.matters import rule
from knowledge.regions import full_name
from knowledge.transfers import insurances
from services import applications as apps
from services import cards, cases, collection
from services.applications.views import ApplicationView, Change, ProgressView
from services.applications.withdrawing import WITHDRAWABLE
from services.desk import desk_mailbox
from services.gateways.contract import StateReport
from storage.models import ApplicationKind, ApplicationStatus

flow = Flow("status")
_NEXT: dict[str, tuple[str, str]] = {
    "give_documents": ("apply.resume", "apply"),
    "give_evidence": ("apply.resume", "apply"),
    "confirm_fields": ("apply.resume", "apply"),
    "answer_check": ("apply.resume", "apply"),
    "tell_details": ("apply.resume", "apply"),
    "lift_or_replace": ("matter.replace_now", "replace_lost"),
    "report_again": ("matter.report_again", "loss"),
    "mend": ("status.mend", "mend"),
    "apply_again": ("menu.apply", "apply"),
}


@flow.on(command("status"))
async def status_asked(turn: Turn) -> None:
    """查进度."""
    await show(turn)


@flow.on(press("status"))
async def status_pressed(turn: Turn) -> None:
    """The same from a notice."""
    await show(turn)


@flow.begin
async def begin(turn: Turn) -> None:
    """Started by another flow, which is over then."""
    turn.end()
    await show(turn)


async def show(turn: Turn) -> None:
    """Every open matter: where it stands, what comes next and by when. Leaves the flow alone."""
    views = await apps.progress(turn.session, turn.me.id, turn.now)
    await show_others(turn)
    known = await cards.cards_of(turn.session, turn.me.id)
    if not views:
        turn.say("status.nothing", [[again("menu.apply", "apply")]], cards=known)
        return
    for view in views:
        buttons = next_buttons(view)
        if view.status == ApplicationStatus.COLLECTABLE:
            buttons += await collecting(turn, view.application_id)
        turn.say("status.progress", buttons, view=view, **names(view))


async def show_others(turn: Turn) -> None:
    """What an officer does for people without a chat, each under its person."""
    for application in await apps.in_hands_of(turn.session, turn.me.id):
        every = await apps.progress(turn.session, application.person_id, turn.now)
        for view in every:
            if view.application_id == application.id:
                await name_principal(turn, application)
                turn.say(
                    "status.progress", next_for(turn, view, application), view=view, **names(view)
                )


async def collecting(turn: Turn, application_id: int) -> list[list[Button]]:
    """The code to collect a card with, when it lies with HR, and sending somebody for it."""
    held = await collection.of_application(turn.session, application_id)
    code = again("collection.code", "collection.code", application_id)
    proxy = again("proxy.name", "proxy.begin", application_id)
    return [[code, proxy]] if held is not None and held.open else [[proxy]]


_FOLLOWS = {
    "lift_or_replace": ApplicationKind.REPLACEMENT,
    "report_again": ApplicationKind.LOSS_REPORT,
}
"""What comes next as a matter of its own."""


def next_for(turn: Turn, view: ProgressView, application: ApplicationView) -> list[list[Button]]:
    """The same for somebody an officer acts for: another matter takes another authority."""
    buttons, kind = next_buttons(view), _FOLLOWS.get(view.next)
    if kind is not None:
        buttons[0][0] = next_matter(turn, _NEXT[view.next][0], kind, application)
    return buttons


def names(view: ProgressView) -> dict[str, Any]:
    """Names for the codes of a view."""
    return {
        "region": full_name(view.region_code),
        "bank": bank_name(view.bank_code) if view.bank_code else "",
    }


def next_buttons(view: ProgressView) -> list[list[Button]]:
    """The button that takes the next step, when it is the employee's."""
    found = _NEXT.get(view.next)
    row = [again(found[0], found[1], view.application_id)] if found else []
    if view.kind == ApplicationKind.LOSS_REPORT and view.status == ApplicationStatus.REPORTED:
        row.append(again("matter.lift", "withdraw", view.application_id))
    elif view.status in WITHDRAWABLE:
        row.append(again("status.withdraw", "withdraw", view.application_id))
    return [row] if row else []


@flow.on(press("replace_lost"))
async def replace_lost(turn: Turn) -> None:
    """From a loss report in force to the replacement."""
    await turn.start("matter", kind="replacement", reason="lost")


@flow.on(press("loss"))
async def report_again(turn: Turn) -> None:
    """A temporary report has lapsed."""
    await turn.start("matter", kind="loss_report")


# -- taking back --------------------------------------------------------------------------------


@flow.on(press("withdraw"))
async def withdraw(turn: Turn) -> None:
    """Two presses: this one asks."""
    application = await own_application(turn, getattr(turn.input, "ref", None))
    if application is None or not application.open:
        turn.toast("common.stale", alert=True)
        return
    turn.say(
        "status.withdraw_sure",
        [[again("status.withdraw_yes", "withdraw.sure", application.id)]],
        number=application.number,
        kind=application.kind,
    )


@flow.on(press("withdraw.sure"))
async def withdraw_sure(turn: Turn) -> None:
    """Closed at once when it never left us; else the bureau is asked."""
    application = await own_application(turn, getattr(turn.input, "ref", None))
    if application is None:
        return
    outcome = await apps.withdraw(turn.session, application.id, turn.now)
    turn.buttons_off()
    about = [turn.data.get("application"), *turn.data.get("applications", ())]
    if turn.state.flow in ("apply", "move") and application.id in about:
        turn.end()
    if outcome.by_hand:
        await cases.open_case(
            turn.session,
            application.person_id,
            "withdraw_by_hand",
            application.id,
            turn.now,
            matter="moving" if application.kind in apps.MOVES else "using",
        )
    if outcome.outcome == "asked":
        turn.say(
            "status.withdraw_asked",
            number=application.number,
            by_hand=outcome.by_hand,
            kind=application.kind,
        )
        return
    turn.say(
        "status.withdrawal",
        outcome=outcome.outcome,
        number=application.number,
        kind=application.kind,
    )


# -- changes ----------------------------------------------------------------------------------


@flow.on(happened("bureau.state"), who=KNOWN)
async def bureau_reported(turn: Turn) -> None:
    """A callback of the bureau."""
    application = await application_of(turn)
    if application is None or not isinstance(turn.input, Happened):
        return
    report = StateReport.model_validate(turn.input.payload["report"])
    await tell(turn, await apps.record_state(turn.session, report, turn.now))


@flow.on(happened("application.poll.done"), who=KNOWN)
async def bureau_polled(turn: Turn) -> None:
    """The bureau's own history, asked for because a callback was late or missing."""
    application = await application_of(turn)
    if application is None or not isinstance(turn.input, Happened):
        return
    raw = turn.input.payload.get("state")
    state = apps.State.model_validate(raw) if raw else None
    await tell(turn, await apps.record_poll(turn.session, application.id, state, turn.now))


@flow.on(happened("application.tell"), who=KNOWN)
async def tell_late(turn: Turn) -> None:
    """What happened while nobody could be told."""
    application = await application_of(turn)
    if application is not None:
        await tell(turn, await apps.untold(turn.session, application.id))


async def tell(turn: Turn, changes: list[Change]) -> None:
    """Each change once, in order, with what comes next."""
    if turn.actor.chat_id is None:
        return  # nobody is bound: they stay untold until somebody is
    if changes:
        await name_principal(turn, await apps.get(turn.session, changes[0].application_id))
    for change in changes:
        await tell_one(turn, change)
    await apps.told(turn.session, [change.event_id for change in changes], turn.now)


_KNOWN = frozenset({"returned", "collected", "done", "sealed", "withdrawn"})
"""States after which nobody has to look up where it stands."""


async def tell_one(turn: Turn, change: Change) -> None:
    """One change in one message."""
    application = await apps.get(turn.session, change.application_id)
    if change.status in _KNOWN:
        await cases.state_known(turn.session, application.person_id, application.id, turn.now)
    buttons = [] if change.finished else [[again("menu.status", "status")]]
    if change.status == "returned":
        person = person_about(change.application_id)
        buttons = [[again("status.mend", "mend", change.application_id), person]]
        await cases.open_case(
            turn.session,
            application.person_id,
            "returned",
            change.application_id,
            turn.now,
            text=change.mending.message if change.mending else None,
        )
    elif change.reason and change.reason.get("second_card"):
        await cases.open_case(
            turn.session, application.person_id, "second_card", change.application_id, turn.now
        )
    elif change.status == "collectable":
        buttons += await collecting(turn, application.id)
    elif change.status == "sealed":
        own = application.person_id == turn.me.id
        buttons = [[again("status.apply_again", "apply")]] if own else []
    elif change.status == "done" and change.kind == ApplicationKind.MERGE:
        own = application.person_id == turn.me.id
        buttons = [[again("merge.see", "merge.begin")]] if own else []
    elif change.status == "lapsed":
        report = ApplicationKind.LOSS_REPORT
        buttons = [[next_matter(turn, "matter.report_again", report, application)]]
    turn.say(
        f"status.{change.status}",
        buttons,
        note=f"state.{change.status}",
        number=change.number,
        kind=change.kind,
        reason_code=change.reason_code,
        reason=change.mending.message if change.mending else "",
        mending=change.mending,
        due=change.due,
        place=change.place,
        finished=change.finished,
    )
    if change.kind == ApplicationKind.BANK_CHANGE and change.status == "collected":
        turn.say("matter.old_account", rule=rule(application.region_code, "old_account"))
    ended = change.finished or change.status == "sealed"
    mine = application.person_id == turn.me.id  # nobody rates what they did for somebody else
    if ended and mine and change.kind != ApplicationKind.LOSS_REPORT:
        await turn.aside("rate", subject=f"application:{change.application_id}")


# -- reminders ----------------------------------------------------------------------------------


@flow.on(happened("application.reminder"), who=KNOWN)
async def remind(turn: Turn) -> None:
    """Only when it still holds."""
    application = await application_of(turn)
    if application is None or not isinstance(turn.input, Happened):
        return
    reminder = await apps.reminder_due(
        turn.session, application.id, turn.input.payload["reminder"], turn.now
    )
    if reminder is None:
        return
    button, hotline = again("menu.status", "status"), ""
    if reminder.reminder == "half_done":
        button = again("apply.resume", "apply", application.id)
    elif reminder.reminder == "overdue":
        hotline = await chase(turn, application)
    elif reminder.reminder == "lapse":
        button = next_matter(turn, "matter.replace_now", ApplicationKind.REPLACEMENT, application)
    missing = [turn.label(f"kind.{kind}") for kind in reminder.missing]
    await name_principal(turn, application)
    waits = application.status == ApplicationStatus.COLLECTABLE
    more = await collecting(turn, application.id) if waits else []
    turn.say(
        f"status.remind_{reminder.reminder}",
        [[button], *more],
        note=f"remind.{reminder.reminder}",
        number=reminder.application.number,
        due=reminder.due,
        place=reminder.place,
        missing=missing,
        hotline=hotline,
    )


async def chase(turn: Turn, application: ApplicationView) -> str:
    """HR has a case, and a letter to send, for a desk that is past its day; the desk's hotline."""
    await cases.open_case(turn.session, application.person_id, "overdue", application.id, turn.now)
    home = await desk_mailbox(turn.session)
    if home is not None:
        turn.send_event(home, "move.overdue", application_id=application.id)
    return agencies()[insurances()[application.reason or ""].agency].hotline


@flow.on(happened("application.not_withdrawn"), who=KNOWN)
async def not_withdrawn(turn: Turn) -> None:
    """HR has asked the desk at which it was filed by hand: it goes on."""
    application = await application_of(turn)
    if application is not None:
        await name_principal(turn, application)
        turn.say(
            "status.withdrawal",
            [[again("menu.status", "status"), again("menu.person", "person")]],
            outcome="refused",
            number=application.number,
            kind=application.kind,
        )


@flow.on(happened("application.withdraw.done"), who=KNOWN)
async def withdrawn(turn: Turn) -> None:
    """Whether the bureau let it be withdrawn."""
    application = await application_of(turn)
    if application is None or not isinstance(turn.input, Happened):
        return
    outcome = await apps.record_withdrawal(
        turn.session, application.id, turn.input.payload["outcome"], turn.now
    )
    if outcome.outcome == "asked" and outcome.attempt > 2:  # told at the first failure
        return
    await name_principal(turn, application)
    turn.say(
        "status.withdrawal",
        outcome=outcome.outcome,
        number=application.number,
        kind=application.kind,
    )
