"""The other documents that people have: permits, passports, hukou pages, social security cards.

Each is a form of :mod:`forms`; a passport is read from its machine-readable zone, which checks
itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from services.documents import idcard
from services.documents.cardlist import card_list
from services.documents.forms import Field, Form, parse_form
from services.documents.idcard import iso_date
from services.documents.idnumber import normalise_id_number
from services.documents.layout import page_angle, tokens
from services.documents.ocr import Line
from services.documents.text import (
    ETHNICITIES,
    ethnicity,
    half_width,
    person_name,
    place,
    simplified,
)
from services.documents.values import Value, value_of
from services.documents.wordlists import EDUCATIONS, HOUSEHOLDS, MARITAL_STATES
from services.documents.zone import parse_zone

ID_LENGTH = 18


@dataclass(frozen=True)
class PaperKind:
    """How one kind is read: which side, and the names a readable picture shows."""

    side: str | None
    needed: tuple[str, ...]


def _of(words: frozenset[str]) -> Callable[[str], str | None]:
    """The longest of some words that a text begins with, else the text as it is."""

    def convert(text: str) -> str | None:
        plain = _word(simplified(text)) or ""
        return max((one for one in words if plain.startswith(one)), key=len, default=plain) or None

    return convert


def _word(text: str) -> str | None:
    return re.sub(r"[^\w/]", "", half_width(text)) or None


def _relation(text: str) -> str | None:
    """A relation to the head; a piece of the label (…关系) that was misread before it goes."""
    return re.sub(r"^.{0,3}系(?=.)", "", _word(simplified(text)) or "") or None


def _sex(text: str) -> str | None:
    hit = re.match(r"\W*([男女])", text)
    if hit:
        return hit.group(1)
    letter = re.match(r"\W*([MF])\b", text.upper())
    return {"M": "男", "F": "女"}[letter.group(1)] if letter else None


def _day(text: str) -> str | None:
    hit = re.search(r"(\d{4})\D{0,2}(\d{1,2})\D{0,2}(\d{1,2})", half_width(text))
    return iso_date(*hit.groups()) if hit else None


_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def _printed_day(text: str) -> str | None:
    """12 MAR 2026, also with the month in Chinese before it (3月/MAR)."""
    plain = half_width(text).upper()
    hit = re.search(r"(\d{1,2})[^A-Z]*([A-Z]{3})\W*(\d{4})", plain)
    if hit is None or hit.group(2) not in _MONTHS:
        return _day(text)
    return iso_date(hit.group(3), str(_MONTHS.index(hit.group(2)) + 1), hit.group(1))


def _month(text: str) -> str | None:
    hit = re.search(r"(\d{4})\D{1,2}(\d{1,2})(?:\D{1,2}(\d{1,2}))?", half_width(text))
    if not hit or not 1 <= int(hit.group(2)) <= 12:
        return None
    if hit.group(3):
        return iso_date(*hit.groups())
    return f"{hit.group(1)}-{int(hit.group(2)):02d}"


def _number(text: str) -> str | None:
    hit = re.search(r"[0-9]{17}[0-9X]", normalise_id_number(text))
    return hit.group() if hit else None


def _permanent_number(text: str) -> str | None:
    """A permanent residence card's number, in the form of 2023 or the one before."""
    hit = re.search(r"9[0-9]{16}[0-9X]|[A-Z]{3}[0-9]{12}", normalise_id_number(text))
    return hit.group() if hit else _number(text)


def _code(text: str) -> str | None:
    hit = re.search(r"[0-9A-Z]{5,}", normalise_id_number(text))
    return hit.group() if hit else None


def _count(text: str) -> str | None:
    hit = re.search(r"\d{1,2}", half_width(text))
    return hit.group() if hit else None


def _latin_name(text: str) -> str | None:
    plain = re.sub(r"\s*[,，]\s*", ", ", half_width(text).upper())
    return re.sub(r"[^A-Z,'\- ]", "", plain).strip(" ,") or None


def _place(text: str) -> str | None:
    return place(text) or None


def _authority(text: str) -> str | None:
    return _place(re.sub(r"\d.*", "", text))  # the next row's dates


def _name(text: str) -> str | None:
    return person_name(text) or None


