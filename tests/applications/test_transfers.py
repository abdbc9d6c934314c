"""A transfer to another city than before, and one filed by hand, returned and filed again."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from services import applications as apps
from services import cases, moves
from services.applications import SubmitResult
from services.gateways.contract import AccountRecord
from storage.models import Application, ApplicationStatus
from tests.applications.conftest import Office, receipt
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


async def test_filed_by_hand_is_taken_back_by_hand(office: Office) -> None:
    number = (await asked(office, SUZHOU)).application.id
    me = await officer(office, 7)
    await by_hand(office, number)
    await office.do(cases.file_by_hand, number, me)
    taken = await office.do(apps.withdraw, number)
    assert (taken.outcome, taken.by_hand) == ("asked", True)
    assert taken.application.status is ApplicationStatus.REVIEWING
    case = await office.do(cases.open_case, office.person_id, "withdraw_by_hand", number)
    await office.do(cases.decide, case.id, me, "taken_back.counter")
    assert (await office.get(number)).status is ApplicationStatus.WITHDRAWN
    assert await office.see(cases.unresolved, office.person_id) == []


async def test_who_looks_up_a_return_is_not_asked_to_take_it_back(office: Office) -> None:
    number = (await asked(office, SUZHOU)).application.id
    me = await officer(office, 7)
    await by_hand(office, number)
    await office.do(cases.file_by_hand, number, me)
    await office.do(cases.open_case, office.person_id, "withdraw_by_hand", number)
    found = {each.kind: each.id for each in await office.see(cases.unresolved, office.person_id)}
    assert set(found) == {"transfer_by_hand", "withdraw_by_hand"}
    await office.do(cases.decide, found["transfer_by_hand"], me, "transfer_returned.still_paying")
    assert await office.see(cases.unresolved, office.person_id) == []
    assert (await office.do(apps.withdraw, number)).outcome == "done"  # nobody else has it


async def test_the_clock_runs_anew_though_the_receipt_is_lost(office: Office) -> None:
    view = (await asked(office, SUZHOU)).application
    await office.do(apps.submit, view.id)
    await office.do(apps.record_submission, view.id, receipt(office.now))
    await office.told(view, "returned", reason={"code": "still_paying", "message": ""})
    first = await asked_on(office)
    office.wait(days=5)
    await office.do(apps.reopen_for_mending, view.id)
    await office.do(apps.submit, view.id)
    await office.told(view, "reviewing", start=3)
    assert await asked_on(office) != first


async def asked_on(office: Office) -> str:
    """The day from which the rule's clock runs."""
    (row,) = await office.rows(Application)
    return str((row.details or {})["asked_on"])


def relation(**changes: Any) -> dict[str, Any]:
    """What an agency has on file."""
    given = {"insurance": "pension", "region": JINAN, "status": "stopped"}
    return given | {"first_month": "2020-01", "last_month": "2026-10"} | changes


def test_what_the_agencies_say() -> None:
    def known(**changes: Any) -> dict[str, Any]:
        return moves.known_of("pension", {"hrss": [relation(**changes)]}, JINAN, SUZHOU)

    assert known()["stopped"]
    gone = known(status="moved")  # it is elsewhere by now, and nothing is asked
    assert gone == {"started": False, "moved": True}
    assert moves.next_check(["pension"], {"pension": gone}, temporary=False) is None
    assert moves.fails("pension", {"pension": gone}) == ("dropped", "moved")
    assert known(region="110100") == {"started": False}  # a code that the table doesn't have
    with pytest.raises(ValidationError):
        AccountRecord.model_validate(relation(last_month="202610"))
