"""The rights in one's data: to see, take along, correct and erase; and what goes by itself."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.people import UnknownPersonError, accounts, by_account, by_id, consents, leave
from services.people.consents import Recipients
from services.people.people import Employee
from services.people.settings import PeopleSettings
from services.privacy import corrections, erase, export, held, sweep
from storage import queue
from storage.crypto import Keyring
from storage.database import Database
from storage.files import FolderStore
from storage.models import (
    AnswerGiven,
    Application,
    ApplicationEvent,
    ApplicationKind,
    ApplicationStatus,
    Broadcast,
    BroadcastReceipt,
    Card,
    CardStatus,
    Case,
    CaseMessage,
    CaseStatus,
    ConsentKind,
    ConsoleSession,
    Document,
    DocumentStatus,
    EventStatus,
    Evidence,
    Gap,
    GapKind,
    GapQuestion,
    InboxEvent,
    LookUp,
    OutboxMessage,
    OutboxStatus,
    Person,
    PersonStatus,
    PolicyBundle,
    Rating,
    Row,
    SignInLink,
    StoredFile,
)
from tests.people.makers import employ, id_number

SETTINGS = PeopleSettings()
ERASED = frozenset(
    {
        *("answer_given", "application", "broadcast_receipt", "button_token", "card", "case"),
        *("channel_account", "console_session", "conversation", "document", "gap_question"),
        *("invitation", "rating", "role_grant", "sign_in_link", "stored_file"),
    }
)
"""Tables about a person that an erasure deletes, blanks or ends."""
RECORDS = frozenset(
    {
        *("assignment", "broadcast", "case_message", "consent", "gap", "improvement", "kpi_target"),
        *("officer_notice", "officer_profile", "officer_report", "training_need"),
    }
)
"""Tables that say by number who did something in HR, or agreed: records that stay."""
CANARY = "样本路9999号"
PICTURE = b"\xff\xd8 picture of nobody"
TO = Recipients("样例人社局", "样例银行")


@dataclass
class Life:
    """A person with something in every table."""

    employee: Employee
    application_id: int
    file: StoredFile


@pytest.fixture
def store(tmp_path: Path, keyring: Keyring) -> FolderStore:
    """An encrypted folder."""
    return FolderStore(tmp_path / "files", keyring)


async def live(
    session: AsyncSession,
    store: FolderStore,
    now: datetime,
    status: ApplicationStatus = ApplicationStatus.FINISHED,
    *,
    serial: int = 0,
) -> Life:
    """Fill every table for one person; the mailbox is the account's number."""
    someone = await employ(session, now, serial)
    mailbox = str(1000 + serial)
    await accounts.bind_by_phone(
        session, f"154{serial:08d}", int(mailbox), mailbox, now=now, settings=SETTINGS
    )
    for kind, to in ((ConsentKind.NOTICE, None), (ConsentKind.PICTURES, TO)):
        version = consents.current_version(kind)
        await consents.give(session, someone.id, kind, now, version=version, recipients=to)
    application = Application(
        number=f"SB-{serial}",
        person_id=someone.id,
        employer_id=someone.employer_id,
        kind=ApplicationKind.FIRST,
        region_code="370100",
        province_code="370000",
        bank_code="icbc",
        status=status,
        applicant={"address": CANARY},
        place=CANARY,
        created_at=now,
        updated_at=now,
        closed_at=now if status is ApplicationStatus.FINISHED else None,
    )
    file = StoredFile(
        name=await store.write(PICTURE),
        person_id=someone.id,
        media_type="image/jpeg",
        size=len(PICTURE),
        created_at=now,
    )
    session.add_all([application, file])
    await session.flush()
    application_id, file_id = application.id or 0, file.id
    session.add_all(
        [
            ApplicationEvent(
                application_id=application_id,
                source="bureau",
                sequence=1,
                status="returned",
                reason={"message": CANARY},
                at=now,
                recorded_at=now,
            ),
            LookUp(
                application_id=application_id,
                round=1,
                source="bureau",
                outcome="cards",
                answer={"address": CANARY},
                at=now,
            ),
            Document(
                application_id=application_id,
                person_id=someone.id,
                kind="id_front",
                status=DocumentStatus.CONFIRMED,
                file_id=file_id,
                fields={"address": CANARY},
                created_at=now,
            ),
            Card(
                person_id=someone.id,
                province_code="370000",
                region_code="370100",
                bank_code="icbc",
                last_four="0012",
                status=CardStatus.NORMAL,
                evidence=Evidence.CONNECTOR,
                evidence_at=now,
            ),
            Rating(
                subject=f"application:{application_id}",
                person_id=someone.id,
                score=4,
                comment=CANARY,
                asked_at=now,
            ),
        ]
    )
    await wonder(session, someone.id, now, serial)
    await talk(session, someone.id, mailbox, now, f"GD-{serial}")
    return Life(someone, application_id, file)


