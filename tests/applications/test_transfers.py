"""A transfer to another city than before, and one filed by hand, returned and filed again."""

from __future__ import annotations

from services import applications as apps
from services import cases, moves
from services.applications import SubmitResult
from storage.models import ApplicationStatus
from tests.applications.conftest import Office
from tests.applications.test_ratings import officer

JINAN, WUXI, SUZHOU = "370100", "320200", "320500"


async def asked(office: Office, destination: str, insurance: str = "pension") -> moves.Opened:
    """A transfer as the flow opens it."""
    async with office.database.transaction() as session:
        return await moves.open_transfer(
            session,
            office.person_id,
            insurance,
            (JINAN, destination),
            known={"started": True},
            now=office.now,
        )


async def by_hand(office: Office, number: int) -> bool:
    """Handed in where no window is connected; whether that is news for HR."""
    outcome = await office.do(apps.submit, number)
    assert outcome.outcome == "queued", outcome
    waiting = [each for each in await office.tasks("application.submit") if each.status != "done"]
    assert len(waiting) == 1, "nobody hands it in"
    await office.end_task(waiting[0].id)
    result = SubmitResult(outcome="manual", revision=outcome.application.revision)
    done = await office.do(apps.record_submission, number, result)
    return bool(done.news)


async def test_a_draft_goes_where_the_person_says_now(office: Office) -> None:
    first = await asked(office, WUXI)
    second = await asked(office, SUZHOU)
    assert (second.application.id, second.editable) == (first.application.id, True)
    assert second.application.region_code == SUZHOU
    assert await by_hand(office, second.application.id)
    elsewhere = await asked(office, WUXI)  # an agency has it: it does not change its place
    assert (elsewhere.application.region_code, elsewhere.editable) == (SUZHOU, False)


async def test_filed_by_hand_returned_and_filed_again(office: Office) -> None:
    number = (await asked(office, SUZHOU)).application.id
    me = await officer(office, 7)
    for _ in range(2):
        assert await by_hand(office, number)
        await office.do(cases.open_case, office.person_id, "file_by_hand", number)
        await office.do(cases.file_by_hand, number, me)
        # The case that asked for it is over, and one asks where it stands.
        (case,) = await office.see(cases.unresolved, office.person_id)
        assert case.kind == "transfer_by_hand"
        await office.do(cases.decide, case.id, me, "transfer_returned.still_paying")
        await office.do(apps.reopen_for_mending, number)
    assert (await office.get(number)).status is ApplicationStatus.DRAFT
