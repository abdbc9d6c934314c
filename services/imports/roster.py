"""The roster: every row checked first, then all of it written, or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.imports.header import Lines, read_lines
from services.imports.report import Findings, Report
from services.imports.roster_rows import Entry, read_entry
from services.imports.settings import ImportSettings
from services.people import audit
from services.people.identity import number_index, phone_index
from storage.clock import local_date
from storage.models import Employer, Person, PersonStatus
from storage.queue import lock

KIND = "roster"
_LISTED = 20
"""Staff numbers named in the notice of who is missing."""


async def import_roster(
    session: AsyncSession,
    content: bytes,
    now: datetime,
    *,
    settings: ImportSettings,
    dry_run: bool = False,
    actor: str = "cli",
) -> Report:
    """Read a roster (xlsx, xls or csv) and bring the persons up to it.

    A person is known by ID number first, then by 工号 within the employer. Persons who aren't in
    the file stay as they are; the report names them.
    """
    findings = Findings(settings.max_errors)
    # Reading is pure work on bytes: off the loop, so that chats go on meanwhile.
    lines = await asyncio.to_thread(read_lines, content, KIND, settings, findings)
    if lines is None:
        return findings.report()
    entries = _entries(lines, now, settings, findings)
    await lock(session, "import:roster")
    plan = _Plan(session, findings)
    await plan.load()
    entries = plan.completed(entries)
    _find_doubles(entries, findings)
    for entry in entries:
        plan.match(entry)
    counts = plan.counts() | {"rows": len(lines.lines)}
    if findings.found:
        return findings.report(**counts)
    plan.name_missing()
    if dry_run:
        return findings.report(**counts)
    await plan.write(now)
    await audit.record(session, actor, "roster.imported", "roster", now, detail=counts)
    return findings.report(**counts, written=True)


def _entries(
    lines: Lines, now: datetime, settings: ImportSettings, findings: Findings
) -> list[Entry]:
    today = local_date(now)
    entries = []
    for line in lines.lines:
        entry = read_entry(line, lines.fields, today, settings, findings)
        if entry is not None:
            entries.append(entry)
    return entries


def _find_doubles(entries: Iterable[Entry], findings: Findings) -> None:
    """Rows of one file that contradict each other."""
    people: dict[str, int] = {}
    numbers: dict[tuple[str, str], int] = {}
    phones: dict[str, int] = {}
    names: dict[str, tuple[str, int]] = {}
    for entry in entries:
        employer = entry.credit_code or entry.employer_name
        if (first := people.setdefault(entry.id_number, entry.row)) != entry.row:
            findings.error(entry.row, "duplicate_person", "证件号码", other=first)
        elif (first := numbers.setdefault((employer, entry.number), entry.row)) != entry.row:
            findings.error(entry.row, "duplicate_number", "工号", other=first)
        if entry.phone and (first := phones.setdefault(entry.phone, entry.row)) != entry.row:
            findings.notice(entry.row, "notice_phone_shared", "手机号", other=first)
        if entry.credit_code and entry.employer_name:
            name, first = names.setdefault(entry.credit_code, (entry.employer_name, entry.row))
            if name != entry.employer_name:
                findings.error(entry.row, "employer_conflict", "用人单位", other=first)


class _Plan:
    """Which person each row is, and what it changes."""

    def __init__(self, session: AsyncSession, findings: Findings) -> None:
        self.session = session
        self.findings = findings
        self.steps: list[tuple[Entry, Person | None]] = []
        self.changed = self.unchanged = 0
        self.employers: dict[str, Employer] = {}
        self.by_index: dict[str, Person] = {}
        self.by_number: dict[tuple[int, str], Person] = {}

    async def load(self) -> None:
        """Read employers and persons once."""
        for employer in await self.session.exec(select(Employer)):
            self.employers[employer.credit_code] = employer
            self.employers.setdefault(employer.name, employer)
        query = select(Person).where(col(Person.status) != PersonStatus.ERASED)
        for person in await self.session.exec(query.order_by(col(Person.id))):
            self.by_number[person.employer_id, person.number] = person
            if person.id_number_index:
                self.by_index[person.id_number_index] = person

    def completed(self, entries: list[Entry]) -> list[Entry]:
        """Rows that name an employer only get its credit code: from the file, or as known."""
        codes = {name: employer.credit_code for name, employer in self.employers.items()}
        codes |= {e.employer_name: e.credit_code for e in entries if e.credit_code}
        return [
            e if e.credit_code else replace(e, credit_code=codes.get(e.employer_name, ""))
            for e in entries
        ]

    def match(self, entry: Entry) -> None:
        """Find the person of a row, or see that they are new."""
        employer = self._employer(entry)
        if employer is None and not entry.credit_code:
            self.findings.error(entry.row, "employer_unknown", "用人单位")
            return
        person = self.by_index.get(number_index(self.session, entry.id_number))
        numbered = self.by_number.get((employer.id or 0, entry.number)) if employer else None
        if person and numbered and person is not numbered:
            self.findings.error(entry.row, "person_conflict", "工号")
            return
        if person is None and numbered is not None:
            if numbered.name != entry.name:
                self.findings.error(entry.row, "number_taken", "工号")
                return
            self.findings.notice(entry.row, "notice_id_corrected", "证件号码")
            person = numbered
        elif person is not None and numbered is None:
            self.findings.notice(entry.row, "notice_number_changed", "工号")
        if person is not None and person.status is PersonStatus.LEFT:
            self.findings.notice(entry.row, "notice_rehired", "工号")
        self._note(entry, person, employer)

    def _note(self, entry: Entry, person: Person | None, employer: Employer | None) -> None:
        if person is not None:
            if _differs(entry, person, employer):
                self.changed += 1
            else:
                self.unchanged += 1
        self.steps.append((entry, person))

    def counts(self) -> dict[str, int]:
        """Joiners, changes and the rest."""
        created = sum(person is None for _, person in self.steps)
        return {"created": created, "changed": self.changed, "unchanged": self.unchanged}

    def name_missing(self) -> None:
        """Active persons of the file's employers who aren't in the file: perhaps they left."""
        present = {person.id for _, person in self.steps if person}
        concerned = {employer.id for entry, _ in self.steps if (employer := self._employer(entry))}
        missing = sorted(
            person.number
            for person in self.by_number.values()
            if person.employer_id in concerned
            and person.id not in present
            and person.status is PersonStatus.ACTIVE
        )
        if missing:
            listed = "、".join(missing[:_LISTED]) + ("…" if len(missing) > _LISTED else "")
            self.findings.notice(None, "notice_missing", count=len(missing), numbers=listed)

    async def write(self, now: datetime) -> None:
        """Make employers first, then persons."""
        for entry, _ in self.steps:
            await self._keep_employer(entry)
        for entry, person in self.steps:
            employer = self._employer(entry)
            if employer is None or (person and not _differs(entry, person, employer)):
                continue
            row = person or Person(
                employer_id=employer.id or 0,
                number=entry.number,
                name=entry.name,
                region_code=entry.region_code,
                created_at=now,
                updated_at=now,
            )
            _apply(self.session, entry, row, employer, now)
        await self.session.flush()

    async def _keep_employer(self, entry: Entry) -> None:
        employer = self._employer(entry)
        if employer is None:
            employer = Employer(
                name=entry.employer_name or entry.credit_code, credit_code=entry.credit_code
            )
            self.session.add(employer)
            await self.session.flush()
            self.employers[employer.credit_code] = employer
            self.employers.setdefault(employer.name, employer)
        if entry.credit_code and entry.employer_name and employer.name != entry.employer_name:
            employer.name = entry.employer_name
            self.session.add(employer)
        units = employer.unit_numbers or {}
        if entry.unit_number and units.get(entry.region_code) != entry.unit_number:
            # JSON columns see a new value only, never a change in place.
            employer.unit_numbers = units | {entry.region_code: entry.unit_number}
            self.session.add(employer)

    def _employer(self, entry: Entry) -> Employer | None:
        return self.employers.get(entry.credit_code or entry.employer_name)


def _differs(entry: Entry, person: Person, employer: Employer | None) -> bool:
    return (
        person.employer_id != (employer.id if employer else None)
        or person.status is not PersonStatus.ACTIVE
        or person.number != entry.number
        or person.name != entry.name
        or person.id_number != entry.id_number
        or person.region_code != entry.region_code
        or person.hire_date != entry.hire_date
        # A roster without phones must not take away the phones that are known.
        or (entry.phone is not None and person.phone != entry.phone)
    )


def _apply(
    session: AsyncSession, entry: Entry, person: Person, employer: Employer, now: datetime
) -> None:
    person.employer_id = employer.id or 0
    person.number = entry.number
    person.name = entry.name
    person.id_number = entry.id_number
    person.id_number_index = number_index(session, entry.id_number)
    person.region_code = entry.region_code
    person.hire_date = entry.hire_date
    person.status = PersonStatus.ACTIVE
    person.updated_at = now
    if entry.phone is not None:
        person.phone = entry.phone
        person.phone_index = phone_index(session, entry.phone)
    session.add(person)
