"""What every connector must pass. A new one subclasses these and gives the two fixtures.

`bureau` (or `bank`) is the connector under test; `outside` is what stands behind it, with `seed`,
`step`, `fault` and `listed` as `tests.sandbox.conftest.Running` has them.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import pytest

from services.gateways import (
    Agency,
    Bank,
    Bureau,
    Duplicate,
    GatewayError,
    NoConnector,
    Rejected,
    Unavailable,
)
from services.gateways.contract import SubmissionBody, TransferBody
from tests.sandbox.conftest import Running
from tests.sandbox.made import card, document, id_number, id_side, submission

NAME = "样本一"


def body(number: str = "SB-TEST-0001", serial: int = 0, **changes: Any) -> SubmissionBody:
    """A faultless submission."""
    return SubmissionBody.model_validate(submission(number, serial, **changes))


def about_card(
    kind: str, reason: str, *, number: str = "SB-TEST-0001", bank: str = "icbc"
) -> SubmissionBody:
    """A faultless submission about the card that ends in 4321."""
    details = {"reason": reason, "card": {"bank": "icbc", "last_four": "4321"}}
    given = submission(number, kind=kind, bank=bank, details=details)
    if kind == "cancellation":
        given["documents"] = given["documents"][:2]
    return SubmissionBody.model_validate(given)


def loss_report() -> SubmissionBody:
    """A temporary one: no papers."""
    given = submission(
        "SB-TEST-0009",
        kind="loss_report",
        details={"reason": "temporary", "card": {"bank": "icbc", "last_four": "4321"}},
    )
    who = {name: given["applicant"][name] for name in ("name", "id_number", "phone")}
    return SubmissionBody.model_validate(given | {"documents": [], "applicant": who})


def abroad(number: str, **changes: Any) -> SubmissionBody:
    """A faultless submission of a resident of Macao, or with `changes` of a foreigner."""
    own = id_number(place="820000")
    given = submission("SB-TEST-0011")
    applicant = {
        **{name: given["applicant"][name] for name in ("name", "sex", "birth", "phone")},
        "id_number": own,
        "document_type": "hmt_permit",
        "valid_to": "2030-01-01",
        **changes,
    }
    kinds: tuple[str, ...] = ("hmt_front", "hmt_back")
    if changes:
        kinds = (changes["document_type"],)
    else:
        applicant |= {
            name: given["applicant"][name] for name in ("address", "authority", "valid_from")
        }
    papers = [document(kind, id_side("front")) for kind in kinds] + given["documents"][2:]
    return SubmissionBody.model_validate(
        given | {"number": number, "applicant": applicant, "documents": papers}
    )


async def outcome(call: Awaitable[object]) -> object:
    """The answer of a call, or how the connector refused it."""
    try:
        return await call
    except GatewayError as error:
        return type(error), error.source, str(error)


class EveryBureau:
    """What holds for a bureau's connector of any kind: over HTTP, in files, by hand."""

    connected = False

    async def test_is_a_bureau(self, bureau: Bureau) -> None:
        assert isinstance(bureau, Bureau)
        assert bureau.connected is self.connected

    async def test_the_same_key_comes_to_the_same(self, bureau: Bureau) -> None:
        first = await outcome(bureau.submit(body(), "key-0001"))
        assert await outcome(bureau.submit(body(), "key-0001")) == first

    async def test_a_refusal_is_of_the_contract_and_names_nobody(self, bureau: Bureau) -> None:
        wrong = body(applicant={"sex": "男", "phone": "123"})
        for call in (
            bureau.submit(wrong, "key-0001"),
            bureau.state("NOBODY"),
            bureau.withdraw("NOBODY"),
        ):
            with pytest.raises(GatewayError) as caught:
                await call
            told = f"{caught.value!s}{caught.value!r}"
            assert not any(each in told for each in (id_number(), NAME, "123", "NOBODY"))


class UnconnectedBureau(EveryBureau):
    """No program can ask it. `waits`: how it refuses a submission decides who hands it in."""

    waits: type[NoConnector] = NoConnector

    async def test_every_question_goes_another_way(self, bureau: Bureau) -> None:
        for call in (bureau.look_up(id_number(), NAME), bureau.state("X"), bureau.withdraw("X")):
            with pytest.raises(NoConnector):
                await call

    async def test_a_submission_waits_for_who_hands_it_in(self, bureau: Bureau) -> None:
        with pytest.raises(NoConnector) as caught:
            await bureau.submit(body(), "key-0001")
        assert type(caught.value) is self.waits

    async def test_a_loss_report_and_other_kinds_wait_too(self, bureau: Bureau) -> None:
        for sent in (loss_report(), about_card("cancellation", "abroad"), abroad("SB-TEST-0100")):
            with pytest.raises(self.waits):
                await bureau.submit(sent, "key-0001")


