"""Faces in a portrait: where, how many, how held. No template is made and nobody is compared.

Three BlazeFace detectors vote (each misses what another finds); the face mesh gives the angles.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from services.documents.ocr import Pixels

MODELS = Path(__file__).with_name("models")

_SCORE = 0.5
_VOTES = 2
_SAME = 0.3  # overlap from which two boxes are one face
_MESH_PX = 192
_MESH_REACH = 1.5
# Points of the mesh (MediaPipe's canonical face): corners and lids of both eyes, nose, chin, brow.
_EYE_ONE = (33, 133, (160, 158), (144, 153))
_EYE_TWO = (362, 263, (385, 387), (380, 373))
_CHIN, _FOREHEAD, _NOSE = 152, 10, 1
_CHEEKS = (234, 454)


@dataclass(frozen=True)
class Detector:
    """A BlazeFace network: file, input side in pixels, (stride, anchors per cell) layers."""

    file: str
    side_px: int
    layers: tuple[tuple[int, int], ...]
    outputs: tuple[str, str] = ("regressors", "classificators")


_DETECTORS = (
    Detector("face_detection_short_range.tflite", 128, ((8, 2), (16, 6))),
    Detector("face_detection_back.tflite", 256, ((16, 2), (32, 6))),
    Detector(
        "face_detection_full_range.tflite",
        192,
        ((4, 1),),
        ("reshaped_regressor_face_4", "reshaped_classifier_face_4"),
    ),
)


@dataclass(frozen=True)
class Box:
    """A face: left, top, right, bottom in pixels (brow to chin), with the eyes' middles."""

    left: float
    top: float
    right: float
    bottom: float
    score: float
    eyes: tuple[tuple[float, float], tuple[float, float]]

    @property
    def size(self) -> float:
        """Width in pixels."""
        return self.right - self.left


@dataclass(frozen=True)
class Face:
    """A face with its mesh: 468 points in pixels of the picture."""

    box: Box
    mesh: NDArray[np.float32]
    presence: float

    @property
    def tilt(self) -> float:
        """Roll in degrees from the eye corners; positive when turned clockwise on the screen."""
        one = (self.mesh[_EYE_ONE[0]] + self.mesh[_EYE_ONE[1]]) / 2
        two = (self.mesh[_EYE_TWO[0]] + self.mesh[_EYE_TWO[1]]) / 2
        return math.degrees(math.atan2(float(two[1] - one[1]), float(two[0] - one[0])))

    @property
    def turn(self) -> float:
        """How far the nose stands from the middle of the cheeks, -1 to 1; 0 looks straight."""
        nose = self.mesh[_NOSE]
        left, right = (float(np.linalg.norm(self.mesh[cheek] - nose)) for cheek in _CHEEKS)
        return (left - right) / max(left + right, 1e-6)

    @property
    def eye_ratio(self) -> float:
        """Opening / width of the eyes, mean of both."""
        ratios = []
        for outer, inner, upper, lower in (_EYE_ONE, _EYE_TWO):
            width = float(np.linalg.norm(self.mesh[outer] - self.mesh[inner]))
            opening = np.mean(
                [
                    float(np.linalg.norm(self.mesh[one] - self.mesh[two]))
                    for one, two in zip(upper, lower, strict=True)
                ]
            )
            ratios.append(float(opening) / max(width, 1e-6))
        return sum(ratios) / 2

    @property
    def chin(self) -> tuple[float, float]:
        """Lowest point of the face."""
        return float(self.mesh[_CHIN][0]), float(self.mesh[_CHIN][1])

    @property
    def forehead(self) -> tuple[float, float]:
        """Middle of the upper border of the mesh, near the hairline."""
        return float(self.mesh[_FOREHEAD][0]), float(self.mesh[_FOREHEAD][1])

    @property
    def height(self) -> float:
        """Chin to forehead in pixels."""
        return math.dist(self.chin, self.forehead)


def find_faces(picture: Pixels) -> list[Box]:
    """Faces that at least two of three detectors see, largest first."""
    votes: list[list[Box]] = []
    for detector in _DETECTORS:
        for box in _detect(detector, picture):
            group = next((one for one in votes if _overlap(one[0], box) > _SAME), None)
            if group is None:
                votes.append([box])
            else:
                group.append(box)
    agreed = [max(group, key=lambda box: box.score) for group in votes if len(group) >= _VOTES]
    return sorted(agreed, key=lambda box: -box.size)


