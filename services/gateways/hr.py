"""The HR system's changes: who joined, moved or left, in order, from where we stopped."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field

from services.gateways.contract import Region, Short
from services.gateways.errors import NoConnector
from services.gateways.http import Call, Endpoint, HttpClient
from services.gateways.settings import ConnectorSettings

SOURCE = "hr"


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class StaffRecord(_Wire):
    """A person as the HR system has them; the roster's own checks judge every field."""

    number: Short
    name: str = Field(max_length=64, repr=False)
    id_number: str = Field(max_length=24, repr=False)
    phone: str | None = Field(default=None, max_length=20, repr=False)
    credit_code: str = Field(max_length=18)
    employer_name: str = Field(default="", max_length=128)
    region: Region
    hire_date: date

    def __str__(self) -> str:
        return "StaffRecord(…)"

    __repr__ = __str__


class StaffChange(_Wire):
    """One change. `cursor` counts up without saying anything of the person."""

    cursor: Annotated[int, Field(ge=1)]
    kind: Literal["joined", "moved", "left"]
    on: date
    person: StaffRecord


class StaffChanges(_Wire):
    """GET /v1/people/changes: at most a page, the oldest first; `more` when there is another."""

    changes: Annotated[tuple[StaffChange, ...], Field(max_length=500)]
    more: bool


@runtime_checkable
class StaffSystem(Protocol):
    """An HR system. Every method may raise `GatewayError`."""

    @property
    def connected(self) -> bool:
        """False: there is no interface, every call raises `NoConnector`."""
        ...

    async def changes(self, after: int) -> StaffChanges:
        """The changes after a cursor (0: from the beginning)."""
        ...


class HttpStaffSystem:
    """An HR system over HTTP."""

    connected = True

    def __init__(self, settings: ConnectorSettings, client: HttpClient) -> None:
        self._endpoint = Endpoint(SOURCE, settings, client)

    async def changes(self, after: int) -> StaffChanges:
        route = "/v1/people/changes"
        return await self._endpoint.call(Call("GET", f"{route}?after={after}", route), StaffChanges)


class ManualStaffSystem:
    """No interface: HR imports a roster."""

    connected = False

    async def changes(self, after: int) -> StaffChanges:
        raise NoConnector(SOURCE)
