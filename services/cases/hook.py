"""Another desk: every change of a case as a signed POST, and its verbs back the same way.

Signatures are those of the Standard Webhooks specification (standardwebhooks.com): the headers
`webhook-id`, `webhook-timestamp` (unix seconds) and `webhook-signature`, which is `v1,` and the
base64 of HMAC-SHA256 over `id.timestamp.body`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from services.cases import rows
from services.cases.settings import rules
from services.cases.views import CaseView
from storage import queue
from storage.guard import refuse_in_turn
from storage.models import WaitingFor

WINDOW_SECONDS = 300
TASK = "desk.hook"


class HookError(Exception):
    """Not the other desk's. `code`: no_secret, header, expired, signature or body."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class HookVerb(BaseModel):
    """What the other desk does: `officer` is the staff number of who acts there."""

    model_config = ConfigDict(extra="forbid")

    verb: Literal["take", "answer", "note", "wait", "resolve"]
    number: str
    officer: str
    text: str | None = None
    waiting_for: WaitingFor | None = None


async def report(
    session: AsyncSession, case: CaseView, what: str, message_id: int | None, now: datetime
) -> None:
    """Ask for a change to be sent, if another desk listens. No name and no ID number is in it."""
    if not rules().hook.url:
        return
    said = next((m for m in case.messages if m.id == message_id), None)
    if said is None and what in ("written", "answered", "noted") and case.messages:
        said = case.messages[-1]
    body: dict[str, Any] = {
        "type": f"case.{what}",
        "at": now.isoformat(),
        "case": {
            "number": case.number,
            "status": case.status,
            "waiting_for": case.waiting_for,
            "priority": case.priority,
            "matter": case.matter,
            "kind": case.kind,
            "region": case.region_code,
            "language": case.language,
            "application": case.application_number,
            "opened_at": case.opened_at.isoformat(),
            "due_at": case.due_at.isoformat() if case.due_at else None,
            "resolution": case.resolution,
        },
    }
    if said is not None:
        body["message"] = {"id": said.id, "author": said.author, "internal": said.internal}
        body["message"] |= {"media": said.media, "at": said.at.isoformat()}
        if rules().hook.words:
            body["message"]["text"] = said.text
    await queue.add_task(
        session, TASK, mailbox=rows.mailbox(case.id), payload={"body": body}, at=now
    )


def sign(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """The signature header's value."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


async def send(body: dict[str, Any], message_id: str, tick: datetime) -> None:
    """Send one report. The same `message_id` again is the same report: the receiver may drop it.

    Raises:
        httpx.HTTPError: no answer, or none of 2xx; it is tried again.
    """
    refuse_in_turn("another desk")
    hook = rules().hook
    content = json.dumps(body, ensure_ascii=False, sort_keys=True).encode()
    stamp = str(int(tick.timestamp()))
    headers = {"webhook-id": message_id, "webhook-timestamp": stamp}
    headers["content-type"] = "application/json"
    if hook.secret is not None:
        secret = hook.secret.get_secret_value()
        headers["webhook-signature"] = sign(secret, message_id, stamp, content)
    async with httpx.AsyncClient(timeout=hook.timeout_seconds) as client:
        answer = await client.post(hook.url, content=content, headers=headers)
        answer.raise_for_status()


def verify(headers: Mapping[str, str], body: bytes, tick: datetime) -> tuple[str, HookVerb]:
    """The id and verb of a signed request. `tick` is real time.

    Raises:
        HookError: see there.
    """
    secret = rules().hook.secret
    if secret is None or len(secret.get_secret_value()) < 16:
        raise HookError("no_secret")
    lower = {name.lower(): value for name, value in headers.items()}
    message_id, stamp = lower.get("webhook-id", ""), lower.get("webhook-timestamp", "")
    if not 0 < len(message_id) <= 64 or not message_id.isascii() or not message_id.isprintable():
        raise HookError("header")
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12):
        raise HookError("header")
    wanted = sign(secret.get_secret_value(), message_id, stamp, body)
    given = lower.get("webhook-signature", "").split()
    if not any(hmac.compare_digest(each.encode(), wanted.encode()) for each in given):
        raise HookError("signature")
    if abs(tick.timestamp() - int(stamp)) > WINDOW_SECONDS:
        raise HookError("expired")
    try:
        return message_id, HookVerb.model_validate_json(body)
    except ValidationError:
        raise HookError("body") from None
