"""The person cut from a plain background: a small segmenter, GrabCut at the border, soft hair."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from services.documents.faces import network
from services.documents.ocr import Pixels

Share = NDArray[np.float32]
"""Height x width, 0 to 1."""

_SEGMENTER_PX = 256
_WORK_PX = 520
_GRABCUT_ROUNDS = 3
_HAIR_SHARE = 0.018
_LEAST_SHARE = 0.25
_FULL_SHARE = 0.95  # of what the person nearby differs by: from there a pixel is all person
_RIM_SHARE = 0.0045
_BAND_SHARE = 0.03  # width of the uncertain border, of the working height


def person(picture: Pixels) -> Share:
    """How much each pixel belongs to a person, by the segmenter alone (coarse, about 10 ms)."""
    net = network("selfie_segmentation.tflite")
    small = cv2.resize(picture, (_SEGMENTER_PX, _SEGMENTER_PX), interpolation=cv2.INTER_AREA)
    net.setInput(cv2.dnn.blobFromImage(small, 1 / 255))
    mask = np.asarray(net.forward(), dtype=np.float32).reshape(_SEGMENTER_PX, _SEGMENTER_PX)
    size = (picture.shape[1], picture.shape[0])
    return np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def background_plane(picture: Pixels, outside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """A smooth background: each channel a quadratic of place, fitted to the pixels outside."""
    height, width = picture.shape[:2]
    rows, columns = np.nonzero(outside)
    step = max(len(rows) // 20_000, 1)
    rows, columns = rows[::step], columns[::step]
    seen = picture[rows, columns].astype(np.float64)
    terms = _terms(rows / height, columns / width)
    weights, *_ = np.linalg.lstsq(terms, seen, rcond=None)
    errors = np.abs(terms @ weights - seen).max(axis=1)
    kept = errors <= np.percentile(errors, 85)
    weights, *_ = np.linalg.lstsq(terms[kept], seen[kept], rcond=None)
    grid = np.mgrid[0:height, 0:width].astype(np.float64)
    everywhere = _terms((grid[0] / height).ravel(), (grid[1] / width).ravel())
    plane = (everywhere @ weights).reshape(height, width, 3).clip(0, 255)
    return np.asarray(plane, dtype=np.float32)


def cut_out(picture: Pixels) -> tuple[Share, NDArray[np.float32]]:
    """The person's share of each pixel, and the background's colour under it.

    Meant for plain backgrounds: a pixel of the border is as much person as it differs from the
    fitted background.
    """
    shrink = min(1.0, _WORK_PX / max(picture.shape[:2]))
    small = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    rough = person(np.asarray(small, dtype=np.uint8))
    hard = _grabcut(np.asarray(small, dtype=np.uint8), rough)
    size = (picture.shape[1], picture.shape[0])
    mask = np.asarray(cv2.resize(hard, size), dtype=np.float32)
    band = max(3, round(_BAND_SHARE * picture.shape[0]))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * band + 1, 2 * band + 1))
    sure_person = cv2.erode(mask, kernel) > 0.5
    outside = cv2.dilate(mask, kernel) < 0.5
    plane = background_plane(picture, outside)
    soft = _soft_share(picture, plane, mask, outside)
    share = np.where(sure_person, 1.0, np.where(outside, 0.0, soft)).astype(np.float32)
    return share, plane


def on_colour(
    picture: Pixels, share: Share, plane: NDArray[np.float32], colour: tuple[int, int, int]
) -> Pixels:
    """The person on a new colour; the old background is taken out of half-covered pixels."""
    alpha = share[..., None]
    own = (picture.astype(np.float32) - (1 - alpha) * plane) / np.maximum(alpha, 0.08)
    own = np.where(alpha > 0.97, picture, own).clip(0, 255)
    mixed = alpha * own + (1 - alpha) * np.asarray(colour, dtype=np.float32)
    return np.asarray(mixed.clip(0, 255), dtype=np.uint8)


def _terms(y: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=1)


def _grabcut(small: Pixels, rough: Share) -> Share:
    mask = np.full(small.shape[:2], cv2.GC_PR_BGD, np.uint8)
    mask[rough > 0.5] = cv2.GC_PR_FGD
    reach = max(3, small.shape[0] // 28)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    mask[cv2.erode((rough > 0.85).astype(np.uint8), kernel) > 0] = cv2.GC_FGD
    mask[cv2.dilate((rough > 0.15).astype(np.uint8), kernel) == 0] = cv2.GC_BGD
    if not (mask & 1).any() or (mask & 1).all():
        return rough
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(1)
    cv2.grabCut(
        cv2.cvtColor(small, cv2.COLOR_RGB2BGR),
        mask,
        (0, 0, 1, 1),
        *models,
        _GRABCUT_ROUNDS,
        cv2.GC_INIT_WITH_MASK,
    )
    return _largest((mask & 1).astype(np.uint8)).astype(np.float32)


def _largest(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The largest piece of a mask, its holes filled (a white collar is no background)."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    if count < 2:
        return mask
    piece = (labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(1 - piece)
    height, width = mask.shape
    for index in range(1, count):
        left, top, wide, high, area = (int(value) for value in stats[index])
        touches = left == 0 or top == 0 or left + wide == width or top + high == height
        if not touches and area < 0.01 * mask.size:
            piece[labels == index] = 1
    return np.asarray(piece, dtype=np.uint8)


def _soft_share(
    picture: Pixels, plane: NDArray[np.float32], mask: Share, outside: NDArray[np.bool_]
) -> Share:
    """Difference from the background, scaled by what the person nearby differs by."""
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    ground = cv2.cvtColor(plane / 255, cv2.COLOR_RGB2LAB)
    difference = np.linalg.norm(lab - ground, axis=2).astype(np.float32)
    noise = float(np.percentile(difference[outside], 99)) + 1.5 if outside.any() else 4.0
    reach = max(5, picture.shape[0] // 25) | 1
    inner = (cv2.erode(mask, np.ones((3, 3), np.uint8)) > 0.5).astype(np.float32)
    weight = cv2.blur(inner, (reach, reach))
    nearby = cv2.blur(difference * inner, (reach, reach)) / np.maximum(weight, 1e-3)
    full = np.maximum(_FULL_SHARE * nearby, noise + 10)
    share = ((difference - noise) / (full - noise)).clip(0, 1)
    away = cv2.distanceTransform((mask < 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    reach_out = _HAIR_SHARE * picture.shape[0]  # loose hair, and no specks farther out
    share = share * (1 - away / reach_out).clip(0, 1)
    share = ((share - _LEAST_SHARE) / (1 - _LEAST_SHARE)).clip(0, 1)  # the wall's own rim goes
    rim = max(round(_RIM_SHARE * picture.shape[0]), 1)  # there the wall may shine through hair
    core = cv2.erode(mask, np.ones((2 * rim + 1, 2 * rim + 1), np.uint8))
    guide = cv2.GaussianBlur(core, (0, 0), max(picture.shape[0] / 300, 0.8))
    return np.asarray(np.minimum(np.maximum(share, (guide - 0.5) * 2), 1.0), dtype=np.float32)