async def wonder(session: AsyncSession, person_id: int, now: datetime, serial: int) -> None:
    """A question that was answered, and doubted."""
    bundle = PolicyBundle(
        version=f"v{serial}",
        digest="0" * 64,
        origin="signed",
        made_at=now,
        loaded_by="cli",
        loaded_at=now,
        records=[],
    )
    gap = Gap(created_at=now, updated_at=now)
    session.add_all([bundle, gap])
    await session.flush()
    answer = AnswerGiven(
        person_id=person_id,
        bundle_id=bundle.id or 0,
        outcome="answer",
        question=CANARY,
        at=now,
    )
    asked = GapQuestion(
        gap_id=gap.id or 0, person_id=person_id, kind=GapKind.DOUBTED, words=CANARY, at=now
    )
    session.add_all([answer, asked])
    await session.flush()


async def talk(
    session: AsyncSession, person_id: int, mailbox: str, now: datetime, number: str
) -> None:
    """Messages both ways, and an open case."""
    payload: dict[str, Any] = {"text": CANARY}
    firm = (await session.get_one(Person, person_id)).employer_id
    case = Case(
        number=number, person_id=person_id, employer_id=firm, kind="question", opened_at=now
    )
    event = InboxEvent(
        key=f"tg:{number}",
        mailbox=mailbox,
        kind="update",
        payload=payload,
        status=EventStatus.DONE,
        received_at=now,
    )
    session.add_all([case, event])
    await session.flush()
    session.add_all(
        [
            CaseMessage(case_id=case.id or 0, author="employee", text=CANARY, at=now),
            OutboxMessage(
                event_id=event.id or 0,
                seq=0,
                mailbox=mailbox,
                chat=mailbox,
                method="sendMessage",
                payload=payload,
                status=OutboxStatus.SENT,
                created_at=now,
            ),
        ]
    )
    await queue.set_timer(session, f"remind:{number}", mailbox=mailbox, kind="remind", due_at=now)


async def everything(session: AsyncSession) -> str:
    """All decrypted values of the tables that a person's data may be in."""
    tables = (Person, Application, ApplicationEvent, LookUp, Document, Card, Rating, Case)
    more = (CaseMessage, InboxEvent, OutboxMessage, AnswerGiven, GapQuestion)
    session.expire_all()
    rows = [row for table in (*tables, *more) for row in await session.exec(select(table))]
    return json.dumps([row.model_dump() for row in rows], ensure_ascii=False, default=str)


async def test_what_is_held_is_said(database: Database, store: FolderStore, now: datetime) -> None:
    async with database.transaction() as session:
        life = await live(session, store, now)
        for language in ("zh", "en"):
            holdings = await held.held(session, life.employee.id, now, language)
            assert [h.category for h in holdings] == [
                *("roster", "account", "consents", "cards", "applications", "documents"),
                *("chat", "cases", "questions"),
            ]
            assert all(h.title and h.purpose and h.until for h in holdings)
        shown = json.dumps([h.values for h in holdings], ensure_ascii=False)
        assert life.employee.name in shown
        assert id_number() not in shown
        assert "15400000000" not in shown
        assert holdings[5].values[0][0] == "ID card front"
        with pytest.raises(UnknownPersonError):
            await held.held(session, 999, now)


async def test_somebody_elses_data_is_not_mine(
    database: Database, store: FolderStore, now: datetime
) -> None:
    async with database.transaction() as session:
        await live(session, store, now, serial=1)
        someone = await employ(session, now, 2)
        holdings = await held.held(session, someone.id, now)
        assert [h.category for h in holdings] == ["roster"]
        archive = zipfile.ZipFile(io.BytesIO(await export.export(session, store, someone.id, now)))
        assert archive.namelist() == ["data.json"]
        assert CANARY not in archive.read("data.json").decode()


