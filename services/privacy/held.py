"""What is held about a person, said in their words: what, why, for whom, until when."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge import regions
from knowledge.agencies import bank_name
from services.people import consents, people
from services.people.settings import PeopleSettings
from services.privacy import own
from services.privacy.catalogue import Catalogue, day
from storage.models import InboxEvent, OutboxMessage

Values = list[tuple[str, str]]


@dataclass(frozen=True)
class Holding:
    """One kind of data. `given_to` is empty when nobody else gets it."""

    category: str
    title: str
    values: tuple[tuple[str, str], ...]
    purpose: str
    given_to: str
    until: str
    rule: str | None = None


async def held(
    session: AsyncSession,
    person_id: int,
    now: datetime,
    language: str = "zh",
    *,
    settings: PeopleSettings | None = None,
) -> tuple[Holding, ...]:
    """Every kind of data that there is about a person; numbers are masked, the export has all.

    Raises:
        people.UnknownPersonError: no such person, or erased.
    """
    words = Catalogue(language, settings or PeopleSettings())
    employee = await people.by_id(session, person_id)
    if employee is None:
        raise people.UnknownPersonError(f"person {person_id}")
    found = {"roster": _roster(employee, words)}
    for category, read in _READERS.items():
        found[category] = await read(session, person_id, words)
    rules = {"roster": "roster_active" if employee.active else "roster_left", "consents": "records"}
    return tuple(
        Holding(
            category=category,
            title=words.category(category, "title"),
            values=tuple(values),
            purpose=words.category(category, "purpose"),
            given_to=words.category(category, "given_to"),
            until=words.category(category, "until"),
            rule=words.rule(rules[category]) if category in rules else None,
        )
        for category, values in found.items()
        if values
    )


def _roster(employee: people.Employee, words: Catalogue) -> Values:
    region = regions.find(employee.region_code)
    values = {
        "name": employee.name,
        "number": employee.number,
        "id_number": employee.masked_number,
        "phone": employee.masked_phone,
        "employer": employee.employer_name,
        "region": regions.full_name(region.code) if region else employee.region_code,
        "hire_date": employee.hire_date.isoformat() if employee.hire_date else "",
        "status": words.word(employee.status.value),
    }
    return [(words.label(key), value) for key, value in values.items() if value]


async def _accounts(session: AsyncSession, person_id: int, words: Catalogue) -> Values:
    return [
        (words.label("bound"), f"{day(one.bound_at)}（{words.word(one.bound_by)}）")
        for one in await own.accounts(session, person_id)
        if one.ended_at is None
    ]


async def _consents(session: AsyncSession, person_id: int, words: Catalogue) -> Values:
    values = []
    for one in await consents.given(session, person_id):
        if one.withdrawn_at:
            text = words.label("withdrawn", day=day(one.given_at), end=day(one.withdrawn_at))
        else:
            label = "given_on_paper" if one.on_paper else "given"
            text = words.label(label, day=day(one.given_at), version=one.version)
        values.append((words.word(one.kind.value), text))
    return values


async def _cards(session: AsyncSession, person_id: int, words: Catalogue) -> Values:
    values = []
    for card in await own.cards(session, person_id):
        text = words.label(
            "card",
            bank=bank_name(card.bank_code),
            last_four=card.last_four or "—",
            status=words.word(card.status.value),
            evidence=words.word(card.evidence.value),
            day=day(card.evidence_at),
        )
        values.append((regions.get(card.province_code).name, text))
    return values


async def _applications(session: AsyncSession, person_id: int, words: Catalogue) -> Values:
    return [
        (
            one.number,
            words.label(
                "application",
                kind=words.word(one.kind.value),
                status=words.word(one.status.value),
                day=day(one.created_at),
            ),
        )
        for one in await own.applications(session, person_id)
    ]


async def _documents(session: AsyncSession, person_id: int, words: Catalogue) -> Values:
    values = []
    shown: set[int | None] = set()
    for document in await own.documents(session, person_id):
        shown |= {document.file_id, document.crop_id}
        fields = document.fields or {}
        label = words.label(
            "read" if fields else "uploaded", day=day(document.created_at), count=len(fields)
        )
        values.append((words.word(document.kind), label))
    others = [f for f in await own.files(session, person_id) if f.id not in shown]
    values += [
        (words.label("file"), words.label("uploaded", day=day(file.created_at))) for file in others
    ]
    return values


async def _chat(session: AsyncSession, person_id: int, words: Catalogue) -> Values:
    chat = await own.Chat.of(session, person_id)
    inbox = select(func.count()).select_from(InboxEvent).where(chat.inbox())
    outbox = select(func.count()).select_from(OutboxMessage).where(chat.outbox())
    count = (await session.exec(inbox)).one() + (await session.exec(outbox)).one()
    return [(words.label("messages"), words.label("count", count=count))] if count else []


async def _cases(session: AsyncSession, person_id: int, words: Catalogue) -> Values:
    values = [
        (case.number, words.label("case", status=words.word(case.status), day=day(case.opened_at)))
        for case in await own.cases(session, person_id)
    ]
    for rating in await own.ratings(session, person_id):
        score = rating.score
        text = words.label("rating", score=score) if score else words.label("unrated")
        values.append((day(rating.asked_at), text))
    return values


async def _questions(session: AsyncSession, person_id: int, words: Catalogue) -> Values:
    asked = await own.answers(session, person_id)
    count = len(asked) + len(await own.gap_questions(session, person_id))
    return [(words.label("messages"), words.label("count", count=count))] if count else []


async def _views(session: AsyncSession, person_id: int, words: Catalogue) -> Values:
    return [
        (day(view.at), words.label("view", actor=_who(view.actor, words), reason=view.reason))
        for view in await own.views(session, person_id)
    ]


def _who(actor: str, words: Catalogue) -> str:
    """A colleague isn't named to the person; which one it was is in the audit trail."""
    return words.label("officer" if actor.startswith("person:") else "program")


_READERS: dict[str, Callable[[AsyncSession, int, Catalogue], Awaitable[Values]]] = {
    "account": _accounts,
    "consents": _consents,
    "cards": _cards,
    "applications": _applications,
    "documents": _documents,
    "chat": _chat,
    "cases": _cases,
    "questions": _questions,
    "views": _views,
}
