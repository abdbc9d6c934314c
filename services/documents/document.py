"""What a reading gives back: plain frozen values, JSON-able."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from services.documents.findings import Finding

Side = Literal["front", "back"]

KINDS = (
    "id_front",
    "id_back",
    "portrait",
    "hukou_index",
    "hukou_person",
    "temporary_id",
    "hmt_permit",
    "foreign_permit",
    "passport",
    "social_card",
    "ecard_list",
    "other",
    "unknown",
)

ACCEPTS: Mapping[str, frozenset[str]] = {
    "hukou": frozenset({"hukou_index", "hukou_person"}),
    "id_card": frozenset({"id_front", "id_back", "temporary_id"}),
}
"""Kinds that may be asked for by one word."""

ASKABLE = (*KINDS[:-2], *ACCEPTS)
"""What a caller may pass as ``kind``."""


def accepted(asked: str) -> frozenset[str]:
    """The kinds that satisfy an asked one."""
    return ACCEPTS.get(asked, frozenset({asked}))


@dataclass(frozen=True)
class Mended:
    """A portrait brought into its profile: JPEG bytes and what was done, in order.

    Steps: turn, crop, background, size.
    """

    image: bytes
    steps: tuple[str, ...]


@dataclass(frozen=True)
class ReadDocument:
    """One document found in a file (a file may hold two sides or several pages).

    ``crop`` is a JPEG without metadata: the straightened card or page, for a portrait the cleaned
    picture. ``ok`` says that the bureau would return nothing here. ``ms`` is the time of the page.
    """

    page: int
    kind: str
    side: Side | None
    fields: dict[str, str] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    ok: bool = True
    ms: int = 0
    crop: bytes | None = None
    mended: Mended | None = None

    def as_json(self, file: str | None = None) -> dict[str, Any]:
        """The line that ``check-document --json`` prints; no picture bytes in it."""
        shown: dict[str, Any] = {} if file is None else {"file": file}
        return shown | {
            "page": self.page,
            "kind": self.kind,
            "side": self.side,
            "fields": dict(self.fields),
            "doubts": list(self.doubts),
            "findings": [finding.as_json() for finding in self.findings],
            "ok": self.ok,
            "ms": self.ms,
        }

    def pack(self) -> dict[str, Any]:
        """Everything, as JSON (pictures in base64): the form between processes."""
        mended = None
        if self.mended is not None:
            mended = {"image": _text(self.mended.image), "steps": list(self.mended.steps)}
        return {
            "page": self.page,
            "kind": self.kind,
            "side": self.side,
            "fields": dict(self.fields),
            "doubts": list(self.doubts),
            "findings": [finding.pack() for finding in self.findings],
            "ok": self.ok,
            "ms": self.ms,
            "crop": None if self.crop is None else _text(self.crop),
            "mended": mended,
        }

    @classmethod
    def unpack(cls, packed: Mapping[str, Any]) -> ReadDocument:
        """The opposite of :meth:`pack`; raises ``KeyError``/``ValueError`` on anything else."""
        mended = packed["mended"]
        if packed["kind"] not in KINDS or packed["side"] not in (None, "front", "back"):
            raise ValueError("not a packed document")
        return cls(
            page=int(packed["page"]),
            kind=packed["kind"],
            side=packed["side"],
            fields={str(name): str(value) for name, value in packed["fields"].items()},
            doubts=tuple(str(name) for name in packed["doubts"]),
            findings=tuple(Finding.unpack(finding) for finding in packed["findings"]),
            ok=bool(packed["ok"]),
            ms=int(packed["ms"]),
            crop=None if packed["crop"] is None else base64.b64decode(packed["crop"]),
            mended=None
            if mended is None
            else Mended(base64.b64decode(mended["image"]), tuple(map(str, mended["steps"]))),
        )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
