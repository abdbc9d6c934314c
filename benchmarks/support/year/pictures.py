"""Pictures of every condition, what the real reader makes of a sample, and draws from that."""

from __future__ import annotations

import asyncio
import io
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from random import Random
from typing import Any

from PIL import Image, ImageDraw, ImageFilter, ImageOps

from benchmarks.support.year.plan import FIRST_DAY
from bot.runtime import Reader
from bot.works import portrait_profile
from sandbox.bureau.pictures import photo_rule
from sandbox.company.dice import dice
from sandbox.company.people import make_person
from sandbox.papers import render
from services.applications.readings import Reading
from services.documents.document import ReadDocument
from services.documents.idfindings import back_findings, front_findings
from services.documents.profile import PortraitProfile
from services.documents.reader import DocumentReader
from services.documents.settings import DocumentSettings, OcrSettings

SIDES = ("id_front", "id_back")
_GRADES = [
    "phone",
    "messenger",
    "table",
    "tilt",
    "perspective",
    "exif",
    "lowlight",
    "glare",
    "jpeg",
    "blur",
    "motion",
    "noise",
    "hard",
]
"""A legible picture of a side may be any of these."""
_PORTRAITS: Mapping[str, tuple[dict[str, Any], ...]] = {
    "good": ({},),
    "large": ({"size": (1080, 1440)}, {"size": (716, 882)}, {"size": (413, 579)}),
    "background": ({"background": "blue"}, {"background": "red"}, {"background": "grey"}),
    "blurred": ({"fault": "blurred"},),
    "no_face": ({"fault": "no_face"},),
}
_BACK = ("authority", "valid_from", "valid_to")
_SENT_SIDE = 1600  # pixels of the longer side, as messengers send photographs
Rules = tuple[PortraitProfile, tuple[tuple[str, int], ...]]


@dataclass(frozen=True)
class Taken:
    """One picture of the sample: its bytes, what is true of it, and what was read."""

    image: bytes
    truth: Mapping[str, str]
    read: tuple[ReadDocument, ...] = ()


@dataclass
class Album:
    """The sample. Sides by kind and condition, portraits by condition with what each profile's
    reading gave."""

    sides: dict[tuple[str, str], list[Taken]] = field(default_factory=dict)
    portraits: dict[tuple[str, Rules], list[bytes]] = field(default_factory=dict)
    judged: dict[tuple[str, int, Rules], ReadDocument] = field(default_factory=dict)
    pictures_read: int = 0

    def raw(self, kind: str, condition: str, region: str, rng: Random) -> bytes:
        """A picture as it was taken."""
        if kind == "portrait":
            return rng.choice(self.portraits[condition, rules_of(region)])
        return rng.choice(self.sides[kind, condition]).image

    def portrait(self, condition: str, region: str, rng: Random) -> ReadDocument:
        """What the real reader said of a portrait by the region's profile."""
        rules = rules_of(region)
        which = rng.randrange(len(self.portraits[condition, rules]))
        return self.judged[condition, which, rules]

    def side(
        self, kind: str, condition: str, fields: Mapping[str, str], rng: Random, today: date
    ) -> ReadDocument:
        """A side of somebody's card, with the faults of one reading of the sample."""
        taken = rng.choice(self.sides[kind, condition])
        found = next((each for each in taken.read if each.kind == kind), None)
        if found is None:
            return taken.read[0]
        values = {}
        for name, value in fields.items():
            read = found.fields.get(name)
            if read is not None:
                values[name] = value if read == taken.truth.get(name) else spoilt(name, value, rng)
        judge = front_findings if kind == "id_front" else back_findings
        own = tuple(judge(values, found.doubts, today))
        # What is wrong with the picture itself stays; what is said of the fields is said anew.
        own += tuple(each for each in found.findings if each.field is None)
        fine = not any(each.severity == "fault" for each in own)
        return replace(found, fields=values, findings=own, ok=fine)


