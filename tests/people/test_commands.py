"""The commands as HR types them, on a database of their own."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
import typer
from sqlmodel import select
from typer.testing import CliRunner, Result

from bot.commands import cards, collection, desk, people, roles
from bot.commands.context import open_database, settings
from storage.models import Application
from tests.people.makers import CARD_HEADINGS, id_number, row, sheet

app = typer.Typer()
app.add_typer(people.app, name="people")
app.add_typer(cards.app, name="cards")
app.add_typer(roles.app, name="roles")
app.add_typer(desk.app, name="desk")
app.add_typer(collection.app, name="collection")


@pytest.fixture
def folder(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a roster, and settings for an empty database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHEBAO_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("SHEBAO_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("SHEBAO_CREATE_KEY", "true")
    monkeypatch.setenv("SHEBAO_MESSENGER", "telegram")
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "roster.xlsx").write_bytes(sheet([row(1), row(2)]))
    return tmp_path


def call(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_from_roster_to_funnel(folder: Path) -> None:
    dry = call("people", "import", "roster.xlsx", "--dry-run")
    assert dry.exit_code == 0
    assert "新增 2" in dry.output
    assert json.loads(call("people", "list", "--json").stdout) == []
    done = json.loads(call("people", "import", "roster.xlsx", "--json").stdout)
    assert (done["ok"], done["written"], done["created"]) == (True, True, 2)
    listed = call("people", "list")
    assert "E001" in listed.output
    assert id_number(1) not in listed.output
    assert "15400000001" not in listed.output
    invited = call("people", "invite", "--all", "--qr", "sheet.html", "--csv", "links.csv")
    assert invited.exit_code == 0
    assert "2 份邀请" in invited.output
    assert (folder / "sheet.html").read_text("utf-8").count("<article") == 2
    assert (folder / "links.csv").stat().st_mode & 0o077 == 0
    one = json.loads(call("people", "invite", "--number", "E002", "--json").stdout)
    assert one[0]["link"].startswith("https://t.me/")
    funnel = json.loads(call("people", "funnel", "--json").stdout)
    assert (funnel["persons"], funnel["invited"], funnel["bound"]) == (2, 2, 0)
    assert "山东省济南市" in call("people", "funnel").output


def test_refusals_say_what_to_do(folder: Path) -> None:
    (folder / "bad.xlsx").write_bytes(sheet([row(1), row(2, 证件号码="370102")]))
    refused = call("people", "import", "bad.xlsx")
    assert refused.exit_code == 1
    assert "什么都没有写入" in refused.output
    assert "位数不对" in refused.output
    assert call("people", "invite").exit_code == 1
    assert call("people", "invite", "--all", "--number", "E001").exit_code == 1
    assert "没有需要邀请" in call("people", "invite", "--all").output
    unknown = call("people", "leave", "E404")
    assert unknown.exit_code == 1
    assert "people list" in unknown.output
    assert call("roles", "grant", "E404", "emperor").exit_code == 1


def test_roles_and_leaving(folder: Path) -> None:
    call("people", "import", "roster.xlsx")
    granted = call("roles", "grant", "E001", "officer", "--region", "370000")
    assert granted.exit_code == 0
    assert "山东省" in granted.output
    assert "HR专员" in call("roles", "list").output
    assert call("roles", "grant", "E001", "officer", "--region", "999999").exit_code == 1
    assert call("roles", "revoke", "E001", "manager").exit_code == 1
    assert call("roles", "revoke", "E001", "officer").exit_code == 0
    assert call("people", "unbind", "E001").exit_code == 0
    assert call("people", "leave", "E001").exit_code == 0
    assert call("roles", "grant", "E001", "officer").exit_code == 1
    assert len(json.loads(call("people", "list", "--json").stdout)) == 1
    assert len(json.loads(call("people", "list", "--json", "--leavers").stdout)) == 2


def test_cards(folder: Path) -> None:
    call("people", "import", "roster.xlsx")
    line = ("E001", "370000", "370100", "齐鲁银行", "1234", "制卡中", "")
    (folder / "cards.xlsx").write_bytes(sheet([line], headings=CARD_HEADINGS))
    done = json.loads(call("cards", "import", "cards.xlsx", "--json").stdout)
    assert (done["ok"], done["created"], done["applications"]) == (True, 1, 1)
    assert "在办申请 0" in call("cards", "import", "cards.xlsx").output


def test_officers_of_the_desk(folder: Path) -> None:
    call("people", "import", "roster.xlsx")
    refused = call("desk", "profile", "E001")
    assert refused.exit_code == 1
    assert "roles grant" in refused.output
    for number in ("E001", "E002"):
        call("roles", "grant", number, "officer")
    assert call("desk", "profile", "E001", "--language", "fr").exit_code == 1
    wrong = call("desk", "profile", "E001", "--skill", "cooking")
    assert wrong.exit_code == 1
    assert "card" in wrong.output
    words = ("--language", "zh", "--language", "en", "--skill", "card", "--capacity", "7")
    assert call("desk", "profile", "E001", *words).exit_code == 0
    dates = ("--from", "2026-12-01", "--until", "2026-12-08")
    assert call("desk", "away", "E001", *dates, "--stand-in", "E002").exit_code == 0
    first, second = json.loads(call("desk", "officers", "--json").stdout)
    assert (first["languages"], first["skills"], first["capacity"]) == (["zh", "en"], ["card"], 7)
    assert first["away_from"] == "2026-11-30T16:00:00+00:00"  # the day begins in China
    assert (first["stand_in"], second["stand_in"], second["away_from"]) == ("E002", None, None)
    assert "2026-12-01 → 2026-12-08" in call("desk", "officers").output
    assert call("desk", "away", "E001", "--from", "2026-12-08", "--until", "2026-12-01").exit_code
    unread = call("desk", "away", "E001", "--until", "月底")
    assert unread.exit_code == 1
    assert "2026-12-31" in unread.output
    assert call("desk", "back", "E001").exit_code == 0
    assert json.loads(call("desk", "officers", "--json").stdout)[0]["away_from"] is None


def test_a_box_of_cards(folder: Path) -> None:
    call("people", "import", "roster.xlsx")
    call("roles", "grant", "E002", "officer")
    making = [("E001", "370000", "370100", "齐鲁银行", "1234", "制卡中", "")]
    (folder / "cards.xlsx").write_bytes(sheet(making, CARD_HEADINGS))
    assert call("cards", "import", "cards.xlsx").exit_code == 0
    number = asyncio.run(numbers_of(folder))[0]
    place = ("--place", "3楼HR办公室", "--officer")
    assert call("collection", "receive", "--number", number, *place, "E001").exit_code == 1
    assert call("collection", "receive", *place, "E002").exit_code == 1
    (folder / "box.xlsx").write_bytes(sheet([(number,), ("SB-1",)], ("申请编号",)))
    taken = call("collection", "receive", "box.xlsx", *place, "E002")
    assert "共 1 个编号：已收 1" in taken.output
    assert "没有绑定账号，请另外通知：工号 E001" in taken.output
    assert "没有找到申请编号：第 3 行" in taken.output
    again = call("collection", "receive", "--number", number, *place, "E002", "--json")
    assert [each["outcome"] for each in json.loads(again.stdout)] == ["already"]
    (held,) = json.loads(call("collection", "list", "--json").stdout)
    assert (held["application"], held["person"], held["bound"]) == (number, "E001", False)
    assert number in call("collection", "list", "--remind").output
    wrong = call("collection", "hand", "--code", "12345", "--officer", "E002")
    assert wrong.exit_code == 1
    assert "领卡码不对" in wrong.output
    assert call("collection", "hand", number, "--officer", "E002").exit_code == 1
    signed = ("collection", "hand", number, "--paper", "签收表第2页", "--officer", "E002")
    call("roles", "grant", "E001", "officer", "--region", "440000")
    for words in (("hand", number, "--paper", "第2页"), ("back", number)):
        assert "没有这张卡" in call("collection", *words, "--officer", "E001").output
    assert "本人没有绑定账号，没有回执" in call(*signed).output
    twice = call(*signed)
    assert (twice.exit_code, "没有重复登记" in twice.output) == (1, True)
    assert call("collection", "back", number, "--officer", "E002").exit_code == 1
    (over,) = json.loads(call("collection", "list", "--over", "--json").stdout)
    assert over["signed"] == "paper"


async def numbers_of(folder: Path) -> list[str]:
    """Numbers of the applications in the folder's database."""
    async with open_database(settings()) as database, database.reading() as session:
        return list((await session.exec(select(Application.number))).all())
