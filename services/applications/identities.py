"""Which paper proves who applies: asked for by the roster's number, changed by what is sent."""

from __future__ import annotations

from collections.abc import Mapping

from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.identities import (
    ID_CARD,
    IdentityRule,
    Paper,
    People,
    identity_rule,
    paper_of,
    papers,
)
from services.applications import rows
from services.applications.matters.base import paper_of as paper_of_row
from services.applications.matters.base import put_details
from services.applications.views import Declined
from services.documents.permitnumber import paper_of_number
from storage.models import Application, ApplicationKind, DocumentStatus, Person

_ITS_PEOPLE: Mapping[str, People] = {
    "id_card": "mainland",
    "temporary_id": "mainland",
    "hmt_permit": "hmt",
    "foreign_permit": "foreign",
    "passport": "foreign",
}
_CHINA = frozenset({"CHN", "中国"})


def numbered(paper: str) -> tuple[str, str]:
    """The kind of document that shows a paper's number, and the number's field."""
    found: Paper = papers()[paper]
    return found.kinds[0], found.number


def people_of(number: str | None) -> People | None:
    """Whose number the roster has; None where it tells nothing."""
    found = paper_of_number(number)
    return None if found is None else found[0]


def rule_for(number: str | None, region: str, kind: ApplicationKind) -> IdentityRule | None:
    """The region's rule for somebody with this number on the roster."""
    return identity_rule(region, people_of(number) or "mainland", kind.value)


def rule_of_paper(kind: str, region: str, matter: ApplicationKind) -> IdentityRule | None:
    """The region's rule for the people whose paper a document shows."""
    paper = paper_of(kind)
    return identity_rule(region, _ITS_PEOPLE[paper], matter.value) if paper else None


def first_paper(number: str | None, region: str, kind: ApplicationKind) -> str:
    """The paper to ask for: the one whose number the roster has, where the region takes it."""
    found, rule = paper_of_number(number), rule_for(number, region, kind)
    own = found[1] if found else ID_CARD
    if rule is None or not rule.take or own in rule.take:
        return own
    return rule.take[0]


def other_papers(number: str | None, region: str, kind: ApplicationKind, own: str) -> list[str]:
    """What the region takes besides."""
    rule = rule_for(number, region, kind)
    return [each for each in rule.take if each != own] if rule else []


async def consider(
    session: AsyncSession, row: Application, kind: str, fields: Mapping[str, str]
) -> Declined | None:
    """Whether a document proves who applies in this region. One of another paper than the one asked
    for makes that the asked one; None means that it is taken.

    Args:
        kind: a kind of `knowledge.identities`.
    """
    paper, current = paper_of(kind) or ID_CARD, paper_of_row(row)
    if paper == current:
        return None
    person = await session.get(Person, row.person_id)
    known = people_of(person.id_number if person else None)
    declined = _judge(row, paper, known, fields)
    if declined is None and not (await rows.view(session, row)).missing:
        declined = "complete"
    if declined is None:
        await _change(session, row, paper)
    return declined


def _judge(
    row: Application, paper: str, known: People | None, fields: Mapping[str, str]
) -> Declined | None:
    if paper == "passport" and fields.get("nationality") in _CHINA:
        return "chinese_passport"
    people = _ITS_PEOPLE[paper]
    if known is not None and known != people:
        return "other_person"
    rule = identity_rule(row.region_code, people, row.kind.value)
    if rule is None or (rule.take and paper not in rule.take):
        return "no_rule"
    return "window" if rule.window else None


async def _change(session: AsyncSession, row: Application, paper: str) -> None:
    """Documents of the paper asked for until now give way."""
    given_up = papers()[paper_of_row(row)].kinds
    for document in await rows.documents(session, row.id or 0):
        if document.kind in given_up and document.status in rows.CURRENT:
            document.status = DocumentStatus.REPLACED
    put_details(row, identity=None if paper == ID_CARD else paper)
    await session.flush()
