"""Made-up material for the sandbox's tests: numbers of sequence 996 to 999, drawn pictures."""

from __future__ import annotations

import base64
import hashlib
import io
from datetime import date
from functools import cache
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

Color = tuple[int, int, int]
WHITE: Color = (255, 255, 255)
BLUE: Color = (67, 142, 219)


def id_number(
    serial: int = 0, *, birth: date = date(1995, 3, 7), sex: str = "男", place: str = "370102"
) -> str:
    """A valid number that belongs to nobody: sequence 996 to 999, told apart by birth day."""
    day = date.fromordinal(birth.toordinal() + serial)
    body = f"{place}{day:%Y%m%d}{997 if sex == '男' else 998}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    return body + "10X98765432"[total % 11]


def encode(picture: Image.Image, quality: int = 90) -> bytes:
    """JPEG bytes."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, dpi=(350, 350))
    return out.getvalue()


@cache
def portrait(background: Color = WHITE, size: tuple[int, int] = (358, 441)) -> bytes:
    """A drawn head and shoulders with some texture."""
    picture = Image.new("RGB", size, background)
    draw = ImageDraw.Draw(picture)
    width, height = size
    draw.ellipse((width * 0.1, height * 0.7, width * 0.9, height * 1.4), fill=(40, 44, 60))
    draw.ellipse((width * 0.28, height * 0.15, width * 0.72, height * 0.72), fill=(224, 180, 150))
    draw.pieslice((width * 0.27, height * 0.12, width * 0.73, height * 0.6), 180, 360, fill="black")
    pixels = np.asarray(picture).astype(int)
    noise = np.random.default_rng(1).integers(-12, 13, pixels.shape)
    person = (pixels != np.array(background)).any(axis=2, keepdims=True)
    mixed = np.clip(pixels + noise * person, 0, 255).astype(np.uint8)
    return encode(Image.fromarray(mixed), 92)


@cache
def id_side(side: str) -> bytes:
    """A picture with enough contrast to pass for a card's side."""
    picture = Image.new("RGB", (856, 540), (225, 235, 240))
    draw = ImageDraw.Draw(picture)
    for line in range(8):
        draw.rectangle((60, 60 + line * 55, 500 - line * 10, 85 + line * 55), fill=(30, 30, 40))
    draw.text((700, 500), f"SAMPLE {side}", fill="black")
    return encode(picture)


def document(kind: str, data: bytes) -> dict[str, str]:
    """One document as the contract sends it."""
    return {
        "kind": kind,
        "media_type": "image/jpeg",
        "sha256": hashlib.sha256(data).hexdigest(),
        "content": base64.b64encode(data).decode(),
    }


def submission(number: str = "A-0001", serial: int = 0, **changes: Any) -> dict[str, Any]:
    """A faultless application; `applicant` and the rest may be changed."""
    own = id_number(serial)
    applicant = {
        "name": "样本一",
        "id_number": own,
        "sex": "男",
        "birth": f"{own[6:10]}-{own[10:12]}-{own[12:14]}",
        "ethnicity": "汉",
        "address": "山东省济南市历下区样本路1号",
        "authority": "济南市公安局历下分局",
        "valid_from": "2020-01-01",
        "valid_to": "2040-01-01",
        "phone": "19900000001",
    } | changes.pop("applicant", {})
    return {
        "number": number,
        "kind": "first",
        "region": "370100",
        "bank": "icbc",
        "callback_url": None,
        "employer": {
            "credit_code": "91370100MA00000XXX",
            "unit_number": "3701000001",
            "name": "样本公司",
        },
        "applicant": applicant,
        "documents": [
            document("id_front", id_side("front")),
            document("id_back", id_side("back")),
            document("portrait", changes.pop("portrait", portrait())),
        ],
        "revision": 1,
        **changes,
    }


def card(serial: int = 0, **changes: Any) -> dict[str, Any]:
    """A card to seed for the person of `submission(serial=…)`."""
    return {
        "id_number": id_number(serial),
        "name": "样本一",
        "region": "370100",
        "bank": "icbc",
        "last_four": "1234",
        **changes,
    }
