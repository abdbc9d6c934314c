"""Ratings: who is asked when, what may be changed, and who follows up."""

from __future__ import annotations

import asyncio

import pytest

from services import cases, ratings
from services.people import roles
from services.ratings import RatingError
from services.ratings.reasons import MOST, codes, word
from storage.models import (
    About,
    Application,
    ApplicationStatus,
    Case,
    ChannelAccount,
    FollowUp,
    Rating,
    Role,
)
from tests.applications.conftest import Office
from tests.people.makers import employ


async def ended(office: Office, status: ApplicationStatus = ApplicationStatus.FINISHED) -> str:
    """A subject that may be rated: an application that has ended."""
    view = await office.opened()
    async with office.database.transaction() as session:
        row = await session.get(Application, view.id)
        assert row is not None
        row.status, row.closed_at = status, office.now
    return f"application:{view.id}"


async def officer(office: Office, serial: int, role: Role = Role.OFFICER) -> int:
    """A colleague with a role who can be reached in the chat."""
    async with office.database.transaction() as session:
        employee = await employ(session, office.now, serial)
        await roles.grant(session, employee.id, role, office.now)
        account = ChannelAccount(
            person_id=employee.id,
            user_id=9000 + serial,
            mailbox=str(9000 + serial),
            bound_by="code",
            bound_at=office.now,
        )
        session.add(account)
        return employee.id


async def served(office: Office, officer_id: int, kind: str = "asked") -> str:
    """A case that this officer has taken, answered and resolved."""
    case = await office.do(cases.open_case, office.person_id, kind, None)
    await office.do(cases.answer, case.id, officer_id, "请看卡面左下角。")
    await office.do(cases.resolve, case.id, officer_id)
    return f"case:{case.id}"


async def test_asked_once_however_often(office: Office) -> None:
    subject = await ended(office)
    asked = await asyncio.gather(*(office.do(ratings.invite, subject) for _ in range(4)))
    assert sorted(one.outcome for one in asked) == ["ask", "nothing", "nothing", "nothing"]
    office.wait(days=30)
    assert (await office.do(ratings.invite, subject)).outcome == "nothing"
    assert (await office.do(ratings.wanted, subject, office.person_id)).outcome == "nothing"
    assert len(await office.rows(Rating)) == 1


async def test_not_more_than_once_a_week_unless_wanted(office: Office) -> None:
    first, colleague = await ended(office), await officer(office, 7)
    await office.do(ratings.invite, first)
    second = await served(office, colleague)
    assert (await office.do(ratings.invite, second)).outcome == "offer"
    assert len(await office.rows(Rating)) == 1
    assert (await office.do(ratings.wanted, second, office.person_id)).outcome == "ask"
    third = await served(office, colleague)
    office.wait(days=7)
    assert (await office.do(ratings.invite, third)).outcome == "ask"
    assert [row.about for row in await office.rows(Rating)] == [
        About.BOT,
        About.OFFICER,
        About.OFFICER,
    ]


@pytest.mark.parametrize("status", [ApplicationStatus.STOPPED, ApplicationStatus.WITHDRAWN])
async def test_duplicates_and_withdrawals_are_not_rated(
    office: Office, status: ApplicationStatus
) -> None:
    subject = await ended(office, status)
    assert (await office.do(ratings.invite, subject)).outcome == "nothing"
    assert (await office.do(ratings.wanted, subject, office.person_id)).outcome == "nothing"


async def test_a_case_closed_as_duplicate_is_not_rated(office: Office) -> None:
    colleague = await officer(office, 7)
    case = await office.do(cases.open_case, office.person_id, "asked", None)
    await office.do(cases.answer, case.id, colleague, "另一张工单已经在办了")
    await office.do(cases.close_duplicate, case.id, colleague)
    subject = f"case:{case.id}"
    assert (await office.do(ratings.invite, subject)).outcome == "nothing"
    assert (await office.do(ratings.wanted, subject, office.person_id)).outcome == "nothing"


async def test_only_served_employees_are_asked(office: Office) -> None:
    colleague = await officer(office, 7)
    silent = await office.do(cases.open_case, office.person_id, "desk_down", None)
    await office.do(cases.resolve, silent.id, colleague)
    assert (await office.do(ratings.invite, f"case:{silent.id}")).outcome == "nothing"
    alone = await office.do(cases.open_case, office.person_id, "asked", None)
    assert (await office.do(ratings.invite, f"case:{alone.id}")).outcome == "nothing"  # still open
    await office.do(cases.resolve, alone.id, None)
    assert (await office.do(ratings.invite, f"case:{alone.id}")).outcome == "nothing"


