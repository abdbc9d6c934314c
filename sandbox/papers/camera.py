"""Takes the picture: lays sheets into a scene, and spoils the light as a grade says.

Every measure is relative to the sheet's width in the picture unless it says pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

import cv2
import numpy as np

from sandbox.papers import scenes
from sandbox.papers.arrays import blend, floats, grain, pixels
from sandbox.papers.model import Floats, Pixels, Point, Quad, Sheet
from sandbox.papers.press import DOTS

Ground = Callable[[Random, tuple[int, int]], Floats]


@dataclass(frozen=True, slots=True)
class Shot:
    """How a picture is taken."""

    ground: Ground = scenes.desk
    width: tuple[int, int] = (1000, 1400)  # of the sheet, in pixels
    share: tuple[float, float] = (0.62, 0.86)  # of the picture's width that the sheet takes
    tilt: tuple[float, float] = (0.0, 3.0)  # degrees, either way
    keystone: tuple[float, float] = (0.0, 0.025)
    light: tuple[float, float] = (0.92, 1.06)
    slope: float = 0.12  # difference of light across the picture
    cast: float = 0.03
    grain: float = 2.5  # grey levels
    soft: tuple[float, float] = (0.4, 0.8)  # Gaussian blur, in pixels
    streak: int = 0  # motion blur, in pixels
    glare: float = 0.0  # 1 hides the print completely
    copied: bool = False  # black and white, as a photocopier
    turns: int = 0  # quarter turns clockwise
    exif: bool = False  # the turn is only written in the file's metadata
    quality: tuple[int, int] = (84, 92)


SHOTS: dict[str, Shot] = {
    "clean": Shot(
        ground=scenes.glass,
        width=(1000, 1370),
        share=(0.9, 1.0),
        tilt=(0.0, 0.3),
        keystone=(0.0, 0.0),
        light=(0.99, 1.01),
        slope=0.0,
        cast=0.0,
        grain=0.8,
        soft=(0.0, 0.0),
        quality=(90, 95),
    ),
    "phone": Shot(),
    # What a messenger makes of a photograph: small, and compressed once more.
    "messenger": Shot(width=(580, 820), quality=(72, 84)),
    "table": Shot(
        ground=scenes.table, width=(760, 1050), share=(0.4, 0.56), tilt=(0, 8), keystone=(0, 0.05)
    ),
    "tilt": Shot(tilt=(5.0, 13.0), share=(0.6, 0.75)),
    "perspective": Shot(keystone=(0.06, 0.13), tilt=(0.0, 5.0), share=(0.62, 0.78)),
    "rot90": Shot(turns=1),
    "rot180": Shot(turns=2),
    "rot270": Shot(turns=3),
    "exif": Shot(turns=1, exif=True),
    "lowlight": Shot(light=(0.2, 0.38), slope=0.3, cast=0.1, grain=7.0, soft=(0.6, 1.0)),
    "glare": Shot(glare=0.66, light=(1.0, 1.08)),
    "jpeg": Shot(width=(800, 1100), quality=(20, 34)),
    "blur": Shot(width=(950, 1150), soft=(2.0, 3.2)),
    "motion": Shot(width=(900, 1100), streak=11),
    "noise": Shot(grain=20.0),
    "photocopy": Shot(
        ground=scenes.glass,
        width=(900, 1300),
        share=(0.5, 0.9),
        tilt=(0.0, 2.0),
        keystone=(0.0, 0.0),
        slope=0.04,
        cast=0.0,
        grain=4.0,
        soft=(0.7, 1.2),
        copied=True,
    ),
    "hard": Shot(
        ground=scenes.table,
        width=(720, 940),
        share=(0.42, 0.56),
        tilt=(0.0, 8.0),
        keystone=(0.02, 0.07),
        light=(0.25, 0.42),
        slope=0.3,
        cast=0.08,
        grain=7.0,
        soft=(0.7, 1.1),
        quality=(35, 35),
    ),
}
GRADES = tuple(SHOTS)


@dataclass(frozen=True, slots=True)
class Taken:
    """A picture with the corners of each sheet in it."""

    pixels: Pixels
    quads: tuple[Quad, ...]
    turns: int
    quality: int
    exif: bool


def take(sheets: Sequence[Sheet], grade: str, rng: Random) -> Taken:
    """One picture of the sheets, one under the other. Raises KeyError for an unknown grade."""
    shot = SHOTS[grade]
    if grade == "hard":
        shot = replace(shot, turns=rng.choice((1, 3)))
    width = rng.randint(*shot.width)
    if len(sheets) > 1:
        width = min(width, 1050)
    # Print is about as large on every paper, so a larger sheet is taken larger.
    width = round(width * min(1.4, max(0.8, sheets[0].pixels.shape[1] / DOTS / 85.6)))
    size, places = _arrange(sheets, width, shot, rng)
    picture = shot.ground(rng, size)
    angle = rng.uniform(*shot.tilt) * rng.choice((-1, 1))
    quads: list[Quad] = []
    for sheet, middle in zip(sheets, places, strict=True):
        # Papers that lie side by side are seen under one angle, give or take a degree.
        own = angle + (rng.uniform(-1, 1) if len(sheets) > 1 else 0.0)
        corners = _corners(sheet, width, _turned(middle, size, angle), own, _lean(shot, rng))
        picture = _lay(picture, sheet, corners, width, flat=shot.ground is scenes.glass)
        quads.append(corners)
    picture = _light(picture, shot, rng, quads)
    final, turned = _turn(_expose(picture, shot, rng), quads, shot.turns)
    # A viewer that honours the metadata shows the picture upright: so are its corners.
    return Taken(
        final,
        tuple(quads if shot.exif else turned),
        shot.turns,
        rng.randint(*shot.quality),
        shot.exif,
    )


def _arrange(
    sheets: Sequence[Sheet], width: int, shot: Shot, rng: Random
) -> tuple[tuple[int, int], list[tuple[float, float]]]:
    """The picture's size, and the middle of each sheet in it."""
    share = rng.uniform(*shot.share)
    heights = [sheet.pixels.shape[0] / sheet.pixels.shape[1] * width for sheet in sheets]
    gap = width * rng.uniform(0.04, 0.12)
    total = sum(heights) + gap * (len(sheets) - 1)
    if share > 0.97 and len(sheets) == 1:
        size = (width, round(total))
    else:
        across = width / share
        free = max(across * rng.choice((0.75, 1.0, 1.33)), total / min(share + 0.08, 0.94))
        size = (round(across), round(free))
    x = size[0] / 2 + rng.uniform(-0.3, 0.3) * (size[0] - width) * 0.5
    y = (size[1] - total) / 2 + rng.uniform(-0.3, 0.3) * (size[1] - total) * 0.5
    places = []
    for height in heights:
        places.append((x, y + height / 2))
        y += height + gap
    return size, places


