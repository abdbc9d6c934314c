"""All connectors of this installation, found by region, by bank and by agency."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Self, TypeVar

from services.gateways.agencies import HttpAgency, ManualAgency
from services.gateways.batch import BatchBureau
from services.gateways.hr import HttpStaffSystem, ManualStaffSystem, StaffSystem
from services.gateways.http import HttpBank, HttpBureau, HttpClient
from services.gateways.manual import ManualBank, ManualBureau
from services.gateways.protocols import Agency, Bank, Bureau
from services.gateways.settings import ConnectorSettings, GatewaySettings

T = TypeVar("T")


class Gateways:
    """Bureaus by region prefix and banks by code; what is not there is manual.

    Args:
        bureaus: connectors by region code prefix; the longest prefix wins.
        banks: connectors by bank code.
        callback_url: given to bureaus with a submission.
        staff: the HR system; without one, changes come as a roster only.
        agencies: windows by agency code and region code prefix.
    """

    def __init__(
        self,
        bureaus: Mapping[str, Bureau],
        banks: Mapping[str, Bank],
        *,
        callback_url: str | None = None,
        client: HttpClient | None = None,
        staff: StaffSystem | None = None,
        agencies: Mapping[str, Mapping[str, Agency]] | None = None,
    ) -> None:
        self._bureaus = dict(bureaus)
        self._banks = dict(banks)
        self._agencies = {code: dict(places) for code, places in (agencies or {}).items()}
        self._client = client
        self.callback_url = callback_url
        self.staff = staff or ManualStaffSystem()

    @classmethod
    def from_settings(cls, settings: GatewaySettings) -> Gateways:
        """The connectors that the settings name; no connection is opened yet."""
        client = HttpClient(settings)
        named: dict[str, Bureau] = {
            name: _bureau(each, client) for name, each in settings.bureaus.items()
        }
        banks: dict[str, Bank] = {
            code: HttpBank(code, each, client) if each.kind == "http" else ManualBank(code)
            for code, each in settings.banks.items()
        }
        agencies: dict[str, dict[str, Agency]] = {}
        for each in settings.agencies:
            agency: Agency = ManualAgency(each.agency)
            if each.kind == "http":
                agency = HttpAgency(each.agency, each, client)
            agencies.setdefault(each.agency, {}).update(dict.fromkeys(each.regions, agency))
        staff = HttpStaffSystem(settings.hr, client) if settings.hr.kind == "http" else None
        return cls(
            {prefix: named[name] for prefix, name in settings.regions.items()},
            banks,
            callback_url=settings.callback_url,
            client=client,
            staff=staff,
            agencies=agencies,
        )

    def bureau(self, region_code: str) -> Bureau:
        """The bureau of a region; a `ManualBureau` where none is connected."""
        return _nearest(self._bureaus, region_code) or ManualBureau()

    def agency(self, code: str, region_code: str) -> Agency:
        """An agency's window for a region; a `ManualAgency` where none is connected."""
        return _nearest(self._agencies.get(code, {}), region_code) or ManualAgency(code)

    def bank(self, code: str) -> Bank:
        """A bank's connector; a `ManualBank` where none is connected."""
        return self._banks.get(code) or ManualBank(code)

    def connected(self, region_code: str) -> bool:
        """Whether the bureau of a region can be asked by a program."""
        return self.bureau(region_code).connected

    @property
    def connected_banks(self) -> tuple[str, ...]:
        """Codes of the banks that can be asked by a program."""
        return tuple(code for code, bank in self._banks.items() if bank.connected)

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


def _bureau(settings: ConnectorSettings, client: HttpClient) -> Bureau:
    if settings.kind == "http":
        return HttpBureau(settings, client)
    return BatchBureau() if settings.kind == "batch" else ManualBureau()


def _nearest(found: Mapping[str, T], region_code: str) -> T | None:
    """What stands under the longest prefix of a region's code."""
    prefixes = [region_code[:length] for length in range(len(region_code), -1, -1)]
    return next((found[prefix] for prefix in prefixes if prefix in found), None)
