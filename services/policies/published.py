"""The published policies: loaded as a whole or not at all, kept with every earlier version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.policies.base import PolicyBase
from knowledge.policies.diffs import Change, diff
from knowledge.policies.snapshot import dump, restore, turning_days
from services.people import audit
from services.policies.bundles import Bundle, packaged
from storage import queue
from storage.clock import SHANGHAI, local_date
from storage.models import PolicyBundle, PolicyRecord

LOADED, TURNED = "policies.loaded", "policies.turned"
BOT = "bot"
"""The mailbox of what belongs to no chat."""
SIGNAL = "policies"
POLICY, FACT, MOVES = "policy", "fact", "moves"
_LOCK = "policies"
_BATCH = 400


class PublishError(ValueError):
    """`code`: same (already in force), older (than what is in force) or version (used before)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Publication:
    """One bundle as it was published. `signed_by` is a key's fingerprint."""

    id: int
    version: str
    origin: str
    signed_by: str | None
    made_at: datetime
    loaded_by: str
    loaded_at: datetime


@dataclass(frozen=True)
class Loaded:
    """What came of a publication."""

    publication: Publication
    changes: tuple[Change, ...]


async def publish(
    session: AsyncSession, bundle: Bundle, now: datetime, actor: str, *, older: bool = False
) -> Loaded:
    """Make a bundle the one in force. Every process serves it from its next question on.

    Args:
        older: take a bundle although a newer one is in force (to go back).

    Raises:
        PublishError: why it is not taken; nothing was written.
    """
    await queue.lock(session, _LOCK)
    content = dump(bundle.base)
    digests = {
        (kind, name): _digest(raw) for kind, rows in content.items() for name, raw in rows.items()
    }
    whole = _digest(sorted([*key, digest] for key, digest in digests.items()))
    before = await current(session)
    if before is not None:
        await _check(session, bundle, whole, before, older)
    ids = await _records(session, content, digests, now)
    row = PolicyBundle(
        version=bundle.version,
        digest=whole,
        origin=bundle.origin,
        signed_by=bundle.signed_by,
        made_at=bundle.made_at,
        loaded_by=actor,
        loaded_at=now,
        records=ids,
    )
    session.add(row)
    await session.flush()
    changes: list[Change] = []
    if before is not None:
        changes = diff(await base_of(session, before.id or 0), bundle.base)
        await queue.accept(
            session, key=f"policies:{row.id}", mailbox=BOT, kind=LOADED, payload={}, at=now
        )
    detail = {"version": bundle.version, "changes": len(changes)}
    await audit.record(session, actor, LOADED, f"policy_bundle:{row.id}", now, detail=detail)
    await _turning(session, bundle.base, now)
    queue.wake(session, SIGNAL)
    return Loaded(_publication(row), tuple(changes))


async def refusal(session: AsyncSession, bundle: Bundle) -> str | None:
    """Why `publish` would not take a bundle now (the code of its error); None when it would."""
    before = await current(session)
    try:
        if before is not None:
            await _check(session, bundle, digest_of(bundle.base), before, older=False)
    except PublishError as error:
        return error.code
    return None


async def changes_to(session: AsyncSession, base: PolicyBase) -> tuple[Change, ...]:
    """What would read otherwise if a base came into force now."""
    before = await current(session)
    return () if before is None else tuple(diff(await base_of(session, before.id or 0), base))


async def changes_in(session: AsyncSession, bundle_id: int) -> tuple[Change, ...]:
    """What a bundle changed against the one that was in force before it; none for the first.

    Raises:
        LookupError: no such bundle.
    """
    after = await base_of(session, bundle_id)
    query = select(PolicyBundle.id).where(col(PolicyBundle.id) < bundle_id)
    before = (await session.exec(query.order_by(col(PolicyBundle.id).desc()).limit(1))).first()
    return () if before is None else tuple(diff(await base_of(session, before), after))


async def _check(
    session: AsyncSession, bundle: Bundle, whole: str, before: PolicyBundle, older: bool
) -> None:
    if before.digest == whole:
        raise PublishError("same")
    used = select(PolicyBundle.id).where(col(PolicyBundle.version) == bundle.version)
    if (await session.exec(used)).first() is not None:
        raise PublishError("version")
    if bundle.made_at < before.made_at and not older:
        raise PublishError("older")


async def _records(
    session: AsyncSession,
    content: dict[str, dict[str, Any]],
    digests: dict[tuple[str, str], str],
    now: datetime,
) -> list[int]:
    """The ids of all records of a bundle; those that are new get the next number of their name."""
    known: dict[tuple[str, str, str], int] = {}
    numbers: dict[tuple[str, str], int] = {}
    columns = (PolicyRecord.id, PolicyRecord.kind, PolicyRecord.name)
    query = select(*columns, PolicyRecord.digest, PolicyRecord.number)  # type: ignore[call-overload]
    for record_id, kind, name, digest, number in await session.exec(query):
        known[(kind, name, digest)] = record_id
        numbers[(kind, name)] = max(number, numbers.get((kind, name), 0))
    fresh = []
    for (kind, name), digest in digests.items():
        if (kind, name, digest) not in known:
            number = numbers.get((kind, name), 0) + 1
            raw = content[kind][name]
            fresh.append(
                PolicyRecord(
                    kind=kind, name=name, number=number, digest=digest, content=raw, created_at=now
                )
            )
    session.add_all(fresh)
    await session.flush()
    known |= {(row.kind, row.name, row.digest): row.id or 0 for row in fresh}
    return sorted(known[(kind, name, digest)] for (kind, name), digest in digests.items())


