"""Evidence road, withdrawing, reminders, progress."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from services import applications as apps
from services.applications import NotAllowed
from storage.clock import SHANGHAI
from storage.models import ApplicationStatus, Card, CardStatus, Evidence
from tests.applications.conftest import ELSEWHERE, Office, bureau, card, read, silent

NOBODY = silent("bureau", "no_connector")


async def on_evidence(office: Office) -> apps.ApplicationView:
    view = await office.documented(ELSEWHERE)
    decision = await office.checked(view, NOBODY)
    assert decision.outcome == "evidence"
    return decision.application


async def test_the_evidence_road(office: Office) -> None:
    view = await on_evidence(office)
    assert (view.status, view.missing) == (ApplicationStatus.EVIDENCE, ("ecard_list",))
    with pytest.raises(NotAllowed, match="evidence_missing"):
        await office.do(apps.confirm_evidence, view.id, office.person_id)
    state = await office.do(apps.declare, view.id, False)
    assert (state.needs, state.ready) == (("screenshot",), False)
    await office.send(view.id, read("ecard_list", ok=False))
    state = await office.see(apps.evidence_state, view.id)
    assert state.ready
    tries = [office.do(apps.confirm_evidence, view.id, office.person_id) for _ in range(3)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    decisions = [each for each in done if isinstance(each, apps.Decision)]
    assert [(d.outcome, d.evidence) for d in decisions] == [("clear", Evidence.SCREENSHOT)]
    assert sum(isinstance(each, NotAllowed) for each in done) == 2
    await office.consents()
    office.wait(hours=71)
    assert (await office.do(apps.submit, view.id)).outcome == "queued"


async def test_evidence_grows_old(office: Office) -> None:
    view = await on_evidence(office)
    await office.do(apps.declare, view.id, False)
    await office.send(view.id, read("ecard_list"))
    await office.do(apps.confirm_evidence, view.id, office.person_id)
    await office.consents()
    office.wait(hours=73)
    assert (await office.do(apps.submit, view.id)).outcome == "check"


async def test_who_says_to_have_a_card_is_not_let_through(office: Office) -> None:
    view = await on_evidence(office)
    await office.send(view.id, read("ecard_list"))
    assert (await office.do(apps.declare, view.id, True)).needs == ("declaration",)
    with pytest.raises(NotAllowed, match="evidence_missing"):
        await office.do(apps.confirm_evidence, view.id, office.person_id)


async def test_the_officer_sees_a_card(office: Office) -> None:
    view = await on_evidence(office)
    decision = await office.do(apps.refuse_evidence, view.id, office.person_id, "截图里有正常卡")
    assert (decision.outcome, decision.ways) == ("stop", ("use_card", "replace"))
    assert decision.application.status is ApplicationStatus.STOPPED


async def test_what_hr_imported_is_shown_with_its_grade(office: Office) -> None:
    async with office.database.transaction() as session:
        session.add(
            Card(
                person_id=office.person_id,
                province_code="320000",
                region_code=ELSEWHERE,
                bank_code="ccb",
                status=CardStatus.NORMAL,
                evidence=Evidence.BATCH,
                evidence_at=office.now,
            )
        )
    view = await office.documented(ELSEWHERE)
    decision = await office.checked(view, NOBODY)
    assert (decision.outcome, decision.evidence) == ("evidence", Evidence.BATCH)
    assert [c.bank_code for c in decision.cards] == ["ccb"]


async def test_a_bank_alone_stops_too(office: Office) -> None:
    view = await office.documented(ELSEWHERE)
    one = card(province="320000", region=ELSEWHERE)
    decision = await office.checked(view, NOBODY, bureau(one).model_copy(update={"source": "icbc"}))
    assert decision.outcome == "stop"


async def test_withdrawing_what_never_left(office: Office) -> None:
    view = await office.documented()
    await office.do(apps.begin_check, view.id)
    done = await office.do(apps.withdraw, view.id)
    assert (done.outcome, done.application.status) == ("done", ApplicationStatus.WITHDRAWN)
    assert (await office.do(apps.withdraw, view.id)).outcome == "done"
    assert await office.timers() == {}
    assert await office.do(apps.record_answers, view.id, 1, [bureau()]) is None


async def test_withdrawing_at_the_bureau(office: Office) -> None:
    view = await office.submitting()
    assert (await office.do(apps.withdraw, view.id)).outcome == "busy"
    await office.do(apps.record_submission, view.id, _receipt(office))
    assert (await office.do(apps.withdraw, view.id)).outcome == "asked"
    request = await office.see(apps.withdrawal_request, view.id)
    assert request == apps.PollRequest(view.id, "370100", "SB3701-1")
    later = await office.do(apps.record_withdrawal, view.id, "unavailable")
    assert later.outcome == "asked"
    assert len(await office.tasks("application.withdraw")) == 2
    done = await office.do(apps.record_withdrawal, view.id, "withdrawn")
    assert (done.outcome, done.application.status) == ("done", ApplicationStatus.WITHDRAWN)
    assert await office.see(apps.withdrawal_request, view.id) is None
    again = await office.do(apps.record_withdrawal, view.id, "withdrawn")
    assert again.outcome == "done"


async def test_too_late_to_withdraw(office: Office) -> None:
    view = await office.received()
    assert (await office.do(apps.withdraw, view.id)).outcome == "asked"
    refused = await office.do(apps.record_withdrawal, view.id, "refused")
    assert refused.outcome == "too_late"
    await office.told(view, "making")
    assert (await office.do(apps.withdraw, view.id)).outcome == "too_late"


def _receipt(office: Office) -> apps.SubmitResult:
    from tests.applications.conftest import receipt

    return receipt(office.now)


def at_ten(office: Office, days: int) -> datetime:
    day = office.now.astimezone(SHANGHAI).date() + timedelta(days=days)
    return datetime(day.year, day.month, day.day, 2, tzinfo=UTC)


async def test_half_done(office: Office) -> None:
    view = await office.opened()
    assert await office.timers() == {"half_done": at_ten(office, 1)}
    assert await _due(office, view.id, "half_done") is None  # not yet
    office.wait(days=1, minutes=1)
    reminder = await _due(office, view.id, "half_done")
    assert reminder is not None
    assert reminder.missing == ("id_front", "id_back", "portrait")
    assert await office.timers() == {"half_done": at_ten(office, 2)}
    await office.send(view.id, read("portrait"))
    assert await office.timers() == {"half_done": at_ten(office, 1)}
    assert await _due(office, view.id, "half_done") is None
    office.wait(days=30)
    assert await _due(office, view.id, "half_done") is not None
    assert await office.timers() == {}  # enough said
    assert await _due(office, view.id, "collect") is None


async def test_collect_seal_enable_activate(office: Office) -> None:
    view = await office.received()
    assert await office.timers() == {}
    due = (office.now + timedelta(days=20)).date()
    await office.told(view, "making")
    await office.told(view, "collectable", start=3, due=due.isoformat())
    assert set(await office.timers()) == {"collect", "seal"}
    assert (await office.timers())["seal"] == at_ten(office, 13)
    office.wait(days=13, minutes=1)
    reminder = await _due(office, view.id, "seal")
    assert reminder is not None
    assert reminder.due == due
    await office.told(view, "collected", start=4)
    assert await office.timers() == {"enable": at_ten(office, 2), "activate": at_ten(office, 4)}
    await office.told(view, "social_enabled", start=5)
    assert set(await office.timers()) == {"activate"}
    await office.told(view, "financial_activated", start=6)
    assert await office.timers() == {}
    assert await _due(office, view.id, "activate") is None


async def _due(office: Office, application_id: int, reminder: str) -> apps.Reminder | None:
    return await office.do(apps.reminder_due, application_id, reminder)


async def test_progress_at_every_stage(office: Office) -> None:
    async def line() -> apps.ProgressView:
        return (await office.do(apps.progress, office.person_id))[0]

    assert await office.do(apps.progress, office.person_id) == []
    view = await office.opened()
    assert (await line()).next == "give_documents"
    view = await office.documented()
    assert (await line()).next == "confirm_fields"
    await office.do(apps.begin_check, view.id)
    assert ((await line()).next, (await line()).source) == ("answer_check", "us")
    await office.do(apps.record_answers, view.id, 1, [bureau(), silent("icbc")])
    assert (await line()).next == "wait_bureau_back"
    await office.do(apps.record_answers, view.id, 2, [bureau()])
    await office.consents()
    await office.do(apps.submit, view.id)
    assert (await line()).next == "wait_bureau_back"
    await office.do(apps.record_submission, view.id, _receipt(office))
    seen = await line()
    assert (seen.next, seen.source, seen.since) == ("bureau_reviews", "bureau", office.now)
    # Ten workdays from Tuesday, 24 November 2026.
    assert (seen.by, seen.by_provisional) == (date(2026, 12, 8), False)
    await office.told(view, "making")
    assert (await line()).next == "bank_makes"
    await office.told(view, "collectable", "collected", start=3)
    assert (await line()).next == "enable"
    await office.told(view, "social_enabled", start=5)
    seen = await line()
    assert (seen.next, seen.social_enabled, seen.financial_active) == ("activate", True, False)
    await office.told(view, "financial_activated", start=6)
    assert (await line()).next == "done"
    office.wait(days=100)
    assert await office.do(apps.progress, office.person_id) == []


async def test_progress_of_two_matters(office: Office) -> None:
    await office.opened()
    office.wait(hours=1)
    await office.opened(ELSEWHERE)
    lines = await office.do(apps.progress, office.person_id)
    assert [each.region_code for each in lines] == [ELSEWHERE, "370100"]
