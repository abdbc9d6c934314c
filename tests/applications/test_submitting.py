"""Handing in: what is needed, once, and every way it can come back."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from services import applications as apps
from services.applications import SubmitResult
from services.gateways.contract import Applicant, SubmissionBody
from services.people.notices import Recipients
from storage.crypto import Keyring
from storage.files import FolderStore
from storage.models import (
    ApplicationStatus,
    Card,
    CardStatus,
    Employer,
    Person,
    StoredFile,
    TaskStatus,
)
from tests.applications.conftest import (
    BACK,
    FRONT,
    RECIPIENTS,
    Office,
    bureau,
    card,
    read,
    receipt,
)


def result(outcome: str, **changes: object) -> SubmitResult:
    return SubmitResult.model_validate({"outcome": outcome, "revision": 1, **changes})


async def test_what_is_still_needed(office: Office) -> None:
    view = await office.opened()
    first = await office.do(apps.submit, view.id)
    assert (first.outcome, first.missing) == ("missing", ("id_front", "id_back", "portrait"))
    view = await office.documented()
    assert (await office.do(apps.submit, view.id)).outcome == "consent"
    await office.consents()
    other = Recipients(bureau="别的局", bank="别的银行")
    assert (await office.do(apps.submit, view.id, recipients=other)).outcome == "consent"
    assert (await office.do(apps.submit, view.id, recipients=RECIPIENTS)).outcome == "check"
    await office.checked(view)
    office.wait(minutes=31)
    assert (await office.do(apps.submit, view.id)).outcome == "check"
    await office.checked(view)
    office.wait(minutes=29)
    done = await office.do(apps.submit, view.id)
    assert (done.outcome, done.application.status) == ("queued", ApplicationStatus.SUBMITTING)


async def test_what_hr_has_not_told(office: Office) -> None:
    view = await office.documented()
    async with office.database.transaction() as session:
        person = await session.get(Person, office.person_id)
        employer = await session.get(Employer, view.employer_id)
        assert person is not None
        assert employer is not None
        person.phone, employer.unit_numbers = None, {}
    outcome = await office.do(apps.submit, view.id)
    assert (outcome.outcome, outcome.missing) == ("missing", ("phone", "unit_number"))


async def test_contradictions_are_not_handed_in(office: Office) -> None:
    view = await office.documented()
    back = view.document("id_back")
    assert back is not None
    await office.do(apps.correct_field, back.id, "valid_from", "1985-01-01")
    await office.do(apps.correct_field, back.id, "valid_to", "长期")
    await office.do(apps.confirm_fields, back.id)
    outcome = await office.do(apps.submit, view.id)
    assert outcome.outcome == "faults"
    assert [each.code for each in outcome.findings if each.severity == "fault"] == [
        "issued_before_birth"
    ]


async def test_pressed_twice_on_two_devices(office: Office) -> None:
    view = await office.documented()
    await office.checked(view)
    await office.consents()
    outcomes = await asyncio.gather(*(office.do(apps.submit, view.id) for _ in range(4)))
    assert sorted(each.outcome for each in outcomes) == ["already", "already", "already", "queued"]
    (task,) = await office.tasks("application.submit")
    assert task.payload == {"application_id": view.id, "revision": 1}


async def test_a_dead_task_gets_another(office: Office) -> None:
    view = await office.submitting()
    (task,) = await office.tasks("application.submit")
    assert (await office.do(apps.submit, view.id)).outcome == "already"
    assert len(await office.tasks("application.submit")) == 1
    await office.end_task(task.id, TaskStatus.DEAD)
    assert (await office.do(apps.submit, view.id)).outcome == "already"
    assert len(await office.tasks("application.submit")) == 2


async def test_a_picture_that_was_deleted_meanwhile(office: Office) -> None:
    view = await office.documented()
    file = await office.file("portrait")
    await office.send(view.id, read("portrait", file_id=file))
    async with office.database.transaction() as session:
        stored = await session.get(StoredFile, file)
        assert stored is not None
        stored.expires_at = office.now + timedelta(days=1)
    await office.consents()
    assert (await office.do(apps.submit, view.id)).outcome == "check"
    office.wait(days=2)
    outcome = await office.do(apps.submit, view.id)
    assert (outcome.outcome, outcome.missing) == ("missing", ("portrait",))


async def test_the_package(office: Office, tmp_path: Path, keyring: Keyring) -> None:
    store = FolderStore(tmp_path / "files", keyring)
    view = await office.opened()
    pictures = {kind: kind.encode() for kind in ("id_front", "id_back", "portrait")}
    files = {}
    for kind, content in pictures.items():
        files[kind] = await office.file(await store.write(content))
    await office.send(view.id, read("id_front", FRONT, file_id=files["id_front"]))
    await office.send(view.id, read("id_back", BACK, file_id=files["id_back"]))
    await office.send(view.id, read("portrait", file_id=files["portrait"]))
    for document in (await office.get(view)).documents:
        await office.do(apps.confirm_fields, document.id)
    assert await office.see(apps.load_package, view.id, 1) is None
    await office.checked(view)
    await office.consents()
    await office.do(apps.submit, view.id)
    package = await office.see(apps.load_package, view.id, 1)
    assert package is not None
    whole = await package.read(store)
    assert isinstance(whole.body, SubmissionBody)
    assert {d.kind: base64.b64decode(d.content) for d in whole.body.documents} == pictures
    assert whole.body.documents[0].sha256 == hashlib.sha256(b"id_front").hexdigest()
    assert whole.body.employer.unit_number == "3700001"
    assert whole.body.applicant.phone == "15400000000"
    again = await office.see(apps.load_package, view.id, 1)
    assert again is not None
    assert again.key == package.key
    assert await office.see(apps.load_package, view.id, 2) is None
    for secret in (FRONT["name"], FRONT["id_number"], "15400000000", "aWRfZnJvbnQ"):
        assert secret not in repr(whole)


async def test_received(office: Office) -> None:
    view = await office.submitting()
    done = await office.do(apps.record_submission, view.id, receipt(office.now))
    assert (done.outcome, done.news) == ("received", True)
    assert done.application.status is ApplicationStatus.REVIEWING
    assert (done.application.reference, done.application.submitted_at) == ("SB3701-1", office.now)
    again = await office.do(apps.record_submission, view.id, receipt(office.now))
    assert (again.outcome, again.news) == ("received", False)
    assert again.application == done.application
    late = await office.do(apps.record_submission, view.id, result("unavailable"))
    assert late.outcome == "ignored"
    assert len(await office.tasks("application.poll")) == 1


async def test_a_card_appeared_meanwhile(office: Office) -> None:
    view = await office.submitting()
    found = result("duplicate", code="duplicate_card", cards=[card(last_four="9999").model_dump()])
    done = await office.do(apps.record_submission, view.id, found)
    assert done.outcome == "duplicate"
    assert done.decision is not None
    assert [c.last_four for c in done.decision.cards] == ["9999"]
    assert done.decision.ways == ("use_card", "replace", "change_bank")
    assert done.application.status is ApplicationStatus.STOPPED
    assert (await office.do(apps.submit, view.id)).outcome == "closed"


async def test_another_application_appeared_meanwhile(office: Office) -> None:
    view = await office.submitting()
    other = {"reference": "R-9", "region": "370200", "bank": "ccb", "kind": "first"}
    found = result(
        "duplicate", code="duplicate_application", open_applications=[other | {"status": "making"}]
    )
    done = await office.do(apps.record_submission, view.id, found)
    assert done.decision is not None
    assert [a.reference for a in done.decision.open_applications] == ["R-9"]
    assert done.application.stop_reason == "open_application"


async def test_the_bureau_is_down(office: Office) -> None:
    view = await office.submitting()
    package = await office.see(apps.load_package, view.id, 1)
    assert package is not None
    first = await office.do(apps.record_submission, view.id, result("unavailable"))
    assert (first.outcome, first.news) == ("unavailable", True)
    assert first.not_before == office.now + timedelta(minutes=1)
    second = await office.do(
        apps.record_submission, view.id, result("unavailable", retry_after=600.0)
    )
    assert (second.news, second.not_before) == (False, office.now + timedelta(minutes=10))
    again = await office.see(apps.load_package, view.id, 1)
    assert again is not None
    assert again.key == package.key
    assert len(await office.tasks("application.submit")) == 3
    done = await office.do(apps.record_submission, view.id, receipt(office.now))
    assert (done.outcome, done.news) == ("received", True)


async def test_rejected_for_its_form(office: Office) -> None:
    view = await office.submitting()
    before = await office.see(apps.load_package, view.id, 1)
    refusal = result("rejected", code="invalid", field="applicant.address")
    done = await office.do(apps.record_submission, view.id, refusal)
    assert done.application.status is ApplicationStatus.RETURNED
    assert done.mending is not None
    assert (done.mending.field, done.mending.who) == ("address", "employee")
    await office.do(apps.reopen_for_mending, view.id)
    reopened = await office.get(view)
    assert (reopened.revision, reopened.unconfirmed) == (1, ("id_front",))
    front = reopened.document("id_front")
    assert front is not None
    await office.do(apps.correct_field, front.id, "address", "山东省济南市市中区样本路9号")
    await office.do(apps.confirm_fields, front.id)
    await office.checked(reopened)
    assert (await office.do(apps.submit, view.id)).outcome == "queued"
    after = await office.see(apps.load_package, view.id, 1)
    assert before is not None
    assert after is not None
    assert before.key != after.key  # another content is another request
    assert isinstance(after.body.applicant, Applicant)
    assert str(after.body.applicant.address).endswith("9号")
    assert len(await office.tasks("application.submit")) == 2


async def test_what_only_hr_can_mend(office: Office) -> None:
    view = await office.submitting()
    refusal = result("rejected", code="invalid", field="employer.unit_number")
    done = await office.do(apps.record_submission, view.id, refusal)
    assert done.mending is not None
    assert done.mending.who == "officer"


async def test_filed_by_hand(office: Office) -> None:
    view = await office.submitting()
    first = await office.do(apps.record_submission, view.id, result("manual"))
    assert (first.outcome, first.news) == ("manual", True)
    assert first.application.status is ApplicationStatus.SUBMITTING
    (line,) = await office.do(apps.progress, office.person_id)
    assert line.next == "file_by_officer"
    async with office.database.transaction() as session:
        done = await apps.record_filed(session, view.id, office.person_id, "窗口-12", office.now)
    assert done.application.status is ApplicationStatus.REVIEWING
    with pytest.raises(apps.NotAllowed):
        async with office.database.transaction() as session:
            await apps.record_filed(session, view.id, office.person_id, None, office.now)


async def test_the_override_reaches_the_bureau_which_decides(office: Office) -> None:
    view = await office.documented()
    await office.checked(view, bureau(card()))
    await office.do(apps.override, view.id, office.person_id, "旧卡已剪角")
    await office.checked(view, bureau(card()))
    await office.consents()
    assert (await office.do(apps.submit, view.id)).outcome == "queued"
    await office.do(apps.record_submission, view.id, receipt(office.now))
    await office.told(view, "making", "collectable", "collected")
    # The old card is still valid on record: ours can't be written as a second one.
    changes = await office.see(apps.history, view.id)
    assert any((change.reason or {}).get("second_card") for change in changes)
    assert sorted(c.status for c in await office.rows(Card)) == [
        CardStatus.COLLECTABLE,
        CardStatus.NORMAL,
    ]
    assert await office.rows(StoredFile) == []
