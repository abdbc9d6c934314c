"""Pages of the household register (户口簿): the index page and a person's page."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from sandbox.company.model import Person
from sandbox.papers.model import Sheet
from sandbox.papers.press import Colour, Press, guilloche

PAGE = (143.0, 105.0)
_RULE: Colour = (120, 92, 70)
_FORM: Colour = (96, 60, 44)
_TYPED: Colour = (34, 34, 44)
_STAMP: Colour = (206, 60, 60)
_RELATIONS = {
    "男": ("户主", "夫", "子", "长子", "次子"),
    "女": ("户主", "妻", "女", "长女", "次女"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A labelled box of the form: the label takes ``label`` millimetres, the box ``width``."""

    label: str
    value: str
    label_width: float
    width: float


def print_index(person: Person, rng: Random, template: str, face: str) -> Sheet:
    """The page with the household's address."""
    press = _page(rng, template, face)
    press.centred(
        71.5,
        7.0,
        "常住人口户口登记" if template == "b" else "户口簿首页",
        6.0,
        _FORM,
        face="song",
        spacing=1.4,
    )
    kind = rng.choice(("家庭户", "非农业家庭户", "农业家庭户", "集体户"))
    head = person.name if rng.random() < 0.6 else f"{person.name[0]}建国"
    number = f"{rng.randrange(10**9):09d}"
    rows = [
        [Cell("户 别", kind, 20, 60), Cell("户主姓名", head, 22, 63)],
        [Cell("户 号", number, 20, 123)],
        [Cell("住 址", person.address, 20, 123)],
    ]
    _table(press, 10.0, 19.0, rows, (11.0, 11.0, 13.0))
    _stamps(press, person)
    press.text(10, 91.0, "承办人签章：", 3.4, _FORM, face="song")
    day = f"{person.valid_from:%Y年%m月%d日}"
    press.text(86, 91.0, "签发日期：", 3.4, _FORM, face="song")
    press.text(105, 91.0, day, 3.4, _TYPED)
    fields: dict[str, Any] = {
        "household_type": kind,
        "head_name": head,
        "household_number": number,
        "address": person.address,
        "issued_on": person.valid_from.isoformat(),
    }
    printed = {**{key: str(value) for key, value in fields.items()}, "issued_on": day}
    return Sheet(press.pixels, fields, printed, {"template": template, "face": face})


def print_person(person: Person, rng: Random, template: str, face: str) -> Sheet:
    """One person's page (常住人口登记卡)."""
    press = _page(rng, template, face)
    press.centred(71.5, 4.6, "常住人口登记卡", 5.4, _FORM, face="song", spacing=1.6)
    relation = rng.choice(_RELATIONS[person.sex])
    birth = f"{person.birth.year}年{person.birth.month}月{person.birth.day}日"
    origin = person.address[: min(len(person.address), 6)]
    origin = origin[: max(origin.find("省"), origin.find("市")) + 1] or origin[:2]
    schooling = rng.choice(("初中", "高中", "大学本科", "大学专科", "硕士研究生"))
    married = rng.choice(("未婚", "已婚"))
    wide, half = 123.0, 61.5
    rows = [
        [Cell("姓 名", person.name, 22, half), Cell("户主或与户主关系", relation, 34, half)],
        [Cell("曾用名", "", 22, half), Cell("性 别", person.sex, 34, half)],
        [Cell("出生地", origin, 22, half), Cell("民 族", f"{person.ethnicity}族", 34, half)],
        [Cell("籍 贯", origin, 22, half), Cell("出生日期", birth, 34, half)],
        [Cell("本市（县）其他住址", "", 38, 75), Cell("宗教信仰", "", 22, 48)],
        [
            Cell("公民身份证件编号", person.id_number, 36, 75),
            Cell("身 高", "", 18, 24),
            Cell("血 型", "", 14, 24),
        ],
        [
            Cell("文化程度", schooling, 22, 41),
            Cell("婚姻状况", married, 20, 41),
            Cell("兵役状况", "", 20, 41),
        ],
        [Cell("服务处所", "", 22, 75), Cell("职 业", "", 18, 48)],
        [Cell("何时由何地迁来本市（县）", "", 50, wide)],
        [Cell("何时由何地迁来本址", "", 50, wide)],
    ]
    _table(press, 10.0, 13.0, rows, (7.9,) * len(rows))
    press.text(10, 95.5, "承办人签章：", 3.2, _FORM, face="song")
    press.text(84, 95.5, "登记日期：", 3.2, _FORM, face="song")
    press.text(102, 95.5, f"{person.valid_from:%Y年%m月%d日}", 3.2, _TYPED)
    fields: dict[str, Any] = {
        "name": person.name,
        "relation": relation,
        "sex": person.sex,
        "ethnicity": person.ethnicity,
        "birth": person.birth.isoformat(),
        "id_number": person.id_number,
        "native_place": origin,
        "education": schooling,
        "marital_status": married,
    }
    printed = {**{key: str(value) for key, value in fields.items()}, "birth": birth}
    printed["ethnicity"] = f"{person.ethnicity}族"
    return Sheet(press.pixels, fields, printed, {"template": template, "face": face})


def _page(rng: Random, template: str, face: str) -> Press:
    low: Colour = (247, 240, 226) if template == "a" else (238, 244, 236)
    high: Colour = (250, 246, 238) if template == "a" else (246, 242, 232)
    press = Press(guilloche(rng, PAGE, low, high, (216, 186, 160)), face)
    press.sample(71.0, 55.0, 26.0, 22, 0.09)
    press.sample(128.0, 99.5, 4.4, 0, 0.7)
    return press


def _table(
    press: Press, x: float, y: float, rows: list[list[Cell]], heights: tuple[float, ...]
) -> None:
    """Boxes row by row; the value is typed, smaller when it is long."""
    for row, height in zip(rows, heights, strict=True):
        left = x
        for cell in row:
            press.box(left, y, cell.width, height, outline=_RULE)
            press.line(
                (left + cell.label_width, y), (left + cell.label_width, y + height), _RULE, 0.12
            )
            label = min(3.1, (cell.label_width - 2) / max(len(cell.label), 1))
            press.centred(
                left + cell.label_width / 2,
                y + (height - label) / 2,
                cell.label,
                label,
                _FORM,
                face="song",
            )
            size = press.fit(cell.value, 3.7, cell.width - cell.label_width - 3)
            press.text(
                left + cell.label_width + 1.5, y + (height - size) / 2, cell.value, size, _TYPED
            )
            left += cell.width
        y += height


def _stamps(press: Press, person: Person) -> None:
    """Two rings where the seals would be; they carry 样本 instead of a seal's text."""
    for x, words in ((38.0, "省级公安机关户口专用章"), (104.0, "户口登记机关专用章")):
        press.centred(x, 57.0, words, 3.2, _FORM, face="song")
        press.circle(x, 74.0, 11.5, _STAMP, 0.5)
        press.sample(x, 74.0, 6.0, 12, 0.55)
