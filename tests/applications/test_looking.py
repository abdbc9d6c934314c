"""A card matter that HR has filed at a counter: asked after some days, said in two presses."""

from __future__ import annotations

import pytest

from services import applications as apps
from services import cases
from services.applications import ApplicationView, SubmitResult
from services.applications.errors import ApplicationError
from services.cases.decisions import decisions_for
from storage.models import Application, ApplicationKind, ApplicationStatus, Timer, WaitingFor
from tests.applications.conftest import Office
from tests.applications.test_ratings import officer

ROAD = (
    ("card_making.portal", WaitingFor.BANK, ApplicationStatus.MAKING),
    ("card_ready.asked_bureau", WaitingFor.EMPLOYEE, ApplicationStatus.COLLECTABLE),
)


async def filed(office: Office, me: int, kind: ApplicationKind | None = None) -> ApplicationView:
    """Handed in where nobody is connected, and taken to the counter by an officer."""
    view = await office.submitting()
    if kind is not None:
        async with office.database.transaction() as session:
            (await session.get_one(Application, view.id)).kind = kind
    by_hand = SubmitResult(outcome="manual", revision=view.revision)
    await office.do(apps.record_submission, view.id, by_hand)
    await office.do(cases.open_case, office.person_id, "file_by_hand", view.id)
    await office.do(cases.file_by_hand, view.id, me)
    return await office.get(view)


async def asked(office: Office) -> cases.CaseView:
    """The one case that is open."""
    (case,) = await office.see(cases.unresolved, office.person_id)
    assert case.kind == "card_by_hand"
    return case


async def offered(office: Office) -> list[str]:
    """What an officer can say now."""
    case = await asked(office)
    async with office.database.reading() as session:
        return [each.code for each in await decisions_for(session, case)]


async def test_nobody_is_asked_before_some_days_have_passed(office: Office) -> None:
    me = await officer(office, 7)
    await filed(office, me)
    case = await asked(office)
    assert (case.waiting_for, case.assignee_id) == (WaitingFor.BUREAU, me)
    (timer,) = [each for each in await office.rows(Timer) if each.kind == "case.look_up"]
    assert (timer.due_at - office.now).days == 5
    office.wait(days=5)
    for _ in range(2):
        await office.do(cases.look_up_due, case.id)
        assert (await asked(office)).waiting_for is WaitingFor.OFFICER


async def test_what_is_looked_up_leads_to_the_card(office: Office) -> None:
    me = await officer(office, 7)
    view = await filed(office, me)
    assert await offered(office) == ["card_making", "card_ready", "card_returned"]
    for choice, waiting_for, status in ROAD:
        case = await asked(office)
        await office.do(cases.decide, case.id, me, choice)
        assert (await asked(office)).waiting_for is waiting_for
        assert (await office.get(view)).status is status
    assert await offered(office) == ["card_collected"]
    case = await asked(office)
    with pytest.raises((ApplicationError, cases.CaseError)):
        await office.do(cases.decide, case.id, me, ROAD[0][0])  # an old button
    await office.do(cases.decide, case.id, me, "card_collected.employee_said")
    assert (await office.get(view)).status is ApplicationStatus.COLLECTED
    assert await office.see(cases.unresolved, office.person_id) == []
    await office.do(cases.look_up_due, case.id)  # a timer that was under way
    assert await office.see(cases.unresolved, office.person_id) == []


async def test_a_cancellation_ends_with_the_card_and_has_no_portrait(office: Office) -> None:
    me = await officer(office, 7)
    view = await filed(office, me, ApplicationKind.CANCELLATION)
    assert await offered(office) == ["card_cancelled", "card_returned"]
    # Of a card in another province: it is looked up there, not where the person works.
    async with office.database.transaction() as session:
        (await session.get_one(Application, view.id)).region_code = "320500"
    case = await asked(office)
    assert (case.application_region, case.region_code) == ("320500", "370100")
    async with office.database.reading() as session:
        (_, returned) = await decisions_for(session, case)
    codes = {reason.code for reason in returned.reasons}
    assert "id_back_unreadable" in codes
    assert not {code for code in codes if code.startswith("photo_")}
    await office.do(cases.decide, case.id, me, "card_cancelled.portal")
    assert (await office.get(view)).status is ApplicationStatus.FINISHED


async def test_another_road_ends_the_question(office: Office) -> None:
    me = await officer(office, 7)
    view = await filed(office, me)
    await office.do(cases.state_known, office.person_id, view.id)
    assert await office.see(cases.unresolved, office.person_id) == []
