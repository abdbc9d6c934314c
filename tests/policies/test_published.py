"""Publishing: all or nothing, every version kept, every process at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from knowledge.ask import Answerer
from services.policies import BundleError, Library, PublishError, ensure, publish, published
from services.policies.answers import traced
from services.policies.bundles import packaged, read_bundle
from services.policies.settings import PolicySettings
from services.policies.views import policy_list, policy_view
from storage.crypto import Keyring
from storage.database import Database
from storage.models import AnswerRecord, PolicyBundle, PolicyRecord, Timer
from tests.policies.bundles import MOST, PUBLIC, changed, edit, signed, unpacked
from tests.policies.conftest import Desk

RULE, QUESTION = "cn-replace-lost", "社保卡丢了怎么补办"
NEW = "补卡先挂失，再带身份证去窗口（新口径）。"


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(PublishError) as error:
        yield
    assert error.value.code == code


async def test_the_first_start_publishes_the_packaged_files(desk: Desk) -> None:
    (bundle,) = await desk.rows(PolicyBundle)
    assert bundle.origin == "packaged"
    records = await desk.rows(PolicyRecord)
    base = packaged().base
    rules_of_the_guide = 1
    whole = len(base.policies) + len(base.facts) + rules_of_the_guide
    assert len(records) == whole == len(bundle.records)
    assert not await desk.do(ensure, desk.now)
    async with desk.database.reading() as session:
        assert (await published.base_of(session, bundle.id or 0)).policies == base.policies


async def test_an_update_is_served_at_once_by_every_process(
    desk: Desk, tmp_path: Path, answerer: Answerer, keyring: Keyring
) -> None:
    """Two processes: databases and libraries of their own on the same data."""
    other_database = Database(
        desk.database.url.replace("+aiosqlite", "").replace("+psycopg", ""), keyring
    )
    other = Library(answerer, PolicySettings())
    before = await desk.asks(QUESTION)
    assert before.parts[0].part.topic == "replace-lost"
    async with other_database.transaction() as session:
        assert (await other.edition(session, desk.now)).version.startswith("packaged")
    desk.clock.jump(timedelta(days=10))
    bundle = changed(tmp_path / "b", "2026-12-01", desk.now, RULE, rule=NEW)
    loaded = await desk.do(publish, bundle, desk.now, "cli")
    assert [(c.policy_id, c.part) for c in loaded.changes] == [(RULE, "rule")]
    async with other_database.transaction() as session:
        served = await other.edition(session, desk.now)
    assert served.version == "2026-12-01"
    assert served.answerer.answer_topic("replace-lost").parts[0].rule.text == NEW
    after = await desk.asks(QUESTION)
    assert after.parts[0].part.rule.text == NEW
    await other_database.dispose()
    # Old answers stay auditable by version.
    new, old = await desk.do(traced, desk.people[0])
    assert (RULE, 2) in new.entries
    assert (RULE, 1) in old.entries
    assert (new.bundle, old.bundle[:8]) == ("2026-12-01", "packaged")
    view = await desk.do(policy_view, RULE)
    assert [version.number for version in view.history] == [2, 1]
    assert view.history[0].texts[0] == NEW
    # Only what changed is a new record.
    assert len(await desk.rows(PolicyRecord)) == len(loaded_records(await desk.rows(PolicyBundle)))


def loaded_records(bundles: list[PolicyBundle]) -> set[int]:
    """The ids of all records of all bundles."""
    return {each for bundle in bundles for each in bundle.records}


async def test_half_a_bundle_is_none(desk: Desk, tmp_path: Path) -> None:
    """One good change and one broken file: nothing of it is loaded."""
    folder = unpacked(tmp_path / "b")
    edit(folder, RULE, rule=NEW)
    good = signed(folder, "2026-12-01", desk.now)
    (folder / "policies" / "330100.yaml").write_text("region: [", "utf-8")
    with pytest.raises(BundleError):
        read_bundle(folder, [PUBLIC], MOST)
    assert len(await desk.rows(PolicyBundle)) == 1
    # A publication that fails on its way leaves nothing either.
    with suppress(RuntimeError):
        async with desk.database.transaction() as session:
            await publish(session, good, desk.now, "cli")
            raise RuntimeError
    assert len(await desk.rows(PolicyBundle)) == 1
    assert not [r for r in await desk.rows(PolicyRecord) if r.number > 1]
    assert (await desk.asks(QUESTION)).parts[0].part.rule.text != NEW


async def test_what_is_not_taken(desk: Desk, tmp_path: Path) -> None:
    first = changed(tmp_path / "a", "2026-12-01", desk.now, RULE, rule=NEW)
    await desk.do(publish, first, desk.now, "cli")
    with refused("same"):
        await desk.do(publish, first, desk.now, "cli")
    again = changed(tmp_path / "b", "2026-12-01", desk.now, RULE, rule="又改了。")
    with refused("version"):
        await desk.do(publish, again, desk.now, "cli")
    stale = changed(tmp_path / "c", "2026-12-00", desk.now - timedelta(days=3), RULE, rule="旧。")
    with refused("older"):
        await desk.do(publish, stale, desk.now, "cli")
    await desk.do(publish, stale, desk.now, "cli", older=True)
    assert (await desk.asks(QUESTION)).parts[0].part.rule.text == "旧。"
    assert not await desk.do(ensure, desk.now), "what HR has loaded stays"


async def test_a_rule_that_comes_back_is_the_same_version(desk: Desk, tmp_path: Path) -> None:
    for number, text in enumerate((NEW, "另一种说法。", NEW)):
        folder = tmp_path / str(number)
        await desk.do(
            publish, changed(folder, f"v{number}", desk.now, RULE, rule=text), desk.now, "cli"
        )
        desk.clock.jump(timedelta(minutes=1))
    view = await desk.do(policy_view, RULE)
    assert [(v.number, v.bundle) for v in view.history][:3] == [(2, "v2"), (3, "v1"), (2, "v0")]


async def test_rules_begin_and_end_by_their_dates(desk: Desk, tmp_path: Path) -> None:
    local = "r370100-fee"
    bundle = changed(
        tmp_path / "a", "v1", desk.now, local, cost="新标准30元。", valid_from="2026-12-10"
    )
    await desk.do(publish, bundle, desk.now, "cli")
    async with desk.database.reading() as session:
        timer = (await session.exec(select(Timer).where(col(Timer.key) == "policies.turned"))).one()
    assert timer.due_at.isoformat() == "2026-12-09T16:00:00+00:00"  # midnight in China
    for days, held in ((0, False), (20, True)):
        desk.clock.jump(timedelta(days=days))
        async with desk.database.transaction() as session:
            edition = await desk.library.edition(session, desk.now)
        assert (local in edition.answerer.base.policies) is held


async def test_pages_read_frozen_rows(desk: Desk) -> None:
    rows = await desk.do(policy_list, region_prefix="37")
    assert {row.region_code[:2] for row in rows} == {"00", "37"}
    assert all(row.keeper and row.checked and row.grade for row in rows)
    view = await desk.do(policy_view, "r370100-fee")
    assert json.dumps(view.content, ensure_ascii=False)
    assert all(s["sources"] or s["grade"] == "own" for s in view.content["statements"])
    assert not await desk.rows(AnswerRecord)
