"""Where a card lies in a picture, and the card made straight.

The labels tell roughly where the card must be; an outline found near that place makes it exact. All
corners are given clockwise from the card's own top left.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from services.documents.ocr import Corners, Line, Pixels

CARD_MM = (85.6, 54.0)
"""ISO/IEC 7810 ID-1."""

_FRONT_ROWS = {"name": 8.5, "sex": 15.0, "birth": 21.5, "address": 28.5, "id_number": 46.5}
_BACK_ROWS = {"state": 11.5, "title": 21.5, "authority": 41.0, "validity": 47.0}
_FRONT_LEFT = 5.5
_BACK_LEFT = 20.0
_SEARCH_PX = 560
_LEAST_OVERLAP = 0.74
_MARGIN = 0.012


def guess(labels: Mapping[str, Line], side: str, degrees: float) -> Corners | None:
    """The card's corners as its labels suggest; rows in mm are rough means of printed cards."""
    known = _FRONT_ROWS if side == "front" else _BACK_ROWS
    named = [(known[name], line) for name, line in labels.items() if name in known]
    if len(named) < 2:
        return None
    turn = math.radians(degrees)
    right = np.array([math.cos(turn), math.sin(turn)])
    down = np.array([-math.sin(turn), math.cos(turn)])
    rows = np.array([row for row, _ in named])
    middles = np.array([float((line.box @ down).mean()) for _, line in named])
    if np.ptp(rows) < 6:
        return None
    scale, offset = np.polyfit(rows, middles, 1)
    if scale <= 0:
        return None
    titles = (_BACK_ROWS["state"], _BACK_ROWS["title"])
    lefts = [float((line.box @ right).min()) for row, line in named if row not in titles]
    margin = _FRONT_LEFT if side == "front" else _BACK_LEFT
    left = (float(np.median(lefts)) if lefts else 0.0) - margin * scale
    top = offset
    corners = [
        right * (left + x * scale) + down * (top + y * scale)
        for x, y in ((0, 0), (CARD_MM[0], 0), CARD_MM, (0, CARD_MM[1]))
    ]
    return np.asarray(corners, dtype=np.float32)


def outline(picture: Pixels, near: Corners) -> Corners | None:
    """The four-sided outline that overlaps a guess best; None when there is none."""
    shrink = min(1.0, _SEARCH_PX / max(picture.shape[:2]))
    small = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    target = (near * shrink).astype(np.float32)
    best: tuple[float, Corners] | None = None
    for mask in _masks(np.asarray(small, dtype=np.uint8), target):
        shapes, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        for shape in shapes:
            if cv2.contourArea(cv2.convexHull(shape)) < 0.5 * cv2.contourArea(target):
                continue
            quad = _four_corners(shape)
            if quad is None:
                continue
            quad = _matched(quad, target)
            overlap = _overlap(quad, target)
            if overlap > (best[0] if best else _LEAST_OVERLAP) and _card_like(quad):
                best = (overlap, quad)
    return None if best is None else np.asarray(best[1] / shrink, dtype=np.float32)


def straighten(picture: Pixels, corners: Corners, width_px: int, margin: float = _MARGIN) -> Pixels:
    """The card as if scanned, ``width_px`` wide plus a margin in shares of the width."""
    height_px = round(width_px * CARD_MM[1] / CARD_MM[0])
    edge = width_px * margin
    inner = np.array(
        [
            [edge, edge],
            [edge + width_px, edge],
            [edge + width_px, edge + height_px],
            [edge, edge + height_px],
        ],
        dtype=np.float32,
    )
    matrix = cv2.getPerspectiveTransform(corners, inner)
    size = (round(width_px + 2 * edge), round(height_px + 2 * edge))
    flat = cv2.warpPerspective(
        picture, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(flat, dtype=np.uint8)


def upright(picture: Pixels, degrees: float) -> Pixels:
    """The whole picture turned so that text read at ``degrees`` runs level."""
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    cosine, sine = abs(matrix[0, 0]), abs(matrix[0, 1])
    size = (round(height * sine + width * cosine), round(height * cosine + width * sine))
    matrix[:, 2] += (size[0] / 2 - width / 2, size[1] / 2 - height / 2)
    turned = cv2.warpAffine(
        picture, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(turned, dtype=np.uint8)


def brightened(picture: Pixels) -> Pixels:
    """Uneven light taken out: contrast stretched, dark pictures lifted."""
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)
    light = lab[..., 0]
    low, high = (float(level) for level in np.percentile(light, (1, 98)))
    stretched = (light.astype(np.float32) - low) * (245.0 / max(high - low, 20.0))
    lab[..., 0] = cv2.createCLAHE(2.0, (4, 4)).apply(stretched.clip(0, 255).astype(np.uint8))
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), dtype=np.uint8)


