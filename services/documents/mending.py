"""A portrait brought into its profile, when that can be done well.

Nothing is invented: a plain wall may be continued or made white, hair and shoulders may not. The
result is judged by the same checks as any portrait and is offered only when it passes them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from services.documents.document import Mended
from services.documents.loading import encode_jpeg
from services.documents.matting import cut_out, on_colour
from services.documents.ocr import Pixels
from services.documents.portrait import Judged, Sent, judge
from services.documents.profile import PortraitProfile
from services.documents.settings import PortraitSettings

_MENDABLE = frozenset(
    {
        "sideways",
        "pixels",
        "dpi",
        "kb_small",
        "kb_large",
        "background_colour",
        "background_light",
        "background_uneven",
        "face_small",
        "face_off_centre",
        "tilted",
    }
)
_WALL = frozenset({"background_colour", "background_light", "background_uneven"})
_FRAMING = frozenset({"pixels", "face_small", "face_off_centre", "tilted"})
_MAX_TILT = 15.0
_STRAIGHT = 1.5
_ABOVE_HEAD = 0.10  # of the picture's height
_COLOURS = {"white": (255, 255, 255), "blue": (67, 142, 219), "red": (217, 0, 27)}
_QUALITIES = range(96, 39, -2)


def mend(judged: Judged, profile: PortraitProfile, settings: PortraitSettings) -> Mended | None:
    """The mended portrait, or None when it is fine already or can't be mended well."""
    face, background = judged.face, judged.background
    if face is None or not judged.faults or not judged.faults <= _MENDABLE:
        return None
    if face.box.size < settings.min_source_face_px or abs(face.tilt) > _MAX_TILT:
        return None
    if background is None or background.shape == "cluttered":
        return None
    picture = judged.picture
    repaint = profile.background != "any" and bool(judged.faults & _WALL)
    if repaint:
        share, plane = cut_out(picture)
        picture = on_colour(picture, share, plane, _COLOURS[profile.background])
    for frame in _frames(judged, profile):
        framed = _framed(picture, frame, judged, profile)
        image = None if framed is None else sized(framed, profile)
        if image is None or not _passes(image, profile, settings):
            continue
        steps = ["turn"] if judged.turns else []
        steps += ["straighten"] if frame.turn else []
        steps += ["crop"] if judged.faults & _FRAMING else []
        steps += ["background"] if repaint else []
        return Mended(image, (*steps, "size"))
    return None


@dataclass(frozen=True)
class Frame:
    """What is cut from the source: height and top in its pixels, middle column, degrees to turn."""

    tall: float
    top: float
    middle: float
    turn: float


def _frames(judged: Judged, profile: PortraitProfile) -> Iterator[Frame]:
    """Frames to try, the one that changes least first."""
    face = judged.face
    if face is None:
        return
    height, width = judged.picture.shape[:2]
    shape = profile.width_px / profile.height_px
    middle = float(face.mesh[:, 0].mean())
    if not judged.faults & {"face_small", "face_off_centre", "tilted"}:
        tall = min(float(height), width / shape)
        reach = tall * shape / 2
        top = min(max(judged.crown - _ABOVE_HEAD * tall, 0.0), height - tall)
        whole = abs(tall - height) < 0.5 and abs(tall * shape - width) < 1.5
        yield Frame(tall, top, width / 2 if whole else min(max(middle, reach), width - reach), 0.0)
    turn = face.tilt if abs(face.tilt) > _STRAIGHT else 0.0
    head = face.chin[1] - judged.crown
    for share in (1.0, 0.88, 1.12, 1.25):
        tall = head / (profile.target_face_share * share)
        yield Frame(tall, judged.crown - _ABOVE_HEAD * tall, middle, turn)
    tall = (height - judged.crown) / (1 - _ABOVE_HEAD)  # down to the picture's lower edge
    if profile.min_face_share < head / tall < profile.max_face_share:
        yield Frame(tall, judged.crown - _ABOVE_HEAD * tall, middle, turn)


def _framed(
    picture: Pixels, frame: Frame, judged: Judged, profile: PortraitProfile
) -> Pixels | None:
    """The frame in the profile's size; None when a person would be cut off or invented."""
    size = (profile.width_px, profile.height_px)
    scale = profile.height_px / frame.tall
    source = picture
    if scale < 0.6:  # warpAffine doesn't average: shrink first
        small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        source = np.asarray(small, dtype=np.uint8)
    shrunk = source.shape[0] / picture.shape[0]
    pivot = (frame.middle * shrunk, (frame.top + frame.tall) * shrunk)
    matrix = cv2.getRotationMatrix2D(pivot, frame.turn, scale / shrunk)
    matrix[:, 2] += np.array([profile.width_px / 2 - pivot[0], profile.height_px - pivot[1]])
    if not _covers(matrix, shrunk, judged, size):
        return None
    flags = cv2.INTER_AREA if scale / shrunk == 1 else cv2.INTER_CUBIC
    framed = cv2.warpAffine(source, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(framed, dtype=np.uint8)


def _passes(image: bytes, profile: PortraitProfile, settings: PortraitSettings) -> bool:
    """The mended file judged like any other."""
    sent = Sent(len(image) / 1024, profile.width_px, profile.height_px, profile.dpi)
    again = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR_RGB)
    return not judge(np.asarray(again, dtype=np.uint8), sent, profile, settings).faults


def _covers(matrix: NDArray[Any], shrunk: float, judged: Judged, size: tuple[int, int]) -> bool:
    """Whether whatever must be continued beyond the picture's edge is wall, not person."""
    if judged.mask is None:
        return False
    matrix = matrix @ np.diag([shrunk, shrunk, 1.0])
    inside = np.full(judged.mask.shape, 255, np.uint8)
    seen = cv2.warpAffine(inside, matrix, size, flags=cv2.INTER_NEAREST)
    missing = seen == 0
    if missing[-2:].mean() > 0.04:
        return False
    if not missing.any():
        return True
    mask = cv2.warpAffine(
        judged.mask, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return bool((mask[missing] > 0.3).mean() < 0.02)


def sized(picture: Pixels, profile: PortraitProfile) -> bytes | None:
    """JPEG bytes inside the profile's KB window, of the best quality that fits."""
    least = (profile.min_kb or 0.0) * 1024
    most = (profile.max_kb or float("inf")) * 1024
    for quality in _QUALITIES:
        image = encode_jpeg(picture, quality, profile.dpi)
        if len(image) > most:
            continue
        if len(image) >= least:
            return image
        image = encode_jpeg(picture, 100, profile.dpi, full_colour=True)
        return image if least <= len(image) <= most else None
    return None
