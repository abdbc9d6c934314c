"""What is open now, whose turn it is, how old it is, and what comes next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import false, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.workdays import Deadline, workdays_between
from services.applications.matters import MATTERS
from services.applications.matters.transfer import MOVES, UNDER_WAY
from services.applications.settings import rules as application_rules
from services.measures.histories import BOT, Place
from services.measures.load import Duty
from services.measures.query import Area
from storage.clock import local_date
from storage.models import (
    CLOSED,
    Application,
    ApplicationStatus,
    Case,
    CaseStatus,
    Person,
)

PARTIES = ("officer", "employee", "bureau", "bank")
AGES = (3, 10, 30)
"""Workdays at which the ages are cut: up to 3, 10, 30, and more."""
_TURN: dict[ApplicationStatus, tuple[str, str]] = {
    ApplicationStatus.DRAFT: ("employee", "give_documents"),
    ApplicationStatus.CHECKING: ("employee", "answer_check"),
    ApplicationStatus.WAITING: ("bureau", "wait_bureau_back"),
    ApplicationStatus.EVIDENCE: ("officer", "officer_confirms"),
    ApplicationStatus.SUBMITTING: ("bureau", "wait_bureau_back"),
    ApplicationStatus.REVIEWING: ("bureau", "bureau_reviews"),
    ApplicationStatus.RETURNED: ("employee", "mend"),
    ApplicationStatus.ORIGIN_ASKED: ("bureau", "origin_sends"),
    ApplicationStatus.ORIGIN_SENT: ("bureau", "destination_takes"),
    ApplicationStatus.MAKING: ("bank", "bank_makes"),
    ApplicationStatus.COLLECTABLE: ("employee", "collect"),
    ApplicationStatus.COLLECTED: ("employee", "activate"),
}
_RESTING = (*CLOSED, ApplicationStatus.REPORTED)
"""Nobody's turn: a loss report in force waits for nothing."""
_EMPLOYEE_WORKDAYS, _OFFICER_WORKDAYS = 10, 1


@dataclass(frozen=True)
class Item:
    """One open thing. `since`: when its turn began; `age` and `target` are in workdays."""

    kind: str
    number: str
    id: int
    matter: str
    party: str
    next: str
    since: datetime
    age: int
    target: int
    owner_id: int

    @property
    def overdue(self) -> bool:
        """Whether its turn takes longer than it should."""
        return self.age > self.target


@dataclass(frozen=True)
class Backlog:
    """Everything that is open, and the oldest of it.

    Args:
        ages: party → how many up to each of `AGES` workdays, and above.
        overdue_with: owner → how many are overdue of what waits for them, and for nobody else.
    """

    open: int
    overdue: int
    ages: dict[str, tuple[int, ...]]
    late: dict[str, int]
    worst: tuple[Item, ...]
    overdue_with: dict[int, int]


async def backlog(
    session: AsyncSession,
    areas: Sequence[Area],
    now: datetime,
    *,
    worst: int = 10,
    owner_id: int | None = None,
) -> Backlog:
    """Open cases and applications of some areas."""
    items = [*await _cases(session, areas, now), *await _applications(session, areas, now)]
    items = [item for item in items if owner_id in (None, item.owner_id)]
    ages = {party: [0] * (len(AGES) + 1) for party in PARTIES}
    late: Counter[str] = Counter()
    for item in items:
        ages[item.party][sum(item.age > edge for edge in AGES)] += 1
        late[item.party] += item.overdue
    items.sort(key=lambda item: (item.target - item.age, item.since, item.number))
    return Backlog(
        open=len(items),
        overdue=sum(late.values()),
        ages={party: tuple(counts) for party, counts in ages.items()},
        late={party: late[party] for party in PARTIES},
        worst=tuple(item for item in items[:worst] if item.overdue),
        overdue_with=dict(
            Counter(item.owner_id for item in items if item.overdue and item.party == "officer")
        ),
    )


