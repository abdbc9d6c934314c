"""No second card: the one table that turns answers into a decision. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.applications.answers import BUREAU, Answer
from services.applications.views import FoundApplication, Outcome, StopReason, Way
from services.cards import BLOCKING, FoundCard
from services.gateways.contract import CardRecord
from storage.models import CardStatus, Evidence

ALL_WAYS: tuple[Way, ...] = ("use_card", "replace", "change_bank")


@dataclass(frozen=True)
class Verdict:
    """A decision before it is written down. `reason` and `until` belong to a stop."""

    outcome: Outcome
    cards: tuple[FoundCard, ...] = ()
    open_applications: tuple[FoundApplication, ...] = ()
    ways: tuple[Way, ...] = ()
    waiting_for: tuple[str, ...] = ()
    reason: StopReason | None = None
    until: date | None = None


def decide(
    province_code: str,
    answers: Sequence[Answer],
    *,
    known: Sequence[FoundCard] = (),
    own_reference: str | None = None,
    overridden: bool = False,
) -> Verdict:
    """The decision for a first application in a province.

    In this order: a valid card or an open application in the province stops it (whoever else is
    down: it is reason enough); a connected source without an answer makes it wait; a bureau
    without an interface takes the evidence road; a valid card elsewhere warns; else it is clear.

    Args:
        known: cards on our own record, shown where nobody can be asked.
        own_reference: the application's own entry at the bureau does not count.
        overridden: an officer has looked at what blocks and lets it go on.
    """
    cards = merged(answers)
    valid = [card for card in cards if card.status in BLOCKING]
    here = tuple(card for card in valid if card.province_code == province_code)
    away = tuple(card for card in valid if card.province_code != province_code)
    applications = found_applications(answers, own_reference)
    open_here = tuple(a for a in applications if province_of(a.region_code) == province_code)
    open_away = tuple(a for a in applications if province_of(a.region_code) != province_code)
    if (here or open_here) and not overridden:
        reason: StopReason = "card_same_province" if here else "open_application"
        return Verdict("stop", here, open_here, ways_on(here), reason=reason)
    failed = tuple(answer.source for answer in answers if answer.failed)
    if failed:
        return Verdict("wait", waiting_for=failed)
    if not any(answer.source == BUREAU and answer.outcome == "answered" for answer in answers):
        return Verdict("evidence", cards=tuple(known) + away)
    if here or away or open_here or open_away:
        return Verdict("warn", here + away, open_here + open_away)
    return Verdict("clear")


def merged(answers: Sequence[Answer]) -> list[FoundCard]:
    """Each card once. Where bureau and bank differ on one card, the bureau's word on its state
    counts: the registry is what forbids a second card."""
    found: dict[tuple[str, str, str | None], FoundCard] = {}
    for answer in sorted(answers, key=lambda each: each.source != BUREAU):
        for record in answer.cards:
            card = found_card(record, answer.source, answer.as_of)
            found.setdefault(card.key, card)
    return list(found.values())


def found_card(record: CardRecord, source: str, as_of: datetime | None) -> FoundCard:
    """A wire record as we keep it."""
    if as_of is None:
        raise ValueError("an answer with cards says when it was true")
    return FoundCard(
        province_code=record.province,
        region_code=record.region,
        bank_code=record.bank,
        last_four=record.last_four,
        status=CardStatus(record.status),
        valid_until=record.valid_until,
        issued_on=record.issued_on,
        social_enabled=record.social == "enabled",
        financial_active=record.financial == "active",
        source=source,
        evidence=Evidence.CONNECTOR,
        as_of=as_of,
    )


def found_applications(
    answers: Sequence[Answer], own_reference: str | None
) -> tuple[FoundApplication, ...]:
    """Open applications of others than our own, each once."""
    found = {
        record.reference: FoundApplication(
            region_code=record.region,
            bank_code=record.bank,
            kind=record.kind,
            status=record.status,
            reference=record.reference,
            source=answer.source,
        )
        for answer in answers
        for record in answer.open_applications
        if record.reference != own_reference and record.kind != "loss_report"
    }
    return tuple(found.values())


def ways_on(cards: Sequence[FoundCard]) -> tuple[Way, ...]:
    """What a person can do with what they have. A card that is still being made or waits to be
    collected can only be waited for or collected."""
    if any(card.status is CardStatus.NORMAL for card in cards):
        return ALL_WAYS
    return ("use_card",) if cards else ()


def province_of(region_code: str) -> str:
    """GB/T 2260: the first two digits name the province."""
    return region_code[:2] + "0000"
