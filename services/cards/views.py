"""Cards as the rest of the program sees them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from storage.models import Card, CardStatus, Evidence


@dataclass(frozen=True)
class CardKey:
    """Which card of a person is meant; digits that nobody knows yet fit any."""

    province_code: str
    bank_code: str
    last_four: str | None = field(repr=False)

    def fits(self, card: FoundCard | CardView) -> bool:
        """Whether it is this card."""
        return (card.province_code, card.bank_code) == (self.province_code, self.bank_code) and (
            self.last_four is None or card.last_four in (None, self.last_four)
        )


@dataclass(frozen=True)
class FoundCard:
    """A card that somebody told us of, with who and when."""

    province_code: str
    region_code: str
    bank_code: str
    last_four: str | None
    status: CardStatus
    valid_until: date | None
    social_enabled: bool | None
    financial_active: bool | None
    source: str
    evidence: Evidence
    as_of: datetime
    issued_on: date | None = None

    @property
    def key(self) -> tuple[str, str, str | None]:
        """What makes two tellings one card."""
        return self.province_code, self.bank_code, self.last_four


@dataclass(frozen=True)
class CardView:
    """A card we know of, how we know it and since when."""

    id: int
    province_code: str
    region_code: str
    bank_code: str
    last_four: str | None
    status: CardStatus
    valid_until: date | None
    social_enabled: bool | None
    financial_active: bool | None
    evidence: Evidence
    evidence_at: datetime
    issued_on: date | None = None


def card_view(row: Card) -> CardView:
    """The frozen view of a row."""
    return CardView(
        id=row.id or 0,
        province_code=row.province_code,
        region_code=row.region_code,
        bank_code=row.bank_code,
        last_four=row.last_four,
        status=row.status,
        valid_until=row.valid_until,
        issued_on=row.issued_on,
        social_enabled=row.social_enabled,
        financial_active=row.financial_active,
        evidence=row.evidence,
        evidence_at=row.evidence_at,
    )


def found_card(row: Card) -> FoundCard:
    """A row of ours as if somebody had told it: where nobody can be asked."""
    return FoundCard(
        province_code=row.province_code,
        region_code=row.region_code,
        bank_code=row.bank_code,
        last_four=row.last_four,
        status=row.status,
        valid_until=row.valid_until,
        issued_on=row.issued_on,
        social_enabled=row.social_enabled,
        financial_active=row.financial_active,
        source="us",
        evidence=row.evidence,
        as_of=row.evidence_at,
    )
