"""Documents: read, replaced, refused, corrected, confirmed."""

from __future__ import annotations

from typing import Any

import pytest

from services import applications as apps
from services.applications import FieldError, NotAllowed, Reading
from services.documents.document import ReadDocument
from services.documents.findings import Finding
from storage.models import ApplicationStatus, Document, DocumentStatus, StoredFile
from tests.applications.conftest import BACK, FRONT, Office, read
from tests.people.makers import id_number

BLURRED: dict[str, Any] = {"code": "blurred", "field": None, "values": {}, "severity": "fault"}


def refused(kind: str = "unknown", **changes: Any) -> Reading:
    return read(kind, ok=False, findings=(BLURRED,), **changes)


async def test_both_sides_in_one_picture(office: Office) -> None:
    view = await office.opened()
    got = await office.send(view.id, read("id_front", FRONT), read("id_back", BACK))
    assert [each.kind for each in got.documents] == ["id_front", "id_back"]
    assert got.missing == ("portrait",)
    view = await office.get(view)
    assert view.unconfirmed == ("id_front", "id_back")
    for document in view.documents:
        confirmed = await office.do(apps.confirm_fields, document.id)
        assert confirmed.status is DocumentStatus.CONFIRMED
        assert await office.do(apps.confirm_fields, document.id) == confirmed
    assert (await office.get(view)).unconfirmed == ()


async def test_a_portrait_needs_no_confirmation(office: Office) -> None:
    view = await office.opened()
    got = await office.send(view.id, read("portrait"))
    assert got.documents[0].status is DocumentStatus.CONFIRMED


async def test_a_new_one_replaces_the_old(office: Office) -> None:
    view = await office.opened()
    await office.send(view.id, read("portrait", file_id=await office.file("a")))
    second = await office.file("b")
    await office.send(view.id, read("portrait", file_id=second))
    assert [(d.kind, d.file_id) for d in (await office.get(view)).documents] == [
        ("portrait", second)
    ]


async def test_readings_that_finish_in_the_wrong_order(office: Office) -> None:
    view = await office.opened()
    older = await office.do(apps.expect_document, view.id, None, None)
    newer = await office.do(apps.expect_document, view.id, None, None)
    other = FRONT | {"address": "山东省青岛市市南区样本路2号"}
    await office.do(apps.record_reading, newer.id, [read("id_front", other)])
    late = await office.do(apps.record_reading, older.id, [read("id_front", FRONT)])
    assert late.ignored
    (document,) = (await office.get(view)).documents
    assert document.fields["address"] == other["address"]
    repeated = await office.do(apps.record_reading, newer.id, [read("id_front", FRONT)])
    assert repeated.ignored
    assert (await office.get(view)).documents == (document,)


@pytest.mark.parametrize("kind", ["hukou_person", "hukou_index", "temporary_id", "passport"])
async def test_a_paper_that_nobody_asked_for_is_not_kept(office: Office, kind: str) -> None:
    view = await office.opened()
    stored = await office.file("hukou")
    relative = {"name": "样二", "relation": "妻", "id_number": id_number(2)}
    for _ in range(3):  # sending it again and again is no failure to read
        got = await office.send(view.id, read(kind, relative, file_id=stored))
        assert (got.unwanted, got.documents, got.refused) == ((kind,), (), ())
        assert not got.ignored
        assert not got.escalate
    assert (await office.get(view)).documents == ()
    assert all(not each.fields for each in await office.rows(Document))
    (file,) = await office.rows(StoredFile)
    assert file.expires_at == office.now


async def test_a_hukou_page_beside_a_card_leaves_the_card(office: Office) -> None:
    view = await office.opened()
    got = await office.send(view.id, read("hukou_index"), read("id_front", FRONT))
    assert got.unwanted == ("hukou_index",)
    assert [each.kind for each in got.documents] == ["id_front"]


