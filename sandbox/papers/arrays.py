"""Small helpers around arrays: one type for pictures, one for masks, one source of noise."""

from __future__ import annotations

from random import Random

import numpy as np
import numpy.typing as npt

from sandbox.papers.model import Floats, Pixels


def floats(values: npt.ArrayLike) -> Floats:
    """The values as 32-bit floats."""
    return np.asarray(values, dtype=np.float32)


def pixels(values: npt.ArrayLike) -> Pixels:
    """The values as a picture: cut off at 0 and 255."""
    cut: Pixels = np.clip(np.asarray(values), 0, 255).astype(np.uint8)
    return cut


def noise(rng: Random, shape: tuple[int, ...]) -> Floats:
    """Normal noise of deviation 1."""
    return np.random.default_rng(rng.getrandbits(64)).standard_normal(shape, dtype=np.float32)


def blend(under: npt.ArrayLike, over: npt.ArrayLike, mask: Floats) -> Floats:
    """``over`` where the mask (height × width) is 1, ``under`` where it is 0."""
    weight = mask[..., None]
    return floats(np.asarray(under) * (1 - weight) + np.asarray(over) * weight)


def grain(rng: Random, size: tuple[int, int], strength: float, grey: bool) -> Floats:
    """A sensor's grain for a picture of ``size`` (height, width): one piece laid side by side,
    which nobody sees and which is much faster than new noise everywhere."""
    piece = noise(rng, (509, 521, 1 if grey else 3)) * np.float32(strength)
    times = (size[0] // 509 + 1, size[1] // 521 + 1, 1)
    return floats(np.tile(piece, times)[: size[0], : size[1]])
