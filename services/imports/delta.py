"""The HR system's delta: joiners are added, movers get an event, leavers lose every function."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateways import Gateways
from services.gateways.hr import StaffChange
from services.imports.report import Report, RowError
from services.imports.roster import import_roster
from services.imports.settings import ImportSettings
from services.people import audit, mailbox_of, people
from services.people.identity import number_index
from storage.models import Person, PersonStatus
from storage.queue import accept, lock
from storage.state import read_value, write_value

MOVED = "person.moved"
"""The event that a person now works in another region: `origin`, `destination`, `on`."""
_CURSOR = "hr.cursor"
_HEADINGS = {
    "number": "工号",
    "name": "姓名",
    "id_number": "证件号码",
    "phone": "手机号",
    "employer_name": "用人单位",
    "credit_code": "统一社会信用代码",
    "region": "参保地区划代码",
    "hire_date": "入职日期",
}


@dataclass(frozen=True)
class Step:
    """What came of one change.

    Args:
        outcome: joined, changed, moved, left, refused, or none (nothing to do: as it was).
        on: from which day it holds.
        region, origin: where the person is enrolled from then on, and was before a move.
    """

    cursor: int
    outcome: str
    on: date
    number: str
    name: str = field(repr=False)
    region: str
    origin: str | None = None


@dataclass(frozen=True)
class Delta:
    """What a run came to.

    Args:
        moved: persons whose region changed.
        left: persons who left now.
        refused: what the roster's checks found wrong; `row` is the change's cursor. Such a change
            is not written; the HR system sends its correction as a new one.
        cursor: the last change seen; the next run begins after it.
        steps: each change, in order.
    """

    joined: int = 0
    changed: int = 0
    moved: int = 0
    left: int = 0
    refused: tuple[RowError, ...] = ()
    cursor: int = 0
    steps: tuple[Step, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every change was written."""
        return not self.refused


async def fetch(gateways: Gateways, after: int) -> list[StaffChange]:
    """Every change after a cursor, page by page; outside any transaction.

    Raises:
        GatewayError: the HR system has no interface, or gave no usable answer.
    """
    found: list[StaffChange] = []
    while True:
        page = await gateways.staff.changes(after)
        found += page.changes
        if not page.more or not page.changes:
            return found
        after = page.changes[-1].cursor


async def cursor(session: AsyncSession) -> int:
    """Where the last run stopped."""
    return int(await read_value(session, _CURSOR) or 0)


async def apply_changes(
    session: AsyncSession,
    changes: Sequence[StaffChange],
    now: datetime,
    *,
    settings: ImportSettings,
    actor: str = "cli",
) -> Delta:
    """Write the changes in their order, each once: what lies before the cursor is passed over."""
    await lock(session, "import:hr")
    done = Delta(cursor=await cursor(session))
    fresh = sorted((c for c in changes if c.cursor > done.cursor), key=lambda c: c.cursor)
    for change in fresh:
        done = await _apply(session, change, done, now, settings=settings, actor=actor)
    if fresh:
        await write_value(session, _CURSOR, str(done.cursor))
        detail = {"joined": done.joined, "moved": done.moved, "left": done.left}
        await audit.record(session, actor, "roster.delta", "roster", now, detail=detail)
    return done


async def preview(
    session: AsyncSession,
    changes: Sequence[StaffChange],
    now: datetime,
    *,
    settings: ImportSettings,
) -> Delta:
    """What `apply_changes` would come to; nothing of it is written."""
    async with session.begin_nested() as attempt:
        done = await apply_changes(session, changes, now, settings=settings)
        await attempt.rollback()
    return done


async def _apply(
    session: AsyncSession,
    change: StaffChange,
    done: Delta,
    now: datetime,
    *,
    settings: ImportSettings,
    actor: str,
) -> Delta:
    done = replace(done, cursor=change.cursor)
    before = await _known(session, change)
    if change.kind == "left":
        if before is None or before.status is not PersonStatus.ACTIVE:
            return _with(done, change, "none")
        await people.leave(session, before.id or 0, now, actor)
        return _with(replace(done, left=done.left + 1), change, "left")
    origin = before.region_code if before else None
    report = await import_roster(session, _sheet(change), now, settings=settings, actor=actor)
    if not report.ok:
        done = replace(done, refused=(*done.refused, *_about(change, report)))
        return _with(done, change, "refused")
    done = replace(done, joined=done.joined + report.created, changed=done.changed + report.changed)
    after = await _known(session, change)
    if after is None or origin is None or after.region_code == origin:
        outcome = "joined" if report.created else "changed" if report.changed else "none"
        return _with(done, change, outcome)
    await _tell(session, after, change, origin, now)
    return _with(replace(done, moved=done.moved + 1), change, "moved", origin)


def _with(done: Delta, change: StaffChange, outcome: str, origin: str | None = None) -> Delta:
    who = change.person
    step = Step(change.cursor, outcome, change.on, who.number, who.name, who.region, origin)
    return replace(done, steps=(*done.steps, step))


async def _tell(
    session: AsyncSession, person: Person, change: StaffChange, origin: str, now: datetime
) -> None:
    person_id = person.id or 0
    mailbox = await mailbox_of(session, person_id) or f"person:{person_id}"
    payload: dict[str, Any] = {
        "person_id": person_id,
        "origin": origin,
        "destination": person.region_code,
        "on": change.on.isoformat(),
    }
    key = f"{MOVED}:{change.cursor}"
    await accept(session, key=key, mailbox=mailbox, kind=MOVED, payload=payload, at=now)


async def _known(session: AsyncSession, change: StaffChange) -> Person | None:
    index = number_index(session, change.person.id_number)
    query = select(Person).where(
        col(Person.id_number_index) == index, col(Person.status) != PersonStatus.ERASED
    )
    found = (await session.exec(query.order_by(col(Person.id).desc()).limit(1))).one_or_none()
    if found is not None:
        await session.refresh(found)
    return found


def _sheet(change: StaffChange) -> bytes:
    """A roster of one row: the same checks as for a file."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_HEADINGS.values())
    row = change.person.model_dump(mode="json")
    writer.writerow([row[name] or "" for name in _HEADINGS])
    return out.getvalue().encode("utf-8-sig")


def _about(change: StaffChange, report: Report) -> tuple[RowError, ...]:
    return tuple(replace(error, row=change.cursor) for error in report.errors)
