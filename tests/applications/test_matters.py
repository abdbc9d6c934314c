"""Matters about a card that exists: one at a time, by the region's rules, and none twice."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from services import applications as apps
from services import cards
from services.applications import ApplicationView, NotAllowed
from services.gateways.contract import Receipt
from storage.clock import local_date
from storage.models import ApplicationKind, Card, CardStatus, Evidence
from tests.applications.conftest import (
    BACK,
    ELSEWHERE,
    FRONT,
    Office,
    bureau,
    card,
    read,
    receipt,
)

REPLACEMENT, BANK_CHANGE = ApplicationKind.REPLACEMENT, ApplicationKind.BANK_CHANGE
LOSS, CANCELLATION = ApplicationKind.LOSS_REPORT, ApplicationKind.CANCELLATION


async def looked_up(office: Office, **changes: Any) -> None:
    """The registry has told us of the person's card."""
    answers = [bureau(card(**changes))]
    await office.do(apps.record_refresh, office.person_id, answers)


async def about(
    office: Office, kind: ApplicationKind, reason: str, region: str = "370100", bank: str = ""
) -> ApplicationView:
    """A matter whose questions and papers are answered."""
    view = await office.do(apps.open_matter, office.person_id, kind, region, reason=reason)
    held = (await office.see(apps.card_choices, view.id))[0]
    view = await office.do(apps.choose_card, view.id, held.id)
    if kind is CANCELLATION:
        view = await office.do(apps.accept_consequences, view.id)
    if bank:
        view = await office.do(apps.choose_bank, view.id, bank)
    papers = {"id_front": FRONT, "id_back": BACK, "portrait": {}}
    for name in view.missing:
        await office.send(view.id, read(name, papers[name]))
    for document in (await office.get(view)).documents:
        await office.do(apps.confirm_fields, document.id)
    return await office.get(view)


async def handed_in(office: Office, view: ApplicationView) -> ApplicationView:
    await office.consents()
    outcome = await office.do(apps.submit, view.id)
    assert outcome.outcome == "queued", outcome
    done = await office.do(apps.record_submission, view.id, receipt(office.now))
    return done.application


async def states_of(office: Office) -> list[str]:
    return [str(each.status) for each in await office.rows(Card)]


async def test_one_matter_of_a_lane_at_a_time_however_many_ask(office: Office) -> None:
    kinds = [ApplicationKind.FIRST, REPLACEMENT, BANK_CHANGE, CANCELLATION] * 2
    tries = [office.do(apps.open_matter, office.person_id, kind, "370100") for kind in kinds]
    found = await asyncio.gather(*tries, return_exceptions=True)
    opened = {each.id for each in found if isinstance(each, ApplicationView)}
    refused = [each.code for each in found if isinstance(each, NotAllowed)]
    assert len(opened) == 1
    assert set(refused) == {"another_open"}
    # Another province, and another lane, are no hindrance.
    await office.do(apps.open_matter, office.person_id, REPLACEMENT, ELSEWHERE)
    await office.do(apps.open_matter, office.person_id, LOSS, "370100", reason="temporary")


async def test_a_lost_card_is_replaced_after_its_report(office: Office) -> None:
    await looked_up(office)
    view = await about(office, REPLACEMENT, "lost")
    assert await office.see(apps.needs_report, view.id)
    # The registry says the same to those who go on all the same.
    decision = await office.checked(view, bureau(card()))
    assert decision.outcome == "report"
    report = await about(office, LOSS, "temporary")
    assert report.missing == ()
    assert (await office.do(apps.submit, report.id)).outcome == "queued"
    until = local_date(office.now) + timedelta(days=7)
    taken = Receipt(reference="SB3701-9", status="reported", received_at=office.now, due=until)
    result = apps.SubmitResult(outcome="received", revision=1, receipt=taken)
    done = await office.do(apps.record_submission, report.id, result)
    assert (done.application.status, done.application.due) == ("reported", until)
    assert await states_of(office) == ["lost"]
    assert "lapse" in await office.timers()
    assert not await office.see(apps.needs_report, view.id)
    current = await office.see(apps.current, office.person_id)
    assert current is not None
    assert current.id == view.id
    decision = await office.checked(view, bureau(card(status="lost")))
    assert decision.outcome == "clear"
    view = await handed_in(office, view)
    package_state = await office.get(view)
    assert package_state.bank_code == "icbc"
    await office.told(view, "making")
    assert await states_of(office) == ["cancelled", "making"]
    await office.told(view, "collectable", "collected", start=3)
    assert await states_of(office) == ["cancelled", "normal"]