async def test_two_unreadable_tries_fetch_a_person(office: Office) -> None:
    view = await office.opened()
    first = await office.send(view.id, refused(), kind="id_front")
    assert (first.failures, first.escalate) == (1, False)
    assert first.refused[0].findings == (BLURRED,)
    other = await office.send(view.id, refused(), kind="portrait")
    assert (other.failures, other.escalate) == (1, False)
    second = await office.send(view.id, refused("id_front"), kind="id_front")
    assert (second.failures, second.escalate) == (2, True)
    await office.send(view.id, read("id_front", FRONT))
    assert await office.see(apps.failures, view.id, "id_front") == 0
    third = await office.send(view.id, refused("id_front"))
    assert (third.failures, third.escalate) == (1, False)
    # A bad try does not take away the good one.
    assert [d.kind for d in (await office.get(view)).documents] == ["id_front"]


async def test_nothing_was_found_in_the_file(office: Office) -> None:
    view = await office.opened()
    got = await office.send(view.id, kind="portrait")
    assert (got.failures, [each.kind for each in got.refused]) == (1, ["portrait"])


async def test_the_mended_portrait(office: Office) -> None:
    view = await office.opened()
    blue, white = await office.file("blue"), await office.file("white")
    got = await office.send(view.id, refused("portrait", file_id=blue, mended_id=white))
    offered = got.refused[0]
    assert offered.mended_id == white
    taken = await office.do(apps.accept_mended, offered.id)
    assert (taken.file_id, taken.mended, taken.findings) == (white, True, ())
    assert await office.do(apps.accept_mended, offered.id) == taken
    assert "portrait" not in (await office.get(view)).missing
    (stored,) = [each for each in await office.rows(StoredFile) if each.id == blue]
    assert stored.expires_at == office.now
    plain = await office.send(view.id, refused("portrait"))
    with pytest.raises(NotAllowed, match="nothing_mended"):
        await office.do(apps.accept_mended, plain.refused[0].id)


async def test_the_upload_gives_way_to_its_crop(office: Office) -> None:
    view = await office.opened()
    upload, crop = await office.file("upload"), await office.file("crop")
    await office.send(view.id, read("id_front", FRONT, file_id=crop), file=upload)
    expiry = {each.id: each.expires_at for each in await office.rows(StoredFile)}
    assert expiry == {upload: office.now, crop: None}
    kept = await office.file("kept")
    await office.send(view.id, read("id_back", BACK), file=kept)
    expiry = {each.id: each.expires_at for each in await office.rows(StoredFile)}
    assert expiry[kept] is None


async def test_correcting(office: Office) -> None:
    view = await office.opened()
    wrong = FRONT | {"name": "样二"}
    got = await office.send(view.id, read("id_front", wrong, doubts=("name", "address")))
    document = got.documents[0]
    fixed = await office.do(apps.correct_field, document.id, "name", " 样一 ")
    assert fixed.fields["name"] == "样一"
    assert fixed.corrected == {"name": {"read": "样二", "typed": "样一"}}
    assert fixed.doubts == ("address",)
    same = await office.do(apps.correct_field, document.id, "address", FRONT["address"])
    assert (same.doubts, set(same.corrected)) == ((), {"name"})
    await office.do(apps.confirm_fields, document.id)
    again = await office.do(apps.correct_field, document.id, "name", "样三")
    assert again.status is DocumentStatus.OFFERED
    assert again.corrected == {"name": {"read": "样二", "typed": "样三"}}


@pytest.mark.parametrize(
    ("kind", "field", "typed", "kept"),
    [
        ("id_front", "birth", "1990年1月2日", "1990-01-02"),
        ("id_front", "birth", "１９９０．１．２", "1990-01-02"),
        ("id_front", "sex", "女性", "女"),
        ("id_front", "ethnicity", "维吾尔族", "维吾尔"),
        ("id_front", "name", "阿依·古丽", "阿依·古丽"),
        ("id_front", "name", "阿依•古丽", "阿依·古丽"),
        ("id_front", "name", "样𠮷", "样𠮷"),
        ("id_front", "id_number", id_number(5).lower(), id_number(5)),
        ("id_front", "address", "山东省 济南市 样本路1号\x00", "山东省济南市样本路1号"),
        ("id_back", "valid_to", "长期", "长期"),
        ("id_back", "valid_to", "20360228", "2036-02-28"),
    ],
)
async def test_what_people_type(
    office: Office, kind: str, field: str, typed: str, kept: str
) -> None:
    view = await office.opened()
    fields = FRONT if kind == "id_front" else BACK
    (document,) = (await office.send(view.id, read(kind, fields))).documents
    assert (await office.do(apps.correct_field, document.id, field, typed)).fields[field] == kept


