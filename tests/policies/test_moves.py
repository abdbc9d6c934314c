"""The guide's rules in a bundle: running bots say what HR changes, and who was told hears."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from knowledge.move import guide
from knowledge.policies.moves import MOVES_FILE, MOVES_NAME
from services import applications as apps
from services.policies import BundleError, bundles, publish, published, recalls
from services.policies.answers import Shown, record
from services.policies.views import policy_view
from storage.models import AnswerRecord, PolicyRecord
from tests.policies.bundles import MOST, signed, unpacked
from tests.policies.conftest import HOME, Desk

FAR = "310000"
OLD, NEW = "工伤、生育没有转移，到新地直接参保。", "工伤、生育不用转，到新地参保就行（新）。"


def rewritten(folder: Path, old: str, new: str) -> Path:
    """The program's own files with one text of the guide's rules replaced."""
    path = unpacked(folder) / MOVES_FILE
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    return folder


async def told(desk: Desk, who: int, about: str = "both") -> None:
    """A person was given the guide to Shanghai, as the conversation records it."""
    asked = {"origin": HOME, "about": about, "drawing_pension": None, "hmt": False}
    shown = Shown("guide", "济南 → 上海", topic="move-cross-province", region_code=FAR, asked=asked)
    bundle = await desk.do(published.current)
    assert bundle is not None
    await desk.do(record, desk.people[who], bundle.id or 0, shown, desk.now)


async def test_a_changed_rule_changes_the_guide_and_recalls_it(desk: Desk, tmp_path: Path) -> None:
    whole, card_only, idle = range(3)
    await told(desk, whole)
    await told(desk, card_only, "card")
    await told(desk, idle)
    for who in (whole, card_only):
        await desk.do(apps.open_first, desk.people[who], HOME, desk.now)
    names = {row.id: row.name for row in await desk.rows(PolicyRecord)}
    assert {names[row.record_id] for row in await desk.rows(AnswerRecord)} == {MOVES_NAME}
    desk.clock.jump(timedelta(days=10))
    folder = rewritten(tmp_path / "v1", OLD, NEW)
    loaded = await desk.do(publish, signed(folder, "v1", desk.now), desk.now, "cli")
    (change,) = loaded.changes
    assert (change.policy_id, change.part) == (MOVES_NAME, "steps")
    assert OLD in (change.old or "")
    assert NEW in (change.new or "")
    edition = await desk.do(desk.library.edition, desk.now)
    assert NEW in [s.text for s in guide(HOME, FAR, base=edition.answerer.base).steps]
    assert OLD in [s.text for s in guide(HOME, FAR).steps], "the program's own stay as they are"
    # Only who was given this very step, and has something open.
    (recall,) = await desk.do(recalls.due, desk.library, desk.now)
    assert recall.person_id == desk.people[whole]
    ids = list(recall.answer_ids)
    tell = (recalls.tell, desk.library, recall.person_id, ids)
    (said,) = await desk.do(*tell, language="zh", now=desk.now)
    (difference,) = said.differences
    assert (difference.old, difference.new) == ((OLD,), (NEW,))
    assert said.part is not None
    assert [source.fact_id for source in said.part.sources] == [
        "000000-transfer_injury_maternity-01"
    ]
    assert await desk.do(recalls.due, desk.library, desk.now) == (), "once"
    view = await desk.do(policy_view, MOVES_NAME)
    assert [one.number for one in view.history] == [2, 1]
    assert NEW in view.history[0].texts


async def test_a_bundle_without_them_keeps_the_programs(desk: Desk, tmp_path: Path) -> None:
    folder = unpacked(tmp_path / "v1")
    (folder / MOVES_FILE).unlink()
    assert signed(folder, "v1", desk.now).base.moves == bundles.packaged().base.moves


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("[[000000-transfer_injury_maternity-01]]", "[[000000-nothing-01]]", "unknown facts"),
        (f"{OLD}[[000000-transfer_injury_maternity-01]]", OLD, "no source"),
        ("relation: [cross_province]}, decision", "relation: [same]}, decision", "cross_province"),
        ("steps:\n", "stops:\n", "needs decisions and steps"),
    ],
)
def test_bad_rules_are_refused(tmp_path: Path, old: str, new: str, why: str) -> None:
    folder = rewritten(tmp_path / "bad", old, new)
    with pytest.raises(BundleError) as error:
        bundles.read_base(folder, MOST)
    assert error.value.code == "content"
    assert why in error.value.detail


async def test_another_process_says_the_new_rule_without_a_restart(
    desk: Desk, tmp_path: Path
) -> None:
    """A process of its own is asked before and after `publish` in this one."""
    await desk.do(apps.open_first, desk.people[0], HOME, desk.now)
    url = desk.database.url.replace("+aiosqlite", "").replace("+psycopg", "")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.policies.answering",
        url,
        HOME,
        FAR,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=dict(os.environ),
    )
    assert process.stdin is not None
    assert process.stdout is not None

    async def asked(words: str) -> str:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{words}\n".encode())
        await process.stdin.drain()
        return (await process.stdout.readline()).decode()

    try:
        before = await asked("社保卡丢了怎么补办")
        assert OLD in before
        assert "挂失" in before
        folder = rewritten(tmp_path / "v1", OLD, NEW)
        for path in (folder / "policies").rglob("*.yaml"):
            content = yaml.safe_load(path.read_text("utf-8"))
            for entry in content["entries"]:
                if entry["id"] == "cn-replace-lost":
                    entry["rule"] = (
                        "补卡先打电话（新）。" + entry["rule"][entry["rule"].index("[[") :]
                    )
            path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")
        await desk.do(publish, signed(folder, "v1", desk.now), desk.now, "cli")
        after = await asked("社保卡丢了怎么补办")
        assert "补卡先打电话（新）" in after
        assert NEW in after
        assert OLD not in after
    finally:
        process.stdin.close()
        await process.wait()
    shutil.rmtree(tmp_path / "v1")
