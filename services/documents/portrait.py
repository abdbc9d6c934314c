"""Portraits judged by a region's profile.

What is measured is said as a fault; what can only be suspected (eyes, hat, dark glasses) as a
notice, because refusing a good portrait is worse than asking a person to look.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from services.documents.background import Background, judge_background
from services.documents.faces import Box, Face, find_faces, look, upright_turns
from services.documents.findings import Finding, Severity
from services.documents.matting import person
from services.documents.ocr import Pixels
from services.documents.profile import PortraitProfile
from services.documents.settings import PortraitSettings

_SIDEWAYS_DEGREES = 45.0
_SECOND_FACE_SHARE = 0.35
_CROWN = 1.28  # chin to crown / chin to forehead, when the mask shows no crown
_FACE_PX = 200
_CUT_SHARE = 0.008
_MAX_TURN = 0.38
_DARK_EYES = 0.42
_GREY_FACE = 4.0
_LIT_FACE = 150.0  # median L (0-255) of a face in good light


@dataclass(frozen=True)
class Sent:
    """What the file itself says: bytes, pixels and the declared resolution."""

    kilobytes: float
    width: int
    height: int
    dpi: float | None


@dataclass(frozen=True)
class Judged:
    """A portrait after the checks; ``picture`` is upright by quarter turns."""

    picture: Pixels
    turns: int
    face: Face | None
    mask: NDArray[np.float32] | None
    background: Background | None
    crown: float
    findings: tuple[Finding, ...]

    @property
    def faults(self) -> frozenset[str]:
        """Codes that the bureau would return."""
        return frozenset(one.code for one in self.findings if one.severity == "fault")


def judge(
    picture: Pixels, sent: Sent, profile: PortraitProfile, settings: PortraitSettings
) -> Judged:
    """All checks of one portrait."""
    boxes = find_faces(picture)
    turns = 0
    if not boxes or abs(look(picture, boxes[0]).tilt) > _SIDEWAYS_DEGREES:
        turns = upright_turns(picture)
        picture = np.ascontiguousarray(np.rot90(picture, turns))
        boxes = find_faces(picture)
    found = [Finding("sideways")] if turns else []
    if not boxes:
        found += [Finding("no_face")]
        return Judged(picture, turns, None, None, None, 0.0, tuple(found))
    found += _count(boxes)
    face = look(picture, boxes[0])
    mask = person(picture)
    background = judge_background(picture, mask, settings, _gain(picture, face, settings))
    crown = _crown(face, mask)
    found += _file(sent, profile, turns)
    found += _background(background, profile, settings)
    found += _pose(face, crown, picture, profile)
    found += _quality(picture, face, settings)
    return Judged(picture, turns, face, mask, background, crown, tuple(found))


def _gain(picture: Pixels, face: Face, settings: PortraitSettings) -> float:
    """How much brighter a dark portrait must be made before its wall's colour can be named."""
    patch = _patch(picture, face)
    if patch is None:
        return 1.0
    level = float(np.median(cv2.cvtColor(patch, cv2.COLOR_RGB2LAB)[..., 0]))
    return max(_LIT_FACE / max(level, 1.0), 1.0) if level < settings.min_face_level else 1.0


def _finding(code: str, severity: Severity = "fault", **values: Any) -> Finding:
    return Finding(code, None, {name: str(value) for name, value in values.items()}, severity)


def _count(boxes: list[Box]) -> list[Finding]:
    others = [box for box in boxes[1:] if box.size > _SECOND_FACE_SHARE * boxes[0].size]
    return [_finding("several_faces")] if others else []


def _file(sent: Sent, profile: PortraitProfile, turns: int) -> list[Finding]:
    size = (sent.width, sent.height) if turns % 2 == 0 else (sent.height, sent.width)
    if size != (profile.width_px, profile.height_px):
        small = size[0] < profile.width_px or size[1] < profile.height_px
        return [
            _finding(
                "too_few_pixels" if small else "pixels",
                width=size[0],
                height=size[1],
                wanted_width=profile.width_px,
                wanted_height=profile.height_px,
            )
        ]
    found = []
    # Messengers strip the mark; what is kept gets the profile's anyway, so only a wrong one counts.
    if profile.dpi is not None and sent.dpi is not None and abs(sent.dpi - profile.dpi) > 1:
        found.append(_finding("dpi", dpi=f"{sent.dpi:g}", wanted=profile.dpi))
    kilobytes = f"{sent.kilobytes:.1f}"
    if profile.min_kb is not None and sent.kilobytes < profile.min_kb:
        found.append(_finding("kb_small", kb=kilobytes, wanted=f"{profile.min_kb:g}"))
    if profile.max_kb is not None and sent.kilobytes > profile.max_kb:
        found.append(_finding("kb_large", kb=kilobytes, wanted=f"{profile.max_kb:g}"))
    return found


