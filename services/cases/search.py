"""Words of messages, found through the blind index and checked in the decrypted text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import exists, func
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.cases import index
from services.cases.errors import CaseError
from services.cases.listing import Filter, Scope, lines_of
from services.cases.views import CaseLine
from storage.database import keyring_of
from storage.models import Case, CaseMessage, CaseWord

_BATCH, _MOST_CHECKED = 20, 200
_AROUND = 40
_COUNTED = 1000


@dataclass(frozen=True)
class Hit:
    """A case in which the words occur, and the place of the newest message that has one."""

    line: CaseLine
    message_id: int
    excerpt: str = field(repr=False)


async def search(
    session: AsyncSession,
    scope: Scope,
    words: str,
    now: datetime,
    *,
    wanted: Filter | None = None,
    size: int = 20,
) -> tuple[Hit, ...]:
    """Cases whose messages hold all the words (each may be in another message), newest first.

    Words are separated by spaces; Chinese is found from two characters on.

    Raises:
        CaseError: too_short.
    """
    terms = [index.fold(term) for term in words.split()]
    tokens = index.tokens(keyring_of(session), index.asked(words))
    if not tokens or any(not index.asked(term) for term in terms):
        raise CaseError("too_short")
    wanted = wanted or Filter(statuses=())
    ids = await _candidates(session, scope, wanted, await _rarest_first(session, tokens))
    hits: list[Hit] = []
    for at in range(0, len(ids), _BATCH):
        batch = ids[at : at + _BATCH]
        places = await _places(session, batch, terms)
        lines = await lines_of(session, [each for each in batch if each in places], now)
        hits += [Hit(line, *places[line.id]) for line in lines]
        if len(hits) >= size:
            break
    return tuple(hits[:size])


async def _rarest_first(session: AsyncSession, tokens: frozenset[int]) -> list[int]:
    """Tokens by how many cases have them, counted no further than it helps."""
    counted = []
    for token in sorted(tokens):
        some = select(CaseWord.case_id).where(col(CaseWord.token) == token).limit(_COUNTED)
        count = select(func.count()).select_from(some.subquery())
        counted.append(((await session.exec(count)).one(), token))
    return [token for _, token in sorted(counted)]


async def _candidates(
    session: AsyncSession, scope: Scope, wanted: Filter, tokens: Sequence[int]
) -> list[int]:
    """The newest cases that have every token: the rarest leads, the others are looked up."""
    lead = aliased(CaseWord)
    query = (
        select(lead.case_id)
        .join(Case, col(Case.id) == col(lead.case_id))
        .where(col(lead.token) == tokens[0], scope.condition(), *wanted.conditions())
    )
    for token in tokens[1:]:
        other = aliased(CaseWord)
        query = query.where(
            exists().where(col(other.token) == token, col(other.case_id) == col(lead.case_id))
        )
    query = query.order_by(col(lead.case_id).desc()).limit(_MOST_CHECKED)
    return list((await session.exec(query)).all())


async def _places(
    session: AsyncSession, ids: Sequence[int], terms: Sequence[str]
) -> dict[int, tuple[int, str]]:
    """Cases whose messages really hold every term: the newest message with one, and its words."""
    query = (
        select(CaseMessage.case_id, CaseMessage.id, CaseMessage.text)
        .where(
            col(CaseMessage.case_id).in_(ids),
            col(CaseMessage.text).is_not(None),
            col(CaseMessage.deleted_at).is_(None),
        )
        .order_by(col(CaseMessage.id).desc())
    )
    missing = {case_id: set(terms) for case_id in ids}
    found: dict[int, tuple[int, str]] = {}
    for case_id, message_id, text in (await session.exec(query)).all():
        folded = index.fold(text or "")
        held = [term for term in terms if term in folded]
        missing[case_id].difference_update(held)
        if held and case_id not in found:
            at = folded.find(held[0])
            begin = max(0, at - _AROUND)
            found[case_id] = message_id or 0, (text or "")[begin : at + _AROUND]
    return {case_id: place for case_id, place in found.items() if not missing[case_id]}
