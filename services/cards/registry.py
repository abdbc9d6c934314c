"""持卡库: the cards we know of, kept in step with what registries and bureaus say.

Callers hold the lock of one of the person's applications, so a person's cards change one at a
time; the database's own constraint (one valid card per person and province) holds regardless.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.cards.views import CardKey, CardView, FoundCard, card_view, found_card
from storage.models import Application, Card, CardStatus, Evidence

BLOCKING = frozenset({CardStatus.NORMAL, CardStatus.MAKING, CardStatus.COLLECTABLE})
"""States that stand in the way of a first card in the same province (DESIGN 5.3)."""

_GRADES = list(Evidence)
_UNDER_WAY = (CardStatus.MAKING, CardStatus.COLLECTABLE)
_FOLLOWS: dict[str, CardStatus] = {
    "making": CardStatus.MAKING,
    "collectable": CardStatus.COLLECTABLE,
    "collected": CardStatus.NORMAL,
    "social_enabled": CardStatus.NORMAL,
    "financial_activated": CardStatus.NORMAL,
    "sealed": CardStatus.SEALED,
    "returned": CardStatus.CANCELLED,
    "withdrawn": CardStatus.CANCELLED,
}
_FUNCTIONS = ("social_enabled", "financial_activated")
_IN_HAND = ("collected", *_FUNCTIONS)
_ENDS = ("returned", "withdrawn", "sealed")


async def cards_of(session: AsyncSession, person_id: int) -> list[CardView]:
    """Every card we know of, in every province, the valid ones first."""
    rows = await _rows(session, person_id)
    rows.sort(key=lambda row: (row.status not in BLOCKING, row.province_code, row.id or 0))
    return [card_view(row) for row in rows]


async def known_blocking(
    session: AsyncSession, person_id: int, province_code: str
) -> tuple[FoundCard, ...]:
    """Cards in a province that would block, as far as we know without asking anybody."""
    rows = await _rows(session, person_id)
    return tuple(
        found_card(row)
        for row in rows
        if row.province_code == province_code and row.status in BLOCKING
    )


async def record_cards(
    session: AsyncSession, person_id: int, found: Sequence[FoundCard], *, complete: bool
) -> list[FoundCard]:
    """Bring our rows in step with what was told.

    Args:
        complete: every source answered, so a valid card of ours that nobody named is gone.

    Returns:
        Cards that could not be written because another valid card of the province is on record:
        a duplicate that exists already and that a person must see.
    """
    rows = await _rows(session, person_id)
    named: set[int] = set()
    pairs: list[tuple[FoundCard, Card | None]] = []
    for each in found:
        row = _match(rows, each, named)
        if row is not None and row.id is not None:
            named.add(row.id)
        pairs.append((each, row))
    if complete and found:
        as_of = max(each.as_of for each in found)
        _retire_unnamed(rows, named, as_of)
    # What has ended first: it makes room for what is valid now.
    pairs.sort(key=lambda pair: pair[0].status is CardStatus.NORMAL)
    conflicts = []
    for each, row in pairs:
        if not await _write(session, person_id, each, row):
            conflicts.append(each)
    return conflicts


async def follow(
    session: AsyncSession,
    application: Application,
    state: str,
    at: datetime,
    *,
    evidence: Evidence = Evidence.CONNECTOR,
) -> bool:
    """Move the application's own card with the bureau's state.

    Returns:
        False when another valid card in the province forbids it: a person must look.
    """
    status = _FOLLOWS.get(state)
    if status is None or application.bank_code is None:
        return True
    row = await _own_card(session, application, state)
    if row is None and state in _ENDS:
        return True
    found = FoundCard(
        province_code=application.province_code,
        region_code=application.region_code,
        bank_code=application.bank_code,
        last_four=row.last_four if row else None,
        status=status,
        valid_until=row.valid_until if row else None,
        issued_on=row.issued_on if row else None,
        social_enabled=application.social_enabled_at is not None,
        financial_active=application.financial_activated_at is not None,
        source="bureau",
        evidence=evidence,
        as_of=at,
    )
    return await _write(session, application.person_id, found, row, news=True)


async def mark(
    session: AsyncSession,
    person_id: int,
    key: CardKey,
    status: CardStatus,
    at: datetime,
    *,
    evidence: Evidence = Evidence.CONNECTOR,
    ended: bool = False,
) -> CardStatus | None:
    """Set the state of one card as its own matter has it (reported lost, replaced, cancelled).

    Args:
        ended: the card to find is one that had been ended (a replacement was not made after all).

    Returns:
        The state it had; None when we have no such card, or another valid one forbids it.
    """
    newest = reversed(await _rows(session, person_id))
    # The digits decide; a card whose digits nobody knows yet fits any.
    for row in sorted(newest, key=lambda each: each.last_four != key.last_four):
        over = row.status is CardStatus.CANCELLED
        if over is not ended or row.status in _UNDER_WAY or not key.fits(card_view(row)):
            continue
        found, was = found_card(row), row.status
        told = replace(found, status=status, evidence=evidence, as_of=at)
        return was if await _write(session, person_id, told, row, news=True) else None
    return None


async def _rows(session: AsyncSession, person_id: int) -> list[Card]:
    query = select(Card).where(col(Card.person_id) == person_id).order_by(col(Card.id))
    return list((await session.exec(query)).all())


async def _own_card(session: AsyncSession, application: Application, state: str) -> Card | None:
    """The card that this application makes: the newest under way of its bank and province; once
    it is in somebody's hand, the valid one."""
    here = [
        row
        for row in await _rows(session, application.person_id)
        if row.province_code == application.province_code and row.bank_code == application.bank_code
    ]
    under_way = [row for row in here if row.status in _UNDER_WAY]
    valid = [row for row in here if row.status is CardStatus.NORMAL]
    if application.override_reason is None and valid and state in _IN_HAND:
        # Without an override the bureau makes no second card: a registry told us of ours before.
        for row in under_way:
            await session.delete(row)
        return valid[-1]
    if under_way:
        return under_way[-1]
    # An ending or a beginning never touches a card that was valid before.
    return valid[-1] if valid and state in _FUNCTIONS else None


