"""What stands in the forms of an application, from what its person has confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.agencies import bank_name
from knowledge.regions import full_name
from knowledge.transfers import insurances
from services.applications.moving import move_details
from services.applications.submitting import summary
from services.applications.views import ApplicationView
from services.forms import FormData
from services.people import audit
from storage.clock import local_date
from storage.models import ApplicationKind

FORMS: Mapping[ApplicationKind, str] = MappingProxyType(
    {ApplicationKind.CANCELLATION: "cancellation", ApplicationKind.MERGE: "merge"}
)
"""Kinds that have a form of their own, and its name."""
DESKS = {"hrss": "社会保险经办机构", "nhsa": "医疗保障经办机构"}
"""What a form calls the desk of an agency."""


async def form_of(
    session: AsyncSession, application_id: int, now: datetime, reasons: Mapping[str, str]
) -> tuple[str, FormData] | None:
    """The form of an application and what is filled in; None for a kind without one.

    Args:
        reasons: words for the reasons' codes. What nobody has said yet is left blank.

    Raises:
        NotFound: no such application.
    """
    known = await summary(session, application_id)
    view = known.application
    form = FORMS.get(view.kind)
    if form is None:
        return None
    region = full_name(view.region_code)
    common = {name: known.applicant.get(name, "") for name in ("name", "phone", "id_number")} | {
        "number": view.number,
        "agency": f"{region}{_desk(view)}",
        "employer": known.employer["name"],
        "credit_code": known.employer["credit_code"],
        "unit_number": known.employer["unit_number"],
        "made": local_date(now).isoformat(),
    }
    reason = reasons.get(view.reason or "", "")
    if view.kind is ApplicationKind.MERGE:
        details = await move_details(session, application_id)
        return form, FormData(common | _merge(view, details, reason))
    return form, FormData(
        common
        | {
            "address": known.applicant.get("address", ""),
            "region": region,
            "bank": bank_name(view.card.bank_code) if view.card else "",
            "last_four": (view.card.last_four or "") if view.card else "",
            "reason": reason,
        }
    )


def _desk(view: ApplicationView) -> str:
    insurance = insurances().get(view.reason or "")
    return DESKS[insurance.agency if insurance else "hrss"]


def _merge(view: ApplicationView, details: Mapping[str, str], insurance: str) -> dict[str, str]:
    first, last = details.get("first_month", ""), details.get("last_month", "")
    return {
        "insurance": insurance,
        "scheme": insurances()[view.reason or ""].scheme,
        "kept": full_name(view.region_code),
        "cleared": full_name(details["origin"]),
        "double": f"{first} 至 {last}" if first and last else "",
    }


async def note_made(
    session: AsyncSession, application_id: int, now: datetime, *, actor: str
) -> None:
    """Somebody has taken the filled-in form along: it holds the whole ID number."""
    await audit.record(session, actor, "application.form", f"application:{application_id}", now)