def within(areas: Iterable[Area], region: Any, employer: Any) -> Any:
    """Some areas as a condition over two columns."""
    chosen = tuple(areas)
    if Area() in chosen:
        return region.is_not(None)
    parts = [
        region.startswith(area.region_prefix)
        & (region.is_not(None) if area.employer_id is None else employer == area.employer_id)
        for area in chosen
    ]
    return or_(false(), *parts)


async def _cases(session: AsyncSession, areas: Sequence[Area], now: datetime) -> list[Item]:
    query = select(Case).where(
        col(Case.status) != CaseStatus.RESOLVED,
        within(areas, col(Case.region_code), col(Case.employer_id)),
    )
    found = []
    for row in (await session.exec(query)).all():
        since = row.last_message_at or row.opened_at
        late = row.due_at is not None and row.due_at < now
        age = _age(local_date(since), local_date(now))
        taken = row.assignee_id is not None
        found.append(
            Item(
                "case",
                row.number,
                row.id or 0,
                row.matter,
                str(row.waiting_for),
                ("answer_case" if taken else "take_case")
                if row.waiting_for == "officer"
                else "wait_answer",
                since,
                age,
                -1 if late else max(_OFFICER_WORKDAYS, age),
                row.assignee_id or BOT,
            )
        )
    return found


async def _applications(session: AsyncSession, areas: Sequence[Area], now: datetime) -> list[Item]:
    query = select(
        col(Application.id),
        col(Application.number),
        col(Application.kind),
        col(Application.status),
        col(Application.region_code),
        col(Application.employer_id),
        col(Application.created_at),
        col(Application.updated_at),
    ).where(  # type: ignore[call-overload]
        col(Application.status).not_in(_RESTING),
        within(areas, col(Application.region_code), col(Application.employer_id)),
    )
    duty, today = await Duty.load(session), local_date(now)
    clocks, found = await _clocks(session, areas), []
    for number, name, kind, status, region, employer, created, updated in (
        await session.execute(query)
    ).all():
        party, following = _TURN.get(status, ("bureau", "bureau_reviews"))
        owner = duty.officer(Place(region, employer), created)
        age = _age(local_date(updated), today)
        found.append(
            Item(
                "application",
                name,
                number,
                kind.value,
                party,
                following,
                updated,
                age,
                _target(status) if number not in clocks else age - _late(clocks[number], today),
                owner,
            )
        )
    return found


async def _clocks(session: AsyncSession, areas: Sequence[Area]) -> dict[int, Deadline | None]:
    """By when moves that are under way should be done; None: no rule says, so never overdue."""
    query = select(Application).where(
        col(Application.kind).in_(MOVES),
        col(Application.status).in_(UNDER_WAY),
        within(areas, col(Application.region_code), col(Application.employer_id)),
    )
    rows = (await session.exec(query)).all()
    return {row.id or 0: MATTERS[row.kind].deadline(row) for row in rows}


def _late(by: Deadline | None, today: date) -> int:
    """Workdays past a day."""
    return 0 if by is None else _age(by.day, today)


def _target(status: ApplicationStatus) -> int:
    if status is ApplicationStatus.REVIEWING:
        return application_rules().review_workdays
    if status is ApplicationStatus.MAKING:
        return application_rules().make_workdays
    return _OFFICER_WORKDAYS if status is ApplicationStatus.EVIDENCE else _EMPLOYEE_WORKDAYS


@cache
def _age(since: date, today: date) -> int:
    return max(workdays_between(since, today), 0)


async def names(session: AsyncSession, ids: Iterable[int]) -> dict[int, str]:
    """Officers' names by their number."""
    wanted = sorted(set(ids) - {BOT})
    if not wanted:
        return {}
    rows = (await session.exec(select(Person).where(col(Person.id).in_(wanted)))).all()
    return {row.id or 0: row.name for row in rows}
