"""Beginning any matter about a card that exists, with what the region's rules say of it."""

from __future__ import annotations

from handlers.applying.road import next_step
from handlers.common import again
from handlers.inputs import Press
from handlers.steps import Flow, command, press
from handlers.turn import Turn
from knowledge import matters
from knowledge.profiles import Sourced
from knowledge.regions import full_name, province_of
from services import applications as apps
from services import cards
from services.applications.errors import NotAllowed
from services.applications.views import ApplicationView
from storage.models import ApplicationKind, ApplicationStatus

flow = Flow("matter")


@flow.on(command("loss"))
async def loss_typed(turn: Turn) -> None:
    """挂失, typed."""
    await turn.start("matter", kind="loss_report")


@flow.on(press("matter"))
async def matter_pressed(turn: Turn) -> None:
    """A button that names the kind, and sometimes the reason and the card (`kind:reason:card`)."""
    assert isinstance(turn.input, Press)
    kind, reason, card = ((turn.input.ref or "") + "::").split(":")[:3]
    await turn.start("matter", kind=kind, reason=reason or None, card=int(card) if card else None)


@flow.begin
async def begin(turn: Turn) -> None:
    """Open the matter, or go on with the one that there is."""
    kind = ApplicationKind(turn.data["kind"])
    reason, card_id = turn.data.get("reason"), turn.data.get("card")
    known = {card.id: card for card in await cards.cards_of(turn.session, turn.me.id)}
    card = known.get(card_id) if card_id else None
    region = card.region_code if card else turn.me.region_code
    try:
        application = await apps.open_matter(
            turn.session, turn.me.id, kind, region, turn.now, reason=reason
        )
    except NotAllowed as refused:
        await other_way(turn, kind, region, refused.code)
        return
    turn.state.flow, turn.state.data = "apply", {"application": application.id}
    if application.status == ApplicationStatus.RETURNED:
        await turn.start("mend", application=application.id)
        return
    if application.status != ApplicationStatus.DRAFT:
        turn.end()
        await turn.start("status")
        return
    if card is not None:
        application = await apps.choose_card(turn.session, application.id, card.id, turn.now)
    await opened(turn, application)


async def other_way(turn: Turn, kind: ApplicationKind, region: str, code: str) -> None:
    """Something of the same lane is under way, or the region does not know the reason."""
    turn.end()
    lane = matters.kinds()[kind.value].lane
    found = await apps.open_in_lane(turn.session, turn.me.id, province_of(region).code, lane)
    if code != "another_open" or found is None:
        turn.say("matter.not_here", [[again("menu.person", "person")]], region=full_name(region))
        return
    turn.say(
        "matter.another_open",
        [
            [
                again("apply.resume", "apply", found.id),
                again("status.withdraw", "withdraw", found.id),
            ]
        ],
        number=found.number,
        kind=found.kind,
        status=found.status,
    )


async def opened(turn: Turn, application: ApplicationView) -> None:
    """What will be done, with the region's own rules and their sources, then the first question."""
    region = application.region_code
    turn.say(
        "matter.opened",
        kind=application.kind,
        region=full_name(region),
        rules=spoken_rules(application),
    )
    await next_step(turn, application)


SPOKEN: dict[ApplicationKind, tuple[str, ...]] = {
    ApplicationKind.REPLACEMENT: ("fee_yuan", "replace_workdays"),
    ApplicationKind.BANK_CHANGE: ("old_account", "bank_change_days", "bank_change_months"),
    ApplicationKind.LOSS_REPORT: (
        "loss_temporary_days",
        "loss_formal_final",
        "loss_shared",
        "loss_both_sides",
    ),
    ApplicationKind.CANCELLATION: ("cancel_before_new",),
}
"""Rules that are told before a matter begins."""


def spoken_rules(application: ApplicationView) -> list[tuple[str, Sourced]]:
    """The region's rules that a person should know before beginning."""
    found = []
    for name in SPOKEN.get(application.kind, ()):
        rule = matters.rule(application.region_code, name)
        shared = matters.rule(application.region_code, "loss_shared")
        if rule is not None and not (name == "loss_both_sides" and shared):
            found.append((name, rule))
    return found