def _nation(text: str) -> str | None:
    return simplified(half_width(text)).split("/")[0].strip() or None


_PEOPLES = frozenset(f"{people}族" for people in ETHNICITIES)

HUKOU_INDEX = Form(
    (
        Field("household_type", r"户\s*别", _word, printed=("户别",), closed=HOUSEHOLDS),
        Field("head_name", r"户主姓名", _name, printed=("户主姓名",)),
        Field("household_number", r"户\s*号(?!码)", _code),
        Field("address", r"住\s*址(?!变)", _place, lines=2),
        Field("issued_on", r"签发日期[:：]?|签\s*发\s*日", _day, needed=False),
    ),
    r"省级公安机关|户口登记机关|承办人签?章?|住址变动|登记事项",
)
HUKOU_PERSON = Form(
    (
        Field(
            "relation",
            r"户主或与?户?主?关?系?|与户主关系|户主或",
            _relation,
            printed=("户主或与户主关系",),
        ),
        Field("name", r"^姓\s*名", _name, printed=("姓名",)),
        Field("sex", r"性\s*别|^.别(?=[男女])", _sex, printed=("性别",)),
        Field("ethnicity", r"民\s*族", ethnicity, closed=_PEOPLES),
        Field("birth", r"出生日期", _day, printed=("出生日期",)),
        Field("native_place", r"籍\s*贯", _place, needed=False, printed=("籍贯",)),
        Field(
            "id_number",
            r"公?民?身份证件?编号|公民身份号码|身份证编号",
            _number,
            printed=("公民身份证件编号",),
        ),
        Field(
            "education",
            r"文化程度",
            _of(EDUCATIONS),
            needed=False,
            printed=("文化程度",),
            closed=EDUCATIONS,
        ),
        Field(
            "marital_status",
            r"婚姻状况",
            _of(MARITAL_STATES),
            needed=False,
            printed=("婚姻状况",),
            closed=MARITAL_STATES,
        ),
    ),
    r"曾用名|出生地|本市.?县.?其他住址|宗教信仰|身\s*高|血\s*型|兵役状况|服务处所|职\s*业|何时由何地"
    r"|承办人签?章?|登记日期|常住人口登记卡|^系$",
    ("曾用名", "出生地", "宗教信仰", "兵役状况", "服务处所", "登记日期"),
)
FOREIGN_PERMIT = Form(
    (
        Field("name", r"姓名\W?(?:Name|NAME)?", _latin_name, below=True),
        Field("sex", r"性别\W?(?:Sex|SEX)?", _sex, below=True),
        Field("birth", r"出生日期\W?(?:Date\s*of\s*Birth)?", _day, below=True),
        Field("nationality", r"国籍\W?(?:Nationality)?", _nation, below=True),
        Field("valid_to", r"有效期[至限]\W?(?:Date\s*of\s*Expiry)?", _day, below=True),
        Field("id_number", r"证件号码\W?(?:(?:ID|Card)\s*No\.?)?", _permanent_number),
    ),
)
PASSPORT_PAGE = Form(
    (Field("valid_from", r"签发日期\W?|Date\s*of\s*issue", _printed_day, below=True),),
    r"Place\s*of\s*issue|签发地点|Date\s*of\s*expiry|有效期至|Place\s*of\s*birth|Authority",
)
SOCIAL_FRONT = Form(
    (
        Field("name", r"姓\s*名", _name),
        Field("id_number", r"社会保障号码?(?!卡)", _number, printed=("社会保障号码",)),
        Field(
            "card_number",
            r"社会保障卡号码?|社保卡号码?|^卡\s*号",
            _code,
            needed=False,
            printed=("社会保障卡号",),
        ),
        Field("issued_on", r"发卡日期|发卡日", _month, needed=False, printed=("发卡日期",)),
        Field("valid_to", r"有效期限?至?", _month, needed=False),
    ),
    r"性\s*别|民\s*族|银行卡号|监制",
)
HMT_FRONT = Form(
    (
        Field("name", r"^姓\s*名", _name, printed=("姓名",)),
        Field("sex", r"性\s*别|^.别(?=[男女])", _sex, printed=("性别",)),
        Field("birth", r"^出\s*生", _day, printed=("出生",)),
        Field("address", r"^住\s*址", _place, lines=4, printed=("住址",)),
        Field("id_number", r"公民身份号码|公?民?身份号码", _number, printed=("公民身份号码",)),
    ),
)
HMT_BACK = Form(
    (
        Field("authority", r"签发机关", _authority, lines=2, printed=("签发机关",)),
        Field(
            "validity",
            r"有效期限",
            lambda text: "/".join(idcard.validity(text) or ()) or None,
            printed=("有效期限",),
        ),
        Field("permit_number", r"通行证号码?", _code, printed=("通行证号码",)),
        Field("issue_count", r"签发次数", _count, printed=("签发次数",)),
    ),
)


