"""`check-document` as HR uses it: a folder that came by e-mail, a report, plain sentences."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from typer.testing import CliRunner

from bot.cli import app
from sandbox.papers import render
from tests.documents.conftest import employees


def check(*arguments: str) -> tuple[int, str]:
    told = CliRunner().invoke(app, ["check-document", *arguments])
    return told.exit_code, told.output


def test_a_folder_is_told_in_plain_words_and_as_a_report(tmp_path: Path) -> None:
    person = employees()[0]
    folder = tmp_path / "mail"
    folder.mkdir()
    (folder / "both.jpg").write_bytes(render("id_both", person, seed=3, grade="clean").image)
    (folder / "moving.gif").write_bytes(b"GIF89a" + bytes(40))
    code, output = check(str(folder), "--csv", str(tmp_path / "report.csv"))
    assert code == 1
    assert f"姓名：{person.person.name}" in output
    assert "第1页 身份证国徽面" in output
    assert "这是动图，不能用作资料，请发送普通照片。" in output
    with (tmp_path / "report.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["种类"] for row in rows] == ["身份证人像面", "身份证国徽面", "认不出的图片"]
    assert [row["合格"] for row in rows] == ["是", "是", "否"]
    assert f"公民身份号码：{person.person.id_number}" in rows[0]["读到的内容"]


def test_one_line_of_json_for_each_document(tmp_path: Path) -> None:
    person = employees()[0]
    file = tmp_path / "card.jpg"
    file.write_bytes(render("id_back", person, seed=3, grade="clean").image)
    code, output = check(str(file), "--json", "--kind", "id_back")
    (line,) = output.splitlines()
    assert code == 0
    found = json.loads(line)
    assert (found["kind"], found["side"], found["ok"]) == ("id_back", "back", True)
    assert set(found["fields"]) == {"authority", "valid_from", "valid_to"}


def test_a_kind_that_does_not_exist_is_refused_with_the_list(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(b"x")
    code, output = check(str(tmp_path / "x.jpg"), "--kind", "passeport")
    assert code != 0
    assert "没有这种资料：passeport" in output
    assert "hukou_person" in output
