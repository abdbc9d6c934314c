"""What the generator hands out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

# An 8-bit picture, height × width × 3, in RGB order.
Pixels = npt.NDArray[np.uint8]
# The same in floats from 0 to 255, or a mask from 0 to 1.
Floats = npt.NDArray[np.float32]
Point = tuple[float, float]
Quad = tuple[Point, Point, Point, Point]


@dataclass(frozen=True, slots=True)
class Paper:
    """One uploaded file with everything that is true about it.

    ``labels["documents"]`` lists what the picture holds: kind, side, fields (as
    ``check-document`` names them), printed (the exact text on the paper) and quad (the corners in
    the picture from the paper's own top left corner, clockwise). ``matte`` is the true outline of
    the person on a portrait, a PNG of the portrait's size.
    """

    kind: str
    image: bytes
    media_type: str
    labels: dict[str, Any]
    grade: str
    seed: int
    matte: bytes | None = None

    @property
    def filename(self) -> str:
        """A name that says nothing about a person."""
        ending = self.media_type.rsplit("/", 1)[1].replace("jpeg", "jpg")
        return f"{self.kind}-{self.grade}-{self.seed}.{ending}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A paper as it leaves the press: flat, upright, in full colour."""

    pixels: Pixels
    fields: dict[str, Any]
    printed: dict[str, str]
    style: dict[str, str]
    radius: float = 0.0  # of the corners, as a share of the width
