"""补充证明: what a person's own picture says of their cards: the list in the electronic card, or
the card itself. The grade and its age change; the picture is not kept.

A picture never outdoes what a registry or a bank has told (DESIGN 5.4), and a picture of the card
says nothing of its state.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.agencies import banks
from knowledge.regions import province_of
from services import cards
from services.cards import CardView, FoundCard
from services.documents.papers import last_day_of
from services.imports.cards_rows import bank_code, state_of
from services.imports.cells import CellError
from services.imports.places import insured_region
from services.people import audit
from storage.models import CardStatus, Evidence
from storage.queue import lock

LIST, CARD = "ecard_list", "social_card"
_NUMBER = re.compile(r"status_(\d+)")

Trouble = Literal["unreadable", "not_yours", "unknown_card", "which"]
"""`unknown_card`: a card that nobody has told us of; `which`: there are several, show the back."""


@dataclass(frozen=True)
class Shown:
    """One document that was read: its kind and its fields."""

    kind: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Proof:
    """What a picture came to.

    Args:
        taken: cards whose grade or age has changed.
        better: cards that we know from a better source; nothing was changed.
        unclear: entries of a list that could not be understood.
        conflict: it names a valid card beside another valid one of the province.
    """

    taken: tuple[CardView, ...] = ()
    better: tuple[CardView, ...] = ()
    unclear: int = 0
    conflict: bool = False
    trouble: Trouble | None = None


async def record_proof(
    session: AsyncSession,
    person_id: int,
    id_number: str | None,
    shown: Sequence[Shown],
    now: datetime,
) -> Proof:
    """Take what a person's picture shows of their own cards."""
    await lock(session, f"cards:{person_id}")
    keys: set[tuple[str, str, str | None]] = set()
    unclear, conflict, trouble = 0, False, None
    for each in shown:
        known = await cards.cards_of(session, person_id)
        found: list[FoundCard] = []
        if each.kind == LIST:
            found, odd = _listed(each.fields, known, now)
            unclear += odd
        elif each.kind == CARD:
            found, trouble = _card(each.fields, id_number, known, now)
        conflict |= bool(await cards.record_cards(session, person_id, found, complete=False))
        keys |= {one.key for one in found}
    if not keys:
        return Proof(unclear=unclear, trouble=trouble or "unreadable")
    actor = f"person:{person_id}"
    await audit.record(session, actor, "card.proved", actor, now, detail={"cards": len(keys)})
    named = [
        card
        for card in await cards.cards_of(session, person_id)
        if (card.province_code, card.bank_code, card.last_four) in keys
    ]
    taken = tuple(card for card in named if card.evidence_at == now)
    better = tuple(card for card in named if card not in taken)
    return Proof(taken, better, unclear, conflict)


def _listed(
    fields: Mapping[str, str], known: Sequence[CardView], now: datetime
) -> tuple[list[FoundCard], int]:
    """The entries of a list, and how many of them say too little."""
    numbers = sorted({hit[1] for name in fields if (hit := _NUMBER.fullmatch(name))}, key=int)
    found = [_entry(fields, number, now) for number in numbers]
    return [_with_known(one, known) for one in found if one is not None], found.count(None)


def _entry(fields: Mapping[str, str], number: str, now: datetime) -> FoundCard | None:
    said = {name: fields.get(f"{name}_{number}", "") for name in ("region", "bank", "status")}
    try:
        region, bank = insured_region(said["region"]), bank_code(said["bank"])
        status = state_of(said["status"]).card
    except CellError:
        return None
    if status is None or bank not in banks():
        return None
    return FoundCard(
        province_code=province_of(region).code,
        region_code=region,
        bank_code=bank,
        last_four=fields.get(f"last_four_{number}") or None,
        status=status,
        valid_until=None,
        social_enabled=None,
        financial_active=None,
        source="us",
        evidence=Evidence.SCREENSHOT,
        as_of=now,
    )


def _with_known(found: FoundCard, known: Sequence[CardView]) -> FoundCard:
    """A list says nothing of dates and functions: what we know of them stays."""
    for card in known:
        same = (card.province_code, card.bank_code) == (found.province_code, found.bank_code)
        if same and (card.last_four is None or card.last_four == found.last_four):
            return replace(
                found,
                valid_until=card.valid_until,
                issued_on=card.issued_on,
                social_enabled=card.social_enabled,
                financial_active=card.financial_active,
            )
    return found


def _card(
    fields: Mapping[str, str], id_number: str | None, known: Sequence[CardView], now: datetime
) -> tuple[list[FoundCard], Trouble | None]:
    alive = [card for card in known if card.status is not CardStatus.CANCELLED]
    if fields.get("id_number"):
        if fields["id_number"] != id_number:
            return [], "not_yours"
        if len(alive) != 1:
            return [], "which" if alive else "unknown_card"
        return [_held(alive[0], None, _day(fields.get("valid_to")), now)], None
    digits = fields.get("bank_card_number", "")[-4:] or None
    try:
        bank = bank_code(fields.get("bank", ""))
    except CellError:
        return [], "unreadable"
    here = [
        card
        for card in alive
        if card.bank_code == bank and (digits is None or card.last_four in (None, digits))
    ]
    return ([_held(here[0], digits, None, now)], None) if here else ([], "unknown_card")


def _held(card: CardView, digits: str | None, until: date | None, now: datetime) -> FoundCard:
    """A card that its owner has in the hand, in the state that we know of."""
    return FoundCard(
        province_code=card.province_code,
        region_code=card.region_code,
        bank_code=card.bank_code,
        last_four=digits or card.last_four,
        status=card.status,
        valid_until=until or card.valid_until,
        issued_on=card.issued_on,
        social_enabled=card.social_enabled,
        financial_active=card.financial_active,
        source="us",
        evidence=Evidence.SCREENSHOT,
        as_of=now,
    )


def _day(text: str | None) -> date | None:
    """The last day of validity: a day, or the end of a month."""
    if not text:
        return None
    try:
        return date.fromisoformat(text if len(text) > 7 else last_day_of(text))
    except ValueError:
        return None