def _background(
    background: Background | None, profile: PortraitProfile, settings: PortraitSettings
) -> list[Finding]:
    if background is None or profile.background == "any":
        return []
    wanted = f"{profile.background}_ground"
    if background.shape == "cluttered":
        return [_finding("background_cluttered", wanted=wanted)]
    if background.shape == "gradient":
        return [_finding("background_uneven", wanted=wanted)]
    if background.colour == profile.background:
        return []
    lit = profile.background == "white" and background.level > 60 and background.chroma < 18
    code = "background_light" if lit else "background_colour"
    return [_finding(code, colour=background.colour, wanted=wanted)]


def _pose(face: Face, crown: float, picture: Pixels, profile: PortraitProfile) -> list[Finding]:
    height, width = picture.shape[:2]
    found = []
    share = (face.chin[1] - crown) / height
    if share < profile.min_face_share:
        found.append(_finding("face_small"))
    elif share > profile.max_face_share:
        found.append(_finding("face_large"))
    elif crown <= _CUT_SHARE * height or face.chin[1] >= height * (1 - _CUT_SHARE):
        found.append(_finding("head_cut"))
    middle = float(face.mesh[:, 0].mean())
    if abs(middle - width / 2) > profile.max_offset_share * width:
        found.append(_finding("face_off_centre"))
    if abs(face.tilt) > profile.max_tilt_degrees:
        found.append(_finding("tilted", degrees=round(abs(face.tilt))))
    if abs(face.turn) > _MAX_TURN:
        found.append(_finding("turned_away"))
    return found


def _quality(picture: Pixels, face: Face, settings: PortraitSettings) -> list[Finding]:
    patch = _patch(picture, face)
    if patch is None:
        return [_finding("head_cut")]
    lab = cv2.cvtColor(patch, cv2.COLOR_RGB2LAB)
    level = float(np.median(lab[..., 0]))
    found = []
    if level < settings.min_face_level:
        found.append(_finding("too_dark"))
    elif level > settings.max_face_level:
        found.append(_finding("too_bright"))
    if sharpness(patch) < settings.min_sharpness:
        found.append(_finding("blurred"))
    colour = np.hypot(lab[..., 1].astype(float) - 128, lab[..., 2].astype(float) - 128)
    if float(np.median(colour)) < _GREY_FACE and "too_dark" not in {one.code for one in found}:
        found.append(_finding("greyscale"))
    if face.eye_ratio < settings.closed_eyes:
        found.append(_finding("eyes_perhaps_closed", "notice"))
    if _dark_eyes(picture, face):
        found.append(_finding("perhaps_covered", "notice"))
    return found


def sharpness(patch: Pixels) -> float:
    """Variance of the Laplacian of a face 200 px wide, its contrast brought to a fixed one."""
    grey = cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY).astype(np.float32)
    contrast = max(float(grey.std()), 6.0)
    return float(cv2.Laplacian(grey * (45.0 / contrast), cv2.CV_32F).var())


def _patch(picture: Pixels, face: Face) -> Pixels | None:
    height, width = picture.shape[:2]
    left, top = (max(int(value), 0) for value in face.mesh.min(axis=0))
    right, bottom = (int(value) for value in face.mesh.max(axis=0))
    right, bottom = min(right, width), min(bottom, height)
    if right - left < 16 or bottom - top < 16:
        return None
    tall = round(_FACE_PX * (bottom - top) / (right - left))
    patch = cv2.resize(
        picture[top:bottom, left:right], (_FACE_PX, tall), interpolation=cv2.INTER_AREA
    )
    return np.asarray(patch, dtype=np.uint8)


def _crown(face: Face, mask: NDArray[np.float32]) -> float:
    """Height of the top of the hair: the highest person pixel over the face."""
    guess = face.chin[1] - _CROWN * (face.chin[1] - face.forehead[1])
    left, right = (int(value) for value in np.percentile(face.mesh[:, 0], (25, 75)))
    columns = mask[: max(int(face.forehead[1]), 1), max(left, 0) : max(right, 1)] > 0.5
    rows = np.flatnonzero(columns.mean(axis=1) > 0.2) if columns.size else np.array([])
    if not len(rows):
        return max(guess, 0.0)
    highest = face.chin[1] - 1.75 * (face.chin[1] - face.forehead[1])  # tall hair, not a wall
    return max(float(rows[0]), highest, 0.0)


def _dark_eyes(picture: Pixels, face: Face) -> bool:
    """Both eyes much darker than the cheeks, all over: perhaps dark glasses."""
    light = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    reach = max(int(0.09 * face.height), 3)

    def around(point: NDArray[np.float32], part: int) -> float:
        x, y = (int(value) for value in point)
        area = light[max(y - reach, 0) : y + reach, max(x - reach, 0) : x + reach]
        return float(np.percentile(area, part)) if area.size else 255.0

    eyes = [around((face.mesh[a] + face.mesh[b]) / 2, 75) for a, b in ((33, 133), (362, 263))]
    cheeks = [around(face.mesh[point], 50) for point in (50, 280)]
    return max(eyes) < _DARK_EYES * min(cheeks)
