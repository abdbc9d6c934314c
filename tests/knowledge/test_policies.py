"""Policy entries: schema, sources, inheritance, checks, differences."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from knowledge.coverage import table
from knowledge.policies import (
    Grade,
    PolicyBase,
    PolicyError,
    check,
    diff,
    load_policies,
    parse_statement,
    show,
)
from knowledge.policies.base import FOLDER
from knowledge.policies.schema import OWN, grade_of
from knowledge.regions.table import NATION, find
from knowledge.topics import topics

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def base() -> PolicyBase:
    return load_policies()


def test_every_topic_has_a_national_rule(base: PolicyBase) -> None:
    assert len(topics()) == 56
    for topic in topics():
        said = base.find(topic)
        assert said is not None, topic
        assert said.rule.text


def test_every_sentence_has_source_date_and_grade(base: PolicyBase) -> None:
    for policy in base.policies.values():
        assert policy.topics
        assert set(policy.topics) <= topics().keys(), policy.id
        assert policy.checked
        assert policy.checked_by
        assert policy.keeper
        for statement in policy.statements:
            assert statement.facts, (policy.id, statement.text)
            if statement.own:
                assert base.grade(statement) is Grade.OWN
                continue
            assert OWN not in statement.facts, "a sentence is either ours or sourced"
            for source in base.sources([statement]):
                assert source.title
                assert source.checked
                assert source.kind


def test_a_regional_sentence_rests_on_its_own_region(base: PolicyBase) -> None:
    """A rule of one city isn't told as the rule of another."""
    for policy in base.policies.values():
        if policy.region == NATION:
            continue
        for name in policy.fact_ids:
            about = base.facts[name].region_code
            assert about[:2] == policy.region[:2], (policy.id, name)


def test_historic_facts_are_never_plain(base: PolicyBase) -> None:
    for policy in base.policies.values():
        for statement in policy.statements:
            if any(base.facts[n].status != "current" for n in statement.facts if n != OWN):
                assert not base.plain(statement)
                assert base.grade(statement) in {Grade.C, Grade.D}


def test_a_city_adds_to_the_country(base: PolicyBase) -> None:
    jinan, nation = base.find("move-in-province", "370102"), base.find("move-in-province")
    assert jinan
    assert nation
    assert "济南" in jinan.rule.text
    assert jinan.said_by["rule"] == "370100"
    assert {s.text for s in nation.steps} <= {s.text for s in jinan.steps}
    dezhou = base.find("first-issue", "371402")
    assert dezhou
    assert dezhou.said_by["rule"] == NATION


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        ("没有来源的一句话。", "no source"),
        ("[[000000-card_basic-01]]", "empty"),
        ("话。[[ ]]", "empty"),
    ],
)
def test_a_sentence_without_source_is_refused(raw: str, complaint: str) -> None:
    with pytest.raises(PolicyError, match=complaint):
        parse_statement(raw, "test")


def write(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "x.yaml").write_text(text, encoding="utf-8")
    return folder


HEAD = 'region: "370100"\nkeeper: k\nchecked: "2026-11-01"\nchecked_by: t\nentries:\n'


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ("  - {id: a, topics: [fee], rule: '话。[[999999-none-01]]'}", "unknown facts"),
        ("  - {id: a, topics: [], rule: '话。[[own]]'}", "topics"),
        ("  - {id: a, topics: [fee], rule: '话。[[own]]', colour: red}", "Extra inputs"),
        ("  - {id: a, topics: [fee]}", "says nothing"),
        ("  - {id: a, topics: [fee], region: '999999', rule: '话。[[own]]'}", "unknown region"),
    ],
)
def test_a_bad_file_is_refused_by_name(tmp_path: Path, entry: str, complaint: str) -> None:
    with pytest.raises(PolicyError, match=complaint):
        load_policies(write(tmp_path, HEAD + entry + "\n"))


def test_two_entries_with_one_id_are_refused(tmp_path: Path) -> None:
    twice = HEAD + "  - {id: a, topics: [fee], rule: '话。[[own]]'}\n" * 2
    with pytest.raises(PolicyError, match="two entries"):
        load_policies(write(tmp_path, twice))


def test_check_finds_what_is_stale_expired_and_missing(tmp_path: Path, base: PolicyBase) -> None:
    entry = (
        "  - {id: a, topics: [fee], valid_to: '2026-11-20', "
        "cost: '十元。[[370100-card_replace-01]]'}\n"
    )
    clash = "  - {id: b, topics: [fee], cost: '二十元。[[370100-card_replace-01]]'}\n"
    small = load_policies(write(tmp_path, HEAD + entry + clash))
    found = check(small, TODAY + timedelta(days=30), ["370102"], ["pickup"])
    kinds = {finding.kind for finding in found}
    assert {"stale", "expired", "weak", "contradictory", "missing"} <= kinds
    assert not any(f.kind in {"stale", "expired", "contradictory"} for f in check(base, TODAY))
    assert all(f.kind != "stale" for f in check(base, TODAY + timedelta(days=31)))
    assert any(f.kind == "stale" for f in check(base, TODAY + timedelta(days=32)))


def test_diff_names_what_people_were_told(tmp_path: Path, base: PolicyBase) -> None:
    folder = tmp_path / "policies"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    page = folder / "330100.yaml"
    text = page.read_text(encoding="utf-8")
    assert "15元" in text
    page.write_text(text.replace("15元", "10元"), encoding="utf-8")
    (folder / "460100.yaml").unlink()
    changes = diff(base, load_policies(folder))
    told = [c for c in changes if c.kind == "changed"]
    assert [c.policy_id for c in told] == ["r330100-fee"]
    assert told[0].part == "cost"
    assert "15元" in (told[0].old or "")
    assert "10元" in (told[0].new or "")
    assert {c.policy_id for c in changes if c.kind == "removed"} == {
        "r460100-duplicate-card",
        "r460100-materials",
    }
    assert diff(base, base) == []


def test_show_traces_a_sentence_to_its_page(base: PolicyBase) -> None:
    entry = show(base, "r370100-move-in-province")
    sources = [s for row in entry["statements"] for s in row["sources"]]
    assert sources
    assert all(s["title"] and s["checked"] for s in sources)
    used = show(base, "370100-cross_region_card-01")
    assert "r370100-move-in-province" in used["used_by"]
    with pytest.raises(PolicyError):
        show(base, "nothing")


def test_grades_come_from_the_source(base: PolicyBase) -> None:
    assert grade_of(base.facts["000000-card_apply-01"]) is Grade.A
    assert grade_of(base.facts["110000-card_apply-02"]) is Grade.B
    assert grade_of(base.facts["370200-partner_bank-01"]) is Grade.C
    assert grade_of(base.facts["370100-card_replace-01"]) is Grade.D


def test_regions_of_files_match_their_names(base: PolicyBase) -> None:
    for path in FOLDER.glob("[0-9]*.yaml"):
        assert find(path.stem) is not None
        assert path.stem in base.regions


def test_the_table_of_facts_is_up_to_date(base: PolicyBase) -> None:
    page = FOLDER.parent.parent / "docs" / "facts.md"
    assert page.read_text(encoding="utf-8") == table(base), "run make docs"
