"""How well documents are read: raw OCR with a naive parse and our reader, side by side.

``python -m benchmarks.documents --seed 909 --count 600`` generates pictures of made-up papers (or
takes ``--folder`` written by ``python -m sandbox.papers --out``), reads each twice, and prints
per-field and whole-card exact matches, the share of wrong values offered without a warning, time
and memory. ``--portraits FOLDER`` judges a folder of portraits instead.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import re
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from PIL import Image, ImageOps
from rich.console import Console
from rich.table import Table

from sandbox.papers.dataset import dataset, write_dataset
from services.documents.document import ReadDocument
from services.documents.faces import find_faces, look
from services.documents.idnumber import is_id_number
from services.documents.profile import PortraitProfile
from services.documents.reader import DocumentReader
from services.documents.settings import DocumentSettings

TODAY = date(2026, 11, 23)
HARD_GRADES = frozenset({"motion", "hard"})
ID_KINDS = frozenset({"id_front", "id_back"})
# The generator names sides apart; the reader tells kind and side.
KINDS = {
    "social_card_front": "social_card",
    "social_card_back": "social_card",
    "card_list": "ecard_list",
    "hmt_permit_front": "hmt_permit",
    "hmt_permit_back": "hmt_permit",
    "foreign_permit_front": "foreign_permit",
}


@dataclass
class Score:
    """Counts of one reader over many pictures."""

    fields: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    grades: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    cards: int = 0
    whole: int = 0
    sides_wrong: int = 0
    kinds: int = 0
    kinds_wrong: int = 0
    silent: int = 0
    needless: int = 0
    number_trap: int = 0  # wrong, but its checksum holds
    seconds: list[float] = field(default_factory=list)
    misses: list[str] = field(default_factory=list)

    def add(
        self, where: str, grade: str, wanted: Mapping[str, str], got: Mapping[str, str] | None,
        doubts: Sequence[str] = (),
    ) -> None:  # fmt: skip
        """One card's fields."""
        right = True
        for name, value in wanted.items():
            self.fields[name] += 1
            self.grades[grade][1] += 1
            told = None if got is None else got.get(name)
            if told == value:
                self.grades[grade][0] += 1
                self.needless += name in doubts
                continue
            right = False
            self.wrong[name] += 1
            self.silent += told is not None and name not in doubts
            self.number_trap += name == "id_number" and told is not None and is_id_number(told)
            self.misses.append(f"{where} {grade} {name}")
        self.cards += 1
        self.whole += right


def naive(lines: Sequence[str]) -> dict[str, str]:
    """What anybody writes in ten minutes: patterns over the recogniser's lines as they come."""
    text = "\n".join(lines)
    found: dict[str, str] = {}

    def take(name: str, pattern: str) -> None:
        hit = re.search(pattern, text)
        if hit:
            found[name] = hit.group(1).strip()

    take("name", r"姓名\s*([^\n]+)")
    take("sex", r"性别\s*(男|女)")
    take("ethnicity", r"民族\s*([一-鿿]{1,4})")
    take("id_number", r"(\d{17}[\dXx])")
    hit = re.search(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})", text)
    if hit:
        found["birth"] = f"{hit[1]}-{int(hit[2]):02d}-{int(hit[3]):02d}"
    hit = re.search(r"住址\s*([\s\S]+?)(?:公民身份|$)", text)
    if hit:
        found["address"] = re.sub(r"\s", "", hit[1])
    take("authority", r"签发机关\s*([^\n]+)")
    hit = re.search(r"(\d{4}\.\d\d\.\d\d)\s*-\s*(\d{4}\.\d\d\.\d\d|长期)", text)
    if hit:
        found["valid_from"], found["valid_to"] = (part.replace(".", "-") for part in hit.groups())
    return found


def raw_engine() -> Any:
    """RapidOCR as it comes."""
    from rapidocr import RapidOCR

    return RapidOCR(params={"Global.log_level": "critical"})


def read_raw(engine: Any, data: bytes) -> dict[str, str]:
    """The naive way: open, turn by EXIF, recognise, parse."""
    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    found = engine(np.asarray(picture)[..., ::-1])
    return naive(list(found.txts or ()))