def _turned(place: Point, size: tuple[int, int], angle: float) -> Point:
    """A place after the whole arrangement was turned around the picture's middle."""
    turn = np.deg2rad(angle)
    x, y = place[0] - size[0] / 2, place[1] - size[1] / 2
    return (
        float(size[0] / 2 + x * np.cos(turn) - y * np.sin(turn)),
        float(size[1] / 2 + x * np.sin(turn) + y * np.cos(turn)),
    )


def _lean(shot: Shot, rng: Random) -> tuple[float, float]:
    """How far the sheet leans away, across and along."""
    first, second = (rng.uniform(*shot.keystone) * rng.choice((-1, 1)) for _ in range(2))
    return first, second


def _corners(
    sheet: Sheet, width: int, middle: Point, degrees: float, lean: tuple[float, float]
) -> Quad:
    """The four corners of a tilted sheet seen at an angle, clockwise from its top left."""
    height = sheet.pixels.shape[0] / sheet.pixels.shape[1] * width
    angle = np.deg2rad(degrees)
    out: list[Point] = []
    for u, v in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        depth = 1 + lean[0] * u + lean[1] * v
        x, y = u * width / 2 / depth, v * height / 2 / depth
        out.append(
            (
                float(middle[0] + x * np.cos(angle) - y * np.sin(angle)),
                float(middle[1] + x * np.sin(angle) + y * np.cos(angle)),
            )
        )
    return out[0], out[1], out[2], out[3]


def _outline(sheet: Sheet, shape: tuple[int, int]) -> Floats:
    """The sheet's mask with its round corners."""
    height, width = shape
    mask = np.zeros((height, width), np.uint8)
    r = round(sheet.radius * width)
    cv2.rectangle(mask, (r, 0), (width - r - 1, height - 1), 255, -1)
    cv2.rectangle(mask, (0, r), (width - 1, height - r - 1), 255, -1)
    for x in (r, width - r - 1):
        for y in (r, height - r - 1):
            cv2.circle(mask, (x, y), r, 255, -1)
    return floats(floats(mask) / 255)


