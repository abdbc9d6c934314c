"""What is behind a person: studio paper in several colours, or somebody's room."""

from __future__ import annotations

from random import Random

import cv2
import numpy as np

from sandbox.papers.model import Floats

BACKGROUNDS = ("white", "blue", "red", "grey", "gradient", "cluttered")
# Studio colours, each with the small differences between studios.
_COLOURS = {
    "blue": ((67, 142, 219), (60, 140, 220), (0, 160, 233), (48, 112, 190)),
    "red": ((200, 20, 30), (220, 30, 36), (170, 10, 20)),
    "grey": ((150, 150, 152), (176, 177, 178), (128, 130, 131), (190, 190, 190)),
}


def make_background(name: str, rng: Random, size: tuple[int, int]) -> Floats:
    """A background of ``size`` (width, height). Raises ValueError for an unknown name."""
    if name == "white":
        return _plain((255, 255, 255), size)
    if name in _COLOURS:
        return _plain(rng.choice(_COLOURS[name]), size)
    if name == "gradient":
        return _gradient(rng, size)
    if name == "cluttered":
        return _room(rng, size)
    raise ValueError(f"unknown background: {name}")


def _plain(colour: tuple[int, int, int], size: tuple[int, int]) -> Floats:
    return np.full((size[1], size[0], 3), colour, np.float32)


def _gradient(rng: Random, size: tuple[int, int]) -> Floats:
    """From one studio colour to a clearly lighter one, downwards or from a corner."""
    colour = np.array(rng.choice(_COLOURS[rng.choice(("blue", "grey", "red"))]), np.float32)
    light = colour + (255 - colour) * rng.uniform(0.7, 0.95)
    rows = np.linspace(0, 1, size[1], dtype=np.float32)[:, None]
    columns = np.linspace(0, 1, size[0], dtype=np.float32)[None, :]
    way = rows + 0 * columns if rng.random() < 0.7 else (rows + columns) / 2
    if rng.random() < 0.3:
        way = 1 - way
    return (colour * (1 - way[..., None]) + light * way[..., None]).astype(np.float32)


def _room(rng: Random, size: tuple[int, int]) -> Floats:
    """A wall with shelves, books, a window and a plant, a little out of focus."""
    width, height = size
    wall = np.array([rng.randint(150, 225) for _ in range(3)], np.float32)
    picture = np.full((height, width, 3), wall, np.float32)
    for shelf in range(rng.randint(2, 4)):
        bottom = int(height * (shelf + 1) / 4) + rng.randint(-20, 20)
        cv2.rectangle(picture, (0, bottom), (width, bottom + 12), (96, 66, 44), -1)
        x = rng.randint(-20, 30)
        while x < width:
            thick, tall = rng.randint(14, 46), rng.randint(70, 150)
            if rng.random() < 0.85:
                colour = [rng.randint(20, 240) for _ in range(3)]
                cv2.rectangle(picture, (x, bottom - tall), (x + thick, bottom), colour, -1)
            x += thick + rng.choice((1, 2, 2, 14))
    left = rng.choice((-60, width - 150))
    cv2.rectangle(picture, (left, 40), (left + 210, 330), (235, 244, 250), -1)
    cv2.rectangle(picture, (left, 40), (left + 210, 330), (120, 110, 100), 9)
    for _ in range(60):
        centre = (rng.randint(0, 150), rng.randint(height - 330, height))
        axes = (rng.randint(8, 40), rng.randint(4, 12))
        green = (rng.randint(20, 70), rng.randint(90, 160), rng.randint(30, 70))
        cv2.ellipse(picture, centre, axes, rng.randint(0, 180), 0, 360, green, -1, cv2.LINE_AA)
    return cv2.GaussianBlur(picture, (0, 0), rng.uniform(1.2, 3.0)).astype(np.float32)
