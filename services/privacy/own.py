"""Which rows are one person's: the one place that knows where personal data lies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, false, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import (
    CLOSED,
    AnswerGiven,
    Application,
    ApplicationEvent,
    Card,
    Case,
    CaseMessage,
    ChannelAccount,
    Document,
    FileView,
    GapQuestion,
    Handover,
    InboxEvent,
    LookUp,
    OutboxMessage,
    Proxy,
    Rating,
    Row,
    StoredFile,
    Task,
)

R = TypeVar("R", bound=Row)


async def rows(session: AsyncSession, kind: type[R], *conditions: Any) -> Sequence[R]:
    """Rows of one table, oldest first."""
    identity: Any = kind.id  # type: ignore[attr-defined]
    return (await session.exec(select(kind).where(*conditions).order_by(identity))).all()


async def applications(session: AsyncSession, person_id: int) -> Sequence[Application]:
    """A person's applications."""
    return await rows(session, Application, col(Application.person_id) == person_id)


async def open_applications(session: AsyncSession, person_id: int) -> Sequence[Application]:
    """A person's applications that aren't closed."""
    return await rows(
        session,
        Application,
        col(Application.person_id) == person_id,
        col(Application.status).not_in(list(CLOSED)),
    )


async def events(session: AsyncSession, person_id: int) -> Sequence[ApplicationEvent]:
    """The history of a person's applications."""
    mine = select(Application.id).where(col(Application.person_id) == person_id)
    return await rows(session, ApplicationEvent, col(ApplicationEvent.application_id).in_(mine))


async def look_ups(session: AsyncSession, person_id: int) -> Sequence[LookUp]:
    """What registries and banks answered about a person."""
    mine = select(Application.id).where(col(Application.person_id) == person_id)
    return await rows(session, LookUp, col(LookUp.application_id).in_(mine))


async def handovers(session: AsyncSession, person_id: int) -> Sequence[Handover]:
    """How a person's cards came to HR and went out again."""
    mine = select(Application.id).where(col(Application.person_id) == person_id)
    return await rows(session, Handover, col(Handover.application_id).in_(mine))


async def proxies(session: AsyncSession, person_id: int) -> Sequence[Proxy]:
    """Whom a person named to collect a card."""
    mine = select(Application.id).where(col(Application.person_id) == person_id)
    return await rows(session, Proxy, col(Proxy.application_id).in_(mine))


async def cards(session: AsyncSession, person_id: int) -> Sequence[Card]:
    """A person's cards on record."""
    return await rows(session, Card, col(Card.person_id) == person_id)


async def documents(session: AsyncSession, person_id: int) -> Sequence[Document]:
    """What a person uploaded and what was read."""
    return await rows(session, Document, col(Document.person_id) == person_id)


async def files(session: AsyncSession, person_id: int) -> Sequence[StoredFile]:
    """A person's files whose bytes are still there."""
    return await rows(
        session,
        StoredFile,
        col(StoredFile.person_id) == person_id,
        col(StoredFile.deleted_at).is_(None),
    )


async def views(session: AsyncSession, person_id: int) -> Sequence[FileView]:
    """Who looked at a person's files."""
    mine = select(StoredFile.id).where(col(StoredFile.person_id) == person_id)
    return await rows(session, FileView, col(FileView.file_id).in_(mine))


async def cases(session: AsyncSession, person_id: int) -> Sequence[Case]:
    """A person's cases."""
    return await rows(session, Case, col(Case.person_id) == person_id)


async def case_messages(session: AsyncSession, person_id: int) -> Sequence[CaseMessage]:
    """What was written in them."""
    mine = select(Case.id).where(col(Case.person_id) == person_id)
    return await rows(session, CaseMessage, col(CaseMessage.case_id).in_(mine))


async def ratings(session: AsyncSession, person_id: int) -> Sequence[Rating]:
    """A person's ratings."""
    return await rows(session, Rating, col(Rating.person_id) == person_id)


async def answers(session: AsyncSession, person_id: int) -> Sequence[AnswerGiven]:
    """What a person asked, and what they were shown."""
    return await rows(session, AnswerGiven, col(AnswerGiven.person_id) == person_id)


async def gap_questions(session: AsyncSession, person_id: int) -> Sequence[GapQuestion]:
    """A person's questions on the list of what could not be answered."""
    return await rows(session, GapQuestion, col(GapQuestion.person_id) == person_id)


async def accounts(session: AsyncSession, person_id: int) -> Sequence[ChannelAccount]:
    """A person's accounts, ended ones too."""
    return await rows(session, ChannelAccount, col(ChannelAccount.person_id) == person_id)


class Chat:
    """A person's messages: those of their mailboxes, while the mailbox was theirs."""

    def __init__(
        self, accounts: Sequence[ChannelAccount], shared: frozenset[str] = frozenset()
    ) -> None:
        self.accounts = accounts
        self.shared = shared
        self.mailboxes = tuple(dict.fromkeys(account.mailbox for account in accounts))

    @classmethod
    async def of(cls, session: AsyncSession, person_id: int) -> Chat:
        """Look up the accounts, and which of their mailboxes also served somebody else."""
        mine = await accounts(session, person_id)
        others = select(ChannelAccount.mailbox).where(
            col(ChannelAccount.mailbox).in_([account.mailbox for account in mine]),
            col(ChannelAccount.person_id) != person_id,
        )
        return cls(mine, frozenset(await session.exec(others)))

    def inbox(self) -> ColumnElement[bool]:
        """Events of this person."""
        return self._where(col(InboxEvent.mailbox), col(InboxEvent.received_at))

    def outbox(self) -> ColumnElement[bool]:
        """Messages to this person. `chat` is where a message goes, `mailbox` whose turn said it."""
        return self._where(col(OutboxMessage.chat), col(OutboxMessage.created_at))

    def tasks(self) -> ColumnElement[bool]:
        """Slow work done for this person."""
        return self._where(col(Task.mailbox), col(Task.created_at))

    def _where(self, mailbox: Any, at: Any) -> ColumnElement[bool]:
        parts = []
        for account in self.accounts:
            if account.mailbox not in self.shared:
                parts.append(mailbox == account.mailbox)
                continue
            # The messenger account served two persons in turn: only the time of this one counts.
            during = [mailbox == account.mailbox, at >= account.bound_at]
            if account.ended_at is not None:
                during.append(at <= account.ended_at)
            parts.append(and_(*during))
        return or_(false(), *parts)
