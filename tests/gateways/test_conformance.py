"""The connectors that exist, against the suite that every connector must pass."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from services.gateways import Bank, Bureau, Gateways, NoConnector
from services.gateways.manual import ManualBank, ManualBureau
from tests.gateways.conformance import BankConformance, BureauConformance, body


class TestHttpBureau(BureauConformance):
    @pytest.fixture
    def bureau(self, gateways: Gateways) -> Bureau:
        return gateways.bureau("370100")


class TestHttpBank(BankConformance):
    @pytest.fixture
    def bank(self, gateways: Gateways) -> Bank:
        return gateways.bank("icbc")


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
