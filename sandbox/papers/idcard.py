"""Front and back of the resident identity card, in two layouts.

Proportion 85.6 × 54 mm, the usual places of the fields, marked 样本, without the emblem.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from random import Random

from sandbox.company.model import LONG_TERM, Person
from sandbox.papers.model import Sheet
from sandbox.papers.portraits import plain_portrait
from sandbox.papers.press import Colour, Press, dots, guilloche

CARD = (85.6, 54.0)
CORNER = 3.18 / CARD[0]
PORTRAIT_SIZE = dots(26.0, 32.0)
FRONT_FIELDS = ("name", "sex", "ethnicity", "birth", "address", "id_number")
BACK_FIELDS = ("authority", "valid_from", "valid_to")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things stand, in millimetres; one per template."""

    labels: float  # x of the field names
    values: float  # x of what is filled in
    name: float
    sex: float
    birth: float
    address: float
    number: float  # y of the lines
    number_x: float
    pitch: float
    label_size: float
    value_size: float
    name_size: float
    leading: float  # between address lines
    address_width: float
    portrait: tuple[float, float]
    low: Colour
    high: Colour
    ink: Colour
    label_ink: Colour
    back_label: float
    back_value: float
    back_lines: tuple[float, float]
    title: tuple[float, float]


LAYOUTS = {
    "a": Layout(
        labels=5.4,
        values=14.8,
        name=7.0,
        sex=14.9,
        birth=21.8,
        address=28.9,
        number=46.2,
        number_x=29.6,
        pitch=2.56,
        label_size=2.75,
        value_size=3.25,
        name_size=4.1,
        leading=4.75,
        address_width=36.5,
        portrait=(53.4, 6.6),
        low=(233, 241, 246),
        high=(240, 236, 232),
        ink=(150, 186, 208),
        label_ink=(40, 110, 168),
        back_label=22.0,
        back_value=36.0,
        back_lines=(39.4, 45.9),
        title=(7.0, 17.5),
    ),
    "b": Layout(
        labels=6.6,
        values=16.2,
        name=6.2,
        sex=13.6,
        birth=20.9,
        address=28.0,
        number=45.4,
        number_x=31.2,
        pitch=2.44,
        label_size=2.9,
        value_size=3.4,
        name_size=3.8,
        leading=4.9,
        address_width=36.2,
        portrait=(54.6, 7.4),
        low=(229, 240, 233),
        high=(246, 234, 226),
        ink=(186, 176, 150),
        label_ink=(74, 96, 150),
        back_label=19.6,
        back_value=34.4,
        back_lines=(38.2, 45.2),
        title=(6.2, 16.2),
    ),
}


def print_front(person: Person, rng: Random, template: str, face: str) -> Sheet:
    """The side with the portrait. Raises KeyError for an unknown template."""
    lay = LAYOUTS[template]
    press = Press(guilloche(rng, CARD, lay.low, lay.high, lay.ink), face)
    press.sample(31.0, 30.0, 15.0, 24, 0.10)
    x, y = lay.portrait
    picture = plain_portrait(person.face, person.sex, "white", PORTRAIT_SIZE)
    press.portrait(x, y, picture, (250, 248, 246))
    press.sample(x + 13.0, y + 28.6, 4.2, 0, 0.5)
    _label(press, lay, lay.name, "姓名", lay.name_size)
    name_size = press.fit(
        person.name, lay.name_size, lay.portrait[0] - lay.values - 3.5 - 0.2 * len(person.name)
    )
    press.text(lay.values, lay.name, person.name, name_size, spacing=0.2)
    _label(press, lay, lay.sex, "性别", lay.value_size)
    press.text(lay.values, lay.sex, person.sex, lay.value_size)
    drop = lay.value_size - lay.label_size
    press.text(lay.values + 9.2, lay.sex + drop, "民 族", lay.label_size, lay.label_ink)
    press.text(lay.values + 18.4, lay.sex, person.ethnicity, lay.value_size)
    _birth(press, lay, person.birth)
    _label(press, lay, lay.address, "住址", lay.value_size)
    lines = press.wrap(person.address, lay.value_size, lay.address_width)
    for place, line in enumerate(lines):
        press.text(lay.values, lay.address + place * lay.leading, line, lay.value_size)
    drop = 4.0 - lay.label_size
    press.text(
        lay.labels, lay.number + drop, "公民身份号码", lay.label_size, lay.label_ink, spacing=0.3
    )
    press.number(lay.number_x, lay.number, person.id_number, 4.0, pitch=lay.pitch)
    return Sheet(
        press.pixels,
        _chosen(person, FRONT_FIELDS),
        _front_print(person, lines),
        {"template": template, "face": face},
        CORNER,
    )