async def test_the_export_holds_all(database: Database, store: FolderStore, now: datetime) -> None:
    async with database.transaction() as session:
        life = await live(session, store, now)
    async with database.reading() as session:
        content = await export.export(session, store, life.employee.id, now)
        archive = zipfile.ZipFile(io.BytesIO(content))
        name = f"pictures/id_front-{life.file.id}.jpg"
        assert set(archive.namelist()) == {"data.json", name}
        assert archive.read(name) == PICTURE
        data = json.loads(archive.read("data.json"))
        assert data["person"]["id_number"] == id_number()
        assert data["person"]["birth"] == "1990-01-01"
        for key in ("applications", "application_events", "look_ups", "documents"):
            assert CANARY in json.dumps(data[key], ensure_ascii=False), key
        asked = ("questions", "unanswered_questions")
        for key in ("case_messages", "ratings", "messages_received", "messages_sent", *asked):
            assert CANARY in json.dumps(data[key], ensure_ascii=False), key
        assert data["cards"][0]["last_four"] == "0012"
        assert [c["bank"] for c in data["consents"]] == [None, "样例银行"]
        assert "_index" not in json.dumps(data)


def test_erasure_knows_every_table_about_a_person() -> None:
    """A new table must be given its place here, and in the erasure."""
    found = {
        table.name
        for table in Row.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name == "person"
    }
    assert found == ERASED | RECORDS


