"""A blind index over what is written in cases: keyed digests of words, nothing readable.

Chinese runs are cut into pairs and triples of characters, other runs into words; each is folded
(NFKC, case) and becomes the first 60 bits of its HMAC-SHA256 under the index key
(storage/crypto.py). Tokens are kept per case, once; a search checks the words of what it finds, so
a stale token shows nothing. It asks for triples where the words are long enough: 医保 and 保卡 are
in most cases, 医保卡 in few (decision 0070).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

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
    """What of a text can be found: pairs and triples of Chinese characters, other words whole."""
    found: set[str] = set()
    for run in _RUNS.findall(fold(text)):
        found |= _cut(run, 2) | _cut(run, 3)
    return frozenset(found)


def asked(words: str) -> frozenset[str]:
    """The pieces that a text with these words has: the longest of each run say the most."""
    found: set[str] = set()
    for run in _RUNS.findall(fold(words)):
        found |= _cut(run, 3) or _cut(run, 2)
    return frozenset(found)


def _cut(run: str, length: int) -> set[str]:
    if not _HAN.match(run):
        return {run[:_LONGEST_WORD]}
    return {run[at : at + length] for at in range(len(run) - length + 1)}


def tokens(keyring: Keyring, found: Iterable[str]) -> frozenset[int]:
    """The digests of pieces."""
    return frozenset(int(keyring.blind_index(each, _PURPOSE)[:_DIGITS], 16) for each in found)


async def add(session: AsyncSession, case_id: int, text: str) -> None:
    """Make a case findable by these words."""
    found = tokens(keyring_of(session), pieces(text))
    rows = [{"token": token, "case_id": case_id} for token in sorted(found)]
    insert = sqlite.insert if is_sqlite(session) else postgresql.insert
    for at in range(0, len(rows), _ROWS):
        await session.execute(
            insert(CaseWord).values(rows[at : at + _ROWS]).on_conflict_do_nothing()
        )


async def forget(session: AsyncSession, case_id: int) -> None:
    """No word of a case is found any more."""
    await session.execute(delete(CaseWord).where(col(CaseWord.case_id) == case_id))
