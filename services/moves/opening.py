"""One application for each insurance, with what is known of both sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.regions import province_of
from services import applications as apps
from services.applications.errors import NotAllowed
from services.applications.views import ApplicationView
from storage.models import ApplicationKind, ApplicationStatus


@dataclass(frozen=True)
class Opened:
    """An application, and whether it can still be handed in from here."""

    application: ApplicationView
    editable: bool


async def open_transfer(
    session: AsyncSession,
    person_id: int,
    insurance: str,
    places: tuple[str, str],
    *,
    known: Mapping[str, Any],
    now: datetime,
) -> Opened:
    """The person's open transfer of this insurance to this place, or a new one.

    One that is under way to another place of the province, or a merger of the same insurance, is
    given back as it is.

    Args:
        places: origin and destination.
        known: what `looking.known_of` and the person said.
    """
    origin, destination = places
    try:
        view = await apps.open_matter(
            session, person_id, ApplicationKind.TRANSFER, destination, now, reason=insurance
        )
    except NotAllowed as error:
        province = province_of(destination).code
        found = await apps.open_in_lane(session, person_id, province, insurance)
        if error.code != "another_open" or found is None:
            raise
        return Opened(found, editable=False)
    if view.status is not ApplicationStatus.DRAFT:
        return Opened(view, editable=False)
    details: dict[str, str | None] = {
        "origin": origin,
        "last_month": known.get("last_month"),
        "first_month": known.get("first_month"),
        # Asked for only where it matters: then the household is at the destination.
        "household": province_of(destination).code if known.get("household") else None,
    }
    return Opened(await apps.describe_move(session, view.id, details, now), editable=True)
