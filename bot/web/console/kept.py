"""What is looked at first and written then: kept, encrypted, for an hour, for who has looked."""

from __future__ import annotations

import hmac
from datetime import timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.web.console.visit import Visit
from services.console import uploads

_KEPT = timedelta(hours=1)


async def keep(visit: Visit, content: bytes) -> str:
    """Keep the bytes that were looked at; their reference."""
    name = await visit.runtime.files.write(content)
    async with visit.transaction() as session:
        return await uploads.keep(session, name, len(content), visit.now, visit.now + _KEPT)


def proof(visit: Visit, about: str, upload: str) -> str:
    """That this session has looked at these bytes, as what `about` says; empty without them."""
    if not upload:
        return ""
    text = f"{visit.who.session_id}:{about}:{upload}"
    return visit.runtime.database.keyring.blind_index(text, "console.upload")


async def take(visit: Visit, session: AsyncSession, about: str) -> bytes | None:
    """The bytes that the form's `upload` names, once; None when its `proof` is not this session's
    or their hour is over."""
    upload, given = visit.form.text("upload"), visit.form.text("proof").encode()
    if not hmac.compare_digest(given, proof(visit, about, upload).encode()):
        return None
    name = await uploads.take(session, upload, visit.now)
    return None if name is None else await visit.runtime.files.read(name)
