"""补充证明: a person's own picture changes the grade and age of what we know, never for worse."""

from __future__ import annotations

from services import applications as apps
from services import cards, proofs
from services.people import people
from services.proofs import CARD, LIST, Proof, Shown
from storage.models import CardStatus, Evidence
from tests.applications.conftest import Office, bureau, card


def listed(*entries: tuple[str, str, str, str]) -> Shown:
    fields = {}
    for number, entry in enumerate(entries, start=1):
        for name, value in zip(("region", "bank", "last_four", "status"), entry, strict=True):
            fields[f"{name}_{number}"] = value
    return Shown(LIST, fields)


async def prove(office: Office, *shown: Shown) -> Proof:
    async with office.database.transaction() as session:
        person = await people.by_id(session, office.person_id)
        assert person is not None
        return await proofs.record_proof(session, person.id, person.id_number, shown, office.now)


async def held(office: Office) -> list[tuple[str, str | None, CardStatus, Evidence]]:
    found = await office.see(cards.cards_of, office.person_id)
    return [(one.bank_code, one.last_four, one.status, one.evidence) for one in found]


async def test_a_list_is_a_better_proof_than_a_word_and_a_worse_than_a_registry(
    office: Office,
) -> None:
    proof = await prove(
        office,
        listed(
            ("山东省济南市", "中国工商银行", "1234", "正常"),
            ("广东省深圳市", "招商银行", "8888", "已注销"),
            ("火星", "招商银行", "1", "正常"),
        ),
    )
    assert (len(proof.taken), proof.better, proof.unclear) == (2, (), 1)
    assert await held(office) == [
        ("icbc", "1234", CardStatus.NORMAL, Evidence.SCREENSHOT),
        ("cmb", "8888", CardStatus.CANCELLED, Evidence.SCREENSHOT),
    ]
    # A day later the same list makes it younger; then the registry speaks, and the list is worse.
    office.wait(days=1)
    again = await prove(office, listed(("济南", "工商银行", "1234", "挂失")))
    assert again.taken[0].evidence_at == office.now
    assert (await held(office))[1][2] is CardStatus.LOST or (await held(office))[0][
        2
    ] is CardStatus.LOST
    await office.do(apps.record_refresh, office.person_id, [bureau(card())])
    office.wait(days=1)
    worse = await prove(office, listed(("济南", "工商银行", "1234", "已注销")))
    assert (worse.taken, len(worse.better)) == ((), 1)
    (own, _) = await office.see(cards.cards_of, office.person_id)
    assert (own.status, own.evidence) == (CardStatus.NORMAL, Evidence.CONNECTOR)
    assert own.social_enabled


async def test_two_valid_cards_of_a_province_are_seen(office: Office) -> None:
    proof = await prove(
        office,
        listed(
            ("山东省济南市", "中国工商银行", "1234", "正常"),
            ("山东省青岛市", "中国建设银行", "5678", "正常"),
        ),
    )
    assert proof.conflict
    assert len(await held(office)) == 1


async def test_a_picture_of_the_card_says_who_and_until_when_but_not_its_state(
    office: Office,
) -> None:
    person = await office.see(people.by_id, office.person_id)
    assert person is not None
    front = {"name": person.name, "id_number": str(person.id_number), "valid_to": "2030-02"}
    back = {"bank": "中国工商银行", "bank_card_number": "6217001234561234"}
    assert (await prove(office, Shown(CARD, front))).trouble == "unknown_card"
    assert (await prove(office, Shown(CARD, back))).trouble == "unknown_card"
    assert (await prove(office, Shown(CARD, {"id_number": "x"}))).trouble == "not_yours"
    assert (await prove(office, Shown(CARD, {}))).trouble == "unreadable"
    assert (await prove(office)).trouble == "unreadable"
    await prove(office, listed(("山东省济南市", "中国工商银行", "", "挂失")))
    office.wait(days=3)
    proof = await prove(office, Shown(CARD, back), Shown(CARD, front))
    assert proof.trouble is None
    (own,) = await office.see(cards.cards_of, office.person_id)
    assert (own.status, own.last_four) == (CardStatus.LOST, "1234")
    assert str(own.valid_until) == "2030-02-28"
    assert own.evidence_at == office.now
    await prove(office, listed(("广东省深圳市", "招商银行", "8888", "正常")))
    assert (await prove(office, Shown(CARD, front))).trouble == "which"