async def test_the_owner_is_frozen_when_asked(office: Office) -> None:
    first, second = await officer(office, 7), await officer(office, 8)
    subject = await served(office, first)
    await office.do(ratings.invite, subject)
    case_id = int(subject.partition(":")[2])
    await office.do(cases.write, case_id, "还是不行")
    async with office.database.transaction() as session:
        case = await session.get(Case, case_id)
        assert case is not None
        case.assignee_id = second
    await office.do(cases.resolve, case_id, second)
    await office.do(ratings.rate, subject, office.person_id, 2)
    (row,) = await office.rows(Rating)
    assert row.owner == f"person:{first}"


async def test_changeable_for_a_week(office: Office) -> None:
    subject = await ended(office)
    await office.do(ratings.invite, subject)
    first = await office.do(ratings.rate, subject, office.person_id, 3)
    answered = office.now
    assert (first.score, first.answered_at) == (3, answered)
    await office.do(ratings.set_reasons, subject, office.person_id, ["slow", "slow"])
    office.wait(days=7)
    await office.do(ratings.comment, subject, office.person_id, "  很快\x00 ")
    again = await office.do(ratings.rate, subject, office.person_id, 5)
    assert (again.score, again.comment, again.reasons) == (5, "很快", ())
    assert again.answered_at == answered
    assert "很快" not in repr(again)
    office.wait(seconds=1)
    for verb, value in ((ratings.rate, 1), (ratings.comment, "x"), (ratings.set_reasons, [])):
        with pytest.raises(RatingError, match="too_late"):
            await office.do(verb, subject, office.person_id, value)


async def test_who_may_rate_and_how(office: Office) -> None:
    subject = await ended(office)
    with pytest.raises(RatingError, match="not_asked"):
        await office.do(ratings.rate, subject, office.person_id, 5)
    await office.do(ratings.invite, subject)
    with pytest.raises(RatingError, match="not_yours"):
        await office.do(ratings.rate, subject, office.person_id + 1, 5)
    for score in (0, 6, -1):
        with pytest.raises(RatingError, match="bad_score"):
            await office.do(ratings.rate, subject, office.person_id, score)
    await office.do(ratings.rate, subject, office.person_id, 1)
    with pytest.raises(RatingError, match="bad_reason"):
        await office.do(ratings.set_reasons, subject, office.person_id, ["unfriendly"])


async def test_somebody_else_follows_up(office: Office) -> None:
    rated, other = await officer(office, 7), await officer(office, 8)
    subject = await served(office, rated)
    await office.do(ratings.invite, subject)
    view = await office.do(ratings.rate, subject, office.person_id, 2)
    assert view.follow_up is FollowUp.OFFERED
    opened = await office.do(ratings.follow_up, subject, office.person_id)
    assert opened is not None
    case, colleague = opened
    assert (colleague.id, case.assignee_id, case.kind) == (other, other, "follow_up")
    assert not (await office.do(cases.take, case.id, rated)).won
    with pytest.raises(RatingError, match="too_late"):
        await office.do(ratings.follow_up, subject, office.person_id)


async def test_without_anybody_else_the_offer_stays_open(office: Office) -> None:
    rated = await officer(office, 7)
    subject = await served(office, rated)
    await office.do(ratings.invite, subject)
    await office.do(ratings.rate, subject, office.person_id, 1)
    assert await office.do(ratings.follow_up, subject, office.person_id) is None
    manager = await officer(office, 8, Role.MANAGER)
    opened = await office.do(ratings.follow_up, subject, office.person_id)
    assert opened is not None
    assert opened[1].id == manager


async def test_a_content_employee_is_offered_none(office: Office) -> None:
    subject = await ended(office)
    await office.do(ratings.invite, subject)
    assert (await office.do(ratings.rate, subject, office.person_id, 3)).follow_up is FollowUp.NONE
    await officer(office, 7)
    with pytest.raises(RatingError, match="too_late"):
        await office.do(ratings.follow_up, subject, office.person_id)


def test_reasons_are_few_and_have_words() -> None:
    for subject in ("application:1", "case:1"):
        assert 0 < len(ratings.reasons_for(subject)) <= MOST
        assert set(ratings.reasons_for(subject)) <= set(codes())
    for code in codes():
        assert word(code, "zh") != word(code, "en")
        assert len(f"application:{10**12}:{code}") <= 64
