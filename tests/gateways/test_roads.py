"""One road for every kind of connector: HTTP, batch files and by hand come to the same states.

A new kind gives a `Road`: what its gateways are, and how the bureau's word comes back.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from services import applications as apps
from services.applications import ApplicationView, Change
from services.batches import import_answer
from services.gateways import ConnectorSettings, Gateways, GatewaySettings
from services.gateways.contract import HistoryEntry, SubmissionBody
from services.imports import ImportSettings
from storage.models import ApplicationStatus
from tests.applications.conftest import REGION, Office, office
from tests.gateways.conftest import settings_for
from tests.people.makers import sheet
from tests.sandbox.conftest import Running
from tests.sandbox.made import submission

__all__ = ["office"]
WORDS = {"making": "制卡中", "collectable": "可领取", "collected": "已领取", "returned": "退回"}


@dataclass
class Road:
    """One kind of connector, and the bureau behind it."""

    office: Office
    gateways: Gateways
    outcome: str

    async def says(self, view: ApplicationView, status: str) -> list[Change]:
        """The bureau's next word, as it arrives here; what is to be told."""
        raise NotImplementedError


class ByHttp(Road):
    """The sandbox, over HTTP: polled."""

    outside: Running

    async def says(self, view: ApplicationView, status: str) -> list[Change]:
        known = await self.office.get(view)
        assert known.reference is not None
        state = await self.gateways.bureau(REGION).state(known.reference)
        if state.status != status:
            reason = {"reason_code": "photo_size"} if status == "returned" else {}
            await self.outside.step(known.reference, status, **reason)
        request = await self.office.see(apps.poll_request, view.id)
        assert request is not None
        found = await apps.run_poll(self.gateways, request)
        return await self.told(await self.office.do(apps.record_poll, view.id, found))

    async def told(self, changes: list[Change]) -> list[Change]:
        await self.office.do(apps.told, [change.event_id for change in changes])
        return changes


class ByOfficer(ByHttp):
    """An officer looks, and presses twice."""

    async def says(self, view: ApplicationView, status: str) -> list[Change]:
        given = {"sequence": 0, "status": status, "at": self.office.now}
        entry = HistoryEntry.model_validate(given)
        return await self.told(
            await self.office.do(apps.record_by_officer, view.id, self.office.person_id, entry)
        )


class ByFile(ByHttp):
    """A workbook comes back."""

    async def says(self, view: ApplicationView, status: str) -> list[Change]:
        answer = sheet([(view.number, WORDS[status])], headings=("申请编号", "办理结果"))
        report = await import_answer(
            self.office.database, answer, REGION, self.office.now, settings=ImportSettings()
        )
        assert report.ok
        return await self.told(await self.office.see(apps.untold, view.id))


@pytest.fixture(params=["http", "manual", "batch"])
async def road(
    request: pytest.FixtureRequest, office: Office, outside: Running
) -> AsyncIterator[Road]:
    """The same employee, each time with another kind of bureau."""
    kind = str(request.param)
    settings = settings_for(outside)
    if kind != "http":
        own = ConnectorSettings.model_validate({"kind": kind})
        settings = GatewaySettings(bureaus={"own": own}, regions={"37": "own"})
    kinds: dict[str, type[ByHttp]] = {"http": ByHttp, "manual": ByOfficer, "batch": ByFile}
    made = kinds[kind]
    outcome = {"http": "received", "manual": "manual", "batch": "by_file"}[kind]
    async with Gateways.from_settings(settings) as gateways:
        found = made(office, gateways, outcome)
        found.outside = outside
        yield found


async def handed_in(road: Road) -> ApplicationView:
    """Submitted twice (a worker died between), recorded, and handed in once."""
    office = road.office
    view = await office.submitting()
    package = await office.see(apps.load_package, view.id, 1)
    assert package is not None
    if road.outcome == "received":
        body = submission(view.number)
        package = replace(package, body=SubmissionBody.model_validate(body))
    results = [await apps.run_submit(road.gateways, package) for _ in range(2)]
    assert results[0].outcome == results[1].outcome == road.outcome
    done = [await office.do(apps.record_submission, view.id, result) for result in results]
    assert [each.news for each in done] == [True, False]
    if road.outcome == "manual":
        await office.do(apps.record_filed, view.id, office.person_id, "SB-1")
    if road.outcome == "by_file":
        assert (await office.get(view)).status is ApplicationStatus.SUBMITTING
    return await office.get(view)


async def test_every_kind_comes_to_the_card_and_tells_each_step_once(road: Road) -> None:
    view = await handed_in(road)
    for status in ("making", "collectable", "collected"):
        told = await road.says(view, status)
        assert [change.status for change in told] == [status]
        assert await road.says(view, status) == []  # the same word again
        assert (await road.office.get(view)).status is ApplicationStatus(status)


async def test_every_kind_returns_and_takes_it_mended(road: Road) -> None:
    view = await handed_in(road)
    (change,) = await road.says(view, "returned")
    assert change.mending is not None
    assert await road.says(view, "returned") == []
    await road.office.do(apps.reopen_for_mending, view.id)
    again = await road.office.get(view)
    # What the bureau has under a number of its own is mended there; the rest goes anew.
    assert (again.status, again.revision) == (ApplicationStatus.DRAFT, 2 if again.reference else 1)
