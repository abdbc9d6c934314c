"""Prints on a flat sheet: positions in millimetres, 16 pixels each."""

from __future__ import annotations

from random import Random

import cv2
import numpy as np
from PIL import Image, ImageDraw

from sandbox.papers import fonts
from sandbox.papers.model import Floats, Pixels

DOTS = 16  # pixels per millimetre
Colour = tuple[int, int, int]
BLACK: Colour = (28, 28, 30)
SAMPLE = "样本"


def dots(width: float, height: float) -> tuple[int, int]:
    """A size in millimetres as pixels."""
    return round(width * DOTS), round(height * DOTS)


class Press:
    """A sheet being printed. All lengths are millimetres, from the top left corner."""

    def __init__(self, pixels: Pixels, face: str) -> None:
        self._image = Image.fromarray(pixels).convert("RGB")
        self._draw = ImageDraw.Draw(self._image)
        self.face = face

    @property
    def pixels(self) -> Pixels:
        """The sheet as it is now."""
        return np.asarray(self._image).copy()

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        colour: Colour = BLACK,
        *,
        face: str | None = None,
        spacing: float = 0.0,
    ) -> float:
        """Prints a line with its em box's top at ``y``; gives the right end."""
        font = fonts.load(fonts.suited(face or self.face, text), round(size * DOTS))
        left = x * DOTS
        baseline = (y + size * 0.88) * DOTS
        for char in text:
            self._draw.text((left, baseline), char, colour, font, anchor="ls")
            left += font.getlength(char) + spacing * DOTS
        return left / DOTS

    def centred(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        colour: Colour = BLACK,
        *,
        face: str | None = None,
        spacing: float = 0.0,
    ) -> None:
        """Prints a line around the middle ``x``."""
        width = self.width(text, size, face=face) + spacing * (len(text) - 1)
        self.text(x - width / 2, y, text, size, colour, face=face, spacing=spacing)

    def number(
        self, x: float, y: float, text: str, size: float, *, pitch: float, colour: Colour = BLACK
    ) -> None:
        """Prints digits at a fixed pitch in the machine-like face."""
        font = fonts.digits(round(size * DOTS))
        for place, char in enumerate(text):
            left = (x + place * pitch) * DOTS
            self._draw.text((left, (y + size * 0.88) * DOTS), char, colour, font, anchor="ls")

    def width(self, text: str, size: float, *, face: str | None = None) -> float:
        """How wide a line is."""
        font = fonts.load(fonts.suited(face or self.face, text), round(size * DOTS))
        return sum(font.getlength(char) for char in text) / DOTS

    def fit(self, text: str, size: float, room: float) -> float:
        """The size itself, or the smaller one at which the text fits into ``room``."""
        width = self.width(text, size)
        return size if width <= room else size * room / width

    def wrap(self, text: str, size: float, width: float) -> list[str]:
        """Breaks a text into lines of at most ``width``."""
        lines = [""]
        for char in text:
            if lines[-1] and self.width(lines[-1] + char, size) > width:
                lines.append("")
            lines[-1] += char
        return lines

    def line(
        self, start: tuple[float, float], end: tuple[float, float], colour: Colour, w: float
    ) -> None:
        """A straight rule of width ``w``."""
        ends = [value * DOTS for value in (*start, *end)]
        self._draw.line(ends, colour, max(1, round(w * DOTS)))

    def box(
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        *,
        fill: Colour | None = None,
        outline: Colour | None = None,
        radius: float = 0.0,
        rule: float = 0.15,
    ) -> None:
        """A rectangle, with round corners if asked."""
        ends = [value * DOTS for value in (x, y, x + w, y + h)]
        self._draw.rounded_rectangle(
            ends, radius * DOTS, fill=fill, outline=outline, width=max(1, round(rule * DOTS))
        )

    def circle(self, x: float, y: float, radius: float, outline: Colour, w: float) -> None:
        """A ring around a centre."""
        ends = [value * DOTS for value in (x - radius, y - radius, x + radius, y + radius)]
        self._draw.ellipse(ends, outline=outline, width=max(1, round(w * DOTS)))

    def picture(self, x: float, y: float, pixels: Pixels) -> None:
        """Puts a picture down at its own size."""
        self._image.paste(Image.fromarray(pixels), (round(x * DOTS), round(y * DOTS)))

    def portrait(self, x: float, y: float, pixels: Pixels, tint: Colour) -> None:
        """Prints a portrait as cards do: the white wall disappears in the sheet's own pattern."""
        height, width = pixels.shape[:2]
        left, top = round(x * DOTS), round(y * DOTS)
        below = np.asarray(self._image.crop((left, top, left + width, top + height)))
        mixed = below.astype(np.float32) * pixels.astype(np.float32) / 255
        shade = np.array(tint, np.float32) / 255
        printed = np.clip(mixed * shade, 0, 255).astype(np.uint8)
        self._image.paste(Image.fromarray(printed), (left, top))

    def sample(self, x: float, y: float, size: float, angle: float, strength: float) -> None:
        """The word 样本 across the sheet, see-through."""
        font = fonts.load("hei-medium", round(size * DOTS))
        stamp = Image.new("L", (round(size * DOTS * 2.3), round(size * DOTS * 1.4)))
        ImageDraw.Draw(stamp).text((size * DOTS * 0.1, 0), SAMPLE, 255, font)
        turned = stamp.rotate(angle, expand=True, resample=Image.Resampling.BICUBIC)
        mask = turned.point(lambda value: round(value * strength))
        where = (round(x * DOTS - turned.width / 2), round(y * DOTS - turned.height / 2))
        self._image.paste((196, 48, 48), where, mask)
        self._draw = ImageDraw.Draw(self._image)


def guilloche(
    rng: Random, size: tuple[float, float], low: Colour, high: Colour, ink: Colour
) -> Pixels:
    """A sheet with a soft colour run and fine wavy lines, ``size`` in millimetres."""
    width, height = dots(*size)
    columns = np.linspace(0, 1, width, dtype=np.float32)[None, :, None]
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    run = (columns * 0.7 + rows * 0.3 + 0.12 * np.sin(columns * 7 + rows * 4)).clip(0, 1)
    ground: Floats = np.array(low, np.float32) * (1 - run) + np.array(high, np.float32) * run
    lines = np.zeros((height, width), np.uint8)
    xs = np.arange(0, width + 8, 8, dtype=np.float32)
    phase, slow = rng.uniform(0, 6), rng.uniform(0.8, 1.4)
    gap = round(1.3 * DOTS)
    for step in range(-6, height // gap + 6):
        wave = 0.85 * gap * np.sin(xs / width * 9 * slow + phase + step * 0.22)
        wave += 0.35 * gap * np.sin(xs / width * 31 + step * 0.6)
        points = np.stack([xs, wave + step * gap], axis=1).astype(np.int32)
        cv2.polylines(lines, [points.reshape(-1, 1, 2)], False, 255, 1, cv2.LINE_AA)
    mask = (lines.astype(np.float32) / 255 * 0.32)[..., None]
    mixed = ground * (1 - mask) + np.array(ink, np.float32) * mask
    return np.clip(mixed, 0, 255).astype(np.uint8)
