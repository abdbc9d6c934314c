"""Takes personal data out of rows; what stays of them is ids, kinds and times."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.cases.index import forget as forget_words
from services.people import consents
from services.privacy import own
from storage.models import (
    AnswerGiven,
    AnswerRecord,
    BindAttempt,
    BroadcastReceipt,
    ButtonToken,
    Card,
    CaseStatus,
    ChannelAccount,
    ConsoleSession,
    Conversation,
    Document,
    EventStatus,
    GapQuestion,
    InboxEvent,
    Invitation,
    OutboxMessage,
    OutboxStatus,
    Person,
    PersonStatus,
    Rating,
    SignInLink,
    Task,
    TaskStatus,
    Timer,
)

ERASED_NAME = "已删除"
_HANDLED = (EventStatus.DONE, EventStatus.DEAD)
_SENT = (OutboxStatus.SENT, OutboxStatus.FAILED, OutboxStatus.IN_DOUBT)
_ENDED = (TaskStatus.DONE, TaskStatus.DEAD)


async def personal_data(
    session: AsyncSession, person_id: int, now: datetime
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Everything but the register's entry; returns the person's mailboxes and closed cases."""
    await consents.expire_files(session, person_id, now)
    await session.exec(delete(Document).where(col(Document.person_id) == person_id))
    await session.exec(delete(Card).where(col(Card.person_id) == person_id))
    await session.exec(delete(Rating).where(col(Rating.person_id) == person_id))
    await session.exec(delete(ButtonToken).where(col(ButtonToken.person_id) == person_id))
    await session.exec(delete(BroadcastReceipt).where(col(BroadcastReceipt.person_id) == person_id))
    await _questions(session, person_id)
    await _applications(session, person_id)
    closed = await _cases(session, person_id, now)
    mailboxes = await _chat(session, person_id)
    return mailboxes, closed


async def account(session: AsyncSession, person_id: int) -> None:
    """The binding, invitations and ways into the console, with failed tries of the accounts."""
    users = [one.user_id for one in await own.accounts(session, person_id)]
    await session.exec(delete(BindAttempt).where(col(BindAttempt.user_id).in_(users)))
    await session.exec(delete(ChannelAccount).where(col(ChannelAccount.person_id) == person_id))
    await session.exec(delete(Invitation).where(col(Invitation.person_id) == person_id))
    await session.exec(delete(SignInLink).where(col(SignInLink.person_id) == person_id))
    await session.exec(delete(ConsoleSession).where(col(ConsoleSession.person_id) == person_id))


def phone(session: AsyncSession, person: Person, now: datetime) -> None:
    """The phone number alone."""
    person.phone = person.phone_index = None
    person.updated_at = now
    session.add(person)


def roster(session: AsyncSession, person: Person, now: datetime) -> None:
    """The register's entry; the row stays so that kept records refer to something."""
    person.name = ERASED_NAME
    person.number = f"erased-{person.id}"  # the 工号 may be given to somebody else
    person.id_number = person.id_number_index = None
    person.hire_date = None
    person.status = PersonStatus.ERASED
    phone(session, person, now)


async def _questions(session: AsyncSession, person_id: int) -> None:
    """Answers go whole; in the gap list the count stays, without words and person."""
    mine = select(AnswerGiven.id).where(col(AnswerGiven.person_id) == person_id)
    await session.exec(delete(AnswerRecord).where(col(AnswerRecord.answer_id).in_(mine)))
    await session.exec(delete(AnswerGiven).where(col(AnswerGiven.person_id) == person_id))
    await session.exec(
        update(GapQuestion)
        .where(col(GapQuestion.person_id) == person_id)
        .values(person_id=None, words=None, answer_id=None)
    )


async def _applications(session: AsyncSession, person_id: int) -> None:
    for application in await own.applications(session, person_id):
        application.applicant = application.place = application.override_reason = None
        application.details = None
        session.add(application)
    for event in await own.events(session, person_id):
        event.reason = None
        session.add(event)
    for look_up in await own.look_ups(session, person_id):
        look_up.answer = None
        session.add(look_up)
    for handover in await own.handovers(session, person_id):
        handover.code = handover.code_index = handover.note = None
        session.add(handover)
    for proxy in await own.proxies(session, person_id):
        proxy.person = None
        session.add(proxy)
    await session.flush()


async def _cases(session: AsyncSession, person_id: int, now: datetime) -> tuple[int, ...]:
    for message in await own.case_messages(session, person_id):
        message.text = message.file_id = message.file_name = message.source = None
        session.add(message)
    closed = []
    for case in await own.cases(session, person_id):
        await forget_words(session, case.id or 0)
        if case.status is not CaseStatus.RESOLVED:
            case.status = CaseStatus.RESOLVED
            case.resolved_at, case.resolution = now, "erased"
            session.add(case)
            closed.append(case.id or 0)
    await session.flush()
    return tuple(closed)


async def _chat(session: AsyncSession, person_id: int) -> tuple[str, ...]:
    """Handled messages; what is under way now (this very request) follows with the janitor."""
    chat = await own.Chat.of(session, person_id)
    blank: dict[str, Any] = {"payload": None}
    handled = col(InboxEvent.status).in_(_HANDLED)
    await session.exec(update(InboxEvent).where(chat.inbox(), handled).values(**blank))
    sent = col(OutboxMessage.status).in_(_SENT)
    await session.exec(update(OutboxMessage).where(chat.outbox(), sent).values(**blank))
    ended = col(Task.status).in_(_ENDED)
    await session.exec(update(Task).where(chat.tasks(), ended).values(**blank))
    mine = [mailbox for mailbox in chat.mailboxes if mailbox not in chat.shared]
    await session.exec(delete(Timer).where(col(Timer.mailbox).in_(mine)))
    await session.exec(
        update(Conversation)
        .where(col(Conversation.person_id) == person_id)
        .values(person_id=None, flow=None, step=None, data=None, memory=None)
    )
    return chat.mailboxes