def print_back(person: Person, rng: Random, template: str, face: str) -> Sheet:
    """The side with the authority. Raises KeyError for an unknown template."""
    lay = LAYOUTS[template]
    press = Press(guilloche(rng, CARD, lay.high, lay.low, lay.ink), face)
    press.circle(14.6, 15.0, 8.4, (206, 120, 120), 0.35)
    press.sample(14.6, 14.6, 5.4, 0, 0.75)
    press.sample(60.0, 31.0, 12.0, 20, 0.08)
    title, subtitle = lay.title
    press.centred(53.0, title, "中华人民共和国", 5.6, face="song", spacing=1.5)
    press.centred(53.0, subtitle, "居民身份证", 8.0, face="song", spacing=2.0)
    first, second = lay.back_lines
    drop = lay.value_size - lay.label_size
    period = validity_text(person)
    for y, label, value in ((first, "签发机关", person.authority), (second, "有效期限", period)):
        press.text(lay.back_label, y + drop, label, lay.label_size, spacing=0.3)
        press.text(lay.back_value, y, value, lay.value_size, spacing=0.1)
    printed = {"authority": person.authority, "validity": period}
    style = {"template": template, "face": face}
    return Sheet(press.pixels, _chosen(person, BACK_FIELDS), printed, style, CORNER)


def validity_text(person: Person) -> str:
    """The period as the back prints it: 2016.03.15-2036.03.15 or …-长期."""
    until = person.valid_to
    return f"{person.valid_from:%Y.%m.%d}-{f'{until:%Y.%m.%d}' if until else LONG_TERM}"


def _chosen(person: Person, names: tuple[str, ...]) -> dict[str, str]:
    fields = person.fields()
    return {name: fields[name] for name in names}


def _label(press: Press, lay: Layout, y: float, words: str, beside: float) -> None:
    """A two-character field name, spread, on the line of a value of the size ``beside``."""
    drop = beside - lay.label_size
    first, second = words[0], words[1]
    press.text(lay.labels, y + drop, first, lay.label_size, lay.label_ink)
    press.text(lay.labels + lay.label_size * 1.75, y + drop, second, lay.label_size, lay.label_ink)


def _birth(press: Press, lay: Layout, birth: date) -> None:
    _label(press, lay, lay.birth, "出生", lay.value_size)
    drop = lay.value_size - lay.label_size
    x = lay.values
    for value, unit, room in (
        (birth.year, "年", 8.4),
        (birth.month, "月", 4.4),
        (birth.day, "日", 4.4),
    ):
        text = str(value)
        press.text(
            x + room - press.width(text, lay.value_size) - 0.5, lay.birth, text, lay.value_size
        )
        press.text(x + room, lay.birth + drop, unit, lay.label_size, lay.label_ink)
        x += room + lay.label_size + 0.5


def _front_print(person: Person, lines: list[str]) -> dict[str, str]:
    birth = person.birth
    return {
        "name": person.name,
        "sex": person.sex,
        "ethnicity": person.ethnicity,
        "birth": f"{birth.year}年{birth.month}月{birth.day}日",
        "address": "\n".join(lines),
        "id_number": person.id_number,
    }
