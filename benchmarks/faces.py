"""How real faces are judged: ``python -m benchmarks.faces FOLDER [--least 300]``.

Prints each picture's findings about the face; what is about the file's pixels or the wall is left
out, because pictures that packages ship are no passport photographs. Whether a refusal is fair is
for a person to see. Sources that were looked at are listed in ``docs/documents.md``; none is kept
in the repository.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

from services.documents.portrait import Sent, judge
from services.documents.profile import USUAL
from services.documents.settings import PortraitSettings


def main() -> None:
    """Judge every picture of a folder whose shorter side is long enough."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--least", type=int, default=300, help="shorter side, pixels")
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    for file in sorted(options.folder.glob("*.jpg")):
        picture = Image.open(file).convert("RGB")
        if min(picture.size) < options.least:
            continue
        sent = Sent(30.0, USUAL.width_px, USUAL.height_px, USUAL.dpi)
        judged = judge(np.asarray(picture), sent, USUAL, PortraitSettings())
        about = sorted(f.code for f in judged.findings if not f.code.startswith("background"))
        print(file.name, picture.size, *about)
        counts["pictures"] += 1
        counts["one face"] += judged.face is not None and "several_faces" not in about
        counts.update(about)
    for name, count in counts.most_common():
        print(f"{name:24} {count}")


if __name__ == "__main__":
    main()
