"""Column types: the same on both databases, and nothing personal in clear."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, StatementError
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.sqltypes import AutoString

from storage.crypto import DecryptionError
from storage.database import Database
from storage.models import (
    Application,
    ApplicationKind,
    Card,
    CardStatus,
    ChannelAccount,
    Employer,
    Evidence,
    InboxEvent,
    Person,
    Row,
)
from storage.types import EncryptedJSON, EncryptedText

#: Short plain text: a code, a state, a name of ours. What people write is encrypted.
LONGEST_PLAIN = 128
BIG = 2**52 - 1


async def person(session: AsyncSession, now: datetime, number: str = "E1") -> Person:
    """A stored, made-up person."""
    employer = Employer(
        name="样例公司", credit_code=f"9137{number}", unit_numbers={"370100": "单位001"}
    )
    session.add(employer)
    await session.flush()
    assert employer.id is not None
    made = Person(
        employer_id=employer.id,
        number=number,
        name="赵试样",
        region_code="370100",
        hire_date=date(2026, 11, 2),
        created_at=now,
        updated_at=now,
    )
    session.add(made)
    await session.flush()
    assert made.id is not None
    return made


async def test_values_come_back_as_they_went(database: Database, now: datetime) -> None:
    here = now.astimezone(timezone(timedelta(hours=8))).replace(microsecond=123456)
    async with database.transaction() as session:
        made = await person(session, here)
        assert made.id is not None
        account = ChannelAccount(
            person_id=made.id, user_id=-BIG, mailbox="1", bound_by="invite", bound_at=now
        )
        session.add(account)
    async with database.reading() as session:
        found = (await session.execute(select(Person))).scalar_one()
        assert (found.name, found.hire_date) == ("赵试样", date(2026, 11, 2))
        assert found.created_at == here
        assert found.created_at.utcoffset() == timedelta(0)
        assert found.status.value == "active"
        employer = (await session.execute(select(Employer))).scalar_one()
        assert employer.unit_numbers == {"370100": "单位001"}
        kept = (await session.execute(select(ChannelAccount))).scalar_one()
        assert kept.user_id == -BIG


async def test_a_time_without_zone_is_refused(database: Database) -> None:
    event = InboxEvent(key="1", mailbox="1", kind="x", payload={}, received_at=datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises((StatementError, ValueError)):
        async with database.transaction() as session:
            session.add(event)


async def test_enums_are_kept_as_readable_text(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        made = await person(session, now)
        session.add(card(made, now))
    async with database.reading() as session:
        raw = await session.execute(sa.text("select status, evidence from card"))
        assert tuple(raw.one()) == ("normal", "connector")


def card(owner: Person, now: datetime, **values: Any) -> Card:
    """A valid card of a person in Shandong."""
    given = {
        "person_id": owner.id,
        "province_code": "370000",
        "region_code": "370100",
        "bank_code": "icbc",
        "status": CardStatus.NORMAL,
        "evidence": Evidence.CONNECTOR,
        "evidence_at": now,
    }
    return Card(**(given | values))


async def test_the_database_alone_holds_one_valid_card_per_province(
    database: Database, now: datetime
) -> None:
    async with database.transaction() as session:
        made = await person(session, now)
        session.add(card(made, now))
        session.add(card(made, now, status=CardStatus.LOST))
        session.add(card(made, now, province_code="320000", region_code="320500"))
    with pytest.raises(IntegrityError) as caught:
        async with database.transaction() as session:
            session.add(card(made, now, last_four="4321"))
    assert "4321" not in str(caught.value)


async def test_the_database_alone_holds_one_open_first_application(
    database: Database, now: datetime
) -> None:
    def application(number: str, **values: Any) -> Application:
        given = {
            "number": number,
            "person_id": made.id,
            "employer_id": made.employer_id,
            "kind": ApplicationKind.FIRST,
            "region_code": "370100",
            "province_code": "370000",
            "created_at": now,
            "updated_at": now,
        }
        return Application(**(given | values))

    async with database.transaction() as session:
        made = await person(session, now)
        session.add(application("A1"))
        session.add(application("A2", status="withdrawn"))
        session.add(application("A3", kind=ApplicationKind.MERGE, lane="merge"))
    with pytest.raises(IntegrityError):
        async with database.transaction() as session:
            session.add(application("A4"))


@pytest.mark.parametrize("value", [{"名": "赵"}, ["a", 1, None], "text", 0, False])
async def test_encrypted_json_round_trip(database: Database, now: datetime, value: Any) -> None:
    async with database.transaction() as session:
        session.add(InboxEvent(key="1", mailbox="1", kind="x", payload=value, received_at=now))
    async with database.reading() as session:
        assert (await session.execute(select(InboxEvent))).scalar_one().payload == value


async def test_no_payload_is_sql_null(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        session.add(InboxEvent(key="1", mailbox="1", kind="x", payload=None, received_at=now))
    async with database.reading() as session:
        raw = await session.execute(sa.text("select payload is null from inbox_event"))
        assert raw.scalar_one()


async def test_ciphertext_moved_between_columns_does_not_decrypt(
    database: Database, now: datetime
) -> None:
    async with database.transaction() as session:
        made = await person(session, now)
        made.phone = "199-0000"
        await session.flush()
        await session.execute(sa.text("update person set name = phone"))
    with pytest.raises(DecryptionError):
        async with database.reading() as session:
            (await session.execute(select(Person))).scalars().all()


async def test_an_engine_without_a_keyring_says_so(sqlite_url: str, now: datetime) -> None:
    database = Database(sqlite_url, None)  # type: ignore[arg-type]
    try:
        with pytest.raises((RuntimeError, StatementError), match="keyring"):
            async with database.transaction() as session:
                session.add(InboxEvent(key="1", mailbox="1", kind="x", payload={}, received_at=now))
    finally:
        await database.dispose()


def columns(kind: type[Any]) -> list[sa.Column[Any]]:
    """Every column of a type, over all tables."""
    every = [column for table in Row.metadata.tables.values() for column in table.columns]
    return [column for column in every if isinstance(column.type, kind)]


def test_plain_text_is_short_and_plain_json_is_none_of_a_person() -> None:
    """What people write, and what is known of them, lies in encrypted columns only."""
    long = [
        str(column) for column in columns(AutoString) if not 0 < length(column) <= LONGEST_PLAIN
    ]
    assert long == ["state_value.value"]
    assert {str(column) for column in columns(sa.JSON)} == {
        "case_message.rules",  # names of policy entries
        "employer.unit_numbers",
        "officer_profile.languages",
        "officer_profile.skills",  # codes of matters
        "policy_bundle.records",
        "policy_record.content",  # published rules
        "rating_release.reasons",  # chips of nobody in particular
    }
    assert len(columns(EncryptedText)) + len(columns(EncryptedJSON)) > 15


def length(column: sa.Column[Any]) -> int:
    """A text column's limit; 0 for none."""
    return getattr(column.type, "length", None) or 0


def test_each_encrypted_column_has_its_own_context() -> None:
    """The context is the column's name, so that values cannot be exchanged."""
    for column in columns(EncryptedText) + columns(EncryptedJSON):
        assert getattr(column.type, "context", None) == str(column)


def test_times_know_their_zone() -> None:
    assert not [str(c) for c in columns(sa.DateTime) if not getattr(c.type, "timezone", False)]
    assert datetime.now(UTC).tzinfo is not None
