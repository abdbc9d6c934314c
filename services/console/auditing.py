"""The audit log as the console shows it: who did what to which row, within reach."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, cast, literal, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.console.reach import Area, Reach
from storage.models import Application, AuditEntry, Case, Document, Employer, Person

_PERSONS, _EMPLOYERS = ("was", "to", "officer"), ("employer",)
"""Keys of details whose values are ids of persons and employers."""


@dataclass(frozen=True)
class AuditLine:
    """One entry. `who` is the actor's name when they are a person; in `detail` persons and
    employers stand by name."""

    at: datetime
    actor: str
    who: str | None = field(repr=False)
    verb: str
    subject: str
    link: str | None
    detail: Any = field(repr=False)


async def lines(
    session: AsyncSession,
    reach: Reach,
    *,
    verb: str = "",
    limit: int | None = None,
    offset: int = 0,
) -> tuple[AuditLine, ...]:
    """Entries about rows within reach, the newest first; who reaches everything sees all.

    Args:
        verb: the beginning of the verb, such as `role.`; empty for every one.
    """
    query = select(AuditEntry)
    if Area() not in reach.areas:
        query = query.where(_about(reach))
    if verb:
        query = query.where(col(AuditEntry.verb).startswith(verb, autoescape=True))
    ordered = query.order_by(col(AuditEntry.id).desc()).offset(offset).limit(limit)
    rows = (await session.exec(ordered)).all()
    names = await names_of(session, [row.actor for row in rows])
    called = await _called(session, [row.detail for row in rows])
    links = await _links(session, [row.subject for row in rows])
    return tuple(
        AuditLine(
            row.at,
            row.actor,
            names.get(row.actor),
            row.verb,
            row.subject,
            links.get(row.subject),
            _named(row.detail, called),
        )
        for row in rows
    )


async def verbs(session: AsyncSession) -> tuple[str, ...]:
    """The subjects of verbs that occur: `role`, `case`, …"""
    query = select(AuditEntry.verb).distinct()
    return tuple(sorted({verb.partition(".")[0] for verb in await session.exec(query)}))


def _about(reach: Reach) -> ColumnElement[bool]:
    """Subjects are `kind:id`; each kind belongs to a region and an employer in its own way."""
    place = reach.condition(col(Person.region_code), col(Person.employer_id))
    theirs = select(col(Person.id)).where(place)
    sources = (
        ("person", select(col(Person.id)).where(place)),
        ("application", select(col(Application.id)).where(col(Application.person_id).in_(theirs))),
        ("case", select(col(Case.id)).where(col(Case.person_id).in_(theirs))),
        ("document", select(col(Document.id)).where(col(Document.person_id).in_(theirs))),
    )
    return or_(
        *(
            col(AuditEntry.subject).in_(
                select(literal(f"{kind}:").concat(cast(ids.subquery().c.id, String)))
            )
            for kind, ids in sources
        )
    )


async def names_of(session: AsyncSession, actors: list[str]) -> dict[str, str]:
    """Names of the actors who are persons."""
    ids = {actor: _id(actor) for actor in actors if actor.startswith("person:")}
    query = select(Person.id, Person.name).where(col(Person.id).in_(set(ids.values())))
    names = {identity: name for identity, name in await session.exec(query)}
    return {actor: names[identity] for actor, identity in ids.items() if identity in names}


async def _called(session: AsyncSession, details: list[Any]) -> dict[tuple[str, int], str]:
    """Names of whom and what the details give by id: (key, id) → name."""
    found: dict[tuple[str, int], str] = {}
    for model, keys in ((Person, _PERSONS), (Employer, _EMPLOYERS)):
        ids = {
            each[key]
            for each in details
            if isinstance(each, dict)
            for key in keys
            if isinstance(each.get(key), int)
        }
        query = select(model.id, model.name).where(col(model.id).in_(ids))
        for identity, name in await session.exec(query) if ids else ():
            found.update({(key, identity or 0): name for key in keys})
    return found


def _named(detail: Any, called: dict[tuple[str, int], str]) -> Any:
    if not isinstance(detail, dict):
        return detail
    return {
        key: called.get((key, value), value) if isinstance(value, int) else value
        for key, value in detail.items()
    }


async def _links(session: AsyncSession, subjects: list[str]) -> dict[str, str]:
    """Addresses below `/console` of the rows that have a page."""
    found: dict[str, str] = {}
    for kind, model in (("application", Application), ("case", Case)):
        ids = {_id(one) for one in subjects if one.startswith(f"{kind}:")}
        query = select(model.id, model.number).where(col(model.id).in_(ids))
        for identity, number in await session.exec(query):
            found[f"{kind}:{identity}"] = f"/{kind}s/{number}"
    for one in subjects:
        if one.startswith("person:"):
            found[one] = f"/people/{_id(one)}"
    return found


def _id(reference: str) -> int:
    text = reference.partition(":")[2]
    return int(text) if text.isdigit() else 0
