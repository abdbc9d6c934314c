"""Things that people send by mistake: no document at all."""

from __future__ import annotations

from random import Random

import numpy as np

from sandbox.company.model import Person
from sandbox.papers.model import Sheet
from sandbox.papers.press import Press, dots

_GOODS = ("牛奶", "面包", "苹果", "矿泉水", "纸巾", "鸡蛋", "大米", "洗衣液", "酸奶", "电池")


def print_receipt(person: Person, rng: Random, template: str, face: str) -> Sheet:
    """A till receipt."""
    width, height = dots(60.0, 96.0)
    ground = np.full((height, width, 3), (248, 247, 243), np.uint8)
    press = Press(ground, face)
    press.centred(30, 5, "示例便民超市", 4.4)
    press.centred(30, 11, "购物小票", 3.2)
    total = 0.0
    for line in range(rng.randint(5, 9)):
        price = rng.randint(150, 8900) / 100
        total += price
        press.text(5, 19 + line * 6, rng.choice(_GOODS), 3.2)
        press.text(40, 19 + line * 6, f"{price:.2f}", 3.2)
    press.text(5, 78, "合计", 3.8)
    press.text(38, 78, f"{total:.2f}元", 3.8)
    press.centred(30, 86, "谢谢惠顾 欢迎再来", 3.0)
    return Sheet(press.pixels, {}, {}, {"template": template, "face": face})
