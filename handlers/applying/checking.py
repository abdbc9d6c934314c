"""No second card: bureau and banks are asked, and where there is no connector, an officer."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.common import (
    again,
    application_of,
    come_back,
    elsewhere,
    name_principal,
    over,
    person_about,
    rows,
    tongue,
)
from handlers.inputs import Happened
from handlers.steps import KNOWN, Flow, happened, press
from handlers.turn import Button, Turn
from knowledge.matters import kinds
from knowledge.regions import full_name
from services import applications as apps
from services import cases
from services.applications.decisions import ALL_WAYS
from services.applications.views import ApplicationView, Decision, Way
from storage.models import ApplicationStatus

flow = Flow("apply")


async def check(turn: Turn, application: ApplicationView) -> None:
    """Everything is here: look at the papers together, then ask the bureau and the banks."""
    findings = await apps.paper_findings(turn.session, application.id, turn.now)
    faults = [finding for finding in findings if finding.severity == "fault"]
    if faults:
        texts = [finding.text(tongue(turn)) for finding in faults]
        turn.say("documents.inconsistent", texts=texts)
        await turn.ask("documents")
        return
    questions = [finding for finding in findings if finding.severity == "question"]
    if questions:
        told = "；".join(finding.message for finding in questions)
        case = await cases.open_case(
            turn.session,
            application.person_id,
            "paper_question",
            application.id,
            turn.now,
            text=told,
        )
        texts = [finding.text(tongue(turn)) for finding in questions]
        turn.say("documents.asked_hr", texts=texts, case=case.number)
    await apps.begin_check(turn.session, application.id, turn.now)
    await turn.ask("checking")


@flow.prompt("checking")
async def say_checking(turn: Turn) -> None:
    """The bureau and every partner bank are being asked at the same time."""
    turn.typing()
    turn.say("apply.checking")


@flow.on(happened("application.check.done"), who=KNOWN)
async def checked(turn: Turn) -> None:
    """What bureau and banks answered."""
    application = await application_of(turn)
    if application is None or not isinstance(turn.input, Happened):
        return
    payload = turn.input.payload
    answers = [apps.Answer.from_json(answer) for answer in payload["answers"]]
    decision = await apps.record_answers(
        turn.session, application.id, int(payload["round"]), answers, turn.now
    )
    if decision is None:
        return
    await name_principal(turn, application)
    if elsewhere(turn, application.id):
        decided_meanwhile(turn, decision)
    else:
        turn.state.flow, turn.state.data = flow.name, {"application": application.id}
        await decided(turn, decision)
    if decision.escalate:
        await cases.open_case(
            turn.session, application.person_id, "desk_down", application.id, turn.now
        )


def decided_meanwhile(turn: Turn, decision: Decision) -> None:
    """Tell it, and leave the person where they are."""
    if decision.outcome == "stop":
        say_stop(turn, decision)
        return
    if decision.outcome == "wait":
        turn.say("apply.wait", desks=decision.waiting_for, when=decision.not_before)
        return
    if decision.outcome == "warn":
        say_warning(turn, decision, [[again("apply.go_on", "apply", decision.application.id)]])
        return
    if decision.outcome == "clear":
        say_clear(turn, decision)
    come_back(turn, decision.application.id)


async def decided(turn: Turn, decision: Decision) -> None:
    """One of five ways on."""
    if decision.outcome == "stop":
        stop(turn, decision)
    elif decision.outcome == "warn":
        turn.data["cards"] = [card.province_code for card in decision.cards]
        turn.goto("warned")
        buttons = [Button("apply.go_on", "warned.go_on"), Button("apply.not_now", "exit")]
        say_warning(turn, decision, [buttons])
    elif decision.outcome == "clear":
        say_clear(turn, decision)
        await turn.ask("summary")
    elif decision.outcome == "report":
        await turn.ask("report")
    elif decision.outcome == "evidence":
        await turn.ask("evidence")
    else:
        turn.goto("waiting")
        turn.say("apply.wait", desks=decision.waiting_for, when=decision.not_before)


def say_warning(turn: Turn, decision: Decision, buttons: list[list[Button]]) -> None:
    """There is a card in another province, and what that means."""
    region = full_name(decision.application.region_code)
    turn.say("apply.warn", buttons, cards=decision.cards, region=region)


def say_clear(turn: Turn, decision: Decision) -> None:
    """Nothing stands in the way."""
    turn.say("matter.clear" if expects_card(decision.application) else "apply.clear")


def expects_card(application: ApplicationView) -> bool:
    """Whether the matter is about a card that exists."""
    return kinds()[application.kind.value].expects == "one"


def stop(turn: Turn, decision: Decision) -> None:
    """There is a card (or an application) in this province already; three ways on."""
    over(turn, decision.application.id)
    say_stop(turn, decision)


def say_stop(turn: Turn, decision: Decision) -> None:
    """What there is, and what can be done with it."""
    person = person_about(decision.application.id)
    ways = ways_of(decision.ways)
    if decision.reason not in ("card_same_province", "open_application"):
        if decision.reason == "no_card" and not decision.cards:
            ways = [again("menu.apply", "apply.anyway")]
        turn.say(
            "matter.stopped",
            [*rows(ways, 1), [person]],
            reason=decision.reason,
            until=decision.until,
            cards=decision.cards,
            region=full_name(decision.application.region_code),
        )
        return
    turn.say(
        "apply.stop",
        [*rows(ways, 1), [person]],
        cards=decision.cards,
        open_applications=decision.open_applications,
        region=full_name(decision.application.region_code),
    )


def ways_of(ways: Sequence[Way]) -> list[Button]:
    """What can be done with a card that exists."""
    return [again(f"apply.way_{way}", "way", way) for way in ways]


@flow.on(press("way"))
async def way_chosen(turn: Turn) -> None:
    """How to use the card that exists, or the matter that replaces it or changes its bank."""
    kind = {"replace": "replacement", "change_bank": "bank_change"}.get(
        getattr(turn.input, "ref", None) or ""
    )
    if kind:
        await turn.start("matter", kind=kind)
    else:
        await turn.start("ask", topic="activate-social")


@flow.on(press("warned.go_on"), at="warned")
async def warned_goes_on(turn: Turn) -> None:
    """A card in another province does not block."""
    await turn.ask("summary")


@flow.prompt("evidence")
async def ask_evidence(turn: Turn) -> None:
    """The person's own card list, or their word; an officer confirms."""
    state = await apps.evidence_state(turn.session, turn.data["application"])
    if "screenshot" in state.needs:
        region = full_name(state.application.region_code)
        turn.say("apply.evidence", declarations(), region=region)
    else:
        turn.say("apply.evidence_declare", declarations())


