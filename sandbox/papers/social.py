"""The social security card itself, and a screenshot of a person's list of such cards."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import numpy as np

from sandbox.company.dice import dice
from sandbox.company.model import KnownCard, Person
from sandbox.papers.idcard import CARD, CORNER
from sandbox.papers.model import Sheet
from sandbox.papers.portraits import plain_portrait
from sandbox.papers.press import DOTS, Colour, Press, dots, guilloche

BANKS = {"icbc": "中国工商银行", "ccb": "中国建设银行", "qlb": "齐鲁银行"}
REGIONS = {
    "370100": "山东省济南市",
    "370200": "山东省青岛市",
    "110000": "北京市",
    "440300": "广东省深圳市",
    "510100": "四川省成都市",
}
STATUSES = {
    "normal": "正常",
    "lost": "已挂失",
    "cancelled": "已注销",
    "sealed": "已封存",
    "making": "制卡中",
    "collectable": "待领取",
}
_GREY: Colour = (120, 124, 130)
_WHITE: Colour = (252, 252, 252)


def print_card_front(person: Person, rng: Random, template: str, face: str) -> Sheet:
    """The side with the portrait and the social security number."""
    own = dice("social", person.id_number)
    low: Colour = (222, 236, 248) if template == "a" else (228, 242, 232)
    press = Press(guilloche(rng, CARD, low, (250, 238, 226), (150, 190, 214)), face)
    press.text(10, 3.4, "中华人民共和国", 3.4, face="song", spacing=0.5)
    press.text(10, 7.8, "社会保障卡", 5.4, face="song", spacing=0.8)
    press.sample(48, 30, 13, 20, 0.10)
    press.portrait(
        6, 16, plain_portrait(person.face, person.sex, "white", dots(22.0, 27.1)), (250, 248, 246)
    )
    press.sample(17, 39, 3.8, 0, 0.5)
    number = f"{own.choice('ABCDEFGHJK')}{own.randrange(10**8):08d}"
    issued = person.valid_from
    rows = (
        ("姓名", person.name),
        ("社会保障号码", person.id_number),
        ("社会保障卡号", number),
        ("发卡日期", f"{issued.year}年{issued.month}月"),
    )
    for place, (label, value) in enumerate(rows):
        y = 18.5 + place * 7.6
        press.text(31, y + 0.4, label, 2.5, (40, 80, 130))
        left = 31 + 2.5 * len(label) + 1.6
        press.text(left, y, value, press.fit(value, 3.2, 83 - left))
    press.text(31, 48.6, "人力资源和社会保障部监制", 2.2, _GREY)
    fields: dict[str, Any] = {
        "name": person.name,
        "id_number": person.id_number,
        "card_number": number,
        "issued_on": f"{issued:%Y-%m}",
    }
    printed = {**fields, "issued_on": rows[3][1]}
    return Sheet(press.pixels, fields, printed, {"template": template, "face": face}, CORNER)


def print_card_back(person: Person, rng: Random, template: str, face: str) -> Sheet:
    """The bank's side. The number fails the Luhn check on purpose: it is no account's."""
    own = dice("social", person.id_number, "bank")
    bank = own.choice(list(BANKS))
    number = _no_account(own)
    low: Colour = (216, 66, 60) if template == "a" else (52, 96, 168)
    press = Press(guilloche(rng, CARD, low, (230, 190, 150), (240, 220, 200)), face)
    press.box(0, 6.0, CARD[0], 9.5, fill=(34, 34, 38))
    press.text(6, 18.5, BANKS[bank], 4.4, _WHITE, face="song")
    press.text(60, 19.2, "借记卡 DEBIT", 2.8, _WHITE)
    grouped = " ".join(number[start : start + 4] for start in range(0, len(number), 4))
    press.number(6, 28.0, grouped, 4.6, pitch=3.1, colour=_WHITE)
    until = f"{own.randint(1, 12):02d}/{(person.valid_from.year + 10) % 100:02d}"
    press.text(6, 37.5, "有效期至", 2.4, _WHITE)
    press.text(17, 37.0, until, 3.2, _WHITE)
    press.text(6, 47.0, "社会保障服务热线：12333", 2.4, _WHITE)
    press.sample(68, 43, 6, 0, 0.75)
    fields: dict[str, Any] = {"bank": BANKS[bank], "bank_card_number": number, "valid_to": until}
    printed = {"bank": BANKS[bank], "bank_card_number": grouped, "valid_to": until}
    return Sheet(press.pixels, fields, printed, {"template": template, "face": face}, CORNER)


def _no_account(rng: Random) -> str:
    """19 digits that fail the Luhn check."""
    body = f"6299{rng.randrange(10**14):014d}"
    total = 0
    for place, char in enumerate(reversed(body)):
        value = int(char) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    right = -total % 10
    return body + str((right + rng.randint(1, 9)) % 10)


def print_card_list(
    person: Person, rng: Random, template: str, face: str, cards: Sequence[KnownCard] = ()
) -> Sheet:
    """A phone's screenshot of 我的社保卡, 1080 pixels wide; ``cards`` are drawn when none given."""
    shown = [_entry(card) for card in cards] or _entries(rng)
    size = (1080 / DOTS, 2340 / DOTS)
    pixels = np.full((2340, 1080, 3), (244, 246, 249), np.uint8)
    press = Press(pixels, face)
    press.box(0, 0, size[0], 9.5, fill=_WHITE)
    press.text(2.4, 1.0, f"{rng.randint(7, 22)}:{rng.randint(0, 59):02d}", 1.9)
    press.text(44, 1.0, f"{rng.randint(11, 99)}%", 1.8, _GREY)
    press.centred(size[0] / 2, 5.0, "我的社保卡", 2.7)
    masked = person.name[0] + "*" * (len(person.name) - 1)
    press.text(3, 12, f"{masked}，您共有{len(shown)}张社会保障卡", 2.2, _GREY)
    y = 17.0
    for entry in shown:
        _panel(press, y, entry, masked, template)
        y += 27.0
    press.text(3, y + 1, "以上信息由发卡地人社部门提供，如有疑问请拨打12333", 1.6, _GREY)
    press.sample(size[0] / 2, 100, 8, 18, 0.25)
    fields: dict[str, Any] = {"name": masked, "cards": shown}
    printed = {"name": masked}
    return Sheet(press.pixels, fields, printed, {"template": template, "face": face})


