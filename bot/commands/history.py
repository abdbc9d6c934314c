"""Writes a made-up past into a database in bulk, for the demo, the pictures and the benchmark."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.policies.published import current
from storage.models import (
    About,
    AnswerGiven,
    AnswerRecord,
    Application,
    ApplicationEvent,
    ApplicationKind,
    ApplicationStatus,
    Assignment,
    Case,
    CaseMessage,
    CaseStatus,
    Employer,
    Person,
    PolicyBundle,
    PolicyRecord,
    Rating,
    Role,
    RoleGrant,
    SubjectChange,
)

Rows = list[dict[str, Any]]
_CHUNK = 2000
_NAMES = ("王样本", "李样本", "赵样本", "陈样本", "孙样本", "周样本")


@dataclass
class Filler:
    """Rows of many records, given their ids here so that they can be written table by table.

    `entries`: topic → the policy entry's record that answers on it are made from.
    """

    people: list[int]
    employers: list[int]
    officers: list[int]
    bundle: int
    now: datetime
    next_id: dict[type[Any], int]
    rows: dict[type[Any], Rows] = field(default_factory=lambda: defaultdict(list))
    changed: set[str] = field(default_factory=set)
    hired: dict[int, date] = field(default_factory=dict)
    entries: dict[str, int] = field(default_factory=dict)

    def number(self, table: type[Any]) -> int:
        """The next id of a table."""
        self.next_id[table] += 1
        return self.next_id[table]

    def add(self, kind: str, data: dict[str, Any]) -> None:
        """One record, up to now: what lies in the future has not happened."""
        writers: dict[str, Callable[[dict[str, Any]], None]] = {
            "application": self.application,
            "case": self.case,
            "answer": self.answer,
        }
        writers[kind](data)

    def application(self, data: dict[str, Any]) -> None:
        """An application with its events and rating."""
        number, person = self.number(Application), data["person"]
        if data["kind"] == "first":
            self.hired.setdefault(self.people[person], data["hired"])
        steps = [step for step in data["steps"] if step["at"] <= self.now]
        last = steps[-1]["status"] if steps else None
        finished = last == "financial_activated"
        status = ApplicationStatus.STOPPED if data["stopped"] else _STATUS.get(last, "reviewing")
        sent = data["submitted"] if data["submitted"] and data["submitted"] <= self.now else None
        if not steps and not data["stopped"]:
            status = ApplicationStatus.DRAFT if sent is None else ApplicationStatus.SUBMITTING
        withdrawn = data["withdrawn"]
        if withdrawn is not None and withdrawn <= self.now and not data["stopped"]:
            status = ApplicationStatus.WITHDRAWN
        else:
            withdrawn = None
        closed = data["stopped"] or withdrawn or (steps[-1]["at"] if finished else None)
        self.rows[Application].append(
            {
                "id": number,
                "number": f"SB-H{number}",
                "person_id": self.people[person],
                "employer_id": self.employers[person % len(self.employers)],
                "kind": ApplicationKind(data["kind"]),
                "region_code": data["region"],
                "province_code": data["region"][:2] + "0000",
                "lane": "card",
                "status": ApplicationStatus(status),
                "revision": 1,
                "sequence": len(steps),
                "stop_reason": "card_same_province" if data["stopped"] else None,
                "created_at": data["created"],
                "submitted_at": sent,
                "closed_at": closed,
                "updated_at": steps[-1]["at"] if steps else data["created"],
            }
        )
        self.events(number, steps)
        self.changed.add(f"application:{number}")
        if finished:
            self.rating(f"application:{number}", person, None, data["rating"])

    def events(self, application: int, steps: list[dict[str, Any]]) -> None:
        """States, some recorded by an officer."""
        self.rows[ApplicationEvent] += [
            {
                "id": self.number(ApplicationEvent),
                "application_id": application,
                "source": "officer" if step["by_officer"] else "bureau",
                "sequence": place,
                "status": step["status"],
                "reason": {"code": step["code"]} if step["code"] else None,
                "at": step["at"],
                "recorded_at": step["at"],
                "told_at": step["told"] if step["told"] <= self.now else None,
            }
            for place, step in enumerate(steps, 1)
        ]

    def case(self, data: dict[str, Any]) -> None:
        """A case of the newest application: whose it was, the first answer, and its rating."""
        number, person = self.number(Case), data["person"]
        officer = self.officers[data["officer"]]
        resolved = data["resolved"] if data["resolved"] and data["resolved"] <= self.now else None
        reply = data["reply"] if data["reply"] and data["reply"] <= self.now else None
        self.rows[Case].append(
            _filled(
                Case,
                id=number,
                number=f"GD-H{number}",
                person_id=self.people[person],
                employer_id=self.employers[person % len(self.employers)],
                application_id=self.next_id[Application],
                kind="returned",
                matter=data["matter"],
                region_code=data["region"],
                status=CaseStatus.RESOLVED if resolved else CaseStatus.PENDING,
                assignee_id=officer,
                opened_at=data["opened"],
                taken_at=data["opened"],
                first_reply_at=reply,
                resolved_at=resolved,
                resolution="solved" if resolved else None,
                reopened=data["reopened"],
                due_at=None if resolved else data["opened"] + timedelta(days=3),
            )
        )
        self.rows[Assignment].append(
            {
                "id": self.number(Assignment),
                "case_id": number,
                "officer_id": officer,
                "how": "taken",
                "at": data["opened"],
            }
        )
        if reply is not None:
            self.rows[CaseMessage].append(
                _filled(
                    CaseMessage,
                    id=self.number(CaseMessage),
                    case_id=number,
                    author="officer",
                    author_id=officer,
                    at=reply,
                )
            )
        self.changed.add(f"case:{number}")
        if resolved is not None:
            self.rating(f"case:{number}", person, officer, data["rating"])

    def rating(
        self, subject: str, person: int, officer: int | None, data: dict[str, Any] | None
    ) -> None:
        """An invitation, and its answer if there was one."""
        if data is None or data["asked"] > self.now:
            return
        number, answered = self.number(Rating), data["score"] is not None
        self.rows[Rating].append(
            _filled(
                Rating,
                id=number,
                subject=subject,
                person_id=self.people[person],
                about=About.BOT if officer is None else About.OFFICER,
                owner=None if officer is None else f"person:{officer}",
                score=data["score"],
                reasons=data["reasons"] or None,
                comment=data["comment"],
                asked_at=data["asked"],
                answered_at=data["asked"] if answered else None,
                changed_at=data["asked"] if answered else None,
            )
        )
        self.changed.add(f"rating:{number}")

    def answer(self, data: dict[str, Any]) -> None:
        """A policy answer."""
        number = self.number(AnswerGiven)
        self.rows[AnswerGiven].append(
            {
                "id": number,
                "person_id": self.people[data["person"]],
                "bundle_id": self.bundle,
                "outcome": "answer",
                "topic": data["topic"],
                "region_code": data["region"],
                "verdict": data["verdict"],
                "verdict_at": data["at"] + _SOON if data["verdict"] else None,
                "at": data["at"],
            }
        )
        if data["topic"] in self.entries:
            self.rows[AnswerRecord].append(
                {
                    "id": self.number(AnswerRecord),
                    "answer_id": number,
                    "record_id": self.entries[data["topic"]],
                }
            )
        self.changed.add(f"answer:{number}")

    async def write(self, session: AsyncSession) -> None:
        """Everything, in the order of the references; then note what changed."""
        hired = [{"id": person, "hire_date": day} for person, day in self.hired.items()]
        if hired:
            await session.execute(update(Person), hired)
        for table in _ORDER:
            await _insert(session, table, self.rows.pop(table, []))
        await _insert(session, SubjectChange, [{"subject": one} for one in sorted(self.changed)])
        self.changed.clear()


_ORDER = (
    Application,
    ApplicationEvent,
    Case,
    Assignment,
    CaseMessage,
    AnswerGiven,
    AnswerRecord,
    Rating,
)
_SOON = timedelta(minutes=5)
_STATUS: dict[Any, str] = {
    "reviewing": "reviewing",
    "returned": "returned",
    "making": "making",
    "collectable": "collectable",
    "collected": "collected",
    "social_enabled": "collected",
    "financial_activated": "finished",
}


def _filled(table: type[Any], **values: Any) -> dict[str, Any]:
    """A row with the table's own defaults: bulk inserts don't know them."""
    row: dict[str, Any] = table(**values).model_dump()
    return row


async def _insert(session: AsyncSession, table: type[Any], rows: Rows) -> None:
    for start in range(0, len(rows), _CHUNK):
        await session.execute(insert(table), rows[start : start + _CHUNK])


async def made_up_people(
    session: AsyncSession, count: int, regions: Iterable[str], *, employers: int, officers: int
) -> Filler:
    """Employers, people and officers with their areas; every name says that it is made up."""
    now = datetime.now(UTC)
    before = (await session.exec(select(func.count()).select_from(Employer))).one()
    owners: list[int] = []
    for index in range(employers):
        row = Employer(
            name=f"样本企业{before + index + 1}", credit_code=f"9199{before + index:014d}"
        )
        session.add(row)
        await session.flush()
        owners.append(row.id or 0)
    where = list(regions)
    start = (await session.exec(select(func.max(Person.id)))).one() or 0
    people: Rows = [
        {
            "id": start + place + 1,
            "employer_id": owners[place % employers],
            "number": f"H{place:06d}",
            "name": _NAMES[place % len(_NAMES)],
            "region_code": where[place % len(where)],
            "hire_date": date(2025, 1, 1),
            "status": "active",
            "created_at": now,
            "updated_at": now,
        }
        for place in range(count + officers)
    ]
    await _insert(session, Person, people)
    ids = [row["id"] for row in people]
    bundle = await _bundle(session, now)
    tables = (*_ORDER,)
    taken = {
        table: (await session.exec(select(func.max(col(table.id))))).one() or 0 for table in tables
    }
    filler = Filler(ids[:count], owners, ids[count:], bundle.id or 0, now, taken)
    filler.entries = await _entries(session)
    return filler


async def _entries(session: AsyncSession) -> dict[str, int]:
    """Topic → the country's entry on it: what an answer was made from."""
    query = select(PolicyRecord).where(
        col(PolicyRecord.kind) == "policy", col(PolicyRecord.name).startswith("cn-")
    )
    rows = (await session.exec(query.order_by(col(PolicyRecord.id)))).all()
    return {topic: row.id or 0 for row in rows for topic in row.content.get("topics", ())}


async def _bundle(session: AsyncSession, now: datetime) -> PolicyBundle:
    """The policies in force; made up only where there are none."""
    found = await current(session)
    if found is None:
        found = PolicyBundle(
            version="made-up", digest="0", origin="made-up", made_at=now,
            loaded_by="demo", loaded_at=now, records=[],
        )  # fmt: skip
        session.add(found)
        await session.flush()
    return found


async def grant_areas(
    session: AsyncSession, filler: Filler, regions: dict[str, int], since: datetime
) -> None:
    """Each region has its officer from a day on."""
    for region, officer in regions.items():
        session.add(
            RoleGrant(
                person_id=filler.officers[officer],
                role=Role.OFFICER,
                region_prefix=region[:4],
                granted_at=since,
            )
        )
    await session.flush()