def _match(rows: Sequence[Card], found: FoundCard, taken: set[int]) -> Card | None:
    here = [
        row
        for row in rows
        if row.id not in taken
        and row.province_code == found.province_code
        and row.bank_code == found.bank_code
    ]
    for row in here:
        if row.last_four == found.last_four:
            return row
    # A card that we saw being made has no digits until somebody names them.
    return next((row for row in here if row.last_four is None or found.last_four is None), None)


def _retire_unnamed(rows: Sequence[Card], named: set[int], as_of: datetime) -> None:
    for row in rows:
        if row.id not in named and row.status is CardStatus.NORMAL:
            row.status = CardStatus.CANCELLED
            row.evidence, row.evidence_at = Evidence.CONNECTOR, as_of


async def _write(
    session: AsyncSession, person_id: int, found: FoundCard, row: Card | None, *, news: bool = False
) -> bool:
    """Write what was told. `news`: something has happened since, so that a worse source counts."""
    if not news and row is not None and _GRADES.index(row.evidence) < _GRADES.index(found.evidence):
        return True  # we know it from a better source
    await session.flush()
    if found.status is CardStatus.NORMAL and await _another_valid(session, person_id, found, row):
        return False
    try:
        async with session.begin_nested():
            if row is None:
                session.add(Card(person_id=person_id, **_values(found)))
            else:
                for name, value in _values(found).items():
                    setattr(row, name, value)
            await session.flush()
    except IntegrityError:
        if row is not None:  # the savepoint's rollback has expired it
            await session.refresh(row)
        return False
    return True


async def _another_valid(
    session: AsyncSession, person_id: int, found: FoundCard, row: Card | None
) -> bool:
    query = select(Card.id).where(
        col(Card.person_id) == person_id,
        col(Card.province_code) == found.province_code,
        col(Card.status) == CardStatus.NORMAL,
    )
    others = (await session.exec(query)).all()
    return any(other != (row.id if row else None) for other in others)


def _values(found: FoundCard) -> dict[str, Any]:
    return {
        "province_code": found.province_code,
        "region_code": found.region_code,
        "bank_code": found.bank_code,
        "last_four": found.last_four,
        "status": found.status,
        "valid_until": found.valid_until,
        "issued_on": found.issued_on,
        "social_enabled": found.social_enabled,
        "financial_active": found.financial_active,
        "evidence": found.evidence,
        "evidence_at": found.as_of,
    }
