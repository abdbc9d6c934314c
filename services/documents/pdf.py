"""PDF scans, drawn page by page and never executed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import cv2
import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from services.documents.problems import DocumentError
from services.documents.settings import LoadingSettings

_ACTIVE_NAMES = re.compile(
    rb"/(?:JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA|SubmitForm|ImportData|GoToR|GoToE)"
    rb"(?![A-Za-z])"
)
_STREAM = re.compile(rb"\bstream\r?\n.*?endstream", re.DOTALL)
_POINTS_PER_INCH = 72


def pdf_pages(data: bytes, settings: LoadingSettings) -> Iterator[NDArray[np.uint8]]:
    """Each page as RGB pixels. Raises :class:`DocumentError`."""
    if _names_something_active(data):
        raise DocumentError("pdf_active")
    document = _open(data)
    try:
        if pdfium.FPDFDoc_GetJavaScriptActionCount(document.raw) > 0:
            raise DocumentError("pdf_active")
        if pdfium.FPDFDoc_GetAttachmentCount(document.raw) > 0:
            raise DocumentError("pdf_active")
        count = len(document)
        if count == 0:
            raise DocumentError("pdf_empty")
        if count > settings.max_pages:
            raise DocumentError("too_many_pages", limit=str(settings.max_pages))
        for index in range(count):
            yield _draw(document, index, settings)
    finally:
        document.close()


def _names_something_active(data: bytes) -> bool:
    """Active parts named in clear, also with ``#4a`` escapes; pdfium counts the packed ones."""
    outside = _STREAM.sub(b" ", data)  # packed bytes would match by chance
    plain = re.sub(rb"#([0-9A-Fa-f]{2})", lambda hit: bytes([int(hit.group(1), 16)]), outside)
    return _ACTIVE_NAMES.search(plain) is not None


def _open(data: bytes) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        # pdfium's last error may be an older one: a lock must also be named in the file.
        locked = getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD
        locked = locked and b"/Encrypt" in data
        raise DocumentError("pdf_locked" if locked else "broken") from None
    except Exception:  # the wrapper's own errors on nonsense
        raise DocumentError("broken") from None


def _draw(
    document: pypdfium2.PdfDocument, index: int, settings: LoadingSettings
) -> NDArray[np.uint8]:
    try:
        page = document[index]
        width, height = page.get_size()
        longer, shorter = max(width, height), min(width, height)
        if not shorter > 0:
            raise DocumentError("broken")
        if longer > settings.max_aspect * shorter:
            raise DocumentError("odd_shape")
        scale = min(settings.pdf_dpi / _POINTS_PER_INCH, settings.working_side_px / longer)
        bitmap = page.render(scale=scale, may_draw_forms=False)
        drawn = bitmap.to_numpy()
        pixels = cv2.cvtColor(drawn[..., :3], cv2.COLOR_BGR2RGB) if drawn.ndim == 3 else None
        if pixels is None or drawn.shape[2] < 3:
            pixels = cv2.cvtColor(np.ascontiguousarray(drawn.reshape(drawn.shape[:2])), 8)
        return np.ascontiguousarray(pixels, dtype=np.uint8)
    except DocumentError:
        raise
    except Exception:  # a page that can't be drawn
        raise DocumentError("broken") from None
