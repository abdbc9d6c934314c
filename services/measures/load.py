"""Rows into histories, a batch at a time. What was erased has no history any more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.measures.histories import (
    BOT,
    AnswerHistory,
    ApplicationHistory,
    CaseHistory,
    Place,
    RatingHistory,
    StateChange,
    Wait,
)
from services.measures.settings import rules
from storage.models import (
    AnswerGiven,
    AnswerRecord,
    Application,
    ApplicationEvent,
    ApplicationKind,
    Assignment,
    Case,
    CaseMessage,
    CaseWait,
    Person,
    PersonStatus,
    PolicyRecord,
    Rating,
    Role,
    RoleGrant,
    Row,
)

_RECALL = "recall"
_ANSWERED = frozenset({"answer", "guide", _RECALL})
_CALLED = frozenset({"asked"})
_MOVING = frozenset({ApplicationKind.TRANSFER, ApplicationKind.MERGE})
R = TypeVar("R", bound=Row)


@dataclass
class Batch:
    """Histories by subject; a subject that is missing keeps what was counted of it."""

    applications: dict[str, ApplicationHistory] = field(default_factory=dict)
    cases: dict[str, CaseHistory] = field(default_factory=dict)
    answers: dict[str, AnswerHistory] = field(default_factory=dict)
    ratings: dict[str, RatingHistory] = field(default_factory=dict)


class Duty:
    """Which officer answered for a place at a moment: the narrowest grant that was alive."""

    def __init__(self, grants: Iterable[RoleGrant]) -> None:
        self.grants = sorted(
            grants,
            key=lambda g: (-len(g.region_prefix), g.employer_id is None, g.granted_at, g.id or 0),
        )

    @classmethod
    async def load(cls, session: AsyncSession) -> Duty:
        """Every officer's grants, ended ones too."""
        query = select(RoleGrant).where(col(RoleGrant.role) == Role.OFFICER)
        return cls((await session.exec(query)).all())

    def officer(self, place: Place, at: datetime) -> int:
        """The officer's person id, or `BOT` when nobody was in charge."""
        for grant in self.grants:
            alive = grant.granted_at <= at and (grant.revoked_at is None or at < grant.revoked_at)
            here = place.region_code.startswith(grant.region_prefix)
            if alive and here and grant.employer_id in (None, place.employer_id):
                return grant.person_id
        return BOT


def ids_of(subjects: Iterable[str], kind: str) -> list[int]:
    """The numbers of the subjects of one kind."""
    found = (subject.partition(":") for subject in subjects)
    return sorted(int(number) for name, _, number in found if name == kind)


async def load(session: AsyncSession, subjects: Sequence[str]) -> Batch:
    """The histories of these subjects."""
    duty = await Duty.load(session)
    return Batch(
        await _applications(session, ids_of(subjects, "application"), duty),
        await _cases(session, ids_of(subjects, "case")),
        await _answers(session, ids_of(subjects, "answer")),
        await _ratings(session, ids_of(subjects, "rating")),
    )


async def answers_before(session: AsyncSession, cases: Sequence[int]) -> set[str]:
    """Answers that a call for HR may have proved useless: of the same person, shortly before."""
    if not cases:
        return set()
    query = select(Case.person_id, Case.opened_at).where(
        col(Case.id).in_(cases), col(Case.kind).in_(_CALLED)
    )
    called = (await session.exec(query)).all()
    if not called:
        return set()
    hours = timedelta(hours=rules().contact_hours)
    people = {person_id for person_id, _ in called}
    first, last = min(at for _, at in called) - hours, max(at for _, at in called)
    given = select(AnswerGiven.id).where(
        col(AnswerGiven.person_id).in_(people),
        col(AnswerGiven.at) >= first,
        col(AnswerGiven.at) <= last,
    )
    return {f"answer:{number}" for number in (await session.exec(given)).all()}


