"""A reader process: ``python -m services.documents.worker``, spoken to over its pipes.

It starts with an empty environment (no keys), can write no file and not grow without bound. When
its input ends it ends too, so that none outlives the bot.
"""

from __future__ import annotations

import os
import resource
import sys
from datetime import date
from typing import Any, BinaryIO

import cv2
import numpy as np

from services.documents.frames import packed, receive
from services.documents.profile import PortraitProfile
from services.documents.reading import read_document
from services.documents.settings import DocumentSettings


def main() -> int:
    """Serve one bot until its end of the pipe closes."""
    inward, outward = sys.stdin.buffer, _own_output()
    greeting = receive(inward)
    if greeting is None:
        return 0
    settings = DocumentSettings.model_validate(greeting[0]["settings"])
    _limit(settings)
    _warm_up(settings)
    _send(outward, {"ready": True, "rss_mb": _rss_mb()})
    while (message := receive(inward)) is not None:
        _send(outward, _answer(message[0], message[1], settings))
    return 0


def _answer(job: dict[str, Any], data: bytes, settings: DocumentSettings) -> dict[str, Any]:
    profile = job["profile"]
    try:
        documents = read_document(
            data,
            kind=job["kind"],
            profile=None if profile is None else PortraitProfile.model_validate(profile),
            today=date.fromisoformat(job["today"]),
            settings=settings,
        )
    except Exception as error:  # a fault of ours: its kind is told, its text could hold data
        return {"error": type(error).__name__, "rss_mb": _rss_mb()}
    return {"documents": [document.pack() for document in documents], "rss_mb": _rss_mb()}


def _own_output() -> BinaryIO:
    """The pipe kept for answers; whatever a library prints goes nowhere."""
    pipe = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return pipe


def _limit(settings: DocumentSettings) -> None:
    space = settings.memory_limit_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (space, space))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    cv2.setNumThreads(settings.ocr.threads)


def _warm_up(settings: DocumentSettings) -> None:
    """Load the models before the first person waits for them."""
    from services.documents.faces import find_faces
    from services.documents.ocr import shared_ocr

    blank = np.full((320, 480, 3), 255, np.uint8)
    shared_ocr(settings.ocr).read(blank)
    shared_ocr(settings.ocr).read_strip(blank[:48])
    find_faces(blank)


def _rss_mb() -> int:
    with open("/proc/self/statm", encoding="ascii") as statm:
        pages = int(statm.read().split()[1])
    return pages * resource.getpagesize() // (1024 * 1024)


def _send(stream: BinaryIO, head: dict[str, Any]) -> None:
    stream.write(packed(head))
    stream.flush()


if __name__ == "__main__":
    sys.exit(main())
