"""Where a paper lies when it is photographed: scanner glass, desks, tables with things on them."""

from __future__ import annotations

from random import Random

import cv2
import numpy as np
from PIL import Image, ImageDraw

from sandbox.papers import fonts
from sandbox.papers.arrays import floats, grain, noise, pixels
from sandbox.papers.model import Floats

_DESKS = (
    (196, 160, 120),
    (150, 112, 80),
    (228, 222, 214),
    (88, 74, 66),
    (178, 186, 190),
    (60, 70, 84),
    (214, 204, 186),
    (120, 134, 120),
)
# Print that lies about on a table: nothing of it is a document.
_SCRAPS = (
    "会议记录 第三季度 预算",
    "合计金额 128.50 元",
    "快递单 请当面验收",
    "购物清单 牛奶 面包 苹果",
    "发票 示例",
    "电话 12333",
    "2026 年 11 月",
    "员工手册 第一章",
)


def glass(rng: Random, size: tuple[int, int]) -> Floats:
    """A scanner's white lid."""
    tone = rng.uniform(238, 255)
    return np.full((size[1], size[0], 3), tone, np.float32)


def desk(rng: Random, size: tuple[int, int]) -> Floats:
    """An empty surface: wood, laminate or cloth."""
    width, height = size
    colour = np.array(rng.choice(_DESKS), np.float32) * rng.uniform(0.9, 1.08)
    across = noise(rng, (height // 3 + 2, width // 90 + 2))
    wood = cv2.resize(across, size, interpolation=cv2.INTER_CUBIC)
    fine = grain(rng, (height, width), 0.012, grey=True)[..., 0]
    strength = rng.choice((0.0, 0.03, 0.05))
    light = 1 + wood * strength + fine
    return floats(np.clip(colour * light[..., None], 0, 255))


def table(rng: Random, size: tuple[int, int]) -> Floats:
    """A desk with papers, a keyboard, a cup and pens on it."""
    picture = desk(rng, size)
    things = [_sheet, _sheet, _keyboard, _cup, _pen, _pen]
    rng.shuffle(things)
    for thing in things[: rng.randint(3, 6)]:
        picture = thing(rng, picture)
    return picture


def _where(rng: Random, picture: Floats) -> tuple[int, int]:
    height, width = picture.shape[:2]
    return rng.randint(0, width), rng.choice(
        (rng.randint(0, height // 3), rng.randint(height * 2 // 3, height))
    )


def _sheet(rng: Random, picture: Floats) -> Floats:
    """A sheet of paper with a few printed lines, turned."""
    width, height = rng.randint(420, 760), rng.randint(420, 900)
    page = Image.new("RGBA", (width, height), (246, 245, 240, 255))
    draw = ImageDraw.Draw(page)
    font = fonts.load(rng.choice(("hei", "song")), rng.randint(22, 34))
    for line in range(rng.randint(3, 9)):
        draw.text((40, 40 + line * 62), rng.choice(_SCRAPS), (70, 70, 76), font)
    turned = page.rotate(rng.uniform(-40, 40), expand=True, resample=Image.Resampling.BICUBIC)
    return _paste(picture, turned, _where(rng, picture))


def _keyboard(rng: Random, picture: Floats) -> Floats:
    base = Image.new("RGBA", (900, 300), (44, 46, 50, 255))
    draw = ImageDraw.Draw(base)
    for row in range(4):
        for key in range(13):
            left, top = 14 + key * 68 + row * 6, 14 + row * 70
            draw.rounded_rectangle((left, top, left + 58, top + 58), 8, (76, 78, 84, 255))
    turned = base.rotate(rng.uniform(-15, 15), expand=True, resample=Image.Resampling.BICUBIC)
    return _paste(picture, turned, _where(rng, picture))


def _cup(rng: Random, picture: Floats) -> Floats:
    x, y = _where(rng, picture)
    radius = rng.randint(90, 150)
    tone = (rng.randint(120, 255), rng.randint(120, 255), rng.randint(120, 255))
    cv2.circle(picture, (x, y), radius, tone, -1, cv2.LINE_AA)
    cv2.circle(picture, (x, y), int(radius * 0.85), (58, 34, 20), -1, cv2.LINE_AA)
    return picture


def _pen(rng: Random, picture: Floats) -> Floats:
    x, y = _where(rng, picture)
    turn = rng.uniform(0, 6.3)
    end = (int(x + 420 * np.cos(turn)), int(y + 420 * np.sin(turn)))
    tone = (rng.randint(0, 160), rng.randint(0, 90), rng.randint(0, 160))
    cv2.line(picture, (x, y), end, tone, 20, cv2.LINE_AA)
    return picture


def _paste(picture: Floats, thing: Image.Image, middle: tuple[int, int]) -> Floats:
    ground = Image.fromarray(pixels(picture))
    corner = (middle[0] - thing.width // 2, middle[1] - thing.height // 2)
    ground.paste(thing, corner, thing)
    return floats(np.asarray(ground))
