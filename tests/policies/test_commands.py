"""`policies` and `gaps` as HR types them, on a database of their own."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import typer
from sqlalchemy.engine import make_url
from typer.testing import CliRunner, Result

from bot.commands import gaps, people, policies, policy_files, roles
from bot.commands.context import database_session
from knowledge.policies.moves import MOVES_FILE
from services.gaps import note
from services.people.people import by_number
from storage import migrate
from storage.models import GapKind
from tests.people.makers import row, sheet
from tests.policies.bundles import edit

app = typer.Typer()
app.add_typer(policy_files.app, name="policies")
app.add_typer(gaps.app, name="gaps")
app.add_typer(people.app, name="people")
app.add_typer(roles.app, name="roles")
app.command("ask")(policies.ask)
app.command("move")(policies.move)
RULE, NEW = "cn-replace-lost", "补卡先挂失（新口径）。"


@pytest.fixture
def folder(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings for an empty database, and a key pair that it trusts."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHEBAO_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("SHEBAO_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("SHEBAO_CREATE_KEY", "true")
    monkeypatch.setenv("COLUMNS", "200")
    made = call("policies", "key", "policy.pem")
    assert made.exit_code == 0
    assert (tmp_path / "policy.pem").stat().st_mode & 0o077 == 0
    public = made.stdout.split()[-1]
    monkeypatch.setenv("SHEBAO_POLICIES__TRUSTED_KEYS", json.dumps([public]))
    return tmp_path


@pytest.fixture
def site(folder: Path) -> Iterator[str]:
    """A web server over the folder."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def call(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def good(*words: str) -> str:
    result = call(*words)
    assert result.exit_code == 0, result.output
    return result.output


def test_from_unpacking_to_every_way_of_loading(folder: Path, site: str) -> None:
    assert "复制" in good("policies", "unpack", "files")
    assert call("policies", "unpack", "files").exit_code == 1
    assert "没有变化" in good("policies", "diff", "packaged", "files")
    edit(folder / "files", RULE, rule=NEW)
    changes = json.loads(good("policies", "diff", "current", "files", "--json"))
    assert [(c["policy_id"], c["part"]) for c in changes] == [(RULE, "rule")]
    unsigned = call("policies", "update", "files")
    assert unsigned.exit_code == 1
    assert "policies sign" in unsigned.output
    sign = ("policies", "sign", "files", "--key", "policy.pem", "--version")
    good(*sign, "v1", "--out", "v1.zip")
    loaded = good("policies", "update", "files")
    assert "已载入 v1" in loaded
    assert f"+ {NEW}" in loaded
    assert "一样" in call("policies", "update", "v1.zip").output
    shown = good("policies", "show", RULE)
    assert NEW in shown
    assert "source" in shown
    assert "v1" in shown
    edit(folder / "files", RULE, rule="又改了。")
    good(*sign, "v2", "--out", "v2.zip")
    assert "已载入 v2" in good("policies", "update", f"{site}/v2.zip")
    listed = json.loads(good("policies", "history", "--json"))
    assert [one["version"] for one in listed][:2] == ["v2", "v1"]
    assert call("policies", "update", f"{site}/nothing.zip").exit_code == 1
    touched = (folder / "v2.zip").read_bytes()[:-40]
    (folder / "v3.zip").write_bytes(touched)
    refused = call("policies", "update", "v3.zip")
    assert refused.exit_code == 1
    assert "什么都没有载入" in refused.output
    assert call("policies", "show", "nothing").exit_code == 1