async def test_a_card_that_could_not_be_made_leaves_the_old_one(office: Office) -> None:
    await looked_up(office)
    view = await about(office, REPLACEMENT, "damaged")
    assert (await office.checked(view, bureau(card()))).outcome == "clear"
    view = await handed_in(office, view)
    await office.told(view, "making", "returned")
    assert sorted(await states_of(office)) == ["cancelled", "normal"]
    held = [each for each in await office.rows(Card) if each.status is CardStatus.NORMAL]
    assert [each.last_four for each in held] == ["1234"]


async def test_a_second_replacement_is_stopped_while_a_card_is_under_way(office: Office) -> None:
    await looked_up(office)
    view = await about(office, REPLACEMENT, "damaged")
    under_way = card(status="making", last_four="9999", bank="ccb")
    decision = await office.checked(view, bureau(card(), under_way))
    assert (decision.outcome, decision.reason) == ("stop", "card_under_way")


@pytest.mark.parametrize(
    ("asked", "changes", "expected"),
    [
        ((REPLACEMENT, "damaged"), {"status": "lost"}, ("card_state", None)),
        (
            (REPLACEMENT, "expired"),
            {"valid_until": "2033-01-01"},
            ("too_early", date(2032, 11, 2)),
        ),
        ((REPLACEMENT, "damaged"), {"last_four": "0000"}, ("no_card", None)),
        ((BANK_CHANGE, "bank"), {"bank": "icbc"}, ("same_bank", None)),
        ((CANCELLATION, "spare"), {"status": "cancelled"}, ("no_card", None)),
    ],
)
async def test_what_the_rules_do_not_allow(
    office: Office,
    asked: tuple[ApplicationKind, str],
    changes: dict[str, Any],
    expected: tuple[str, date | None],
) -> None:
    await looked_up(office)
    kind, reason = asked
    view = await about(office, kind, reason, bank="icbc" if kind is BANK_CHANGE else "")
    decision = await office.checked(view, bureau(card(**changes)))
    assert (decision.outcome, decision.reason, decision.until) == ("stop", *expected)
    assert (await office.get(view)).status == "stopped"


async def test_a_region_lets_a_change_of_bank_wait(office: Office) -> None:
    issued = local_date(office.now) - timedelta(days=89)
    held = {"province": "230000", "region": "230100", "issued_on": issued.isoformat()}
    await looked_up(office, **held)
    view = await about(office, BANK_CHANGE, "bank", region="230100", bank="ccb")
    decision = await office.checked(view, bureau(card(**held)))
    assert (decision.reason, decision.until) == ("too_early", issued + timedelta(days=90))


async def test_a_cancellation_ends_the_card_and_a_lifted_report_restores_it(
    office: Office,
) -> None:
    await looked_up(office)
    report = await about(office, LOSS, "temporary")
    await office.do(apps.submit, report.id)
    manual = apps.SubmitResult(outcome="manual", revision=1)
    await office.do(apps.record_submission, report.id, manual)
    await office.do(apps.declare_reported, report.id)
    (held,) = await office.rows(Card)
    assert (held.status, held.evidence) == (CardStatus.LOST, Evidence.DECLARED)
    assert (await office.do(apps.withdraw, report.id)).outcome == "done"
    assert await states_of(office) == ["normal"]
    view = await about(office, CANCELLATION, "abroad")
    assert view.missing == ()
    await office.checked(view, bureau(card()))
    view = await handed_in(office, view)
    changes = await office.told(view, "done")
    assert changes[0].finished
    assert await states_of(office) == ["cancelled"]


async def test_a_changed_name_is_asked_for_under_the_old_one(office: Office) -> None:
    await looked_up(office)
    view = await office.do(
        apps.open_matter, office.person_id, REPLACEMENT, "370100", reason="changed_name"
    )
    held = (await office.see(cards.cards_of, office.person_id))[0]
    view = await office.do(apps.choose_card, view.id, held.id)
    assert view.lacks == ("previous",)
    view = await office.do(apps.tell_previous, view.id, "样旧")
    for name, fields in (("id_front", FRONT), ("id_back", BACK), ("portrait", {})):
        await office.send(view.id, read(name, fields))
    for document in (await office.get(view)).documents:
        await office.do(apps.confirm_fields, document.id)
    number = await office.do(apps.begin_check, view.id)
    request = await office.see(apps.check_request, view.id, number)
    assert request is not None
    assert (request.name, request.id_number) == ("样旧", FRONT["id_number"])


async def test_only_reasons_that_the_region_knows(office: Office) -> None:
    with pytest.raises(NotAllowed, match="bad_reason"):
        await office.do(
            apps.open_matter, office.person_id, CANCELLATION, "370100", reason="local_rule"
        )
    await office.do(apps.open_matter, office.person_id, CANCELLATION, "441900", reason="local_rule")
