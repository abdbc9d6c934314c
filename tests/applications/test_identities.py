"""Which paper an application asks for, what changes it, and what is handed in with it."""

from __future__ import annotations

from typing import Any

import pytest

from services import applications as apps
from services.applications.mending import mending_of
from services.documents.idnumber import check_character
from services.gateways.contract import Applicant
from storage.models import DocumentStatus, Person
from tests.applications.conftest import BACK, FRONT, NAME, REGION, Office, read


def ending(body: str) -> str:
    return body + check_character(body)


HMT = ending("81000019900101999")
FOREIGN = ending("93784019900101999")
PERMIT = {name: FRONT[name] for name in ("name", "sex", "birth", "address")} | {"id_number": HMT}
PERMIT_BACK = BACK | {"valid_from": "2024-01-01", "valid_to": "2029-01-01"}
PERMIT_BACK |= {"permit_number": "H12345678"}
ABROAD = {"name": "ERIKSSON, ANNA", "sex": "女", "birth": "1990-01-01", "valid_to": "2031-01-01"}
CARD = ABROAD | {"nationality": "瑞典", "id_number": FOREIGN}
PASSPORT = ABROAD | {"nationality": "SWE", "passport_number": "L1234567"}
TEMPORARY = FRONT | BACK | {"valid_from": "2026-11-20", "valid_to": "2027-02-19"}
HMT_READ = (read("hmt_front", PERMIT), read("hmt_back", PERMIT_BACK))


async def of_number(office: Office, number: str | None, name: str = NAME) -> None:
    async with office.database.transaction() as session:
        person = await session.get(Person, office.person_id)
        assert person is not None
        person.id_number, person.name = number, name


@pytest.mark.parametrize(
    ("number", "identity", "asked"),
    [
        (FRONT["id_number"], "id_card", ("id_front", "id_back", "portrait")),
        (HMT, "hmt_permit", ("hmt_front", "hmt_back", "portrait")),
        ("H12345678", "hmt_permit", ("hmt_front", "hmt_back", "portrait")),
        (FOREIGN, "foreign_permit", ("foreign_permit", "portrait")),
        ("L1234567", "passport", ("passport", "portrait")),
        (None, "id_card", ("id_front", "id_back", "portrait")),
    ],
)
async def test_the_roster_s_number_says_which_paper_is_asked_for(
    office: Office, number: str | None, identity: str, asked: tuple[str, ...]
) -> None:
    await of_number(office, number)
    view = await office.opened()
    assert (view.identity, view.missing) == (identity, asked)


@pytest.mark.parametrize(
    ("number", "sent", "region", "why"),
    [
        (FRONT["id_number"], ("temporary_id", TEMPORARY), REGION, "no_rule"),
        (FRONT["id_number"], ("temporary_id", TEMPORARY), "320400", None),
        (FRONT["id_number"], ("hmt_front", PERMIT), REGION, "other_person"),
        (FRONT["id_number"], ("passport", PASSPORT), REGION, "other_person"),
        (None, ("passport", PASSPORT), REGION, None),
        (None, ("passport", PASSPORT), "440100", "window"),
        (None, ("passport", PASSPORT | {"nationality": "CHN"}), REGION, "chinese_passport"),
        (HMT, ("id_front", FRONT), REGION, "other_person"),
        (FOREIGN, ("passport", PASSPORT), REGION, None),
    ],
)
async def test_what_is_taken_of_whom(
    office: Office, number: str | None, sent: tuple[str, Any], region: str, why: Any
) -> None:
    kind, fields = sent
    await of_number(office, number)
    view = await office.opened(region)
    got = await office.send(view.id, read(kind, fields))
    assert got.declined == ({kind: why} if why else {})
    assert (got.unwanted, len(got.documents)) == (((kind,), 0) if why else ((), 1))
    after = await office.get(view)
    assert (kind in {each.kind for each in after.documents}) == (why is None)
    assert (after.identity == view.identity) == (why is not None)