class BureauConformance(EveryBureau):
    """The bureau's interface, where a program can ask it."""

    connected = True

    async def test_nobody_known(self, bureau: Bureau) -> None:
        found = await bureau.look_up(id_number(9), NAME)
        assert (found.cards, found.open_applications) == ((), ())
        assert found.as_of.utcoffset() is not None

    async def test_cards_and_applications_are_listed(
        self, bureau: Bureau, outside: Running
    ) -> None:
        await outside.seed(
            cards=[card(last_four="4321"), card(region="320500", status="lost", last_four="1111")]
        )
        other = {"id_number": id_number(1), "name": NAME, "region": "370100", "bank": "ccb"}
        await outside.seed(applications=[other])
        found = await bureau.look_up(id_number(), NAME)
        assert {(c.province, c.last_four, c.status) for c in found.cards} == {
            ("370000", "4321", "normal"),
            ("320000", "1111", "lost"),
        }
        under_way = (await bureau.look_up(id_number(1), NAME)).open_applications
        assert [(a.region, a.bank, a.status) for a in under_way] == [("370100", "ccb", "reviewing")]

    async def test_same_key_is_one_application(self, bureau: Bureau, outside: Running) -> None:
        first = await bureau.submit(body(), "key-0001")
        again = await bureau.submit(body(), "key-0001")
        assert first == again
        assert len(await outside.listed("applications")) == 1

    async def test_a_lost_answer_is_repeated_with_the_same_key(
        self, bureau: Bureau, outside: Running
    ) -> None:
        await outside.fault("bureau", lose_every=1, times=1)
        receipt = await bureau.submit(body(), "key-0001")
        assert [each["reference"] for each in await outside.listed("applications")] == [
            receipt.reference
        ]

    async def test_duplicate_card_names_the_card(self, bureau: Bureau, outside: Running) -> None:
        await outside.seed(cards=[card(last_four="4321")])
        with pytest.raises(Duplicate) as caught:
            await bureau.submit(body(), "key-0001")
        assert caught.value.code == "duplicate_card"
        assert [each.last_four for each in caught.value.cards] == ["4321"]

    async def test_a_fault_of_form_names_its_field(self, bureau: Bureau) -> None:
        with pytest.raises(Rejected) as caught:
            await bureau.submit(body(applicant={"sex": "男", "phone": "123"}), "key-0001")
        assert caught.value.field == "applicant.phone"

    async def test_papers_other_than_the_identity_card(
        self, bureau: Bureau, outside: Running
    ) -> None:
        foreign = {"nationality": "UTO", "name": "ERIKSSON, ANNA"}
        permit = foreign | {"document_type": "foreign_permit", "id_number": "UTO370195030701"}
        passport = foreign | {"document_type": "passport", "id_number": "L1234567"}
        for serial, changes in enumerate(({}, permit, passport)):
            await bureau.submit(abroad(f"SB-TEST-01{serial}0", **changes), f"key-01{serial}0")
        found = [each["verdict"] for each in await outside.listed("applications")]
        assert found == [None, None, None]
        known = (await bureau.look_up("L1234567", "ERIKSSON, ANNA")).open_applications
        assert len(known) == 1
        wrong = passport | {"document_type": "hmt_permit"}
        with pytest.raises(Rejected):
            await bureau.submit(abroad("SB-TEST-0199", **wrong), "key-0199")

    async def test_states_and_mending(self, bureau: Bureau, outside: Running) -> None:
        receipt = await bureau.submit(body(), "key-0001")
        reference = receipt.reference
        await outside.step(reference, "returned", reason_code="photo_size", reason_message="太小")
        state = await bureau.state(reference)
        assert [(e.sequence, e.status) for e in state.history] == [
            (1, "reviewing"),
            (2, "returned"),
        ]
        reason = state.history[-1].reason
        assert reason is not None
        assert reason.code == "photo_size"
        again = await bureau.submit(body(revision=2), "key-0002")
        assert again.reference == reference
        assert (await bureau.state(reference)).status == "reviewing"

    async def test_withdraw_before_and_after_making(self, bureau: Bureau, outside: Running) -> None:
        first = (await bureau.submit(body(), "key-0001")).reference
        assert (await bureau.withdraw(first)).status == "withdrawn"
        second = (await bureau.submit(body("SB-TEST-0002", 1), "key-0002")).reference
        await outside.step(second, "making")
        with pytest.raises(Rejected) as caught:
            await bureau.withdraw(second)
        assert caught.value.code == "too_late"

    async def test_a_loss_report_works_at_once_and_is_lifted(
        self, bureau: Bureau, outside: Running
    ) -> None:
        await outside.seed(cards=[card(last_four="4321")])
        receipt = await bureau.submit(loss_report(), "key-0001")
        assert receipt == await bureau.submit(loss_report(), "key-0001")
        assert receipt.status == "reported"
        assert receipt.due is not None
        assert [c.status for c in (await bureau.look_up(id_number(), NAME)).cards] == ["lost"]
        assert (await bureau.withdraw(receipt.reference)).status == "withdrawn"
        assert [c.status for c in (await bureau.look_up(id_number(), NAME)).cards] == ["normal"]

    @pytest.mark.parametrize(
        ("kind", "reason", "bank"),
        [
            ("replacement", "damaged", "icbc"),
            ("bank_change", "bank", "ccb"),
            ("cancellation", "abroad", "icbc"),
        ],
    )
    async def test_every_kind_is_taken_once_and_ends_the_old_card(
        self, bureau: Bureau, outside: Running, kind: str, reason: str, bank: str
    ) -> None:
        await outside.seed(cards=[card(last_four="4321")])
        sent = about_card(kind, reason, bank=bank)
        receipt = await bureau.submit(sent, "key-0001")
        assert receipt == await bureau.submit(sent, "key-0001")
        with pytest.raises(Duplicate):  # no second matter about a card of the same province
            await bureau.submit(
                about_card("replacement", "damaged", number="SB-TEST-0002"), "key-0002"
            )
        await outside.step(receipt.reference, "done" if kind == "cancellation" else "making")
        left = {c.last_four: c.status for c in (await bureau.look_up(id_number(), NAME)).cards}
        assert left.pop("4321") == "cancelled"
        assert list(left.values()) == ([] if kind == "cancellation" else ["making"])

    @pytest.mark.parametrize(
        ("reason", "changes", "code"),
        [
            ("lost", {}, "not_reported_lost"),
            ("damaged", {"status": "lost"}, "card_state"),
            ("expired", {"valid_until": "2099-01-01"}, "too_early"),
            ("damaged", {"last_four": "0000"}, "no_such_card"),
        ],
    )
    async def test_refusals_at_the_counter_have_their_codes(
        self, bureau: Bureau, outside: Running, reason: str, changes: dict[str, Any], code: str
    ) -> None:
        await outside.seed(cards=[card(**{"last_four": "4321"} | changes)])
        with pytest.raises(Rejected) as caught:
            await bureau.submit(about_card("replacement", reason), "key-0001")
        assert caught.value.code == code
        assert await outside.listed("applications") == []

    async def test_unknown_reference(self, bureau: Bureau) -> None:
        with pytest.raises(Rejected) as caught:
            await bureau.state("NOBODY")
        assert caught.value.code == "not_found"

    async def test_down(self, bureau: Bureau, outside: Running) -> None:
        await outside.fault("bureau", down="503")
        with pytest.raises(Unavailable):
            await bureau.look_up(id_number(), NAME)


