"""What every connector is: the interfaces of the outside."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from services.gateways.contract import (
    AccountsAnswer,
    BankAnswer,
    Receipt,
    RegistryAnswer,
    StateAnswer,
    SubmissionBody,
    TransferBody,
)


@runtime_checkable
class Bureau(Protocol):
    """A human-resources bureau's card desk. Every method may raise `GatewayError`."""

    @property
    def connected(self) -> bool:
        """False: there is no interface, every call raises `NoConnector`."""
        ...

    async def look_up(self, id_number: str, name: str) -> RegistryAnswer:
        """Cards and open applications of a person, in every province that the registry knows."""
        ...

    async def submit(self, body: SubmissionBody, key: str) -> Receipt:
        """Hand in a matter of any kind, a loss report too. The same `key` again gives the same
        receipt.

        Raises:
            NoConnector: there is no interface for this kind: it goes by hand.
            Duplicate: a card or application exists already.
            Rejected: a fault of form.
            Unavailable: nobody knows whether it arrived; repeat with the same `key`.
        """
        ...

    async def state(self, reference: str) -> StateAnswer:
        """The whole history of an application."""
        ...

    async def withdraw(self, reference: str) -> StateAnswer:
        """Take an application back, or lift a loss report; Rejected(`too_late`) once the card is
        being made or the report is final."""
        ...


@runtime_checkable
class Bank(Protocol):
    """A bank's card register."""

    @property
    def connected(self) -> bool:
        """False: there is no interface, every call raises `NoConnector`."""
        ...

    async def look_up(self, id_number: str, name: str) -> BankAnswer:
        """The person's cards at this bank."""
        ...


@runtime_checkable
class Agency(Protocol):
    """An agency's window for insurance relations (人社 `hrss`, 医保局 `nhsa`)."""

    @property
    def connected(self) -> bool:
        """False: there is no interface, every call raises `NoConnector`."""
        ...

    async def request_transfer(self, body: TransferBody, key: str) -> Receipt:
        """Ask the destination for one relation. The same `key` again gives the same receipt.

        Raises:
            NoConnector: there is no interface: it goes by hand.
            Rejected: a fault of form, or `duplicate_transfer`.
            Unavailable: nobody knows whether it arrived; repeat with the same `key`.
        """
        ...

    async def transfer_state(self, reference: str) -> StateAnswer:
        """The whole history of a request, both sides' states."""
        ...

    async def withdraw_transfer(self, reference: str) -> StateAnswer:
        """Take a request back; Rejected(`too_late`) once the origin has sent."""
        ...

    async def look_up_accounts(self, id_number: str, name: str) -> AccountsAnswer:
        """The person's relations that this agency keeps, in every place."""
        ...
