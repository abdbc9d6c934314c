"""The division table and what is derived from it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge import regions
from knowledge.regions import Level, Relation, UnknownRegionError
from knowledge.regions.table import former_codes, short_name, table

CODES = sorted(table())


def test_the_table_is_whole() -> None:
    levels = [region.level for region in table().values()]
    assert levels.count(Level.PROVINCE) == 34
    assert levels.count(Level.CITY) == 333
    assert levels.count(Level.COUNTY) == 2847


def test_every_parent_exists_and_stands_higher() -> None:
    order = [Level.PROVINCE, Level.CITY, Level.COUNTY]
    for region in table().values():
        if region.parent is None:
            assert region.level is Level.PROVINCE
        else:
            parent = table()[region.parent]
            assert order.index(parent.level) < order.index(region.level)
            assert parent.code[:2] == region.code[:2]


def test_a_district_knows_its_city_and_province() -> None:
    assert regions.full_name("370102") == "山东省济南市历下区"
    assert regions.province_of("370102").name == "山东省"
    assert regions.city_of("110105").name == "北京市"
    assert regions.city_of("419001").name == "济源市"
    assert regions.ancestors("370102") == ("370102", "370100", "370000", "000000")


def test_former_and_long_codes_resolve() -> None:
    assert regions.get("370100000000").name == "济南市"
    for old, new in former_codes().items():
        assert old not in table()
        assert regions.get(old).code == new


def test_an_unknown_code_is_an_error() -> None:
    assert regions.find("999999") is None
    assert regions.find(None) is None
    with pytest.raises(UnknownRegionError):
        regions.get("999999")


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("济南市", "济南"),
        ("碑林区", "碑林"),
        ("浦东新区", "浦东"),
        ("神农架林区", "神农架"),
        ("延边朝鲜族自治州", "延边"),
        ("内蒙古自治区", "内蒙古"),
        ("彭水苗族土家族自治县", "彭水"),
        ("和县", "和县"),
        ("香港特别行政区", "香港"),
    ],
)
def test_short_names(name: str, short: str) -> None:
    assert short_name(name) == short


@pytest.mark.parametrize(
    ("here", "there", "relation"),
    [
        ("370202", "370213", Relation.SAME_CITY),
        ("110105", "110108", Relation.SAME_CITY),
        ("370100", "371400", Relation.SAME_PROVINCE),
        ("370102", "370202", Relation.SAME_PROVINCE),
        ("370100", "110000", Relation.CROSS_PROVINCE),
        ("370100", "370100", Relation.SAME),
    ],
)
def test_relations(here: str, there: str, relation: Relation) -> None:
    assert regions.relation(here, there) is relation


@given(st.sampled_from(CODES), st.sampled_from(CODES))
def test_a_relation_reads_the_same_both_ways(here: str, there: str) -> None:
    assert regions.relation(here, there) is regions.relation(there, here)