class BankConformance:
    """A bank's interface."""

    async def test_is_a_connected_bank(self, bank: Bank) -> None:
        assert isinstance(bank, Bank)
        assert bank.connected

    async def test_lists_its_own_cards(self, bank: Bank, outside: Running) -> None:
        await outside.seed(cards=[card(bank="icbc"), card(1, bank="ccb")])
        assert [c.last_four for c in (await bank.look_up(id_number(), NAME)).cards] == ["1234"]
        assert (await bank.look_up(id_number(1), NAME)).cards == ()

    async def test_down(self, bank: Bank, outside: Running) -> None:
        await outside.fault("icbc", down="refuse")
        with pytest.raises(Unavailable):
            await bank.look_up(id_number(), NAME)


AGENCIES = {"hrss": ("pension", "unemployment"), "nhsa": ("medical",)}


def transfer(
    number: str = "ZY-TEST-0001", serial: int = 0, *, insurance: str, **changes: Any
) -> TransferBody:
    """A faultless request from Jinan to Suzhou."""
    given = submission(number, serial)
    who = {name: given["applicant"][name] for name in ("name", "id_number", "phone")}
    body = {
        "number": number,
        "insurance": insurance,
        "origin": "370100",
        "destination": "320500",
        "callback_url": None,
        "employer": given["employer"],
        "applicant": who | {"status": "employed"},
        "revision": 1,
    }
    return TransferBody.model_validate(body | changes)


def account(insurance: str, region: str, status: str, **more: Any) -> dict[str, Any]:
    """A relation on file."""
    who = {"id_number": id_number(), "name": NAME}
    return {**who, "insurance": insurance, "region": region, "status": status, **more}


