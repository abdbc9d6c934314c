"""The forms and letters of a transfer, filled from what is known."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge import transfers
from knowledge.regions import full_name
from knowledge.workdays import workdays_between
from services import applications as apps
from services.applications.formdata import DESKS
from services.applications.matters.transfer import asked_on
from services.applications.submitting import unit_number
from services.forms import FormData
from storage.clock import local_date
from storage.models import Application, Employer, Person
from storage.queue import add_task

FORM_TASK = "move.form"
Form = Literal["transfer", "chase"]
NAMES = {
    "pension": "职工基本养老保险",
    "medical": "职工基本医疗保险",
    "unemployment": "失业保险",
}
_STATES = {
    "reviewing": "转入地审核中",
    "origin_asked": "已向转出地发函，等待转出",
    "origin_sent": "转出地已转出，等待转入地接收",
}
_FILES = {"transfer": "转移接续申请表", "chase": "催办函"}


def form_name(form: Form, insurance: str) -> str:
    """The name under which a form is sent, without ending; it says nothing personal."""
    return f"{_FILES[form]}-{NAMES[insurance]}"


async def ask_for_form(
    session: AsyncSession, form: Form, application_id: int, mailbox: str, now: datetime
) -> None:
    """Have a form made and sent to a mailbox, as the event `move.form.done`."""
    payload = {"form": form, "application_id": application_id}
    await add_task(session, FORM_TASK, mailbox=mailbox, payload=payload, at=now)


async def form_data(
    session: AsyncSession, form: Form, application_id: int, now: datetime
) -> FormData:
    """What stands in a form now.

    Raises:
        LookupError: no such application, or one that is no transfer.
    """
    row = await session.get(Application, application_id)
    person = await session.get(Person, row.person_id) if row else None
    employer = await session.get(Employer, row.employer_id) if row else None
    if row is None or person is None or employer is None or row.reason not in NAMES:
        raise LookupError("transfer")
    values = _common(row, person, employer, now)
    if form == "transfer":
        return FormData(values | _request(row, person, employer))
    return FormData(values | await _chase(session, row, now))


def _common(row: Application, person: Person, employer: Employer, now: datetime) -> dict[str, str]:
    insurance = row.reason or ""
    desk = DESKS[transfers.insurances()[insurance].agency]
    return {
        "insurance": NAMES[insurance],
        "number": row.number,
        "agency": f"{full_name(row.region_code)}{desk}",
        "name": person.name,
        "id_number": person.id_number or "",
        "origin": full_name((row.details or {})["origin"]),
        "destination": full_name(row.region_code),
        "employer": employer.name,
        "made": f"{local_date(now):%Y年%-m月%-d日}",
    }


def _request(row: Application, person: Person, employer: Employer) -> dict[str, str]:
    details = row.details or {}
    return {
        "phone": person.phone or "",
        "status": "在职",
        "scheme": transfers.insurances()[row.reason or ""].scheme,
        "last_month": details.get("last_month") or "",
        "first_month": details.get("first_month") or "",
        "credit_code": employer.credit_code,
        "unit_number": unit_number(employer.unit_numbers, row.region_code),
    }


async def _chase(session: AsyncSession, row: Application, now: datetime) -> dict[str, str]:
    view = next(
        each
        for each in await apps.progress(session, row.person_id, now)
        if each.application_id == row.id
    )
    clock = transfers.clock(row.reason or "", row.region_code)
    asked = asked_on(row)
    if asked is None or view.by is None or clock is None:
        raise LookupError("no clock")
    return {
        "asked_on": f"{asked:%Y年%-m月%-d日}",
        "reference": row.reference or "（未告知）",
        "state": _STATES[view.status.value],
        "since": f"{local_date(view.since):%Y年%-m月%-d日}",
        "rule": clock.fact.source_title,
        "workdays": str(clock.value),
        "due": f"{view.by:%Y年%-m月%-d日}",
        "late": str(max(workdays_between(view.by, local_date(now)), 0)),
    }
