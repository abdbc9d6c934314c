"""What a picture shows, told by the words on it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from services.documents import idcard
from services.documents.ocr import Line
from services.documents.text import half_width, simplified

# The first kind whose pattern is found wins, so the particular stand before the general.
_SIGNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("passport", re.compile(r"P[<OC]?[A-Z]{3}[A-Z]{2,}<|<<<<|护照/?PASS|PASSPORT")),
    ("foreign_permit", re.compile(r"外国人永久居留|PERMANENT\s*RESIDEN")),
    (
        "hmt_permit",
        re.compile(r"港澳居民居住证|台湾居民居住证|澳居民居|湾居民居|通行证号码|签发次数"),
    ),
    ("temporary_id", re.compile(r"临时居民身份证|时居民身份证|临时身份证")),
    ("ecard_list", re.compile(r"我的社保卡|电子社保卡|我的卡包|电子社会保障卡")),
    ("social_card", re.compile(r"社会保障卡|社会保障号|社保卡号|社会保障服务|借记卡")),
    (
        "hukou_index",
        re.compile(r"户主姓名.*户号|户别|住址变动登记|户号.*户主姓名|家庭户口|集体户口"),
    ),
    (
        "hukou_person",
        re.compile(r"常住人口登记|户主或与|与户主关系|曾用名|宗教信仰|兵役状况|婚姻状况"),
    ),
    # A shaken picture may leave no label of the index page whole, but its long words.
    ("hukou_index", re.compile(r"户口簿首页|省级公安机关户|住址变动|户主.名")),
)
_OTHER_SIGNS = re.compile(
    r"驾驶证|行驶证|营业执照|结婚证|毕业证|学位证|居住证|银行卡|银联|UnionPay"
)


def kinds_of(lines: Sequence[Line]) -> list[str]:
    """The kinds seen: one, or both sides of an ID card; empty when no words tell."""
    whole = " ".join(half_width(simplified(line.text)) for line in lines)
    for kind, pattern in _SIGNS:
        if pattern.search(whole):
            return [kind]
    seen = idcard.sides(lines)
    if "front" in seen and re.search(r"\b8[123]0000(?:19|20)\d{8,}", whole) and "民族" not in whole:
        return ["hmt_permit"]
    if seen:
        return [f"id_{side}" for side in seen]
    return ["other"] if _OTHER_SIGNS.search(whole) else []
