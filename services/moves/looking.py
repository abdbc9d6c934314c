"""Asking the agencies what they have on file, before the person is asked. Run by a task."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge import transfers
from knowledge.regions import city_of, find
from services.gateways import Gateways
from services.gateways.contract import AccountRecord
from services.gateways.errors import GatewayError
from services.people.people import by_id

LOOK = "move.look"


@dataclass(frozen=True)
class LookRequest:
    """Whose relations are looked up, at the agencies of the destination."""

    destination: str
    insurances: tuple[str, ...]
    id_number: str = field(repr=False)
    name: str = field(repr=False)


async def look_request(
    session: AsyncSession, person_id: int, destination: str, insurances: Sequence[str]
) -> LookRequest | None:
    """What the task asks; None when the person's number is not known."""
    person = await by_id(session, person_id)
    if person is None or person.id_number is None:
        return None
    return LookRequest(destination, tuple(insurances), person.id_number, person.name)


async def run_look(gateways: Gateways, request: LookRequest) -> dict[str, list[dict[str, Any]]]:
    """The relations by agency; an agency that gave no usable answer is left out."""
    codes = sorted({transfers.insurances()[name].agency for name in request.insurances})

    async def ask(code: str) -> list[dict[str, Any]] | None:
        window = gateways.agency(code, request.destination)
        try:
            found = await window.look_up_accounts(request.id_number, request.name)
        except GatewayError:
            return None
        return [each.model_dump(mode="json") for each in found.accounts]

    answers = await asyncio.gather(*(ask(code) for code in codes))
    return {code: each for code, each in zip(codes, answers, strict=True) if each is not None}


def known_of(
    insurance: str, found: Mapping[str, list[dict[str, Any]]], origin: str, destination: str
) -> dict[str, Any]:
    """The checks that the agencies' records answer, and the months; the rest is left out."""
    raw = found.get(transfers.insurances()[insurance].agency, [])
    held = [AccountRecord.model_validate(each) for each in raw]
    own = [each for each in held if each.insurance == insurance]
    at_origin = [each for each in own if _same_city(each.region, origin)]
    there = [each for each in at_origin if each.status != "moved"]
    here = [each for each in own if _same_city(each.region, destination)]
    if not own:
        return {}
    known: dict[str, Any] = {"started": any(each.status == "paying" for each in here)}
    if at_origin and not there:
        known["moved"] = True
    if there:
        known["stopped"] = all(each.status != "paying" and not each.arrears for each in there)
        known["drawing"] = all(each.status != "drawing" for each in there)
        known["arrears"] = sum(each.arrears for each in there)
        if known["stopped"]:
            known["last_month"] = max(each.last_month for each in there)
    if here:
        known["first_month"] = min(each.first_month for each in here)
    return known


def _same_city(one: str, other: str) -> bool:
    """Never for a place that the table doesn't have: agencies may know more."""
    return find(one) is not None and city_of(one).code == city_of(other).code