def test_ask_and_move_say_what_the_bot_would(folder: Path) -> None:
    """Without a database: the program's own. With one: what is in force there, `--batch` aside."""
    lost, step = "社保卡丢了怎么补办", "工伤、生育没有转移"
    assert NEW not in good("ask", lost)
    assert call("ask", lost, "--published").exit_code == 1
    assert not (folder / "shebao.db").exists()
    good("policies", "unpack", "files")
    edit(folder / "files", RULE, rule=NEW)
    moves = folder / "files" / MOVES_FILE
    moves.write_text(moves.read_text("utf-8").replace(step, "工伤、生育不用转"), "utf-8")
    good("policies", "sign", "files", "--key", "policy.pem", "--version", "v9", "--out", "v9.zip")
    migrate.upgrade(os.environ["SHEBAO_DATABASE_URL"])
    assert NEW not in good("ask", lost)
    good("policies", "update", "v9.zip")
    asked = call("ask", lost)
    assert NEW in asked.stdout
    assert "v9" in asked.stderr
    assert NEW not in good("ask", lost, "--packaged")
    assert "工伤、生育不用转" in good("move", "370100", "310000")
    assert step in good("move", "370100", "310000", "--packaged")
    told = json.loads(good("ask", lost, "--json", "--region", "370100").splitlines()[-1])
    assert RULE in told["policy_ids"]
    (folder / "in.jsonl").write_text(json.dumps({"id": "1", "question": lost}), "utf-8")
    for words in ((), ("--published",)):
        good("ask", "--batch", "in.jsonl", "--out", "out.jsonl", *words)
        assert json.loads((folder / "out.jsonl").read_text("utf-8"))["topic"] == "replace-lost"
    with closing(sqlite3.connect(str(make_url(os.environ["SHEBAO_DATABASE_URL"]).database))) as raw:
        raw.execute("update policy_record set content = '{}'")
        raw.commit()
    # What lies there can't be read: said in words, and answered from the program's own.
    broken = call("ask", lost)
    assert (broken.exit_code, "读不到数据库" in broken.stderr) == (0, True)
    insisted = call("move", "370100", "310000", "--published")
    assert (insisted.exit_code, "读不到数据库里现行的政策" in insisted.output) == (1, True)


def test_check_prints_what_needs_an_eye(folder: Path) -> None:
    (folder / "roster.xlsx").write_bytes(sheet([row(1)]))
    good("people", "import", "roster.xlsx")
    found = call("policies", "check", "--json")
    assert found.exit_code == 1
    kinds = {one["kind"] for one in json.loads(found.stdout)}
    assert {"missing", "weak"} <= kinds
    assert "只有全国口径" in call("policies", "check").output


def test_two_officers_close_a_gap(folder: Path) -> None:
    (folder / "roster.xlsx").write_bytes(sheet([row(1), row(2), row(3)]))
    good("people", "import", "roster.xlsx")
    for number in ("E001", "E002"):
        good("roles", "grant", number, "officer")
    assert "没有待答" in good("gaps", "list")

    async def ask() -> int:
        async with database_session() as (session, _):
            (person,) = await by_number(session, "E003")
            words, now = "社保卡能刷地铁吗", datetime(2026, 11, 24, 2, tzinfo=UTC)
            kind = GapKind.UNANSWERED
            return await note(session, person.id, words, kind, now, least=78, region_code="370100")

    gap = str(asyncio.run(ask()))
    assert "社保卡能刷地铁吗" in good("gaps", "list")
    written = ("gaps", "answer", gap, "--text", "能，先激活。", "--source", "12333答复", "--by")
    assert "HR专员" in call(*written, "E003").output
    good(*written, "E001")
    refused = call("gaps", "publish", gap, "--by", "E001")
    assert refused.exit_code == 1
    assert "另一位同事" in refused.output
    assert "已发布" in good("gaps", "publish", gap, "--by", "E002")
    view = json.loads(good("gaps", "show", gap, "--json"))
    assert (view["status"], view["scope"]) == ("published", "3701")
    assert json.loads(good("gaps", "list", "--published", "--json"))[0]["id"] == int(gap)
    good("gaps", "withdraw", gap, "--by", "E002")
    good("gaps", "dismiss", gap, "--by", "E002")
    assert call("gaps", "show", "99").exit_code == 1
    assert "没有" in good("policies", "told", "E003")