async def _turning(session: AsyncSession, base: PolicyBase, now: datetime) -> None:
    """A timer for the next day on which a rule begins or ends by its own date."""
    today = local_date(now)
    day = next((day for day in turning_days(base) if day > today), None)
    if day is None:
        await queue.cancel_timers(session, TURNED)
        return
    due = datetime.combine(day, time(), SHANGHAI).astimezone(UTC)
    await queue.set_timer(session, TURNED, mailbox=BOT, kind=TURNED, due_at=due)


async def turned(session: AsyncSession, now: datetime) -> None:
    """A rule has begun or ended by its date: arm the next such day."""
    row = await current(session)
    if row is not None:
        await _turning(session, await base_of(session, row.id or 0), now)


async def ensure(session: AsyncSession, now: datetime) -> bool:
    """Publish the program's own files at the first start, and newer ones after an upgrade.

    A bundle that HR loaded stays; each state of the packaged files is taken once at most, so that
    processes of two releases side by side do not overwrite each other. Returns whether it was.
    """
    await queue.lock(session, _LOCK)
    before = await current(session)
    if before is not None and before.origin != "packaged":
        return False
    bundle = packaged()
    whole = digest_of(bundle.base)
    seen = select(PolicyBundle).where(col(PolicyBundle.origin) == "packaged")
    earlier = (await session.exec(seen)).all()
    if any(row.digest == whole for row in earlier):
        return False
    same_day = sum(row.version.startswith(bundle.version) for row in earlier)
    if same_day:
        version = f"{bundle.version}.{same_day + 1}"
        bundle = Bundle(bundle.base, version, bundle.made_at, bundle.origin)
    await publish(session, bundle, now, "program", older=True)
    return True


def digest_of(base: PolicyBase) -> str:
    """The SHA-256 by which a whole base is recognised."""
    rows = [
        [kind, name, _digest(raw)] for kind, of in dump(base).items() for name, raw in of.items()
    ]
    return _digest(sorted(rows))


async def hold(session: AsyncSession) -> None:
    """Wait for answers under way to be committed, and keep new ones waiting (see `shared`)."""
    await queue.lock(session, _LOCK)


async def current(session: AsyncSession, *, shared: bool = False) -> PolicyBundle | None:
    """The bundle in force.

    Args:
        shared: answer from it in this transaction; whoever looks for people that were told an
            older rule (`hold`) waits until this commits.
    """
    if shared:
        await queue.lock(session, _LOCK, shared=True)
    query = select(PolicyBundle).order_by(col(PolicyBundle.id).desc()).limit(1)
    return (await session.exec(query)).first()


async def base_of(session: AsyncSession, bundle_id: int) -> PolicyBase:
    """The base of any bundle, as it was.

    Raises:
        LookupError: no such bundle.
    """
    bundle = await session.get(PolicyBundle, bundle_id)
    if bundle is None:
        raise LookupError("bundle")
    rows = await _rows(session, bundle.records)
    return restore(
        (row.content for row in rows if row.kind == POLICY),
        (row.content for row in rows if row.kind == FACT),
        (row.content for row in rows if row.kind == MOVES),
    )


async def record_ids(session: AsyncSession, bundle_id: int, names: Iterable[str]) -> list[int]:
    """The record ids of some entries and facts in a bundle."""
    bundle = await session.get(PolicyBundle, bundle_id)
    wanted = list(names)
    query = select(PolicyRecord.id).where(col(PolicyRecord.name).in_(wanted))
    within = set(bundle.records if bundle else ())
    found = (await session.exec(query)).all()
    return sorted(each for each in found if each is not None and each in within)


async def _rows(session: AsyncSession, ids: list[int]) -> list[PolicyRecord]:
    found: list[PolicyRecord] = []
    for at in range(0, len(ids), _BATCH):
        query = select(PolicyRecord).where(col(PolicyRecord.id).in_(ids[at : at + _BATCH]))
        found += (await session.exec(query.order_by(col(PolicyRecord.id)))).all()
    return found


def _publication(row: PolicyBundle) -> Publication:
    return Publication(
        row.id or 0,
        row.version,
        row.origin,
        row.signed_by,
        row.made_at,
        row.loaded_by,
        row.loaded_at,
    )


async def publications(session: AsyncSession) -> tuple[Publication, ...]:
    """Every bundle that was ever in force, newest first."""
    query = select(PolicyBundle).order_by(col(PolicyBundle.id).desc())
    return tuple(_publication(row) for row in await session.exec(query))


def _digest(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