async def _rows(session: AsyncSession, kind: type[R], column: Any, ids: Sequence[int]) -> list[R]:
    if not ids:
        return []
    identity: Any = kind.id  # type: ignore[attr-defined]
    return list((await session.exec(select(kind).where(column.in_(ids)).order_by(identity))).all())


def _grouped(rows: Iterable[R], name: str) -> dict[int, list[R]]:
    found: dict[int, list[R]] = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return found


async def _people(session: AsyncSession, rows: Iterable[Any]) -> dict[int, Person]:
    ids = sorted({row.person_id for row in rows})
    return {person.id or 0: person for person in await _rows(session, Person, col(Person.id), ids)}


async def _applications(
    session: AsyncSession, ids: Sequence[int], duty: Duty
) -> dict[str, ApplicationHistory]:
    rows = await _rows(session, Application, col(Application.id), ids)
    people = await _people(session, rows)
    events = _grouped(
        await _rows(session, ApplicationEvent, col(ApplicationEvent.application_id), ids),
        "application_id",
    )
    cases = await _case_counts(session, ids)
    return {
        f"application:{row.id}": _application(
            row, people[row.person_id], events[row.id or 0], duty, cases.get(row.id or 0, 0)
        )
        for row in rows
        if people[row.person_id].status is not PersonStatus.ERASED
    }


async def _case_counts(session: AsyncSession, ids: Sequence[int]) -> dict[int, int]:
    if not ids:
        return {}
    number = col(Case.application_id)
    query = select(number, func.count()).where(number.in_(ids)).group_by(number)
    return {key: count for key, count in (await session.exec(query)).all() if key is not None}


def _application(
    row: Application, person: Person, events: list[ApplicationEvent], duty: Duty, cases: int
) -> ApplicationHistory:
    place = Place(row.region_code, row.employer_id)
    return ApplicationHistory(
        id=row.id or 0,
        kind=row.kind.value,
        place=place,
        officer_id=duty.officer(place, row.created_at),
        hired=person.hire_date,
        created_at=row.created_at,
        submitted_at=row.submitted_at,
        closed_at=row.closed_at,
        status=row.status.value,
        stop_reason=row.stop_reason,
        overridden=row.override_reason is not None,
        second_card=any((event.reason or {}).get("second_card") for event in events),
        cross_region=row.kind in _MOVING or row.province_code[:2] != person.region_code[:2],
        changes=tuple(_change(event) for event in events),
        cases=cases,
    )


def _change(event: ApplicationEvent) -> StateChange:
    return StateChange(
        id=event.id or 0,
        status=event.status,
        source=event.source,
        at=event.at,
        recorded_at=event.recorded_at,
        told_at=event.told_at,
        code=(event.reason or {}).get("code"),
    )


async def _cases(session: AsyncSession, ids: Sequence[int]) -> dict[str, CaseHistory]:
    rows = await _rows(session, Case, col(Case.id), ids)
    people = await _people(session, rows)
    waits = _grouped(await _rows(session, CaseWait, col(CaseWait.case_id), ids), "case_id")
    hands = _grouped(await _rows(session, Assignment, col(Assignment.case_id), ids), "case_id")
    replies = await _first_repliers(session, ids)
    return {
        f"case:{row.id}": CaseHistory(
            id=row.id or 0,
            matter=row.matter,
            place=Place(row.region_code, row.employer_id),
            officer_id=_holder(hands[row.id or 0], row.resolved_at) or row.assignee_id or BOT,
            replied_by=replies.get(row.id or 0) or row.assignee_id or BOT,
            opened_at=row.opened_at,
            first_reply_at=row.first_reply_at,
            resolved_at=row.resolved_at,
            resolution=row.resolution,
            reopened=row.reopened,
            waits=tuple(Wait(wait.since, wait.until) for wait in waits[row.id or 0]),
        )
        for row in rows
        if people[row.person_id].status is not PersonStatus.ERASED
    }


def _holder(hands: list[Assignment], at: datetime | None) -> int:
    """Whose the case was when it was resolved."""
    held = [each for each in hands if at is not None and each.at <= at]
    return max(held, key=lambda each: (each.at, each.id or 0)).officer_id if held else BOT