def _lay(picture: Floats, sheet: Sheet, corners: Quad, width: int, *, flat: bool) -> Floats:
    """Puts the sheet into the picture, with a soft shadow unless it lies on glass."""
    source = sheet.pixels
    aim = round(width * 1.25)
    if source.shape[1] > aim:
        height = round(aim * source.shape[0] / source.shape[1])
        source = pixels(cv2.resize(source, (aim, height), interpolation=cv2.INTER_AREA))
    (left, top), size = _around(corners, picture, round(width * 0.05))
    area = picture[top : top + size[1], left : left + size[0]]
    rows, columns = source.shape[:2]
    flat_corners = np.array([(0, 0), (columns, 0), (columns, rows), (0, rows)], np.float32)
    aimed = np.array([(x - left, y - top) for x, y in corners], np.float32)
    matrix = cv2.getPerspectiveTransform(flat_corners - 0.5, aimed - 0.5)
    mask = floats(cv2.warpPerspective(_outline(sheet, (rows, columns)), matrix, size))
    laid = cv2.warpPerspective(
        source, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    under = area
    if not flat:
        move = np.array([[1, 0, width * 0.006], [0, 1, width * 0.01]], np.float32)
        dark = cv2.GaussianBlur(cv2.warpAffine(mask, move, size), (0, 0), width * 0.008)
        under = floats(area * (1 - 0.4 * dark[..., None]))
    picture[top : top + size[1], left : left + size[0]] = blend(under, laid, mask)
    return picture


def _around(corners: Quad, picture: Floats, room: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """The part of the picture around the corners: its top left, and its width and height."""
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    left, top = max(0, int(min(xs)) - room), max(0, int(min(ys)) - room)
    right = min(picture.shape[1], int(max(xs)) + room)
    return (left, top), (right - left, min(picture.shape[0], int(max(ys)) + room) - top)


def _light(picture: Floats, shot: Shot, rng: Random, quads: Sequence[Quad]) -> Floats:
    """Lamp, colour cast and reflections."""
    height, width = picture.shape[:2]
    rows = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    columns = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    turn = rng.uniform(0, 6.3)
    slope = 1 + shot.slope / 2 * (np.cos(turn) * columns + np.sin(turn) * rows)
    cast = np.array([1 + rng.uniform(-shot.cast, shot.cast) for _ in range(3)], np.float32)
    lit = picture
    lit *= floats(slope)[..., None]
    lit *= cast * np.float32(rng.uniform(*shot.light))
    if shot.glare:
        spot = np.zeros((height, width), np.float32)
        for quad in quads:
            (x0, y0), (x1, y1) = quad[0], quad[2]
            at = (
                x0 + (x1 - x0) * rng.uniform(0.15, 0.85),
                y0 + (y1 - y0) * rng.uniform(0.15, 0.85),
            )
            span = abs(x1 - x0) * rng.uniform(0.1, 0.17)
            dx = (columns + 1) / 2 * width - at[0]
            dy = (rows + 1) / 2 * height - at[1]
            lean = rng.uniform(-0.8, 0.8)
            spot = np.maximum(
                spot,
                np.exp(
                    -(((dx + lean * dy) / span) ** 2 + (dy / span / rng.uniform(0.5, 1.0)) ** 2)
                ),
            )
        lit = blend(lit, np.float32(255.0), floats(spot * shot.glare))
    return floats(lit)


def _expose(picture: Floats, shot: Shot, rng: Random) -> Pixels:
    """Focus, movement, grain and, if asked, the photocopier."""
    if shot.streak:
        picture = _move(picture, shot.streak, rng)
    if shot.soft[1]:
        picture = floats(cv2.GaussianBlur(picture, (0, 0), rng.uniform(*shot.soft)))
    if shot.copied:
        grey = picture @ np.array([0.3, 0.59, 0.11], np.float32)
        grey = np.clip((grey - 60) * 255 / 150, 0, 255)
        picture = floats(np.repeat(grey[..., None], 3, axis=2))
    picture += grain(rng, (picture.shape[0], picture.shape[1]), shot.grain, shot.copied)
    return pixels(picture)


def _move(picture: Floats, length: int, rng: Random) -> Floats:
    """A hand that shook: a straight streak of that many pixels."""
    kernel = np.zeros((length, length), np.float32)
    turn = rng.uniform(0, np.pi)
    half = (length - 1) / 2
    start = (round(half - half * np.cos(turn)), round(half - half * np.sin(turn)))
    end = (round(half + half * np.cos(turn)), round(half + half * np.sin(turn)))
    cv2.line(kernel, start, end, 1.0, 1)
    return floats(cv2.filter2D(picture, -1, kernel / kernel.sum()))


def _turn(picture: Pixels, quads: Sequence[Quad], turns: int) -> tuple[Pixels, list[Quad]]:
    """Quarter turns clockwise, of the picture and of the corners."""
    moved = [list(quad) for quad in quads]
    for _ in range(turns % 4):
        height = picture.shape[0]
        picture = np.rot90(picture, -1).copy()
        moved = [[(height - y, x) for x, y in quad] for quad in moved]
    return picture, [(one[0], one[1], one[2], one[3]) for one in moved]
