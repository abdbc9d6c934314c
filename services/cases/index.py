"""A blind index over what is written in cases: keyed digests of words, nothing readable.

Chinese runs are cut into pairs of characters, other runs into words; each is folded (NFKC, case)
and becomes the first 60 bits of its HMAC-SHA256 under the index key (storage/crypto.py). Tokens are
kept per case, once; a search checks the words of what it finds, so a stale token shows nothing.
"""

from __future__ import annotations

import re
import unicodedata

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.crypto import Keyring
from storage.database import keyring_of
from storage.models import CaseWord
from storage.queue import is_sqlite

_RUNS = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]+|[^\W_\u3400-\u9fff]+")
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_PURPOSE = "case_word"
_DIGITS = 15  # of 16 bits each four: 60 bits, which fit a signed 64-bit column
_LONGEST_WORD = 64
_ROWS = 400


def fold(text: str) -> str:
    """Width and case folded."""
    return unicodedata.normalize("NFKC", text).casefold()


def pieces(text: str) -> frozenset[str]:
    """What of a text can be found: pairs of Chinese characters, and other words whole."""
    found: set[str] = set()
    for run in _RUNS.findall(fold(text)):
        if not _HAN.match(run):
            found.add(run[:_LONGEST_WORD])
        elif len(run) > 1:
            found.update(run[at : at + 2] for at in range(len(run) - 1))
    return frozenset(found)


def tokens(keyring: Keyring, text: str) -> frozenset[int]:
    """The digests of a text's pieces."""
    return frozenset(
        int(keyring.blind_index(piece, _PURPOSE)[:_DIGITS], 16) for piece in pieces(text)
    )


async def add(session: AsyncSession, case_id: int, text: str) -> None:
    """Make a case findable by these words."""
    rows = [
        {"token": token, "case_id": case_id} for token in sorted(tokens(keyring_of(session), text))
    ]
    insert = sqlite.insert if is_sqlite(session) else postgresql.insert
    for at in range(0, len(rows), _ROWS):
        await session.execute(
            insert(CaseWord).values(rows[at : at + _ROWS]).on_conflict_do_nothing()
        )


async def forget(session: AsyncSession, case_id: int) -> None:
    """No word of a case is found any more."""
    await session.execute(delete(CaseWord).where(col(CaseWord.case_id) == case_id))