def look(picture: Pixels, box: Box) -> Face:
    """The mesh of one face, taken from a square turned with the eyes."""
    (x_one, y_one), (x_two, y_two) = box.eyes
    turn = math.degrees(math.atan2(y_two - y_one, x_two - x_one))
    centre = ((box.left + box.right) / 2, (box.top + box.bottom) / 2)
    side = max(box.right - box.left, box.bottom - box.top) * _MESH_REACH
    matrix = cv2.getRotationMatrix2D(centre, turn, _MESH_PX / side)
    matrix[:, 2] += np.array([_MESH_PX / 2 - centre[0], _MESH_PX / 2 - centre[1]])
    crop = cv2.warpAffine(picture, matrix, (_MESH_PX, _MESH_PX), flags=cv2.INTER_AREA)
    net = network("face_landmark.tflite")
    net.setInput(cv2.dnn.blobFromImage(crop, 1 / 255))
    names = list(net.getUnconnectedOutLayersNames())
    parts = [np.asarray(part).ravel() for part in net.forward(names)]
    flat = next(part for part in parts if part.size == 1404)
    raw = next((float(part[0]) for part in parts if part.size == 1), 0.0)
    points = flat.reshape(468, 3)[:, :2].astype(np.float64)
    back = cv2.invertAffineTransform(matrix)
    mesh = points @ back[:, :2].T + back[:, 2]
    return Face(box, mesh.astype(np.float32), 1 / (1 + math.exp(-max(min(raw, 60.0), -60.0))))


def upright_turns(picture: Pixels) -> int:
    """Quarter turns anticlockwise (0 to 3) that make the largest face upright; 0 if none is."""
    best = (0.0, 0)
    for turns in range(4):
        turned = np.ascontiguousarray(np.rot90(picture, turns))
        for box in find_faces(turned)[:1]:
            face = look(turned, box)
            straight = math.cos(math.radians(face.tilt))
            right_way = 1.0 if face.chin[1] > face.forehead[1] else 0.0
            score = box.score * max(straight, 0.0) * right_way * face.presence
            score += 1e-3 if turns == 0 else 0.0  # ties go to what was sent
            best = max(best, (score, turns))
    return best[1]


@cache
def network(file: str) -> cv2.dnn.Net:
    """A model of this folder, loaded once per process."""
    return cv2.dnn.readNetFromTFLite(str(MODELS / file))


@cache
def _anchors(detector: Detector) -> NDArray[np.float32]:
    centres = []
    for stride, count in detector.layers:
        cells = detector.side_px // stride
        for row in range(cells):
            for column in range(cells):
                centres += [((column + 0.5) / cells, (row + 0.5) / cells)] * count
    return np.asarray(centres, dtype=np.float32)


def _detect(detector: Detector, picture: Pixels) -> list[Box]:
    height, width = picture.shape[:2]
    side = max(height, width)
    shrink = detector.side_px / side
    small = cv2.resize(
        picture,
        (max(round(width * shrink), 1), max(round(height * shrink), 1)),
        interpolation=cv2.INTER_AREA,
    )
    left, top = (detector.side_px - small.shape[1]) // 2, (detector.side_px - small.shape[0]) // 2
    canvas = np.zeros((detector.side_px, detector.side_px, 3), np.uint8)
    canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    net = network(detector.file)
    net.setInput(cv2.dnn.blobFromImage(canvas, 1 / 127.5, mean=(127.5, 127.5, 127.5)))
    regressed, classified = (np.asarray(part)[0] for part in net.forward(list(detector.outputs)))
    scores = 1 / (1 + np.exp(-classified[:, 0].clip(-60, 60)))
    chosen = np.flatnonzero(scores > _SCORE)
    anchors = _anchors(detector)
    shift = np.array([left, top], dtype=np.float32)
    found: list[Box] = []
    for index in chosen[np.argsort(-scores[chosen])]:
        values = regressed[index].reshape(8, 2) / detector.side_px
        values[[0, 2, 3]] += anchors[index]
        centre, size = (values[0] * detector.side_px - shift) / shrink, values[1] * side
        eyes = [(point * detector.side_px - shift) / shrink for point in values[2:4]]
        box = Box(
            float(centre[0] - size[0] / 2),
            float(centre[1] - size[1] / 2),
            float(centre[0] + size[0] / 2),
            float(centre[1] + size[1] / 2),
            float(scores[index]),
            ((float(eyes[0][0]), float(eyes[0][1])), (float(eyes[1][0]), float(eyes[1][1]))),
        )
        if all(_overlap(box, other) < _SAME for other in found):
            found.append(box)
    return found


def _overlap(one: Box, two: Box) -> float:
    width = min(one.right, two.right) - max(one.left, two.left)
    height = min(one.bottom, two.bottom) - max(one.top, two.top)
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / (_area(one) + _area(two) - width * height)


def _area(box: Box) -> float:
    return max(box.right - box.left, 0.0) * max(box.bottom - box.top, 0.0)


def faces(picture: Pixels, boxes: Sequence[Box]) -> list[Face]:
    """The meshes of several faces."""
    return [look(picture, box) for box in boxes]
