"""The whole road against the real sandbox, and people at random with banks going down."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services import applications as apps
from services.gateways import Gateways, verify_callback
from storage.crypto import Keyring
from storage.files import FolderStore
from storage.models import ApplicationStatus, Card, CardStatus
from tests.applications.conftest import BACK, FRONT, Office, add_person, read
from tests.gateways.conftest import settings_for
from tests.people.makers import id_number
from tests.sandbox.conftest import Receiver, Running, receiver, running
from tests.sandbox.made import id_side, portrait

__all__ = ["receiver"]


@dataclass
class Road:
    """The office, the outside, and the connectors between them."""

    office: Office
    outside: Running
    gateways: Gateways
    store: FolderStore

    async def papers(self, **front: str) -> apps.ApplicationView:
        """Real pictures, confirmed fields, consent."""
        view = await self.office.opened()
        sides = {"id_front": id_side("front"), "id_back": id_side("back"), "portrait": portrait()}
        fields = {"id_front": FRONT | front, "id_back": BACK}
        for kind, content in sides.items():
            file = await self.office.file(await self.store.write(content))
            await self.office.send(view.id, read(kind, fields.get(kind), file_id=file))
        for document in (await self.office.get(view)).documents:
            await self.office.do(apps.confirm_fields, document.id)
        await self.office.consents()
        return await self.office.get(view)

    async def check(self, application_id: int) -> apps.Decision:
        """What the check task does."""
        number = await self.office.do(apps.begin_check, application_id)
        request = await self.office.see(apps.check_request, application_id, number)
        assert request is not None
        answers = await apps.run_check(self.gateways, request)
        kept = [apps.Answer.from_json(each.as_json()) for each in answers]
        decision = await self.office.do(apps.record_answers, application_id, number, kept)
        assert decision is not None
        return decision

    async def hand_in(self, application_id: int) -> apps.Submission:
        """What the submission task does."""
        view = await self.office.get(application_id)
        package = await self.office.see(apps.load_package, application_id, view.revision)
        assert package is not None
        result = await apps.run_submit(self.gateways, await package.read(self.store))
        kept = apps.SubmitResult.from_json(result.as_json())
        return await self.office.do(apps.record_submission, application_id, kept)

    async def poll(self, application_id: int) -> list[apps.Change]:
        """What the poll task does."""
        request = await self.office.see(apps.poll_request, application_id)
        assert request is not None
        state = await apps.run_poll(self.gateways, request)
        kept = None if state is None else apps.State.from_json(state.as_json())
        changes = await self.office.do(apps.record_poll, application_id, kept)
        await self.office.do(apps.told, [change.event_id for change in changes])
        return changes


@pytest.fixture
async def road(office: Office, tmp_path: Path, keyring: Keyring) -> AsyncIterator[Road]:
    async with running(tmp_path / "sandbox") as outside:
        settings = settings_for(outside, attempts=1)
        async with Gateways.from_settings(settings) as gateways:
            yield Road(office, outside, gateways, FolderStore(tmp_path / "files", keyring))


async def test_the_good_way_by_callbacks(road: Road, receiver: Receiver) -> None:
    settings = settings_for(road.outside, callback_url=receiver.url)
    async with Gateways.from_settings(settings) as gateways:
        road.gateways = gateways
        view = await road.papers()
        assert (await road.check(view.id)).outcome == "clear"
        assert (await road.office.do(apps.submit, view.id)).outcome == "queued"
        done = await road.hand_in(view.id)
        assert done.outcome == "received"
    reference = done.application.reference
    assert reference
    told: list[str] = []
    for count in range(1, 6):
        await road.outside.step(reference)
        headers, body = (await receiver.until(count))[count - 1]
        report = verify_callback(
            headers, body, road.outside.secrets.callback_secret, datetime.now(UTC)
        )
        told += [change.status for change in await road.office.do(apps.record_state, report)]
    assert told == [
        "making",
        "collectable",
        "collected",
        "social_enabled",
        "financial_activated",
    ]
    assert (await road.office.get(view)).status is ApplicationStatus.FINISHED
    assert [c.status for c in await road.office.rows(Card)] == [CardStatus.NORMAL]


async def test_returned_and_mended_by_polls(road: Road) -> None:
    view = await road.papers()
    await road.check(view.id)
    await road.office.do(apps.submit, view.id)
    reference = (await road.hand_in(view.id)).application.reference or ""
    assert await road.poll(view.id) == []
    await road.outside.step(reference, "returned", reason_code="photo_background")
    (change,) = await road.poll(view.id)
    assert change.mending is not None
    assert change.mending.kinds == ("portrait",)
    await road.office.do(apps.reopen_for_mending, view.id)
    file = await road.office.file(await road.store.write(portrait()))
    await road.office.send(view.id, read("portrait", file_id=file))
    # Our own application under way does not stop its own check.
    assert (await road.check(view.id)).outcome == "clear"
    assert (await road.office.do(apps.submit, view.id)).outcome == "queued"
    again = await road.hand_in(view.id)
    assert (again.outcome, again.application.reference) == ("received", reference)
    await road.outside.step(reference)
    assert [c.status for c in await road.poll(view.id)] == ["making"]
    assert len(await road.outside.listed("applications")) == 1


async def test_the_answer_to_our_submission_is_lost(road: Road) -> None:
    view = await road.papers()
    await road.check(view.id)
    await road.office.do(apps.submit, view.id)
    await road.outside.fault("bureau", lose_every=1, times=1)
    assert (await road.hand_in(view.id)).outcome == "unavailable"
    assert (await road.hand_in(view.id)).outcome == "received"
    assert len(await road.outside.listed("applications")) == 1


async def test_a_card_issued_between_check_and_submission(road: Road) -> None:
    view = await road.papers()
    assert (await road.check(view.id)).outcome == "clear"
    await road.office.do(apps.submit, view.id)
    await road.outside.seed(cards=[seeded(id_number(), last_four="8888")])
    done = await road.hand_in(view.id)
    assert done.outcome == "duplicate"
    assert done.decision is not None
    assert [c.last_four for c in done.decision.cards] == ["8888"]
    assert done.application.status is ApplicationStatus.STOPPED


async def test_withdrawn_at_the_bureau(road: Road) -> None:
    view = await road.papers()
    await road.check(view.id)
    await road.office.do(apps.submit, view.id)
    await road.hand_in(view.id)
    assert (await road.office.do(apps.withdraw, view.id)).outcome == "asked"
    request = await road.office.see(apps.withdrawal_request, view.id)
    assert request is not None
    outcome = await apps.run_withdraw(road.gateways, request)
    done = await road.office.do(apps.record_withdrawal, view.id, outcome)
    assert (outcome, done.application.status) == ("withdrawn", ApplicationStatus.WITHDRAWN)
    assert [a["status"] for a in await road.outside.listed("applications")] == ["withdrawn"]


def seeded(number: str, **changes: Any) -> dict[str, Any]:
    given = {"id_number": number, "name": FRONT["name"], "region": "370200", "bank": "ccb"}
    return given | {"last_four": "4321"} | changes


async def test_people_at_random_with_banks_going_down(road: Road) -> None:
    """Nobody is wrongly stopped, nobody gets a second card in the province; who must wait is
    decided rightly as soon as everybody answers."""
    dice = random.Random(7)
    statuses = [each.value for each in CardStatus]
    for serial in range(1, 21):
        number = id_number(serial)
        here, known = dice.random() < 0.6, dice.random() < 0.7
        status = dice.choice(statuses)
        region = "370200" if here else "320500"
        at = {"registered": known or not here, "at_bank": True}
        bank = dice.choice(["icbc", "ccb", "qlb"])
        one = seeded(number, region=region, status=status, bank=bank, **at)
        if dice.random() < 0.8:
            await road.outside.seed(cards=[one])
        else:
            one = {}
        blocked = bool(one) and here and status in ("normal", "making", "collectable")
        async with road.office.database.transaction() as session:
            road.office.person_id = await add_person(session, road.office.now, serial)
        born = f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
        view = await road.papers(id_number=number, birth=born)
        if dice.random() < 0.5:
            down = dice.choice(["bureau", "icbc", "ccb", "qlb"])
            await road.outside.fault(down, down=dice.choice(["503", "refuse"]))
            decision = await road.check(view.id)
            assert decision.outcome in ({"stop", "wait"} if blocked else {"wait"})
            assert decision.waiting_for in ((down,), ())
            await road.outside.call("DELETE", "/admin/faults")
            if decision.outcome == "stop":
                continue
        decision = await road.check(view.id)
        assert (decision.outcome == "stop") == blocked
        if not blocked:
            assert (await road.office.do(apps.submit, view.id)).outcome == "queued"
            assert (await road.hand_in(view.id)).outcome == "received"
    taken = await road.outside.listed("applications")
    valid = [
        c["id_number"]
        for c in await road.outside.listed("cards")
        if c["province"] == "370000" and c["status"] in ("normal", "making", "collectable")
    ]
    assert len(taken) > 5
    assert not {each["id_number"] for each in taken} & set(valid)
