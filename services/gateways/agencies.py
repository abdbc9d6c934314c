"""Connectors to the agencies' windows: over HTTP, and where there is no interface."""

from __future__ import annotations

from urllib.parse import quote

from services.gateways.contract import AccountsAnswer, Receipt, StateAnswer, TransferBody
from services.gateways.errors import NoConnector
from services.gateways.http import Call, Endpoint, HttpClient
from services.gateways.settings import ConnectorSettings

_TRANSFERS = "/v1/transfers"


class HttpAgency:
    """An agency's window over HTTP."""

    connected = True

    def __init__(self, code: str, settings: ConnectorSettings, client: HttpClient) -> None:
        self.code = code
        self._endpoint = Endpoint(code, settings, client)

    async def request_transfer(self, body: TransferBody, key: str) -> Receipt:
        given, headers = body.model_dump(mode="json"), {"Idempotency-Key": key}
        call = Call("POST", _TRANSFERS, _TRANSFERS, given, headers=headers)
        return await self._endpoint.call(call, Receipt)

    async def transfer_state(self, reference: str) -> StateAnswer:
        path = f"{_TRANSFERS}/{quote(reference, safe='')}"
        return await self._endpoint.call(
            Call("GET", path, f"{_TRANSFERS}/{{reference}}"), StateAnswer
        )

    async def withdraw_transfer(self, reference: str) -> StateAnswer:
        path = f"{_TRANSFERS}/{quote(reference, safe='')}/withdraw"
        route = f"{_TRANSFERS}/{{reference}}/withdraw"
        call = Call("POST", path, route, body={}, repeatable=False)
        return await self._endpoint.call(call, StateAnswer)

    async def look_up_accounts(self, id_number: str, name: str) -> AccountsAnswer:
        path = "/v1/accounts/lookup"
        body = {"id_number": id_number, "name": name}
        return await self._endpoint.call(Call("POST", path, path, body), AccountsAnswer)


class ManualAgency:
    """A window that only people can ask: every question is answered `NoConnector`."""

    connected = False

    def __init__(self, code: str) -> None:
        self.code = code

    async def request_transfer(self, body: TransferBody, key: str) -> Receipt:
        raise NoConnector(self.code)

    async def transfer_state(self, reference: str) -> StateAnswer:
        raise NoConnector(self.code)

    async def withdraw_transfer(self, reference: str) -> StateAnswer:
        raise NoConnector(self.code)

    async def look_up_accounts(self, id_number: str, name: str) -> AccountsAnswer:
        raise NoConnector(self.code)
