"""领卡码: six digits that the owner tells the officer; they sign for the card.

A code is looked up by a keyed digest. Whoever types wrong ones too often waits an hour.
"""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.applications.settings import rules
from services.collection import rows
from services.collection.views import CodeSearch
from services.console.reach import Place, Reach
from services.people import audit
from storage.database import keyring_of
from storage.models import Handover

DIGITS = 6
WRONG = "collection.wrong_code"
_CODE = re.compile(rf"[0-9]{{{DIGITS}}}")
_PAUSE = timedelta(hours=1)


async def give(session: AsyncSession, row: Handover) -> None:
    """A code that no other card in HR's keeping has."""
    while row.code is None:
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
        index = index_of(session, code)
        taken = select(Handover.id).where(col(Handover.code_index) == index)
        if (await session.exec(taken)).first() is None:
            row.code, row.code_index = code, index


def index_of(session: AsyncSession, code: str) -> str:
    """The keyed look-up value of a code."""
    return keyring_of(session).blind_index(code, "handover.code")


def read(text: str) -> str | None:
    """The six digits that somebody typed; None for anything else."""
    plain = re.sub(r"[\s-]", "", text)
    return plain if _CODE.fullmatch(plain) else None


async def find(
    session: AsyncSession, text: str, now: datetime, *, actor: str, reach: Reach
) -> CodeSearch:
    """Whose card this code is for. Nothing is handed out by it yet."""
    wrong = await audit.count_since(session, WRONG, actor, now - _PAUSE)
    if wrong >= rules().code_tries:
        return CodeSearch("too_many")
    code = read(text)
    if code is not None:
        found = await rows.cards(session, col(Handover.code_index) == index_of(session, code))
        if found and reach.covers(Place(found[0].region_code, found[0].employer_id)):
            return CodeSearch("found", found[0])
    await audit.record(session, actor, WRONG, actor, now)
    return CodeSearch("wrong_code")
