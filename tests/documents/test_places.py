"""Misread names of counties and cities."""

from __future__ import annotations

import pytest

from knowledge import regions
from services.documents.places import authority_slip, begins_with_a_place, slip, without_stray


@pytest.mark.parametrize(
    ("address", "meant"),
    [
        ("山西省运城市间喜县柳林乡双井村210号", "闻喜县"),
        ("山东省济南市历卞区泉城路1号", None),  # 历下 or 历城: doubtful, not mended
        ("新疆缘吾尔自治区铁门关市学院路1号", "新疆维吾尔自治区"),
        ("辽宁雀沈阳市铁西区育才大道1号", "辽宁省"),
    ],
)
def test_a_county_that_does_not_exist_is_noticed(address: str, meant: str | None) -> None:
    found = slip(address)
    assert found is not None
    assert found.meant == meant


@pytest.mark.parametrize(
    "address",
    [
        "北京市朝阳区建国路121号",
        "新疆维吾尔自治区乌鲁木齐市天山区解放北路2号",
        "江苏省苏州市工业园区星湖街1号",
        "广西壮族自治区贺州市平桂区沙河乡东陈村1组",
        "重庆市渝北区龙溪街道1号",
        "河北省石家庄市藁城区人民路653号",
    ],
)
def test_places_that_exist_are_left_alone(address: str) -> None:
    assert slip(address) is None
    assert begins_with_a_place(address)


@pytest.mark.parametrize(
    ("authority", "meant"),
    [
        ("间喜县公安局", "闻喜县"),
        ("晋申市公安局榆次分局", "晋中市"),
        ("宿州市公安局场桥分局", "埇桥"),  # of all China's counties several are as near
        ("广州市公安局番禹分局", "番禺"),
    ],
)
def test_an_authority_is_mended_by_its_branch(authority: str, meant: str) -> None:
    found = authority_slip(authority)
    assert found is not None
    assert authority[found.start : found.stop] != meant
    assert found.meant == meant


@pytest.mark.parametrize(
    "authority",
    [
        "青岛市公安局市南分局",
        "北京市公安局朝阳分局",
        "桓台县公安局",
        "天山区公安局",
        "西安市公安局高新分局",  # no county, though 高陵 is one
    ],
)
def test_real_authorities_are_left_alone(authority: str) -> None:
    assert authority_slip(authority) is None


def test_an_address_without_its_first_line_is_doubtful() -> None:
    assert not begins_with_a_place("人民路653号533室")


def test_every_place_of_the_table_is_left_alone() -> None:
    """Every eighth county, as addresses and authorities write it."""
    for province in regions.provinces():
        for city in regions.children(province.code):
            for county in regions.children(city.code)[::8]:
                short = county.name[:-1] if len(county.name) > 2 else county.name
                written = [
                    province.name + city.name + county.name + "人民路1号",
                    city.name + county.name + "人民路1号",
                    county.name + "人民路1号",
                ]
                assert [text for text in written if slip(text)] == []
                assert all(begins_with_a_place(text) for text in written)
                signed = [county.name + "公安局", f"{city.name}公安局{short}分局"]
                assert [text for text in signed if authority_slip(text)] == []


def test_a_city_is_told_by_its_county() -> None:
    found = slip("潭州市长泰区上坝街道青龙村8组157号")
    assert found is not None
    assert found.meant == "漳州市"


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("美广州市公安局番禺分局", "广州市公安局番禺分局"),
        ("安发机类重庆市公安局涪陵分局", "重庆市公安局涪陵分局"),
        ("桓台县公安局", "桓台县公安局"),
        ("人民路653号533室", "人民路653号533室"),
    ],
)
def test_pieces_of_the_label_before_a_place_are_cut_off(read: str, meant: str) -> None:
    assert without_stray(read) == meant
