"""E-mail to officers: the second channel of their notices. It names cases by number alone."""

from __future__ import annotations

from email.message import EmailMessage

import aiosmtplib
from sqlmodel.ext.asyncio.session import AsyncSession

from services.cases.settings import rules
from storage.guard import refuse_in_turn
from storage.models import OfficerProfile

TASK = "desk.mail"


async def address_of(session: AsyncSession, officer_id: int) -> str | None:
    """Where an officer gets e-mail; None when they or we have none."""
    if not rules().mail.host:
        return None
    profile = await session.get(OfficerProfile, officer_id)
    return profile.email if profile else None


def compose(to: str, subject: str, text: str, message_id: str) -> EmailMessage:
    """A plain text message. `message_id` stays the same when it is sent again."""
    mail = EmailMessage()
    sender = rules().mail.sender
    mail["From"], mail["To"] = sender, to
    mail["Subject"] = " ".join(subject.split())
    mail["Message-ID"] = f"<{message_id}@{sender.partition('@')[2] or 'localhost'}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text, cte="base64")
    return mail


async def send(mail: EmailMessage) -> None:
    """Hand a message to the mail server.

    Raises:
        aiosmtplib.SMTPException: refused, or no answer; the task tries again.
    """
    refuse_in_turn("the mail server")
    given = rules().mail
    password = given.password.get_secret_value() if given.password else None
    await aiosmtplib.send(
        mail,
        hostname=given.host,
        port=given.port,
        username=given.username or None,
        password=password,
        use_tls=given.security == "tls",
        start_tls=given.security == "starttls",
        timeout=given.timeout_seconds,
    )