def inside(corners: Corners, line: Line, slack: float = 0.06) -> bool:
    """Whether a line's middle lies on the card (grown by ``slack`` of its size)."""
    centre = corners.mean(axis=0)
    grown = (centre + (corners - centre) * (1 + slack)).astype(np.float32)
    middle = line.box.mean(axis=0)
    return cv2.pointPolygonTest(grown, (float(middle[0]), float(middle[1])), False) >= 0


def _masks(small: Pixels, target: Corners) -> Iterator[NDArray[np.uint8]]:
    """Binary pictures in which the card may stand out: edges, then likeness to its own colour."""
    smooth = cv2.GaussianBlur(small, (5, 5), 0)
    kernel = np.ones((3, 3), np.uint8)
    for low, high in ((20, 60), (50, 150)):
        edges = np.zeros(small.shape[:2], np.uint8)
        for channel in cv2.split(smooth):
            edges |= cv2.Canny(channel, low, high).astype(np.uint8)
        yield cv2.dilate(edges, kernel).astype(np.uint8)
    lab = cv2.cvtColor(smooth, cv2.COLOR_RGB2LAB).astype(np.float32)
    area = np.zeros(small.shape[:2], np.uint8)
    cv2.fillConvexPoly(area, target.astype(np.int32), 255)
    if not area.any():
        return
    colour = np.median(lab[area > 0], axis=0)
    distance = np.linalg.norm((lab - colour) * (0.6, 1.4, 1.4), axis=2)
    for reach in (14, 24, 38):
        mask = (distance < reach).astype(np.uint8) * 255
        mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((13, 13), np.uint8))
        yield cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((7, 7), np.uint8)).astype(np.uint8)


def _four_corners(shape: NDArray[Any]) -> Corners | None:
    hull = cv2.convexHull(shape)
    around = cv2.arcLength(hull, True)
    for share in (0.02, 0.035, 0.05, 0.07):
        corners = cv2.approxPolyDP(hull, share * around, True)
        if len(corners) == 4:
            return corners.reshape(4, 2).astype(np.float32)
        if len(corners) < 4:
            return None
    return None


def _matched(quad: Corners, target: Corners) -> Corners:
    """Corners in the target's order: clockwise, rolled to the nearest start."""
    if cv2.contourArea(quad, oriented=True) * cv2.contourArea(target, oriented=True) < 0:
        quad = quad[::-1].copy()
    rolls = [np.roll(quad, step, axis=0) for step in range(4)]
    return min(rolls, key=lambda roll: float(np.linalg.norm(roll - target, axis=1).sum()))


def _overlap(one: Corners, two: Corners) -> float:
    shared, _ = cv2.intersectConvexConvex(one, two)
    whole = cv2.contourArea(one) + cv2.contourArea(two) - shared
    return float(shared / whole) if whole > 0 else 0.0


def _card_like(quad: Corners) -> bool:
    sides = [float(np.linalg.norm(quad[i] - quad[(i + 1) % 4])) for i in range(4)]
    ratio = (sides[0] + sides[2]) / max(sides[1] + sides[3], 1e-6)
    even = min(sides[0], sides[2]) / max(sides[0], sides[2]) > 0.6
    even = even and min(sides[1], sides[3]) / max(sides[1], sides[3]) > 0.6
    return even and 1.15 < ratio < 2.1
