"""Type faces: subsets of open fonts kept in data/fonts (origin and licences in SOURCES.md)."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files

from PIL import ImageFont

FACES = ("hei", "hei-medium", "song", "kai", "microhei")
_WIDEST = "hei"  # has every character; stands in where another face lacks one
_DIGITS = "digits"


@cache
def load(face: str, size: int) -> ImageFont.FreeTypeFont:
    """The face at a size in pixels. Raises OSError for an unknown face."""
    with as_file(files("sandbox.papers").joinpath(f"data/fonts/{face}.ttf")) as path:
        return ImageFont.truetype(str(path), size)


def digits(size: int) -> ImageFont.FreeTypeFont:
    """A machine-like face for numbers; it has digits, capitals and little else."""
    return load(_DIGITS, size)


@cache
def covers(face: str, text: str) -> bool:
    """Whether the face has all characters of the text."""
    font = load(face, 24)
    missing = bytes(font.getmask("\uf8ff"))
    return all(char == " " or bytes(font.getmask(char)) != missing for char in text)


def suited(face: str, text: str) -> str:
    """The face itself, or the widest one when it lacks a character of the text."""
    return face if covers(face, text) else _WIDEST