def declarations() -> list[list[Button]]:
    """The two things that a person can say of cards in their province."""
    return [
        [Button("apply.no_card", "declare", "no")],
        [Button("apply.have_card", "declare", "yes")],
        [Button("common.exit", "exit")],
    ]


@flow.on(press("declare"), at="evidence")
async def declared(turn: Turn) -> None:
    """What the person declares about cards in this province."""
    has_card = getattr(turn.input, "ref", "") == "yes"
    await apps.declare(turn.session, turn.data["application"], has_card, turn.now)
    needed = expects_card(await apps.get(turn.session, turn.data["application"]))
    if has_card and not needed:
        turn.say("apply.evidence_has_card", [*rows(ways_of(ALL_WAYS), 1), *declarations()[:1]])
        return
    if needed and not has_card:
        turn.say("matter.evidence_no_card", declarations()[1:])
        return
    await evidence_next(turn)


async def evidence_next(turn: Turn) -> None:
    """What is still missing for the officer, or that it is theirs now."""
    state = await apps.evidence_state(turn.session, turn.data["application"])
    if state.ready:
        await evidence_ready(turn)
    elif "screenshot" in state.needs:
        turn.say("apply.evidence_screenshot")
    else:
        turn.say("apply.evidence_declare", declarations())


async def evidence_ready(turn: Turn) -> None:
    """Everything is there for the officer."""
    application = await apps.get(turn.session, turn.data["application"])
    case = await cases.open_case(
        turn.session,
        application.person_id,
        "evidence_card" if expects_card(application) else "evidence",
        application.id,
        turn.now,
    )
    turn.goto("evidence_wait")
    turn.say("apply.evidence_sent", case=case.number)


@flow.on(happened("evidence.decided"), who=KNOWN)
async def evidence_decided(turn: Turn) -> None:
    """An officer has looked."""
    application = await application_of(turn)
    if application is None:
        return
    await name_principal(turn, application)
    away = elsewhere(turn, application.id)
    if application.status == ApplicationStatus.STOPPED:
        over(turn, application.id)
        turn.say(
            "apply.evidence_refused",
            [[again("menu.person", "person")]],
            missing=expects_card(application),
        )
        return
    turn.say("apply.evidence_confirmed")
    if away:
        come_back(turn, application.id)
        return
    turn.state.flow, turn.state.data = flow.name, {"application": application.id}
    await turn.ask("summary")
