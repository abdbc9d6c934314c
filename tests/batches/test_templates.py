"""Templates as data: sourced or marked, and checked before they are used."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
import yaml
from typer.testing import CliRunner

from bot.commands import batches
from knowledge.batches import (
    FOLDER,
    UnknownTemplateError,
    check_templates,
    codes,
    files,
    read_template,
    template_for,
)
from services.batches.words import reason_of, status_of, texts
from services.documents.text import ETHNICITIES

app = typer.Typer()
app.add_typer(batches.app, name="batch")
app.add_typer(batches.templates, name="templates")


def test_packaged_templates_hold() -> None:
    assert len(files()) >= 3
    assert set(check_templates().values()) == {()}
    assert len(codes()["ethnicity"]) == 56
    assert set(codes()["ethnicity"]) < ETHNICITIES


def test_the_nearest_level_and_the_employers_own(tmp_path: Path) -> None:
    assert template_for("370102").id == "370000"
    own = yaml.safe_load((FOLDER / "370000.yaml").read_text("utf-8")) | {"employer": "91X"}
    (tmp_path / "370000-91X.yaml").write_text(yaml.safe_dump(own, allow_unicode=True), "utf-8")
    both = (FOLDER, tmp_path)
    assert template_for("370100", "91X", folders=both).employer == "91X"
    assert template_for("370100", "other", folders=both).employer is None
    assert check_templates(tmp_path) == {"370000-91X.yaml": ()}
    with pytest.raises(UnknownTemplateError):
        template_for("540000")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"region": "999999"}, "unknown region"),
        ({"facts": ["000000-none-01"]}, "unknown fact"),
        ({"photo": {"name": "{name}", "assumed": "…"}}, "id_number"),
        ({"photo": {"name": "{id_number.__class__}", "assumed": "…"}}, "id_number"),
        ({"columns": [{"title": "姓名", "field": "name", "assumed": "…"}]}, "matched"),
        ({"columns": [{"title": "证件号码", "field": "id_number"}]}, "neither fact nor assumed"),
        ({"columns": [{"title": "证件号码", "field": "salary", "assumed": "…"}]}, "unknown field"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_faults_are_named(tmp_path: Path, change: dict[str, object], fault: str) -> None:
    raw = yaml.safe_load((FOLDER / "370000.yaml").read_text("utf-8")) | change
    path = tmp_path / f"{raw['region']}.yaml"
    path.write_text(yaml.safe_dump(raw, allow_unicode=True), "utf-8")
    assert fault in " ".join(check_templates(tmp_path)[path.name])
    told = CliRunner().invoke(app, ["templates", "check", str(tmp_path)])
    assert told.exit_code == 1
    assert fault in told.output


def test_every_column_says_where_it_is_from() -> None:
    for path in files():
        for column in read_template(path).columns:
            assert column.fact or column.assumed
    assert CliRunner().invoke(app, ["templates", "check"]).exit_code == 0


@pytest.mark.parametrize(
    ("written", "status"),
    [
        ("审核通过", "making"),
        ("审核不通过", "returned"),
        ("审核未通过，请补正", "returned"),
        ("制 卡 中。", "making"),
        ("ＸＸ", None),
        ("", None),
        ("已领卡", "collected"),
        ("未领取", "collectable"),
        ("受理成功", "reviewing"),
    ],
)
def test_words_of_bureaus(written: str, status: str | None) -> None:
    assert status_of(written) == status


def test_words_and_codes_name_what_the_contract_knows() -> None:
    from services.applications.states import STATUS_OF

    assert set(texts()["statuses"]) <= set(STATUS_OF)
    assert reason_of("照片背景不是白色") == "photo_background"
    assert reason_of("随便") == "other"


def test_the_commands_say_what_to_do(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHEBAO_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("SHEBAO_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("SHEBAO_CREATE_KEY", "true")
    monkeypatch.setenv("SHEBAO_MESSENGER", "telegram")
    call = CliRunner().invoke
    nothing = call(app, ["batch", "export", "--region", "370100"])
    assert nothing.exit_code == 0, nothing.output
    assert (tmp_path / "batch-370100").stat().st_mode & 0o077 == 0
    assert "没有要递交的申请" in nothing.output
    unknown = call(app, ["batch", "export", "--region", "540100", "--to", "out"])
    assert unknown.exit_code == 1
    assert "docs/batch.md" in unknown.output
    (tmp_path / "answer.csv").write_text("申请编号,办理结果\nSB-7K2M-9QXT,制卡中\n", "utf-8")
    told = call(app, ["batch", "import", "answer.csv", "--dry-run"])
    assert told.exit_code == 1
    assert "共 1 行" in told.output
    assert "找不到对应的申请" in told.output
