"""Characters as documents print them: simplified, half-width, one middle dot."""

from __future__ import annotations

import re
import unicodedata

from opencc import OpenCC

_SIMPLIFIED = OpenCC("t2s")

_PRINTED_PEOPLES = """
汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳 佤 畲 高山 拉祜 水
东乡 纳西 景颇 柯尔克孜 土 达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 阿昌 普米 塔吉克 怒 乌孜别克
俄罗斯 鄂温克 德昂 保安 裕固 京 塔塔尔 独龙 鄂伦春 赫哲 门巴 珞巴 基诺 穿青人 其他 入籍
"""
ETHNICITIES = frozenset(_PRINTED_PEOPLES.split())
"""GB/T 3304-1991's 56, and what cards print beside them."""

NAME_VARIANTS = frozenset("喆堃犇淼甦邨昇陞甯龢迺仝祕祇逕濛瀞")
"""Forms that people's names keep though the general tables simplify them (2013 list)."""

UNLIKELY_SURNAMES = frozenset("逢昊洗")
"""Hardly anybody's surname, but what the recogniser makes of one: 逄, 吴, 冼."""

_BASIC = 0xFFFF  # the last code point of Unicode's basic plane
_DOTS = "·・•‧∙⋅●。.．"
_MARKS = re.compile(r"样\s*本|样\s*张|样\s*例|测\s*试|仅供\S{0,8}|SPECIMEN|SAMPLE", re.IGNORECASE)

_PLACE_WORDS = "路街道巷弄里胡镇乡村屯庄组队社小花苑园城新大市区县省旗盟州公分东南西北中一二三"
_MARKS_BESIDE = re.compile(rf"(?:{_MARKS.pattern})(?![{_PLACE_WORDS}])", re.IGNORECASE)
_LATIN_MARKS = ("SPECIMEN", "SAMPLE")
_LEAST_PIECE = 3


def simplified(text: str) -> str:
    """Traditional forms that a mainland card doesn't print are turned, one by one.

    The recogniser knows both scripts and now and then picks the other; characters of GB 2312 are
    always kept, so that 乾 in a name stays.
    """
    return "".join(_simplified(character) for character in text)


def half_width(text: str) -> str:
    """Full-width ASCII made plain (circled and other compatibility forms too)."""
    return unicodedata.normalize("NFKC", text)


def is_mark(text: str) -> bool:
    """Whether a line is only a mark printed over the document (样本, SAMPLE)."""
    return _MARKS.fullmatch(text.strip()) is not None


def without_marks(text: str) -> str:
    """A value without such marks; one that names a place (样本路, 测试村) is part of it."""
    return re.sub(r"[A-Z]+", _without_piece, _MARKS_BESIDE.sub("", text))


def _without_piece(hit: re.Match[str]) -> str:
    """Nothing for a piece of a Latin mark (IMEN), the letters themselves for any other."""
    letters = hit.group()
    piece = len(letters) >= _LEAST_PIECE and any(letters in mark for mark in _LATIN_MARKS)
    return "" if piece else letters


def without_latin(text: str) -> str:
    """Chinese text without Latin letters and digits: pieces of a mark printed across the card."""
    return re.sub(r"[A-Za-z0-9]+", "", text) if re.search(r"[㐀-鿿]", text) else text


def person_name(text: str) -> str:
    """A name as cards print it: one kind of middle dot, no spaces or stray signs."""
    plain = simplified(half_width(text))
    plain = re.sub(rf"(?<=[^\W\d_])[{re.escape(_DOTS)}]+(?=[^\W\d_])", "·", plain)
    # A smeared dot reads as a dash, which no name of Chinese characters has.
    plain = re.sub(r"(?<=[㐀-鿿])[-–—―‐‑~]+(?=[㐀-鿿])", "·", plain)
    return re.sub(r"[^\w·]|[\d_]", "", plain)


def place(text: str) -> str:
    """An address or an authority: half-width digits, plain hyphens, no spaces."""
    plain = simplified(half_width(text)).replace("後", "后")  # GB 2312 has it, no place's name
    plain = re.sub(r"[—–−‐―_~]", "-", plain)
    plain = re.sub(r"(?<=[0-9A-Za-z])一(?=[0-9A-Za-z])", "-", plain)
    return re.sub(r"[^\w\-#/()·、.&]", "", plain).strip(".-·、")


def ethnicity(text: str) -> str | None:
    """One of the printed names of a people, without 族; None for anything else."""
    plain = re.sub(r"[^\w]", "", simplified(text))
    for candidate in (plain, plain.removesuffix("族")):
        if candidate in ETHNICITIES:
            return candidate
    return None


def _simplified(character: str) -> str:
    if ord(character) < 0x2E80 or character in NAME_VARIANTS:
        return character
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        turned = _SIMPLIFIED.convert(character)
        # 暐's and 頔's simplified forms lie beyond the basic plane: hardly a card is printed so.
        return turned if len(turned) == 1 and ord(turned) <= _BASIC else character
    return character
