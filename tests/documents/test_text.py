"""Characters: scripts, widths, dots, marks."""

from __future__ import annotations

import pytest

from services.documents.text import (
    ETHNICITIES,
    ethnicity,
    is_mark,
    person_name,
    place,
    simplified,
    without_marks,
)


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("漢", "汉"),
        ("強", "强"),
        ("鮮", "鲜"),
        ("乾", "乾"),
        ("喆", "喆"),
        ("犇", "犇"),
        ("昇", "昇"),
        ("暐", "暐"),  # its simplified form is in no card's font
    ],
)
def test_script_is_settled_without_harming_names(read: str, meant: str) -> None:
    assert simplified(read) == meant


@pytest.mark.parametrize("dot", "·・•‧．.")
def test_minority_names_have_one_kind_of_dot(dot: str) -> None:
    assert person_name(f"买买提{dot}艾力") == "买买提·艾力"


@pytest.mark.parametrize("smeared", "-—–~")
def test_a_smeared_dot_is_a_dot_between_characters_and_nowhere_else(smeared: str) -> None:
    assert person_name(f"尔则{smeared}沙马") == "尔则·沙马"
    assert person_name(f"{smeared}欧阳翀{smeared}") == "欧阳翀"
    assert person_name(f"ANNA{smeared}LENA") == "ANNALENA"


def test_names_lose_signs_and_spaces() -> None:
    assert person_name(" 欧阳 翀。") == "欧阳翀"


def test_people_are_known_with_and_without_their_suffix() -> None:
    assert ethnicity("维吾尔族") == "维吾尔"
    assert ethnicity("漢") == "汉"
    assert ethnicity("样本") is None
    assert len(ETHNICITIES) >= 56


def test_places_get_half_width_digits_and_plain_hyphens() -> None:
    assert place("泉城路１２号３—２０５室") == "泉城路12号3-205室"


def test_marks_are_not_content() -> None:
    assert is_mark("样本")
    assert is_mark("SPECIMEN")
    assert not is_mark("样本路12号")
    assert without_marks("历下区样本泉城路") == "历下区泉城路"
    assert without_marks("泉城路25号楼1736号MEN") == "泉城路25号楼1736号"
    assert without_marks("泉城路25号A座SOHO") == "泉城路25号A座SOHO"


@pytest.mark.parametrize(
    "address", ["示例省样本市样本区样本路1号", "历下区测试大道9号样例小区3幢", "青山镇样本村二组"]
)
def test_a_place_may_be_called_like_a_mark(address: str) -> None:
    assert without_marks(address) == address
