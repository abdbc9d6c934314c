"""Cards of people who don't carry the usual identity card, and the temporary one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

from sandbox.company.dice import dice
from sandbox.company.model import Person
from sandbox.company.numbers import id_check_character, make_id_number
from sandbox.papers.idcard import CARD, CORNER, PORTRAIT_SIZE, validity_text
from sandbox.papers.model import Sheet
from sandbox.papers.portraits import plain_portrait
from sandbox.papers.press import DOTS, Colour, Press, dots, guilloche

_LABEL: Colour = (44, 92, 140)
_HOMES = {"810000": "H", "820000": "M", "830000": ""}
_COUNTRIES = {
    "840": ("美国", "USA"),
    "826": ("英国", "GBR"),
    "250": ("法国", "FRA"),
    "276": ("德国", "DEU"),
    "392": ("日本", "JPN"),
    "410": ("韩国", "KOR"),
    "124": ("加拿大", "CAN"),
    "702": ("新加坡", "SGP"),
}
SURNAMES = ("ERIKSSON", "WALKER", "MORETTI", "TANAKA", "BAUER", "LEROY", "HUGHES", "NOVAK")
GIVEN = {
    "男": ("THOMAS", "DAVID JAMES", "LUCA", "KENJI", "MARTIN", "PAUL ANDRE"),
    "女": ("ANNA MARIA", "CLAIRE", "SOFIA", "YUKO", "EMMA LOUISE", "JULIA"),
}


def print_temporary(person: Person, rng: Random, template: str, face: str) -> Sheet:
    """The temporary card: everything on one side, valid for three months."""
    issued = person.valid_from
    who = replace(person, valid_to=issued + timedelta(days=91))
    press = Press(guilloche(rng, CARD, (238, 240, 228), (244, 238, 236), (190, 190, 150)), face)
    press.centred(42.8, 3.0, "中华人民共和国临时居民身份证", 3.9, face="song", spacing=0.5)
    press.sample(30.0, 30.0, 14.0, 22, 0.10)
    x, size = 5.5, 3.0
    y = 10.0 if template == "a" else 9.4
    birth = f"{who.birth.year}年{who.birth.month}月{who.birth.day}日"
    _row(press, (x, y), ("姓名", who.name), size, 10)
    _row(press, (x, y + 5.0), ("性别", who.sex), size, 10)
    _row(press, (x + 19, y + 5.0), ("民族", who.ethnicity), size, 10)
    _row(press, (x, y + 10.0), ("出生", birth), size, 10)
    press.text(x, y + 15.0 + 0.3, "住址", size - 0.3, _LABEL, spacing=0.6)
    lines = press.wrap(who.address, size, 36.0)
    for place, line in enumerate(lines):
        press.text(x + 10, y + 15.0 + place * 4.1, line, size)
    _row(press, (x, 37.4), ("签发机关", who.authority), size, 16)
    _row(press, (x, 42.0), ("有效期限", validity_text(who)), size, 16)
    press.text(x, 47.6, "公民身份号码", size - 0.2, _LABEL, spacing=0.2)
    press.number(28.5, 46.8, who.id_number, 3.8, pitch=2.5)
    _photo(press, who, 54.5, 9.4, dots(24.0, 29.5))
    printed = {
        **{key: value for key, value in who.fields().items() if not key.startswith("valid")},
        "birth": birth,
        "address": "\n".join(lines),
        "validity": validity_text(who),
    }
    return Sheet(press.pixels, who.fields(), printed, _style(template, face), CORNER)


def resident_of(person: Person, rng: Random) -> tuple[Person, str]:
    """The person as a resident of Hong Kong, Macao or Taiwan, with a permit number."""
    home = rng.choice(list(_HOMES))
    number = make_id_number(rng, home, person.birth, person.sex)
    letter = _HOMES[home]
    permit = f"{letter}{rng.randrange(10**8):08d}" if letter else f"{rng.randrange(10**8):08d}"
    until = person.valid_from.replace(day=min(person.valid_from.day, 28))
    until = until.replace(year=until.year + 5)
    issued = until.replace(year=until.year - 5)
    return replace(person, id_number=number, valid_from=issued, valid_to=until), permit


def print_hmt_front(person: Person, rng: Random, template: str, face: str) -> Sheet:
    """港澳台居民居住证, the side with the portrait."""
    who, _ = resident_of(person, _shared(person))
    press = Press(guilloche(rng, CARD, (232, 238, 248), (246, 236, 240), (170, 176, 212)), face)
    press.sample(30.0, 30.0, 14.0, 22, 0.10)
    x, size = (5.6 if template == "a" else 6.4), 3.25
    birth = f"{who.birth.year}年{who.birth.month}月{who.birth.day}日"
    _row(press, (x, 7.2), ("姓名", who.name), 4.0, 10.4)
    _row(press, (x, 14.8), ("性别", who.sex), size, 10.4)
    _row(press, (x, 21.6), ("出生", birth), size, 10.4)
    press.text(x, 28.6 + 0.4, "住址", size - 0.4, _LABEL, spacing=0.6)
    lines = press.wrap(who.address, size, 36.0)
    for place, line in enumerate(lines):
        press.text(x + 10.4, 28.6 + place * 4.7, line, size)
    press.text(x, 47.2, "公民身份号码", size - 0.4, _LABEL, spacing=0.2)
    press.number(30.0, 46.2, who.id_number, 4.0, pitch=2.5)
    _photo(press, who, 53.6, 6.8, PORTRAIT_SIZE)
    fields = {key: who.fields()[key] for key in ("name", "sex", "birth", "address", "id_number")}
    printed = {**fields, "birth": birth, "address": "\n".join(lines)}
    return Sheet(press.pixels, dict(fields), printed, _style(template, face), CORNER)


def print_hmt_back(person: Person, rng: Random, template: str, face: str) -> Sheet:
    """港澳台居民居住证, the side with the authority."""
    who, permit = resident_of(person, _shared(person))
    press = Press(guilloche(rng, CARD, (246, 236, 240), (232, 238, 248), (170, 176, 212)), face)
    press.circle(13.6, 14.0, 7.6, (206, 120, 120), 0.35)
    press.sample(13.6, 13.6, 5.0, 0, 0.75)
    press.centred(52.0, 6.4, "中华人民共和国", 4.8, face="song", spacing=1.2)
    press.centred(52.0, 14.6, "港澳台居民居住证", 6.0, face="song", spacing=0.8)
    times = f"{rng.randint(1, 4):02d}"
    x = 20.0 if template == "a" else 17.0
    for y, label, value in (
        (28.0, "签发机关", who.authority),
        (34.0, "有效期限", validity_text(who)),
        (40.0, "通行证号码", permit),
        (46.0, "签发次数", times),
    ):
        _row(press, (x, y), (label, value), 3.2, 18.0)
    fields: dict[str, Any] = {
        "authority": who.authority,
        "valid_from": who.fields()["valid_from"],
        "valid_to": who.fields()["valid_to"],
        "permit_number": permit,
        "issue_count": times,
    }
    printed = {**fields, "validity": validity_text(who)}
    return Sheet(press.pixels, fields, printed, _style(template, face), CORNER)


def print_foreign(person: Person, rng: Random, template: str, face: str) -> Sheet:
    """外国人永久居留身份证, the side with the portrait (layout of 2023)."""
    own = _shared(person)
    code = own.choice(list(_COUNTRIES))
    country, letters = _COUNTRIES[code]
    name = f"{own.choice(SURNAMES)}, {own.choice(GIVEN[person.sex])}"
    body = f"9{own.choice(('11', '31', '37', '44'))}{code}{person.birth:%Y%m%d}"
    body += own.choice(("997", "999") if person.sex == "男" else ("996", "998"))
    number = body + id_check_character(body)
    until = date(person.valid_from.year + 10, person.valid_from.month, 1)
    press = Press(guilloche(rng, CARD, (236, 244, 240), (240, 236, 248), (160, 196, 190)), face)
    press.text(6.0, 3.6, "中华人民共和国外国人永久居留身份证", 3.2, face="song", spacing=0.25)
    press.text(6.0, 7.6, "FOREIGN PERMANENT RESIDENT ID CARD", 1.9, _LABEL, face="hei")
    press.sample(32.0, 32.0, 13.0, 20, 0.10)
    x = 6.0 if template == "a" else 7.0
    sex = {"男": "男 / M", "女": "女 / F"}[person.sex]
    for y, label, value in (
        (12.0, "姓名 / Name", name),
        (20.0, "性别 / Sex", sex),
        (28.0, "出生日期 / Date of Birth", f"{person.birth:%Y.%m.%d}"),
        (36.0, "国籍 / Nationality", f"{country} / {letters}"),
    ):
        press.text(x, y, label, 2.0, _LABEL)
        press.text(x, y + 2.9, value, press.fit(value, 3.4, 44.0))
    press.text(x + 26, 36.0, "有效期至 / Date of Expiry", 2.0, _LABEL)
    press.text(x + 26, 38.9, f"{until:%Y.%m.%d}", 3.4)
    press.text(x, 46.4, "证件号码", 2.3, _LABEL)
    press.number(x + 13, 45.4, number, 3.8, pitch=2.45)
    _photo(press, person, 57.5, 9.6, dots(24.0, 29.5))
    fields: dict[str, Any] = {
        "name": name,
        "sex": person.sex,
        "birth": person.birth.isoformat(),
        "nationality": country,
        "id_number": number,
        "valid_to": until.isoformat(),
    }
    printed = {
        **fields,
        "sex": sex,
        "birth": f"{person.birth:%Y.%m.%d}",
        "nationality": f"{country} / {letters}",
        "valid_to": f"{until:%Y.%m.%d}",
    }
    return Sheet(press.pixels, fields, printed, _style(template, face), CORNER)


def _shared(person: Person) -> Random:
    """Both sides of a card must agree, whatever else is drawn."""
    return dice("permit", person.id_number)


def _row(
    press: Press, at: tuple[float, float], words: tuple[str, str], size: float, gap: float
) -> None:
    """A label and, ``gap`` to the right, its value."""
    label, value = words
    small = min(size, 3.2) - 0.3
    press.text(at[0], at[1] + size - small, label, small, _LABEL, spacing=0.4)
    press.text(at[0] + gap, at[1], value, press.fit(value, size, 36.5))


def _photo(press: Press, person: Person, x: float, y: float, size: tuple[int, int]) -> None:
    press.portrait(x, y, plain_portrait(person.face, person.sex, "white", size), (250, 248, 246))
    press.sample(x + size[0] / DOTS / 2, y + size[1] / DOTS - 3.2, 4.0, 0, 0.5)


def _style(template: str, face: str) -> dict[str, str]:
    return {"template": template, "face": face}
