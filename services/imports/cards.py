"""Known cards and applications already under way: all of them, or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, time

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.matters import lane_of
from services.imports.cards_rows import CardEntry, read_card
from services.imports.header import read_lines
from services.imports.report import Findings, Report
from services.imports.settings import ImportSettings
from services.people import audit, people
from services.people.identity import normalise_name
from storage.clock import SHANGHAI, local_date
from storage.models import (
    CLOSED,
    Application,
    ApplicationEvent,
    ApplicationStatus,
    Card,
    CardStatus,
    Evidence,
)
from storage.queue import lock

KIND = "cards"
SOURCE = "import"
"""`ApplicationEvent.source` of what HR says is under way."""
_BETTER = frozenset({Evidence.CONNECTOR, Evidence.SCREENSHOT})
"""Evidence that a batch file does not overwrite (DESIGN 5.4)."""

NewNumber = Callable[[], str]


async def import_cards(
    session: AsyncSession,
    content: bytes,
    now: datetime,
    *,
    settings: ImportSettings,
    new_number: NewNumber,
    dry_run: bool = False,
    actor: str = "cli",
) -> Report:
    """Read a workbook of cards (xlsx, xls or csv) and record cards and running applications.

    Args:
        new_number: gives an unused application number.
    """
    findings = Findings(settings.max_errors)
    lines = await asyncio.to_thread(read_lines, content, KIND, settings, findings)
    if lines is None:
        return findings.report()
    today = local_date(now)
    entries = [
        entry
        for line in lines.lines
        if (entry := read_card(line, settings, findings, today)) is not None
    ]
    await lock(session, "import:roster")
    plan = _Plan(session, findings, now)
    await plan.load()
    for entry in entries:
        plan.match(entry)
    plan.check_valid()
    counts = plan.counts | {"rows": len(lines.lines)}
    if findings.found or dry_run:
        return findings.report(**counts)
    await plan.write(new_number)
    await audit.record(session, actor, "cards.imported", "cards", now, detail=counts)
    return findings.report(**counts, written=True)


class _Plan:
    """What each row adds or changes."""

    def __init__(self, session: AsyncSession, findings: Findings, now: datetime) -> None:
        self.session = session
        self.findings = findings
        self.now = now
        self.counts = dict.fromkeys(
            ("created", "changed", "unchanged", "skipped", "applications"), 0
        )
        self.cards: dict[tuple[int, str], list[Card]] = {}
        self.open: set[tuple[int, str]] = set()
        self.staff: dict[str, list[people.Employee]] = {}
        self.valid_rows: dict[tuple[int, str], int] = {}
        self.card_rows: dict[tuple[int, str, str, str | None], int] = {}
        self.valid: list[tuple[CardEntry, tuple[int, str], Card | None]] = []
        self.card_steps: list[tuple[CardEntry, int, CardStatus, Card | None]] = []
        self.application_steps: list[tuple[CardEntry, people.Employee, ApplicationStatus]] = []

    async def load(self) -> None:
        """Read persons, their cards and their open applications once."""
        for employee in await people.everybody(self.session, status=None):
            self.staff.setdefault(employee.number, []).append(employee)
        for card in await self.session.exec(select(Card).order_by(col(Card.id))):
            self.cards.setdefault((card.person_id, card.province_code), []).append(card)
        query = select(Application.person_id, Application.province_code).where(
            col(Application.status).not_in(list(CLOSED))
        )
        self.open = set(await self.session.exec(query))

    def match(self, entry: CardEntry) -> None:
        """Find the person of a row and what is known of this card."""
        employee = self._employee(entry)
        if employee is None:
            return
        if entry.state.card is None and entry.state.application is None:
            self.counts["skipped"] += 1
            return
        if entry.state.card is not None:
            self._match_card(entry, employee, entry.state.card)
        if entry.state.application is not None:
            self._match_application(entry, employee, entry.state.application)

    def _employee(self, entry: CardEntry) -> people.Employee | None:
        found = self.staff.get(entry.number, [])
        if entry.employer:
            found = [e for e in found if entry.employer in (e.credit_code, e.employer_name)]
        if not found:
            self.findings.error(entry.row, "person_unknown", "工号")
        elif len(found) > 1:
            self.findings.error(entry.row, "person_ambiguous", "工号")
        elif entry.name and normalise_name(entry.name) != found[0].name:
            self.findings.error(entry.row, "name_mismatch", "姓名")
        else:
            return found[0]
        return None

    def _match_card(self, entry: CardEntry, employee: people.Employee, status: CardStatus) -> None:
        place = (employee.id, entry.province_code)
        known = self.cards.get(place, [])
        same = next((card for card in known if _same_card(card, entry)), None)
        key = (*place, entry.bank_code, entry.last_four)
        if (first := self.card_rows.setdefault(key, entry.row)) != entry.row:
            self.findings.error(entry.row, "duplicate_card", "工号", other=first)
            return
        if status is CardStatus.NORMAL:
            first = self.valid_rows.setdefault(place, entry.row)
            if first != entry.row:
                self.findings.error(entry.row, "second_valid_card", "状态", other=first)
                return
            self.valid.append((entry, place, same))
        if same is None:
            self.counts["created"] += 1
        elif not _differs(entry, same):
            self.counts["unchanged"] += 1
            return
        elif same.evidence in _BETTER:
            self.findings.notice(entry.row, "notice_kept_better", "状态")
            self.counts["unchanged"] += 1
            return
        else:
            self.counts["changed"] += 1
        self.card_steps.append((entry, employee.id, status, same))

    def check_valid(self) -> None:
        """A card becomes valid only where no other valid one stays, after all rows are seen."""
        ending = {
            id(card)
            for _, _, status, card in self.card_steps
            if card is not None and status is not CardStatus.NORMAL
        }
        for entry, place, same in self.valid:
            others = [
                card
                for card in self.cards.get(place, [])
                if card.status is CardStatus.NORMAL and card is not same and id(card) not in ending
            ]
            if others:
                self.findings.error(entry.row, "other_valid_card", "状态")

    def _match_application(
        self, entry: CardEntry, employee: people.Employee, status: ApplicationStatus
    ) -> None:
        place = (employee.id, entry.province_code)
        if place in self.open:
            self.findings.notice(entry.row, "notice_application_exists", "状态")
            return
        self.open.add(place)
        self.counts["applications"] += 1
        self.application_steps.append((entry, employee, status))

    async def write(self, new_number: NewNumber) -> None:
        """Cards that stop being valid first, so that a new valid one finds its place free."""
        ordered = sorted(self.card_steps, key=lambda step: step[2] is CardStatus.NORMAL)
        for entry, person_id, status, known in ordered:
            card = known or Card(
                person_id=person_id,
                province_code=entry.province_code,
                region_code=entry.region_code,
                bank_code=entry.bank_code,
                status=status,
                evidence=Evidence.BATCH,
                evidence_at=self.now,
            )
            card.region_code = entry.region_code
            card.last_four = entry.last_four or card.last_four
            card.status = status
            card.valid_until = entry.valid_until or card.valid_until
            card.evidence = Evidence.BATCH
            card.evidence_at = self.now
            self.session.add(card)
            await self.session.flush()
        for entry, employee, state in self.application_steps:
            application = self._application(entry, employee, state, new_number())
            self.session.add(application)
            await self.session.flush()
            self.session.add(
                ApplicationEvent(
                    application_id=application.id or 0,
                    source=SOURCE,
                    sequence=0,
                    status=state.value,
                    at=self.now,
                    recorded_at=self.now,
                )
            )
        await self.session.flush()

    def _application(
        self, entry: CardEntry, employee: people.Employee, status: ApplicationStatus, number: str
    ) -> Application:
        submitted = datetime.combine(entry.applied, time(), SHANGHAI) if entry.applied else None
        return Application(
            number=number,
            person_id=employee.id,
            employer_id=employee.employer_id,
            kind=entry.kind,
            lane=lane_of(entry.kind.value),
            region_code=entry.region_code,
            province_code=entry.province_code,
            bank_code=entry.bank_code,
            status=status,
            reference=entry.reference,
            created_at=self.now,
            submitted_at=submitted,
            updated_at=self.now,
        )


def _same_card(card: Card, entry: CardEntry) -> bool:
    """Same bank, and the same last four digits as far as both know them."""
    if card.bank_code != entry.bank_code:
        return False
    return card.last_four == entry.last_four or not (card.last_four and entry.last_four)


def _differs(entry: CardEntry, card: Card) -> bool:
    return (
        card.status is not entry.state.card
        or (entry.last_four is not None and card.last_four != entry.last_four)
        or (entry.valid_until is not None and card.valid_until != entry.valid_until)
        or card.region_code != entry.region_code
    )