async def test_the_doors_to_the_console_go_too(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        someone, other = await employ(session, now, 1), await employ(session, now, 2)
        broadcast = Broadcast(text=CANARY, author_id=other.id, created_at=now)
        session.add(broadcast)
        await session.flush()
        for person in (someone, other):
            session.add_all(
                [
                    SignInLink(
                        person_id=person.id,
                        code_index=f"code{person.id}",
                        created_at=now,
                        expires_at=now,
                    ),
                    ConsoleSession(
                        person_id=person.id,
                        token_index=f"token{person.id}",
                        role_version="1",
                        created_at=now,
                        seen_at=now,
                        expires_at=now,
                    ),
                    BroadcastReceipt(broadcast_id=broadcast.id or 0, person_id=person.id),
                ]
            )
        await session.flush()
        assert (await erase.erase(session, someone.id, now)).done
    async with database.reading() as session:
        for table in ("sign_in_link", "console_session", "broadcast_receipt"):
            left = await session.execute(text(f"select person_id from {table}"))
            assert left.scalars().all() == [other.id], table


async def test_erasing_an_active_employee(
    database: Database, store: FolderStore, now: datetime
) -> None:
    async with database.transaction() as session:
        life = await live(session, store, now)
        plan = await erase.preview(session, life.employee.id, now)
        assert len(plan.removed) == 7
        assert "花名册" in plan.kept[0].what
        assert "劳动合同法" in plan.kept[0].rule
        assert plan.open_cases == ("GD-0",)
        result = await erase.erase(session, life.employee.id, now)
        assert (result.done, result.mailboxes) == (True, ("1000",))
        assert len(result.closed_cases) == 1
    async with database.transaction() as session:
        left = await everything(session)
        assert CANARY not in left
        assert "0012" not in left
        person = await by_id(session, life.employee.id)
        assert person is not None
        assert person.id_number == id_number()
        assert person.active
        assert await by_account(session, 1000) is None
        assert (await session.exec(select(Case.status))).all() == [CaseStatus.RESOLVED]
        assert (await session.execute(text("select count(*) from timer"))).scalar_one() == 0
        records = (await session.exec(select(Application))).one()
        assert (records.number, records.status) == ("SB-0", ApplicationStatus.FINISHED)
        assert all(c.withdrawn_at for c in await consents.given(session, person.id))
        swept = await sweep.sweep(session, store, now, SETTINGS)
        assert swept.expired == 1
        with pytest.raises(FileNotFoundError):
            await store.read(life.file.name)


async def test_what_runs_is_withdrawn_first_or_stands_in_the_way(
    database: Database, store: FolderStore, now: datetime
) -> None:
    async with database.transaction() as session:
        life = await live(session, store, now, ApplicationStatus.REVIEWING)
        person_id = life.employee.id

        async def refuse(_s: AsyncSession, _id: int, _now: datetime) -> bool:
            return False

        async def close(inner: AsyncSession, application_id: int, _now: datetime) -> bool:
            row = await inner.get(Application, application_id)
            assert row is not None
            row.status = ApplicationStatus.WITHDRAWN
            inner.add(row)
            return True

        for withdraw in (None, refuse):
            result = await erase.erase(session, person_id, now, withdraw=withdraw)
            assert not result.done
            assert [b.number for b in result.plan.blocked] == ["SB-0"]
            assert CANARY in await everything(session)
            assert await by_account(session, 1000) is not None
        result = await erase.erase(session, person_id, now, withdraw=close)
        assert (result.done, result.withdrawn) == (True, (life.application_id,))
        assert CANARY not in await everything(session)


async def test_a_leaver_keeps_the_rights_and_time_erases_the_rest(
    database: Database, store: FolderStore, now: datetime
) -> None:
    async with database.transaction() as session:
        life = await live(session, store, now)
        person_id = life.employee.id
        await leave(session, person_id, now)
        assert await held.held(session, person_id, now)
        soon = now + timedelta(days=30)
        result = await erase.erase(session, person_id, soon)
        assert result.done
        person = await session.get(Person, person_id)
        assert person is not None
        assert (person.phone, person.phone_index) == (None, None)
        assert person.id_number == id_number()
        assert (await sweep.sweep(session, store, soon, SETTINGS)).leavers == 0
        late = soon + timedelta(days=3 * 366)
        assert (await sweep.sweep(session, store, late, SETTINGS)).leavers == 1
        assert person.status is PersonStatus.ERASED
        blanked: list[object] = [person.id_number, person.id_number_index, person.hire_date]
        assert blanked == [None] * 3
        assert life.employee.name not in await everything(session)
        with pytest.raises(UnknownPersonError):
            await erase.erase(session, person_id, late)


async def test_an_account_passed_on_keeps_the_others_messages(
    database: Database, store: FolderStore, now: datetime
) -> None:
    async with database.transaction() as session:
        life = await live(session, store, now)
        later = now + timedelta(days=2)
        await accounts.unbind(session, life.employee.id, now + timedelta(days=1))
        other = await employ(session, now, 7)
        await accounts.bind_by_phone(
            session, "15400000007", 1000, "1000", now=later, settings=SETTINGS
        )
        await talk(session, other.id, "1000", later, "GD-7")
        await erase.erase(session, life.employee.id, later)
        payloads = (await session.exec(select(InboxEvent.payload).order_by("id"))).all()
        assert payloads == [None, {"text": CANARY}]
        assert await by_account(session, 1000) is not None


async def test_pictures_go_after_their_time(
    database: Database, store: FolderStore, now: datetime
) -> None:
    days = timedelta(days=SETTINGS.picture_days)
    async with database.transaction() as session:
        closed = await live(session, store, now)
        running = await live(session, store, now, ApplicationStatus.REVIEWING, serial=1)
        early = now + days - timedelta(minutes=1)
        assert await sweep.expired_files(session, early, SETTINGS) == ()
        due = await sweep.expired_files(session, now + days, SETTINGS)
        assert [file.id for file in due] == [closed.file.id]
        assert (await sweep.sweep(session, store, now + days, SETTINGS)).expired == 1
        assert (await sweep.sweep(session, store, now + days, SETTINGS)).expired == 0
        assert await store.read(running.file.name) == PICTURE
        read = (await session.exec(select(Document.fields).order_by("id"))).all()
        assert read == [None, {"address": CANARY}]


async def test_exports_and_orphans_go(
    database: Database, store: FolderStore, now: datetime
) -> None:
    settings = PeopleSettings(orphan_hours=1e-9)
    async with database.transaction() as session:
        life = await live(session, store, now)
        archive = StoredFile(
            name=await store.write(b"zip"),
            person_id=life.employee.id,
            media_type="application/zip",
            size=3,
            created_at=now,
        )
        session.add(archive)
        orphan = await store.write(b"nobody knows me")
        swept = await sweep.sweep(session, store, now + timedelta(days=1), settings)
        assert (swept.expired, swept.orphans) == (1, 1)
        for name in (orphan, archive.name):
            with pytest.raises(FileNotFoundError):
                await store.read(name)
        assert await store.read(life.file.name) == PICTURE


async def test_a_correction_is_noted_without_its_content(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        someone = await employ(session, now)
        wish = await corrections.request(session, someone.id, "name", " 样　新名 ", now)
        assert (wish.label, wish.wanted) == ("姓名", "样 新名")
        assert "新名" not in repr(wish)
        with pytest.raises(ValueError, match="nothing"):
            await corrections.request(session, someone.id, "salary", "1", now)
