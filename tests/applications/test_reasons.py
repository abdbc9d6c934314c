"""Every reason of every matter about an existing card: its good, returned and cancelled way."""

from __future__ import annotations

import pytest

from knowledge.matters import kinds
from services import applications as apps
from services.applications import ApplicationView, SubmitResult
from services.cards import cards_of
from services.gateways.contract import Receipt
from storage.models import ApplicationKind, ApplicationStatus, CardStatus
from tests.applications.conftest import BACK, FRONT, Office, bureau, card, read
from tests.people.makers import id_number

REASONS = [
    (kind, reason)
    for kind in ("replacement", "loss_report", "cancellation")
    for reason in kinds()[kind].reasons
    if (kind, reason) not in {("replacement", "lost"), ("cancellation", "local_rule")}
]
PREVIOUS = {"changed_name": "旧名样本", "changed_number": id_number(4321)}
WITHDRAWN, RETURNED = ApplicationStatus.WITHDRAWN, ApplicationStatus.RETURNED


async def submitted(office: Office, kind: str, reason: str) -> ApplicationView:
    """From the first question to the bureau's receipt."""
    await office.do(apps.record_refresh, office.person_id, [bureau(card(valid_until=SOON))])
    (held,) = await office.see(apps_cards, office.person_id)
    matter = ApplicationKind(kind)
    view = await office.do(apps.open_matter, office.person_id, matter, "370100", reason=reason)
    view = await office.do(apps.choose_card, view.id, held)
    if reason in PREVIOUS:
        view = await office.do(apps.tell_previous, view.id, PREVIOUS[reason])
    if kind == "cancellation":
        view = await office.do(apps.accept_consequences, view.id)
    wanted = view.missing
    if wanted:
        await office.send(view.id, read("id_front", FRONT), read("id_back", BACK))
    if "portrait" in wanted:
        await office.send(view.id, read("portrait"))
    for document in (await office.get(view)).documents:
        await office.do(apps.confirm_fields, document.id)
    if kinds()[kind].checked:
        decision = await office.checked(await office.get(view), bureau(card(valid_until=SOON)))
        assert decision.outcome == "clear", decision.outcome
    await office.consents()
    outcome = await office.do(apps.submit, view.id)
    assert outcome.outcome == "queued", outcome
    await receipt(office, outcome.application)
    return await office.get(view)


async def receipt(office: Office, view: ApplicationView) -> None:
    """The bureau takes it; a loss report works at once."""
    at_once = kinds()[view.kind.value].at_once
    taken = Receipt(
        reference="SB3701-1",
        status="reported" if at_once else "reviewing",
        received_at=office.now,
    )
    result = SubmitResult(outcome="received", revision=view.revision, receipt=taken)
    done = await office.do(apps.record_submission, view.id, result)
    assert done.outcome == "received"


async def apps_cards(session: object, person_id: int) -> list[int]:
    """Ids of the person's cards."""
    return [each.id for each in await cards_of(session, person_id)]  # type: ignore[arg-type]


async def states(office: Office) -> list[CardStatus]:
    """Of the person's cards, the oldest first."""
    async with office.database.reading() as session:
        found = await cards_of(session, office.person_id)
    return [each.status for each in sorted(found, key=lambda each: each.id)]


SOON = "2026-12-20"


@pytest.mark.parametrize(("kind", "reason"), REASONS)
async def test_the_cancelled_way_leaves_the_card_as_it_was(
    office: Office, kind: str, reason: str
) -> None:
    view = await submitted(office, kind, reason)
    asked = await office.do(apps.withdraw, view.id)
    assert asked.outcome == "asked"
    done = await office.do(apps.record_withdrawal, view.id, "withdrawn")
    assert (done.outcome, done.application.status) == ("done", WITHDRAWN)
    assert await states(office) == [CardStatus.NORMAL]


@pytest.mark.parametrize(("kind", "reason"), [pair for pair in REASONS if pair[0] != "loss_report"])
async def test_the_returned_way_is_mended_and_goes_on(
    office: Office, kind: str, reason: str
) -> None:
    view = await submitted(office, kind, reason)
    why = {"code": "id_back_unreadable", "field": None, "message": "国徽面看不清"}
    (change,) = await office.told(view, "returned", reason=why)
    assert change.mending is not None
    assert change.mending.kinds == ("id_back",)
    assert (await office.get(view)).status is RETURNED
    await office.do(apps.reopen_for_mending, view.id)
    await office.send(view.id, read("id_back", BACK))
    for document in (await office.get(view)).documents:
        await office.do(apps.confirm_fields, document.id)
    await office.checked(await office.get(view), bureau(card(valid_until=SOON)))
    again = await office.do(apps.submit, view.id)
    assert (again.outcome, again.application.revision) == ("queued", 2)
    await receipt(office, again.application)
    assert await states(office) == [CardStatus.NORMAL]


@pytest.mark.parametrize(("kind", "reason"), REASONS)
async def test_the_good_way_ends_with_the_card_that_the_matter_is_for(
    office: Office, kind: str, reason: str
) -> None:
    view = await submitted(office, kind, reason)
    if kind == "loss_report":
        assert (await office.get(view)).status is ApplicationStatus.REPORTED
        assert await states(office) == [CardStatus.LOST]
        return
    road = ("done",) if kind == "cancellation" else ("making", "collectable", "collected")
    await office.told(view, *road)
    ends = (
        [CardStatus.CANCELLED]
        if kind == "cancellation"
        else [CardStatus.CANCELLED, CardStatus.NORMAL]
    )
    assert await states(office) == ends