async def test_another_paper_takes_the_place_of_the_first(office: Office) -> None:
    view = await office.opened("320400")
    await office.send(view.id, read("temporary_id", TEMPORARY))
    assert (await office.get(view)).missing == ("portrait",)
    await office.send(view.id, read("id_front", FRONT))
    back = await office.get(view)
    assert (back.identity, back.missing) == ("id_card", ("id_back", "portrait"))
    assert [each.kind for each in back.documents] == ["id_front"]
    await office.send(view.id, read("id_back", BACK), read("portrait"))
    got = await office.send(view.id, read("temporary_id", TEMPORARY))  # nothing is missing
    assert got.declined == {"temporary_id": "complete"}
    assert (await office.get(view)).identity == "id_card"


@pytest.mark.parametrize(
    ("number", "name", "readings", "told"),
    [
        (HMT, NAME, HMT_READ, {"document_type": "hmt_permit", "ethnicity": None}),
        (
            FOREIGN,
            "Anna Eriksson",
            (read("foreign_permit", CARD),),
            {"document_type": "foreign_permit", "nationality": "瑞典", "address": None},
        ),
        (
            "L1234567",
            "Anna Eriksson",
            (read("passport", PASSPORT),),
            {"document_type": "passport", "id_number": "L1234567", "valid_from": None},
        ),
    ],
)
async def test_what_is_handed_in(
    office: Office, number: str, name: str, readings: Any, told: dict[str, Any]
) -> None:
    await of_number(office, number, name)
    view = await office.opened()
    await office.send(view.id, *readings, read("portrait"))
    for document in (await office.get(view)).documents:
        await office.do(apps.confirm_fields, document.id)
    assert await findings(office, view.id) == []
    await office.checked(view)
    await office.consents()
    outcome = await office.do(apps.submit, view.id)
    assert outcome.outcome == "queued", outcome
    package = await office.see(apps.load_package, view.id, 1)
    assert package is not None
    assert isinstance(package.body.applicant, Applicant)
    sent = package.body.applicant.model_dump()
    assert {key: sent.get(key) for key in told} == told
    assert sent["id_number"] == number


async def findings(office: Office, application: int) -> list[str]:
    async with office.database.reading() as session:
        found = await apps.paper_findings(session, application, office.now)
    return [each.code for each in found]


async def test_an_identity_card_s_body_is_the_one_of_contract_one(office: Office) -> None:
    view = await office.submitting()
    package = await office.see(apps.load_package, view.id, 1)
    assert package is not None
    written = package.body.model_dump(mode="json")["applicant"]
    assert set(written) == {*FRONT, *BACK, "phone"}


async def test_a_wrong_number_is_typed_over_by_its_own_rule(office: Office) -> None:
    await of_number(office, FOREIGN, "Anna Eriksson")
    view = await office.opened()
    wrong = CARD | {"id_number": FOREIGN[:-1] + ("0" if FOREIGN[-1] != "0" else "1")}
    (document,) = (await office.send(view.id, read("foreign_permit", wrong))).documents
    with pytest.raises(apps.FieldError, match="permit_number_invalid"):
        await office.do(apps.confirm_fields, document.id)
    for typed, code in ((FRONT["id_number"], "permit_number"), (wrong["id_number"], "checksum")):
        with pytest.raises(apps.FieldError, match=code):
            await office.do(apps.correct_field, document.id, "id_number", typed)
    fixed = await office.do(apps.correct_field, document.id, "id_number", FOREIGN.lower())
    assert fixed.fields["id_number"] == FOREIGN
    confirmed = await office.do(apps.confirm_fields, document.id)
    assert confirmed.status is DocumentStatus.CONFIRMED


async def test_a_return_asks_for_the_pictures_of_the_own_paper() -> None:
    code = {"code": "id_front_unreadable", "field": "hmt_front", "message": ""}
    assert mending_of(code, "hmt_permit").kinds == ("hmt_front",)
    expired = {"code": "id_expired", "field": "valid_to", "message": ""}
    assert mending_of(expired, "passport").kinds == ("passport",)
    assert mending_of(expired).kinds == ("id_front", "id_back")
    number = {"code": "number_mismatch", "field": "id_number", "message": ""}
    assert mending_of(number, "passport").field == "id_number"