async def _first_repliers(session: AsyncSession, ids: Sequence[int]) -> dict[int, int]:
    """Who wrote the first answer of each case."""
    if not ids:
        return {}
    query = (
        select(CaseMessage.case_id, CaseMessage.author_id)
        .where(
            col(CaseMessage.case_id).in_(ids),
            col(CaseMessage.author) == "officer",
            col(CaseMessage.internal).is_(False),
            col(CaseMessage.author_id).is_not(None),
        )
        .order_by(col(CaseMessage.id).desc())
    )
    return {case_id: author or BOT for case_id, author in (await session.exec(query)).all()}


async def _answers(session: AsyncSession, ids: Sequence[int]) -> dict[str, AnswerHistory]:
    found = await _rows(session, AnswerGiven, col(AnswerGiven.id), ids)
    rows = [row for row in found if row.outcome in _ANSWERED]
    people = await _people(session, rows)
    if not rows:
        return {}
    query = select(Case.person_id, Case.opened_at).where(
        col(Case.person_id).in_(people), col(Case.kind).in_(_CALLED)
    )
    called: dict[int, list[datetime]] = defaultdict(list)
    for person_id, at in (await session.exec(query)).all():
        called[person_id].append(at)
    entries = await _entries(session, [row.id or 0 for row in rows])
    return {
        f"answer:{row.id}": AnswerHistory(
            id=row.id or 0,
            topic=row.topic or "other",
            place=Place(
                row.region_code or people[row.person_id].region_code,
                people[row.person_id].employer_id,
            ),
            at=row.at,
            verdict=row.verdict,
            cases_after=tuple(sorted(at for at in called[row.person_id] if at >= row.at)),
            verdict_at=row.verdict_at,
            entries=entries.get(row.id or 0, ()),
            recall=row.outcome == _RECALL,
        )
        for row in rows
    }


async def _entries(session: AsyncSession, answers: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The policy entries behind each answer, by name."""
    query = (
        select(AnswerRecord.answer_id, PolicyRecord.name)
        .join(PolicyRecord, col(PolicyRecord.id) == col(AnswerRecord.record_id))
        .where(col(AnswerRecord.answer_id).in_(answers), col(PolicyRecord.kind) == "policy")
    )
    found: dict[int, set[str]] = defaultdict(set)
    for answer_id, name in (await session.exec(query)).all():
        found[answer_id].add(name)
    return {answer_id: tuple(sorted(names)) for answer_id, names in found.items()}


async def _ratings(session: AsyncSession, ids: Sequence[int]) -> dict[str, RatingHistory]:
    rows = await _rows(session, Rating, col(Rating.id), ids)
    about = await rated_places(session, rows)
    return {
        f"rating:{row.id}": RatingHistory(
            id=row.id or 0,
            about=row.about.value,
            matter=about[row.subject][1],
            place=about[row.subject][0],
            officer_id=owner_of(row),
            asked_at=row.asked_at,
            answered_at=row.answered_at,
        )
        for row in rows
        if row.subject in about
    }


def owner_of(row: Rating) -> int:
    """The officer whose work was rated, frozen when asked; `BOT` for the bot."""
    kind, _, number = (row.owner or "").partition(":")
    return int(number) if kind == "person" else BOT


async def rated_places(
    session: AsyncSession, rows: Iterable[Rating]
) -> dict[str, tuple[Place, str]]:
    """Place and matter of each rated subject."""
    subjects = [row.subject for row in rows]
    applications = await _rows(
        session, Application, col(Application.id), ids_of(subjects, "application")
    )
    cases = await _rows(session, Case, col(Case.id), ids_of(subjects, "case"))
    found = {
        f"application:{row.id}": (Place(row.region_code, row.employer_id), row.kind.value)
        for row in applications
    }
    found |= {
        f"case:{row.id}": (Place(row.region_code, row.employer_id), row.matter) for row in cases
    }
    return found