def rules_of(region: str) -> Rules:
    """What bot and bureau each hold to be the region's portrait rules; regions with the same share
    a picture and its reading."""
    theirs = tuple(sorted(photo_rule(region).items()))
    return portrait_profile(region).model_copy(update={"name": "region"}), theirs


def own_fields(kind: str, person_fields: Mapping[str, str]) -> dict[str, str]:
    """What one side of the card prints."""
    back = kind == "id_back"
    return {name: text for name, text in person_fields.items() if (name in _BACK) == back}


def spoilt(name: str, value: str, rng: Random) -> str:
    """A value with one character wrong, of the kind that stands there."""
    places = [n for n, character in enumerate(value) if character not in "-·"]
    if not places or value == "长期":
        return value
    place = rng.choice(places)
    others = "0123456789" if value[place].isdigit() or value[place] == "X" else "王玉土士干千末未"
    if name == "sex":
        return "女" if value == "男" else "男"
    others = others.replace(value[place], "")
    if name in ("birth", "valid_from", "valid_to"):  # still a day
        return value[:-1] + rng.choice("1234567".replace(value[-1], ""))
    if place == 0:
        others = others.replace("0", "")
    return value[:place] + rng.choice(others) + value[place + 1 :]


async def make_album(
    seed: int,
    conditions: Mapping[str, tuple[str, ...]],
    regions: tuple[str, ...],
    counts: tuple[int, int],
    *,
    step: Callable[[], None],
    reader: Reader | None = None,
) -> Album:
    """Draw the pictures and have the real reader read them.

    Args:
        conditions: of `portrait` and `id_side`.
        counts: pictures of each side and condition, and portraits of each condition.
        step: called after each picture.
        reader: one that runs already; without it one is started.
    """
    album = Album()
    for kind in SIDES:
        for condition in conditions["id_side"]:
            album.sides[kind, condition] = [
                _side(seed, kind, condition, number) for number in range(counts[0])
            ]
    for rules in dict.fromkeys(rules_of(region) for region in regions):
        for condition in conditions["portrait"]:
            album.portraits[condition, rules] = [
                _portrait(seed, condition, number, dict(rules[1])) for number in range(counts[1])
            ]
    if reader is not None:
        await _read_all(album, reader, step)
        return album
    settings = DocumentSettings(workers=2, ocr=OcrSettings(threads=1))
    async with DocumentReader(settings) as own:
        await _read_all(album, own, step)
    return album


async def _read_all(album: Album, reader: Reader, step: Callable[[], None]) -> None:
    gate = asyncio.Semaphore(2)

    async def one(data: bytes, kind: str, profile: PortraitProfile | None) -> list[ReadDocument]:
        async with gate:
            found = await reader.read(data, kind=kind, profile=profile, today=FIRST_DAY)
        album.pictures_read += 1
        step()
        return found

    async def side(key: tuple[str, str], number: int) -> None:
        taken = album.sides[key][number]
        found = tuple(await one(taken.image, key[0], None))
        album.sides[key][number] = replace(taken, read=found)

    async def portrait(condition: str, number: int, rules: Rules) -> None:
        image = album.portraits[condition, rules][number]
        found = await one(image, "portrait", rules[0])
        album.judged[condition, number, rules] = found[0]

    work = [side(key, n) for key, row in album.sides.items() for n in range(len(row))]
    work += [
        portrait(condition, n, rules)
        for (condition, rules), row in album.portraits.items()
        for n in range(len(row))
    ]
    await asyncio.gather(*work)


def pictures_to_read(
    conditions: Mapping[str, tuple[str, ...]], regions: tuple[str, ...], counts: tuple[int, int]
) -> int:
    """How many readings the sample takes."""
    profiles = len({rules_of(region) for region in regions})
    sides = len(SIDES) * len(conditions["id_side"]) * counts[0]
    return sides + len(conditions["portrait"]) * counts[1] * profiles