class AgencyConformance:
    """An agency's window; the suite gives `agency` and its first `insurance`."""

    async def test_is_a_connected_agency(self, agency: Agency) -> None:
        assert isinstance(agency, Agency)
        assert agency.connected

    async def test_both_sides_are_followed_to_the_end(
        self, agency: Agency, insurance: str, outside: Running
    ) -> None:
        await outside.fault(agency_of(insurance), lose_every=1, times=1)
        receipt = await agency.request_transfer(transfer(insurance=insurance), "key-0001")
        again = await agency.request_transfer(transfer(insurance=insurance), "key-0001")
        assert receipt == again
        assert receipt.status == "reviewing"
        for _ in range(3):
            await outside.step_transfer(receipt.reference)
        state = await agency.transfer_state(receipt.reference)
        assert [(e.sequence, e.status) for e in state.history] == [
            (1, "reviewing"),
            (2, "origin_asked"),
            (3, "origin_sent"),
            (4, "done"),
        ]
        with pytest.raises(Rejected) as late:
            await agency.withdraw_transfer(receipt.reference)
        assert late.value.code == "too_late"

    async def test_one_request_for_an_insurance_until_it_is_taken_back(
        self, agency: Agency, insurance: str
    ) -> None:
        first = await agency.request_transfer(transfer(insurance=insurance), "key-0001")
        second = transfer("ZY-TEST-0002", insurance=insurance)
        with pytest.raises(Rejected) as caught:
            await agency.request_transfer(second, "key-0002")
        assert caught.value.code == "duplicate_transfer"
        for _ in range(2):
            assert (await agency.withdraw_transfer(first.reference)).status == "withdrawn"
        await agency.request_transfer(second, "key-0002")

    async def test_the_origin_returns_it_and_takes_it_mended(
        self, agency: Agency, insurance: str, outside: Running
    ) -> None:
        here, there = account(insurance, "320500", "paying"), account(insurance, "370100", "paying")
        await outside.seed(accounts=[here, there])
        sent = await agency.request_transfer(transfer(insurance=insurance), "key-0001")
        for _ in range(2):
            await outside.step_transfer(sent.reference)
        state = await agency.transfer_state(sent.reference)
        reason = state.history[-1].reason
        assert (state.status, reason and reason.code) == ("returned", "still_paying")
        await outside.seed(accounts=[account(insurance, "370100", "stopped")])
        mended = transfer(insurance=insurance, revision=2)
        again = await agency.request_transfer(mended, "key-0002")
        assert again.reference == sent.reference
        for _ in range(3):
            await outside.step_transfer(sent.reference)
        found = await agency.look_up_accounts(id_number(), NAME)
        assert {a.region: a.status for a in found.accounts} == {
            "320500": "paying",
            "370100": "moved",
        }
        assert (await agency.look_up_accounts(id_number(), "别人")).accounts == ()

    @pytest.mark.parametrize(
        ("sides", "code"),
        [
            ({"320500": "paying", "370100": "drawing"}, "already_drawing"),
            ({"320500": "paying", "370100": "owing"}, "arrears"),
            ({"320500": "stopped", "370100": "stopped"}, "not_enrolled"),
        ],
    )
    async def test_what_is_returned_says_why(
        self, agency: Agency, insurance: str, outside: Running, sides: dict[str, str], code: str
    ) -> None:
        owing = {"status": "stopped", "arrears": 2}
        on_file = [
            account(insurance, region, status) | (owing if status == "owing" else {})
            for region, status in sides.items()
        ]
        await outside.seed(accounts=on_file)
        sent = await agency.request_transfer(transfer(insurance=insurance), "key-0001")
        for _ in range(1 if code == "not_enrolled" else 2):
            await outside.step_transfer(sent.reference)
        reason = (await agency.transfer_state(sent.reference)).history[-1].reason
        assert reason is not None
        assert reason.code == code

    async def test_another_insurance_and_the_same_place_are_refused(
        self, agency: Agency, insurance: str
    ) -> None:
        other = "pension" if insurance == "medical" else "medical"
        with pytest.raises(Rejected) as caught:
            await agency.request_transfer(transfer(insurance=other), "key-0001")
        assert caught.value.field == "insurance"
        here = transfer(insurance=insurance, destination="370102")
        with pytest.raises(Rejected) as caught:
            await agency.request_transfer(here, "key-0001")
        assert caught.value.field == "origin"

    async def test_unknown_and_down(self, agency: Agency, insurance: str, outside: Running) -> None:
        with pytest.raises(Rejected) as caught:
            await agency.transfer_state("NOBODY")
        assert caught.value.code == "not_found"
        await outside.fault(agency_of(insurance), down="503")
        with pytest.raises(Unavailable):
            await agency.look_up_accounts(id_number(), NAME)


def agency_of(insurance: str) -> str:
    """The window that takes an insurance."""
    return next(code for code, own in AGENCIES.items() if insurance in own)
