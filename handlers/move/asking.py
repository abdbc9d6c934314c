"""What would have a request returned, asked beforehand; then one application for each insurance."""

from __future__ import annotations

from handlers.common import again, in_hand, name_principal, person_about, subject
from handlers.inputs import Press
from handlers.steps import Flow, press
from handlers.turn import Button, Turn
from knowledge import transfers
from knowledge.agencies import agencies
from knowledge.regions import full_name
from services import applications as apps
from services import cases, moves
from services.applications.views import ApplicationView
from services.desk import desk_mailbox
from services.moves.checking import temporary
from services.people.people import by_id
from storage.models import ApplicationStatus

flow = Flow("move")


async def go_on(turn: Turn) -> None:
    """The next question, or the summary."""
    data, me = turn.data, await subject(turn)
    old = temporary(me.sex, me.birth, turn.today, data["origin"], data["destination"])
    found = moves.next_check(data["chosen"], data["answers"], temporary=old)
    if found is None:
        await conclude(turn)
        return
    data["check"], data["about"] = found[0], list(found[1])
    await turn.ask("check")


@flow.prompt("check")
async def ask_check(turn: Turn) -> None:
    """One question, one press."""
    check, about = turn.data["check"], turn.data["about"]
    turn.say(
        "move.check",
        [
            [Button(f"move.good_{check}", "move.answer", "good")],
            [Button(f"move.bad_{check}", "move.answer", "bad")],
        ],
        check=check,
        about=about,
        origin=full_name(turn.data["origin"]),
        destination=full_name(turn.data["destination"]),
    )


@flow.on(press("move.answer"), at="check")
async def answered(turn: Turn) -> None:
    """The person's word, for every insurance that the question was about."""
    assert isinstance(turn.input, Press)
    data, good = turn.data, turn.input.ref == "good"
    data["answers"] = moves.settle(data["answers"], data["about"], data["check"], good)
    await go_on(turn)


async def conclude(turn: Turn) -> None:
    """What waits or is not moved is explained; what is in order becomes an application each."""
    data = turn.data
    fates = {name: moves.fails(name, data["answers"]) for name in data["chosen"]}
    stopped = {name: check for name, (fate, check) in fates.items() if fate != "ready"}
    if stopped:
        await explain(turn, stopped, held=any(fate == "held" for fate, _ in fates.values()))
    person = await subject(turn)
    opened: list[ApplicationView] = []
    under_way: list[ApplicationView] = []
    for name in [name for name, (fate, _) in fates.items() if fate == "ready"]:
        found = await moves.open_transfer(
            turn.session,
            person.id,
            name,
            (data["origin"], data["destination"]),
            known=data["answers"].get(name, {}),
            now=turn.now,
        )
        (opened if found.editable else under_way).append(found.application)
        if found.editable:
            await in_hand(turn, found.application.id)
    for each in under_way:
        tell_under_way(turn, each, data["destination"])
    if opened:
        data["applications"] = [each.id for each in opened]
        await turn.ask("summary")
    else:
        turn.end()


def tell_under_way(turn: Turn, found: ApplicationView, destination: str) -> None:
    """There is one already: it is followed, mended first, or goes to another place."""
    returned = found.status == ApplicationStatus.RETURNED
    mend, status = again("status.mend", "mend", found.id), again("menu.status", "status")
    turn.say(
        "move.under_way",
        [[mend if returned else status]],
        number=found.number,
        place=full_name(found.region_code),
        elsewhere=found.region_code != destination,
        returned=returned,
    )


async def explain(turn: Turn, stopped: dict[str, str | None], *, held: bool) -> None:
    """Why it would be returned, and who does what; HR hears of what is theirs."""
    rules = transfers.insurances()
    facts = [
        name
        for insurance, check in stopped.items()
        for name in rules[insurance].checks.get(check, ())  # type: ignore[call-overload]
    ]
    data = turn.data
    places = f"{data['origin']}:{data['destination']}"
    case = await ask_hr(turn) if held else None
    own = (await subject(turn)).id == turn.me.id
    turn.say(
        "move.stopped",
        [[again("move.again", "move", places), again("menu.person", "person")]]
        if held and own
        else None,
        stopped=stopped,
        origin=full_name(data["origin"]),
        destination=full_name(data["destination"]),
        facts=transfers.sources(facts),
        held=held,
        own=own,
        case=case,
    )


async def ask_hr(turn: Turn) -> str:
    """A case for the employer's side, and the checklist where HR works; the case's number. When
    the person begins to work there is not known here."""
    origin, destination = turn.data["origin"], turn.data["destination"]
    words = f"{full_name(origin)} → {full_name(destination)}"
    person = await subject(turn)
    case = await cases.open_case(
        turn.session, person.id, "mover", None, turn.now, said=[cases.BotSaid(words, (), turn.now)]
    )
    home = await desk_mailbox(turn.session)
    if home is not None:
        turn.send_event(
            home,
            "move.checklist",
            person_id=person.id,
            origin=origin,
            destination=destination,
            on=None,
        )
    return case.number


@flow.prompt("summary")
async def show_summary(turn: Turn) -> None:
    """Everything that goes to the agencies, for the person's last look."""
    items = []
    for number in turn.data["applications"]:
        view = await apps.get(turn.session, number)
        details = await apps.move_details(turn.session, number)
        rule = transfers.insurances()[view.reason or ""]
        items.append((view, agencies()[rule.agency], details))
    forms = [
        again(
            "move.form",
            "move.form",
            f"transfer:{view.id}",
            kind=turn.label(f"reason.{view.reason}"),
        )
        for view, _, _ in items
    ]
    first = items[0][0]
    person = await by_id(turn.session, first.person_id) or turn.me
    await name_principal(turn, first)
    turn.say(
        "move.summary",
        [
            [Button("apply.submit", "move.submit")],
            *[[each] for each in forms],
            [Button("common.exit", "exit")],
        ],
        items=items,
        me=person,
        origin=full_name(first.origin_code or ""),
    )


@flow.on(press("move.submit"), at="summary")
async def submit(turn: Turn) -> None:
    """Each insurance goes to its own agency; each result is told by itself."""
    sent, stale = [], False
    for number in turn.data["applications"]:
        outcome = await apps.submit(turn.session, number, turn.now)
        if outcome.outcome in ("queued", "already"):
            sent.append(outcome.application.number)
        elif outcome.outcome != "missing":
            stale = True  # taken back or returned meanwhile
        else:
            turn.say(
                "move.lacking",
                [[person_about(number)]],
                number=outcome.application.number,
                fields=outcome.missing,
            )
    turn.end()
    if sent:
        turn.typing()
        turn.say("move.submitting", numbers=sent)
    elif stale:
        await turn.start("status")