def _side(seed: int, kind: str, condition: str, number: int) -> Taken:
    rng = dice("album", seed, kind, condition, number)
    person = make_person(rng, FIRST_DAY)
    grade = _GRADES[number % len(_GRADES)] if condition == "good" else "phone"
    image = render(kind, person, rng.randrange(1 << 30), grade).image
    with Image.open(io.BytesIO(image)) as opened:
        picture = ImageOps.exif_transpose(opened).convert("RGB")
    picture.thumbnail((_SENT_SIDE, _SENT_SIDE))
    if condition == "unreadable":
        picture = _UNREADABLE[number % len(_UNREADABLE)](picture)
    return Taken(_jpeg(picture, 82), own_fields(kind, person.fields()))


def _blurred(picture: Image.Image) -> Image.Image:
    """So far out of focus that strokes of characters run together."""
    return picture.filter(ImageFilter.GaussianBlur(picture.width / 110))


def _cut(picture: Image.Image) -> Image.Image:
    """A half of the card lies outside."""
    return picture.crop((0, 0, picture.width // 2, picture.height))


def _dazzled(picture: Image.Image) -> Image.Image:
    """A lamp's reflection over the lower half, where number and validity stand."""
    light = Image.new("L", picture.size, 0)
    width, height = picture.size
    spot = (width // 10, int(height * 0.42), int(width * 0.98), height)
    ImageDraw.Draw(light).ellipse(spot, fill=255)
    light = light.filter(ImageFilter.GaussianBlur(width / 60))
    return Image.composite(Image.new("RGB", picture.size, "white"), picture, light)


_UNREADABLE = (_blurred, _cut, _dazzled)


def _jpeg(picture: Image.Image, quality: int, dpi: int | None = None) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, **({"dpi": (dpi, dpi)} if dpi else {}))
    return out.getvalue()


def _portrait(seed: int, condition: str, number: int, rule: Mapping[str, int]) -> bytes:
    """`good` is as a photographer makes it who knows what the region's bureau takes."""
    rng = dice("album", seed, "portrait", condition, number)
    ways = _PORTRAITS[condition]
    image = render(
        "portrait", make_person(rng, FIRST_DAY), rng.randrange(1 << 30), **ways[number % len(ways)]
    ).image
    if condition != "good":
        return image
    with Image.open(io.BytesIO(image)) as opened:
        picture = opened.convert("RGB")
    found = (_jpeg(picture, quality, 350) for quality in range(97, 30, -3))
    fits = (each for each in found if rule["min_kb"] <= len(each) / 1024 <= rule["max_kb"])
    return next(fits, image)


def reading_of(document: ReadDocument, crop: int | None, mended: int | None) -> Reading:
    """As the reading task hands it on."""
    return Reading.of(document, crop, mended)


def error_table(album: Album) -> list[tuple[str, str, int, int, int, int]]:
    """Kind, condition, pictures, refused, readings with a wrong value that is shown as doubtful,
    and with one that is not."""
    found = []
    for (kind, condition), row in sorted(album.sides.items()):
        counts: Counter[str] = Counter()
        for taken in row:
            counts += _judge(kind, taken)
        found.append(
            (kind, condition, len(row), counts["refused"], counts["doubt"], counts["silent"])
        )
    for condition in dict.fromkeys(condition for condition, _ in album.portraits):
        judged = [each for (what, _, _), each in album.judged.items() if what == condition]
        refused = sum(not each.ok for each in judged)
        mended = sum(each.mended is not None for each in judged if not each.ok)
        found.append(("portrait", condition, len(judged), refused, mended, 0))
    return found


def _judge(kind: str, taken: Taken) -> Counter[str]:
    found = next((each for each in taken.read if each.kind == kind), None)
    if found is None or not found.ok:
        return Counter(refused=1)
    wrong = {n for n, text in taken.truth.items() if found.fields.get(n) not in (None, text)}
    return Counter(
        doubt=int(bool(wrong & set(found.doubts))), silent=int(bool(wrong - set(found.doubts)))
    )
