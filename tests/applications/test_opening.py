"""Opening: one open first application per person and province, whatever happens at once."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest
from sqlalchemy.exc import IntegrityError

from services import applications as apps
from services.applications import NotAllowed, NotFound
from services.applications.formdata import form_of
from storage.models import (
    Application,
    ApplicationKind,
    ApplicationStatus,
    Card,
    CardStatus,
    Evidence,
)
from tests.applications.conftest import ELSEWHERE, PROVINCE, REGION, Office


async def test_the_same_one_until_it_is_closed(office: Office) -> None:
    first = await office.do(apps.open_first, office.person_id, "370102")
    assert first.province_code == PROVINCE
    assert first.missing == ("id_front", "id_back", "portrait")
    assert await office.do(apps.open_first, office.person_id, "370200") == first
    elsewhere = await office.do(apps.open_first, office.person_id, ELSEWHERE)
    assert elsewhere.id != first.id
    await office.do(apps.withdraw, first.id)
    again = await office.do(apps.open_first, office.person_id, REGION)
    assert again.id != first.id
    assert again.number != first.number


async def test_two_devices_open_one(office: Office) -> None:
    tries = [office.do(apps.open_first, office.person_id, REGION) for _ in range(6)]
    views = await asyncio.gather(*tries)
    assert len({view.id for view in views}) == 1


async def test_the_constraint_alone_holds(office: Office) -> None:
    """Two transactions that know nothing of each other: the database refuses the second."""

    async def raw(number: str) -> None:
        async with office.database.transaction() as session:
            session.add(
                Application(
                    number=number,
                    person_id=office.person_id,
                    employer_id=1,
                    kind=ApplicationKind.FIRST,
                    region_code=REGION,
                    province_code=PROVINCE,
                    created_at=office.now,
                    updated_at=office.now,
                )
            )

    outcomes = await asyncio.gather(raw("A-1"), raw("A-2"), return_exceptions=True)
    assert [type(each) for each in outcomes if each] == [IntegrityError]
    assert len(await office.rows(Application)) == 1
    # And who lost the race finds the winner's.
    view = await office.do(apps.open_first, office.person_id, REGION)
    assert view.number in ("A-1", "A-2")


async def test_one_valid_card_per_province_in_the_database(office: Office) -> None:
    async def raw(digits: str, status: CardStatus, province: str) -> None:
        async with office.database.transaction() as session:
            session.add(
                Card(
                    person_id=office.person_id,
                    province_code=province,
                    region_code=REGION,
                    bank_code="icbc",
                    last_four=digits,
                    status=status,
                    valid_until=date(2031, 1, 1),
                    evidence=Evidence.BATCH,
                    evidence_at=office.now,
                )
            )

    await raw("0001", CardStatus.NORMAL, PROVINCE)
    await raw("0002", CardStatus.CANCELLED, PROVINCE)
    await raw("0003", CardStatus.NORMAL, "320000")
    with pytest.raises(IntegrityError):
        await raw("0004", CardStatus.NORMAL, PROVINCE)


async def test_banks(office: Office) -> None:
    assert [each.code for each in apps.bank_choices(REGION, ["icbc", "qlb"])] == ["icbc", "qlb"]
    fixed = [each.code for each in apps.bank_choices("440300", ["icbc"])]
    assert "pab" in fixed
    view = await office.do(apps.open_first, office.person_id, "440300")
    with pytest.raises(NotAllowed, match="bank_unknown"):
        await office.do(apps.choose_bank, view.id, "qlb")
    assert (await office.do(apps.choose_bank, view.id, "cmb")).bank_code == "cmb"


async def test_finding(office: Office) -> None:
    view = await office.opened()
    spoken = view.number.lower().replace("-", " ")
    assert await office.see(apps.by_number, spoken) == view
    assert await office.see(apps.by_number, spoken, office.person_id) == view
    assert await office.see(apps.by_number, spoken, office.person_id + 1) is None
    assert await office.see(apps.by_number, "SB-0000-0001") is None
    assert await office.see(apps.current, office.person_id) == view
    assert await office.see(apps.mailbox_for, view.number) == "1000"
    assert await office.see(apps.mailbox_for, "SB-NOBODY") is None
    with pytest.raises(NotFound):
        await office.do(apps.choose_bank, 999, "icbc")
    with pytest.raises(NotFound):
        await office.do(apps.open_first, 999, REGION)


async def test_views_do_not_show_persons(office: Office) -> None:
    view = await office.documented()
    assert view.status is ApplicationStatus.DRAFT
    shown = repr(view) + repr(await office.see(apps.summary, view.id))
    for secret in ("样一", "370102199001", "15400000000", "历下区"):
        assert secret not in shown


@pytest.mark.parametrize(("insurance", "desk"), [("medical", "医疗保障"), ("pension", "社会保险")])
async def test_a_merge_form_goes_to_the_desk_of_its_insurance(
    office: Office, insurance: str, desk: str
) -> None:
    kind = ApplicationKind.MERGE
    view = await office.do(apps.open_matter, office.person_id, kind, REGION, reason=insurance)
    await office.do(apps.describe_move, view.id, {"origin": "510100"})
    made = await office.see(form_of, view.id, office.now, {})
    assert made is not None
    assert made[1].values["agency"] == f"山东省济南市{desk}经办机构"
