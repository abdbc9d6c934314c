"""The connectors that exist, against the suite that every connector must pass."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from services.gateways import Agency, Bank, Bureau, Gateways, NoConnector
from services.gateways.agencies import ManualAgency
from services.gateways.manual import ManualBank, ManualBureau
from tests.gateways.conformance import (
    AgencyConformance,
    BankConformance,
    BureauConformance,
    agency_of,
    body,
    transfer,
)


class TestHttpBureau(BureauConformance):
    @pytest.fixture
    def bureau(self, gateways: Gateways) -> Bureau:
        return gateways.bureau("370100")


class TestHttpBank(BankConformance):
    @pytest.fixture
    def bank(self, gateways: Gateways) -> Bank:
        return gateways.bank("icbc")


class TestHttpAgency(AgencyConformance):
    @pytest.fixture(params=["pension", "medical"])
    def insurance(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    @pytest.fixture
    def agency(self, gateways: Gateways, insurance: str) -> Agency:
        return gateways.agency(agency_of(insurance), "320500")


_CALLS: list[Callable[[ManualBureau], Awaitable[object]]] = [
    lambda bureau: bureau.look_up("", ""),
    lambda bureau: bureau.submit(body(), "key-0001"),
    lambda bureau: bureau.state("X"),
    lambda bureau: bureau.withdraw("X"),
]


@pytest.mark.parametrize("call", _CALLS)
async def test_manual_bureau_has_no_connector(
    call: Callable[[ManualBureau], Awaitable[object]],
) -> None:
    bureau: Bureau = ManualBureau()
    assert not bureau.connected
    with pytest.raises(NoConnector):
        await call(ManualBureau())


async def test_manual_bank_has_no_connector() -> None:
    bank: Bank = ManualBank("icbc")
    assert not bank.connected
    with pytest.raises(NoConnector) as caught:
        await bank.look_up("", "")
    assert caught.value.source == "icbc"


_AT_A_WINDOW: list[Callable[[ManualAgency], Awaitable[object]]] = [
    lambda agency: agency.request_transfer(transfer(insurance="pension"), "key-0001"),
    lambda agency: agency.transfer_state("X"),
    lambda agency: agency.withdraw_transfer("X"),
    lambda agency: agency.look_up_accounts("", ""),
]


@pytest.mark.parametrize("call", _AT_A_WINDOW)
async def test_manual_agency_has_no_connector(
    call: Callable[[ManualAgency], Awaitable[object]],
) -> None:
    agency: Agency = ManualAgency("hrss")
    assert not agency.connected
    with pytest.raises(NoConnector) as caught:
        await call(ManualAgency("hrss"))
    assert caught.value.source == "hrss"
