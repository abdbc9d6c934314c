"""Photo profiles, banks, offline ways, card words and workdays."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.agencies import (
    agencies,
    bank_name,
    banks,
    card_word,
    card_words,
    offline_way,
    partner_banks,
)
from knowledge.facts import fact, load_facts
from knowledge.identities import identity_rule, identity_rules, paper_of, papers
from knowledge.profiles import photo_profile
from knowledge.regions.table import table
from knowledge.workdays import add_workdays, is_workday, next_workday, workdays_between


def test_the_usual_photo() -> None:
    usual = photo_profile(None)
    assert (usual.width_px, usual.height_px, usual.dpi) == (358, 441, 350)
    assert usual.background_rgb == (255, 255, 255)
    assert usual.min_kb is None
    assert usual.max_kb is None


def test_a_city_inherits_and_overrides() -> None:
    assert photo_profile("370102").width_px == 358
    assert (photo_profile("440305").min_kb, photo_profile("440305").max_kb) == (9, 20)
    assert photo_profile("320402").photo_from_age == 7


@pytest.mark.parametrize("code", [c for c in table() if c.endswith("00")])
def test_every_profile_value_has_its_fact(code: str) -> None:
    profile = photo_profile(code)
    low, high = profile.aim_kb
    assert 0 < low <= high
    if profile.min_kb is not None:
        assert low >= profile.min_kb
    if profile.max_kb is not None:
        assert high <= profile.max_kb
    for name in (*profile.fact_ids, profile.aim_fact_id):
        assert fact(name).topic in {"photo", "photo_profile"}


def test_partner_banks_inherit_or_say_that_nothing_is_known() -> None:
    qingdao = partner_banks("370202")
    assert qingdao is not None
    assert "qdb" in {bank.code for bank in qingdao.banks}
    assert not qingdao.complete
    assert fact(qingdao.fact_id).topic == "partner_bank"
    assert partner_banks("370100") is None
    assert bank_name("icbc") == "中国工商银行"
    assert bank_name("xyz") == "xyz"
    assert len({bank.name for bank in banks().values()}) == len(banks())


def test_everything_points_at_a_fact() -> None:
    known = load_facts()
    for agency in agencies().values():
        assert agency.hotline_fact in known
        assert all(channel.fact in known for channel in agency.channels)
    assert {word.fact for word in card_words().values()} <= known.keys()
    for code in table():
        way = offline_way(code)
        assert {way.where_fact, way.bring_fact} <= known.keys()
        assert way.where
        assert way.bring


def test_card_words() -> None:
    assert card_word("normal") == "正常"
    assert card_words()["normal"].blocks
    for code in ("lost", "cancelled", "sealed"):
        assert not card_words()[code].blocks


def test_workdays_follow_the_published_calendar() -> None:
    assert not is_workday(date(2026, 10, 1))
    assert is_workday(date(2026, 10, 10))  # a Saturday on which offices work
    assert add_workdays(date(2026, 9, 30), 3).day == date(2026, 10, 10)
    assert next_workday(date(2026, 10, 3)).day == date(2026, 10, 8)
    assert not add_workdays(date(2026, 11, 23), 3).provisional
    assert add_workdays(date(2026, 12, 30), 5).provisional
    with pytest.raises(ValueError, match="forward"):
        add_workdays(date(2026, 1, 1), -1)


@given(st.dates(date(2025, 1, 1), date(2027, 6, 1)), st.integers(1, 60))
def test_counting_there_and_back_agrees(start: date, days: int) -> None:
    due = add_workdays(start, days).day
    assert is_workday(due)
    assert workdays_between(start, due) == days
    assert workdays_between(due, start) == -days


def test_which_paper_of_whom() -> None:
    taken = {
        (region, people): identity_rule(region, people, "first")
        for region in ("370100", "320411", "440106")
        for people in ("mainland", "hmt", "foreign")
    }
    assert all(rule is not None for rule in taken.values())
    usual = {key: rule.take for key, rule in taken.items() if rule}
    assert usual["370100", "mainland"] == ("id_card",)
    assert usual["320411", "mainland"] == ("id_card", "temporary_id")
    assert usual["370100", "hmt"] == ("hmt_permit",)
    assert set(usual["370100", "foreign"]) == {"passport", "foreign_permit"}
    at_counter = {key for key, rule in taken.items() if rule and rule.window}
    assert at_counter == {("440106", "hmt"), ("440106", "foreign")}
    replaced = identity_rule("130200", "mainland", "replacement")
    assert replaced is not None
    assert "temporary_id" in replaced.take
    first = identity_rule("130200", "mainland", "first")
    assert first is not None
    assert first.take == ("id_card",)


def test_every_rule_of_papers_names_a_fact_of_its_own_region_or_above() -> None:
    for rule in identity_rules():
        assert rule.fact.region_code in (rule.region, "000000", rule.region[:2] + "0000")
    kinds = [kind for paper in papers().values() for kind in paper.kinds]
    assert len(kinds) == len(set(kinds))
    assert {paper_of(kind) for kind in kinds} == set(papers())
    assert paper_of("portrait") is None