@pytest.mark.parametrize(
    ("field", "typed", "code"),
    [
        ("birth", "1990-02-30", "bad_date"),
        ("birth", "2990-01-01", "future_date"),
        ("birth", "昨天", "bad_date"),
        ("sex", "未知", "bad_sex"),
        ("name", "样", "bad_name"),
        ("name", "样一1", "bad_name"),
        ("name", "", "bad_name"),
        ("id_number", id_number()[:-1] + "0", "number_checksum"),
        ("id_number", "12345", "number_length"),
        ("id_number", "130503670401001", "number_length"),
        ("address", "x" * 300, "bad_address"),
        ("phone", "19900000000", "unknown_field"),
        ("valid_to", "长期", "unknown_field"),
    ],
)
async def test_what_cannot_be(office: Office, field: str, typed: str, code: str) -> None:
    view = await office.opened()
    front = FRONT | {"id_number": id_number(1)}
    (document,) = (await office.send(view.id, read("id_front", front))).documents
    with pytest.raises(FieldError) as caught:
        await office.do(apps.correct_field, document.id, field, typed)
    assert (caught.value.code, caught.value.field) == (code, field)
    assert not typed or typed not in str(caught.value)


async def test_an_empty_field_is_not_confirmed(office: Office) -> None:
    view = await office.opened()
    partial = {name: value for name, value in FRONT.items() if name != "address"}
    (document,) = (await office.send(view.id, read("id_front", partial))).documents
    with pytest.raises(FieldError) as caught:
        await office.do(apps.confirm_fields, document.id)
    assert (caught.value.code, caught.value.field) == ("missing", "address")
    await office.do(apps.correct_field, document.id, "address", FRONT["address"])
    await office.do(apps.confirm_fields, document.id)


def misread(code: str, field: str) -> dict[str, Any]:
    return Finding(code, field).pack()


async def test_what_the_machine_misread_is_typed_over(office: Office) -> None:
    view = await office.opened()
    wrong = FRONT | {"id_number": id_number()[:-1] + "0"}
    number = misread("number_invalid", "id_number")
    got = await office.send(view.id, read("id_front", wrong, ok=False, findings=(number,)))
    (document,) = got.documents
    with pytest.raises(FieldError) as caught:
        await office.do(apps.confirm_fields, document.id)
    assert (caught.value.code, caught.value.field) == ("number_invalid", "id_number")
    fixed = await office.do(apps.correct_field, document.id, "id_number", FRONT["id_number"])
    assert fixed.findings == ()
    await office.do(apps.confirm_fields, document.id)


async def test_a_correction_is_checked_against_the_other_fields(office: Office) -> None:
    view = await office.opened()
    (document,) = (await office.send(view.id, read("id_front", FRONT))).documents
    wrong = await office.do(apps.correct_field, document.id, "birth", "1991-01-01")
    assert [each["code"] for each in wrong.findings] == ["birth_differs"]
    with pytest.raises(FieldError, match="birth_differs"):
        await office.do(apps.confirm_fields, document.id)


async def test_a_picture_that_is_mostly_unreadable_is_refused(office: Office) -> None:
    view = await office.opened()
    names = ("sex", "ethnicity", "address")
    partial = {name: value for name, value in FRONT.items() if name not in names}
    faults = tuple(misread("field_unreadable", name) for name in names)
    got = await office.send(view.id, read("id_front", partial, ok=False, findings=faults))
    assert [each.kind for each in got.refused] == ["id_front"]
    one = read("id_front", partial | {"sex": "男", "address": "a"}, ok=False, findings=faults[1:2])
    assert (await office.send(view.id, one)).documents


@pytest.mark.parametrize("field", ["id_number", "name", "birth", "address"])
async def test_what_cannot_be_made_out_is_asked_for_again_before_it_is_typed(
    office: Office, field: str
) -> None:
    view = await office.opened()
    partial = {name: value for name, value in FRONT.items() if name != field}
    dazzled = read("id_front", partial, ok=False, findings=(misread("field_unreadable", field),))
    got = await office.send(view.id, dazzled)
    assert [each.kind for each in got.refused] == ["id_front"]
    assert not got.escalate
    (document,) = (await office.send(view.id, dazzled)).documents
    typed = await office.do(apps.correct_field, document.id, field, FRONT[field])
    assert typed.fields[field] == FRONT[field]
    await office.do(apps.confirm_fields, document.id)