def labels(folder: Path) -> Iterator[dict[str, Any]]:
    """Rows of a folder's labels.jsonl, each with the folder it is from."""
    for line in (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines():
        yield json.loads(line) | {"folder": folder}


def score_row(
    ours: Score, papers: Score, row: dict[str, Any], documents: Sequence[ReadDocument]
) -> None:
    """Compare one picture's documents with its labels: ID cards, and the other papers apart."""
    wanted = row["documents"]
    ours.kinds += 1
    expected = sorted(KINDS.get(one["kind"], one["kind"]) for one in wanted)
    seen = sorted("other" if one.kind == "unknown" else one.kind for one in documents)
    if seen != expected:
        ours.kinds_wrong += 1
        ours.misses.append(f"{row['file']} {row['grade']} kinds {expected} -> {seen}")
    for label in wanted:
        kind = KINDS.get(label["kind"], label["kind"])
        match = next((one for one in documents if one.kind == kind), None)
        got, doubts = (None, ()) if match is None else (match.fields, match.doubts)
        if kind in ID_KINDS:
            ours.sides_wrong += match is None or match.side != label["side"]
            ours.add(row["file"], row["grade"], label["fields"], got, doubts)
        elif label["fields"]:
            papers.add(row["file"], kind, flat(label["fields"]), got, doubts)


def flat(fields: Mapping[str, Any]) -> dict[str, str]:
    """A label's fields as the reader names them; a list of cards is numbered."""
    cards = fields.get("cards")
    if cards is None:
        return dict(fields)
    return {
        f"{name}_{number}": value
        for number, card in enumerate(cards, start=1)
        for name, value in card.items()
    }


async def run_ours(rows: Sequence[dict[str, Any]], workers: int) -> tuple[Score, Score, int]:
    """Read every picture: ID cards, other papers, the highest memory of a worker in MiB."""
    ours, papers, peak = Score(), Score(), 0
    gate = asyncio.Semaphore(workers)
    settings = DocumentSettings(workers=workers, time_limit_seconds=120)
    async with DocumentReader(settings) as reader:

        async def one(row: dict[str, Any]) -> None:
            nonlocal peak
            data = (row["folder"] / row["file"]).read_bytes()
            async with gate:
                started = time.perf_counter()
                documents = await reader.read(data, today=TODAY)
                ours.seconds.append(time.perf_counter() - started)
            for pid in reader.pids:
                peak = max(peak, highest_mb(pid))
            score_row(ours, papers, row, documents)

        await asyncio.gather(*(one(row) for row in rows))
    return ours, papers, peak


def highest_mb(pid: int) -> int:
    """The most memory that a process has had so far, MiB (VmHWM; elsewhere what it has now)."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii")
    except OSError:
        return int(psutil.Process(pid).memory_info().rss // 2**20)
    found = re.search(r"VmHWM:\s*(\d+) kB", status)
    return int(found.group(1)) // 1024 if found else 0


def run_raw(rows: Sequence[dict[str, Any]]) -> Score:
    """The same pictures the naive way; only ID cards."""
    engine, raw = raw_engine(), Score()
    for row in rows:
        started = time.perf_counter()
        got = read_raw(engine, (row["folder"] / row["file"]).read_bytes())
        raw.seconds.append(time.perf_counter() - started)
        for label in row["documents"]:
            if label["kind"] in ID_KINDS:
                raw.add(row["file"], row["grade"], label["fields"], got)
    return raw


def share(part: int, whole: int) -> str:
    """A share with its counts."""
    return f"{part}/{whole} {100 * part / whole:.2f} %" if whole else "-"


def report(raw: Score | None, ours: Score, papers: Score, peak: int, workers: int) -> None:
    """The table, both readers side by side."""
    console = Console(width=110)
    table = Table(title=f"ID cards, {ours.cards} sides, {workers} worker(s)")
    for heading in ("", "raw OCR, naive parse", "Shebao Bot"):
        table.add_column(heading)

    def line(name: str, tell: Any) -> None:
        table.add_row(name, "-" if raw is None else str(tell(raw)), str(tell(ours)))

    for name in ours.fields:
        line(name, lambda s, n=name: share(s.fields[n] - s.wrong[n], s.fields[n]))
    line("all fields", lambda s: share(s.fields.total() - s.wrong.total(), s.fields.total()))
    line("whole cards", lambda s: share(s.whole, s.cards))
    line("wrong without a warning", lambda s: share(s.silent, s.fields.total()))
    line("wrong ID numbers that pass the check", lambda s: s.number_trap)
    line("right, but doubted", lambda s: share(s.needless, s.fields.total()))
    for grade in sorted(ours.grades):
        line(f"grade {grade}", lambda s, g=grade: share(*s.grades[g]))
    line("grade all but motion and hard", lambda s: share(*easy(s)))
    line("median / p95 seconds", lambda s: f"{np.median(s.seconds):.2f} / {p95(s.seconds):.2f}")
    console.print(table)
    console.print(
        f"sides wrong {ours.sides_wrong}, kinds wrong {share(ours.kinds_wrong, ours.kinds)}"
    )
    console.print(f"worker memory, at its highest {peak} MiB")
    for kind, (right, count) in sorted(papers.grades.items()):
        console.print(f"  {kind:16} fields {share(right, count)}")
    console.print(f"  other papers: wrong without a warning {papers.silent}")
    for miss in ours.misses + papers.misses:
        console.print("  miss", miss)


def easy(score: Score) -> tuple[int, int]:
    """Right and all fields of every grade but the hard ones."""
    counts = [count for grade, count in score.grades.items() if grade not in HARD_GRADES]
    return sum(right for right, _ in counts), sum(count for _, count in counts)


def p95(seconds: Sequence[float]) -> float:
    """95th percentile."""
    return float(np.percentile(seconds, 95))


@dataclass
class PortraitScore:
    """Counts over portraits, and lines about each that went wrong."""

    counts: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)

    def add(self, file: str, label: dict[str, Any], found: ReadDocument) -> None:
        """One portrait against its label."""
        codes = {one.code for one in found.findings if one.severity == "fault"}
        about_wall = {code for code in codes if code.startswith("background")}
        serious = codes - {"pixels", "dpi", "kb_small", "kb_large"} - about_wall
        self._background(file, label["background"], found, codes)
        faults = [code for code in label["faults"] if not code.startswith(("background", "pixels"))]
        if faults:
            self.counts["faulty"] += 1
            self.counts["faulty noticed"] += bool(serious) or bool(found.findings)
            told = "/".join(sorted(serious)) or "missed"
            self.counts[f"fault {faults[0]} -> {told}"] += 1
            return
        mendable = bool(label["mendable"]) and bool(codes)
        self.counts["good"] += 1
        self.counts["good refused"] += bool(serious)
        self.counts["mendable"] += mendable
        self.counts["mendable offered"] += mendable and found.mended is not None
        if serious or (mendable and found.mended is None):
            offered = found.mended is not None
            self.misses.append(f"{file} good {label} {sorted(codes)} offered={offered}")

    def _background(self, file: str, truth: str, found: ReadDocument, codes: set[str]) -> None:
        if {"no_face", "wrong_kind"} & codes:
            return
        told = {"background_cluttered": "cluttered", "background_uneven": "gradient"}
        words = [one.values["colour"] for one in found.findings if "colour" in one.values]
        name = next((told[code] for code in codes if code in told), words[0] if words else "white")
        self.counts["background judged"] += 1
        self.counts["background right"] += name == truth
        if name != truth:
            self.misses.append(f"{file} background {truth} -> {name}")


def edge_overlap(matte: bytes, mended: bytes, original: bytes) -> float | None:
    """Overlap of the true head (down to the chin) with what is not white in a mended picture of
    the same frame. Clothes are left out: white ones can't be told from the wall by colour."""
    truth = np.asarray(Image.open(io.BytesIO(matte)).convert("L")) > 127
    before, after = (Image.open(io.BytesIO(data)) for data in (original, mended))
    if before.size != after.size or truth.shape[::-1] != after.size:
        return None
    pixels = np.asarray(after.convert("RGB"))
    boxes = find_faces(pixels)
    if not boxes:
        return 0.0
    chin = round(look(pixels, boxes[0]).chin[1])
    kept, truth = pixels[:chin].min(axis=2) < 250, truth[:chin]
    return float((kept & truth).sum() / max((kept | truth).sum(), 1))


async def run_portraits(folder: Path) -> None:
    """Background names, refused good ones, noticed faults, mended ones."""
    score, overlaps = PortraitScore(), []
    profile = PortraitProfile()
    async with DocumentReader(DocumentSettings(time_limit_seconds=120)) as reader:
        for row in labels(folder):
            data = (folder / row["file"]).read_bytes()
            (found, *_) = await reader.read(data, kind="portrait", profile=profile, today=TODAY)
            score.add(row["file"], row["documents"][0], found)
            if found.mended is None:
                continue
            (again,) = await reader.read(
                found.mended.image, kind="portrait", profile=profile, today=TODAY
            )
            score.counts["mended"] += 1
            score.counts["mended passes"] += again.ok
            if "matte" in row and "background" in found.mended.steps:
                matte = (folder / row["matte"]).read_bytes()
                overlap = edge_overlap(matte, found.mended.image, data)
                overlaps += [] if overlap is None else [overlap]
    console = Console(width=150)
    for miss in score.misses:
        console.print("  miss", miss)
    for name, count in sorted(score.counts.items()):
        console.print(f"{name:60} {count}")
    if overlaps:
        low, middle = min(overlaps), float(np.median(overlaps))
        console.print(
            f"head edge overlap: {len(overlaps)} pictures, least {low:.3f}, median {middle:.3f}"
        )


def main() -> None:
    """Read the arguments and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=909)
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument(
        "--folder", type=Path, nargs="*", default=[], help="pictures with labels.jsonl, made before"
    )
    parser.add_argument("--portraits", type=Path, help="a folder of portraits with labels.jsonl")
    parser.add_argument("--workers", type=int, nargs="*", default=[1])
    parser.add_argument("--no-raw", action="store_true", help="leave the naive reader out")
    options = parser.parse_args()
    if options.portraits:
        asyncio.run(run_portraits(options.portraits))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folders = options.folder or [Path(temporary)]
        if not options.folder:
            write_dataset(dataset(options.seed, options.count, TODAY), folders[0])
        rows = [row for folder in folders for row in labels(folder)]
        raw = None if options.no_raw else run_raw(rows)
        for workers in options.workers:
            ours, papers, peak = asyncio.run(run_ours(rows, workers))
            report(raw, ours, papers, peak, workers)


if __name__ == "__main__":
    main()
