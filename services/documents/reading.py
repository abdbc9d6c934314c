"""One file read: pages loaded, kinds recognised, fields read, faults said. Runs in a worker."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from services.documents.document import ReadDocument, Side, accepted
from services.documents.faces import find_faces
from services.documents.findings import Finding
from services.documents.idfindings import back_findings, front_findings
from services.documents.idreading import SideRead, read_sides
from services.documents.kinds import kinds_of
from services.documents.loading import (
    declared_dpi,
    encode_jpeg,
    load_pages,
    pixel_size,
    sniff,
)
from services.documents.mending import mend, sized
from services.documents.ocr import Line, Ocr, Pixels, shared_ocr
from services.documents.paperreading import read_paper
from services.documents.portrait import Sent, judge
from services.documents.problems import DocumentError
from services.documents.profile import USUAL, PortraitProfile
from services.documents.settings import DocumentSettings

_LAYOUT_SIDE_PX = 640
_MANY_BOXES = 4
_PORTRAIT_SHARE = 0.18  # face width / shorter side of a picture that may be a portrait
_DETAIL_SIDE_PX = 1600


@dataclass(frozen=True)
class Request:
    """One file and what is asked of it."""

    data: bytes
    kind: str | None
    profile: PortraitProfile
    today: date
    settings: DocumentSettings


def read_document(
    data: bytes,
    *,
    kind: str | None,
    profile: PortraitProfile | None,
    today: date,
    settings: DocumentSettings | None = None,
) -> list[ReadDocument]:
    """Everything a file holds. Never raises for what is in the file: a bad one is a finding."""
    request = Request(data, kind, profile or USUAL, today, settings or DocumentSettings())
    started = time.perf_counter()
    found: list[ReadDocument] = []
    page = 0
    try:
        for page, picture in enumerate(load_pages(data, request.settings.loading), start=1):
            documents = _PageReader(request, picture, page).read()
            spent = round((time.perf_counter() - started) * 1000 / max(len(documents), 1))
            found += [replace(document, ms=spent) for document in documents]
            started = time.perf_counter()
    except DocumentError as error:
        found.append(failed(error.finding, page=page + 1))
    return found


def failed(finding: Finding, page: int = 1, milliseconds: int = 0) -> ReadDocument:
    """A file or page that could not be read at all."""
    return ReadDocument(page, "unknown", None, findings=(finding,), ok=False, ms=milliseconds)


class _PageReader:
    """One page on its way."""

    def __init__(self, request: Request, picture: Pixels, page: int) -> None:
        self.request = request
        self.picture = picture
        self.page = page

    @property
    def ocr(self) -> Ocr:
        return shared_ocr(self.request.settings.ocr)

    def read(self) -> list[ReadDocument]:
        """The documents of this page, at least one."""
        asked = self.request.kind
        if asked == "portrait" and not self._full_of_text():
            return [self._portrait()]
        documents = self._documents(self.ocr.read(self.picture))
        if documents:
            return documents
        if asked == "portrait" or (asked is None and self._face_fills()):
            return [self._portrait()]
        documents = self._documents(self.ocr.read(self.picture, _DETAIL_SIDE_PX))
        if documents:
            return documents
        if self._face_fills():
            return [self._portrait()]
        return [self._document("unknown", None, [Finding("kind_unknown")], crop=self.picture)]

    def _full_of_text(self) -> bool:
        return len(self.ocr.find(self.picture, _LAYOUT_SIDE_PX)) >= _MANY_BOXES

    def _face_fills(self) -> bool:
        for turns in range(4):
            boxes = find_faces(np.ascontiguousarray(np.rot90(self.picture, turns)))
            if boxes:
                return bool(boxes[0].size > _PORTRAIT_SHARE * min(self.picture.shape[:2]))
        return False

    def _documents(self, lines: Sequence[Line]) -> list[ReadDocument]:
        kinds = kinds_of(lines)
        if any(kind in ("id_front", "id_back") for kind in kinds):
            return [self._side(side) for side in read_sides(self.ocr, self.picture, lines)]
        return [self._paper(kind, lines) for kind in kinds]

    def _side(self, read: SideRead) -> ReadDocument:
        side: Side = "front" if read.side == "front" else "back"
        today = self.request.today
        if side == "front":
            findings = front_findings(read.values, read.doubts, today, read.weak_line)
        else:
            findings = back_findings(read.values, read.doubts, today)
        document = self._document(f"id_{side}", side, findings, crop=read.picture)
        return replace(document, fields=read.values, doubts=read.doubts)

    def _paper(self, kind: str, lines: Sequence[Line]) -> ReadDocument:
        read = read_paper(self.ocr, self.picture, kind, lines, self.request.today)
        document = self._document(kind, read.side, list(read.findings), crop=read.picture)
        return replace(document, fields=read.values, doubts=read.doubts)

    def _portrait(self) -> ReadDocument:
        data, profile = self.request.data, self.request.profile
        settings = self.request.settings
        is_pdf = sniff(data) == "pdf"
        size = self.picture.shape[1::-1] if is_pdf else pixel_size(data)
        dpi = None if is_pdf else declared_dpi(data)
        sent = Sent(len(data) / 1024, size[0], size[1], dpi)
        judged = judge(self.picture, sent, profile, settings.portrait)
        document = self._document("portrait", None, list(judged.findings), crop=judged.picture)
        if not judged.faults:  # what the bureau gets keeps its pixels, dpi and KB window
            image = sized(judged.picture, profile)
            return document if image is None else replace(document, crop=image)
        return replace(document, mended=mend(judged, profile, settings.portrait))

    def _document(
        self, kind: str, side: Side | None, findings: list[Finding], *, crop: Pixels
    ) -> ReadDocument:
        asked = self.request.kind
        both_sides = {kind, asked} <= {"id_front", "id_back"}  # a picture may hold both
        if asked and not both_sides and kind not in ("unknown", *accepted(asked)):
            wrong = Finding("wrong_kind", values={"wanted": asked, "seen": kind})
            findings = [wrong, *findings]
        image = encode_jpeg(crop, self.request.settings.loading.jpeg_quality)
        fine = not any(one.severity == "fault" for one in findings)
        return ReadDocument(
            self.page, kind, side, findings=tuple(findings), ok=fine, ms=0, crop=image
        )