def parse_paper(kind: str, lines: Sequence[Line]) -> tuple[str | None, dict[str, Value], list[str]]:
    """Side, values and the names that a readable picture shows, for a kind of :mod:`kinds`."""
    if kind == "temporary_id":
        return _temporary(lines)
    if kind == "hmt_permit":
        return _hmt(lines)
    if kind == "social_card":
        return _social(lines)
    if kind == "ecard_list":
        return None, card_list(lines), ["status"]
    if kind == "passport":
        values = parse_form(lines, PASSPORT_PAGE) | parse_zone(lines)
        return None, values, ["name", "passport_number", "nationality", "birth", "valid_to"]
    forms = {
        "hukou_index": HUKOU_INDEX,
        "hukou_person": HUKOU_PERSON,
        "foreign_permit": FOREIGN_PERMIT,
    }
    form = forms.get(kind)
    if form is None:
        return None, {}, []
    side = "front" if kind == "foreign_permit" else None
    return side, parse_form(lines, form), list(form.needed)


_ISSUE = re.compile(r"签发机关|有效期限|公安局(?:.{2,6}分局)?$|\d{4}\.\d{2}\.\d{2}")


def _temporary(lines: Sequence[Line]) -> tuple[str | None, dict[str, Value], list[str]]:
    """A temporary card bears everything on one side."""
    upper = [line for line in lines if not _ISSUE.search(simplified(line.text))]
    values = dict(idcard.parse(upper, "front").values)
    values |= idcard.parse(lines, "back").values
    if "id_number" not in values and "name" not in values:
        return "back", {}, []  # the side with nothing but the title
    return "front", values, [*idcard.FRONT_FIELDS, *idcard.BACK_FIELDS]


def _hmt(lines: Sequence[Line]) -> tuple[str | None, dict[str, Value], list[str]]:
    front, back = parse_form(lines, HMT_FRONT), parse_form(lines, HMT_BACK)
    if len(front) >= len(back):
        return "front", front, list(HMT_FRONT.needed)
    period = back.pop("validity", None)
    if period is not None:
        start, end = period.text.split("/")
        back["valid_from"] = Value(start, period.sure, period.lines)
        back["valid_to"] = Value(end, period.sure, period.lines)
    return "back", back, ["authority", "valid_from", "valid_to", "permit_number"]


def _social(lines: Sequence[Line]) -> tuple[str | None, dict[str, Value], list[str]]:
    front = parse_form(lines, SOCIAL_FRONT)
    if "id_number" in front or "name" in front:
        return "front", front, list(SOCIAL_FRONT.needed)
    laid = tokens(lines, page_angle(lines))
    values: dict[str, Value] = {}
    for token in laid:
        digits = normalise_id_number(token.text)
        bank = re.search(r"[一-鿿]{2,8}银行", simplified(token.text))
        if bank and "bank" not in values:
            values["bank"] = value_of(bank.group(), [token])
        if re.fullmatch(r"[0-9]{16,19}", digits) and "bank_card_number" not in values:
            values["bank_card_number"] = value_of(digits, [token])
        end = re.search(r"(?<!\d)((?:0[1-9]|1[0-2])/\d{2})(?!\d)", half_width(token.text))
        if end and "valid_to" not in values:
            values["valid_to"] = value_of(end.group(1), [token])
    return "back", values, ["bank"]


def last_day_of(month: str) -> str:
    """The last day of a YYYY-MM, for cards that expire with a month."""
    year, number = (int(part) for part in month.split("-"))
    after = date(year + number // 12, number % 12 + 1, 1)
    return date.fromordinal(after.toordinal() - 1).isoformat()