async def test_what_stands_in_a_closed_list_is_typed_at_once(office: Office) -> None:
    view = await office.opened()
    partial = {name: value for name, value in FRONT.items() if name != "ethnicity"}
    gap = misread("field_unreadable", "ethnicity")
    got = await office.send(view.id, read("id_front", partial, ok=False, findings=(gap,)))
    assert [each.kind for each in got.documents] == ["id_front"]


async def test_an_expired_card_is_refused_whatever_is_typed(office: Office) -> None:
    view = await office.opened()
    old = BACK | {"valid_to": "2021-01-01"}
    expired = misread("expired", "valid_to")
    got = await office.send(view.id, read("id_back", old, ok=False, findings=(expired,)))
    assert got.refused
    (document,) = (await office.send(view.id, read("id_back", BACK))).documents
    await office.do(apps.correct_field, document.id, "valid_to", "2021-01-01")
    with pytest.raises(FieldError, match="expired"):
        await office.do(apps.confirm_fields, document.id)


async def test_another_person_in_the_picture_ends_a_check_under_way(office: Office) -> None:
    view = await office.documented()
    await office.checked(view)
    number = await office.do(apps.begin_check, view.id)
    await office.send(view.id, read("id_front", FRONT | {"name": "样二"}))
    view = await office.get(view)
    assert (view.status, view.checked_at) == (ApplicationStatus.DRAFT, None)
    assert await office.see(apps.check_request, view.id, number) is None
    assert await office.do(apps.record_answers, view.id, number, []) is None


async def test_at_the_bureau_nothing_changes(office: Office) -> None:
    view = await office.documented()
    waiting = await office.do(apps.expect_document, view.id, "portrait", None)
    await office.checked(view)
    await office.consents()
    await office.do(apps.submit, view.id)
    before = await office.get(view)
    late = await office.do(apps.record_reading, waiting.id, [read("portrait")])
    assert late.ignored
    for verb, args in (
        (apps.expect_document, (view.id, None, None)),
        (apps.correct_field, (before.documents[0].id, "name", "样二")),
        (apps.choose_bank, (view.id, "ccb")),
        (apps.begin_check, (view.id,)),
    ):
        with pytest.raises(NotAllowed):
            await office.do(verb, *args)
    after = await office.get(view)
    assert [d for d in after.documents] == [
        d for d in before.documents if d.status is not DocumentStatus.CHECKING
    ]


async def test_consistency_with_the_roster(office: Office) -> None:
    view = await office.documented()
    assert await _codes(office, view.id, "fault") == set()
    assert await _codes(office, view.id, "question") == set()
    other = await office.send(view.id, read("id_front", FRONT | {"name": "样二"}))
    assert await _codes(office, view.id, "question") != set()
    assert await _codes(office, view.id, "fault") == set()
    await office.do(apps.correct_field, other.documents[0].id, "birth", "1991-01-01")
    assert await _codes(office, view.id, "fault") != set()


async def _codes(office: Office, application_id: int, severity: str) -> set[str]:
    async with office.database.reading() as session:
        found = await apps.paper_findings(session, application_id, office.now)
    return {each.code for each in found if each.severity == severity}


async def test_a_reading_survives_the_task_queue() -> None:
    finding = Finding("number_invalid", "id_number")
    document = ReadDocument(1, "id_front", "front", dict(FRONT), ("name",), (finding,), ok=False)
    reading = Reading.of(document, 3, None)
    assert Reading.from_json(reading.as_json()) == reading
    assert reading.findings[0]["severity"] == "fault"
    assert reading.findings[0]["remedy"]
    assert FRONT["name"] not in repr(reading)


async def test_documents_of_rows_are_encrypted(office: Office) -> None:
    view = await office.documented()
    assert view.documents
    async with office.database.reading() as session:
        connection = await session.connection()
        found = (await connection.exec_driver_sql("select fields from document")).all()
    assert found
    assert all("样一".encode() not in bytes(each[0]) for each in found if each[0] is not None)
    assert len(await office.rows(Document)) == 3