def _entries(rng: Random) -> list[dict[str, str]]:
    return [
        {
            "region": rng.choice(list(REGIONS.values())),
            "bank": rng.choice(list(BANKS.values())),
            "last_four": f"{rng.randrange(10_000):04d}",
            "status": rng.choice(list(STATUSES.values())),
        }
        for _ in range(rng.randint(1, 3))
    ]


def _entry(card: KnownCard) -> dict[str, str]:
    return {
        "region": REGIONS.get(card.region, card.region),
        "bank": BANKS.get(card.bank, card.bank),
        "last_four": card.last_four,
        "status": STATUSES[card.status],
    }


def _panel(press: Press, y: float, entry: dict[str, str], masked: str, template: str) -> None:
    ground: Colour = (42, 110, 196) if template == "a" else (30, 138, 122)
    if entry["status"] in ("已注销", "已封存"):
        ground = (150, 154, 160)
    press.box(2.4, y, 49.2, 24.4, fill=ground, radius=1.2)
    press.text(4.8, y + 2.2, "社会保障卡", 2.5, _WHITE)
    press.text(42.0, y + 2.4, entry["status"], 2.2, _WHITE)
    for place, (label, value) in enumerate(
        (
            ("发卡地", entry["region"]),
            ("合作银行", entry["bank"]),
            ("卡号后四位", entry["last_four"]),
            ("持卡人", masked),
        )
    ):
        press.text(4.8, y + 7.4 + place * 4.0, label, 1.9, (226, 236, 246))
        press.text(17.5, y + 7.2 + place * 4.0, value, 2.1, _WHITE)
