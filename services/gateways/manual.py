"""Where there is no interface: every question is answered `NoConnector`."""

from __future__ import annotations

from services.gateways.contract import (
    BankAnswer,
    Receipt,
    RegistryAnswer,
    StateAnswer,
    SubmissionBody,
)
from services.gateways.errors import NoConnector


class ManualBureau:
    """A bureau that only people can ask: evidence and officers take over."""

    connected = False

    async def look_up(self, id_number: str, name: str) -> RegistryAnswer:
        raise NoConnector("bureau")

    async def submit(self, body: SubmissionBody, key: str) -> Receipt:
        raise NoConnector("bureau")

    async def state(self, reference: str) -> StateAnswer:
        raise NoConnector("bureau")

    async def withdraw(self, reference: str) -> StateAnswer:
        raise NoConnector("bureau")


class ManualBank:
    """A bank without an interface."""

    connected = False

    def __init__(self, code: str) -> None:
        self.code = code

    async def look_up(self, id_number: str, name: str) -> BankAnswer:
        raise NoConnector(self.code)
