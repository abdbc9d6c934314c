"""The connectors that exist, against the suite that every connector must pass."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from services.gateways import (
    Agency,
    Bank,
    Bureau,
    ByFile,
    ConnectorSettings,
    Gateways,
    GatewaySettings,
    NoConnector,
)
from services.gateways.agencies import ManualAgency
from services.gateways.manual import ManualBank, ManualBureau
from tests.gateways.conformance import (
    AgencyConformance,
    BankConformance,
    BureauConformance,
    UnconnectedBureau,
    agency_of,
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


class TestBatchBureau(UnconnectedBureau):
    """Files: what is submitted waits for the next one (the round trip is in test_roads.py)."""

    waits = ByFile

    @pytest.fixture
    def bureau(self) -> Bureau:
        return configured("batch")


class TestManualBureau(UnconnectedBureau):
    """By hand: evidence and officers (their road is in test_roads.py)."""

    @pytest.fixture
    def bureau(self) -> Bureau:
        return configured("manual")


def configured(kind: str) -> Bureau:
    """A region's bureau as the settings name its kind."""
    own = ConnectorSettings.model_validate({"kind": kind})
    settings = GatewaySettings(bureaus={"own": own}, regions={"37": "own"})
    return Gateways.from_settings(settings).bureau("370100")


def test_a_region_that_nobody_names_is_by_hand() -> None:
    assert isinstance(Gateways.from_settings(GatewaySettings()).bureau("370100"), ManualBureau)


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
