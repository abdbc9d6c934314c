"""The Chinese face that charts and reports are set in.

matplotlib takes only the first face of a collection, which is the Japanese one: the simplified
Chinese face is taken out once, into a folder that may be thrown away.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from threading import Lock

import noto_cjk_sans_otc
from fontTools.ttLib import TTCollection
from matplotlib.font_manager import FontProperties

from services.forms.fonts import FAMILY
from services.measures.settings import rules

_NAME_ID = 1
DRAWING = Lock()
"""Held while something is drawn: matplotlib keeps fonts and settings for the whole process, and a
page asks for all its charts at once."""


@cache
def chinese() -> FontProperties:
    """The face for matplotlib; ask for it with `DRAWING` held.

    Raises:
        LookupError: the collection has no such face.
    """
    path = rules().fonts_dir / "sc.otf"
    if not path.exists():
        _take_out(path)
    return FontProperties(fname=str(path))


def _take_out(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with TTCollection(str(noto_cjk_sans_otc.FONT_PATH), lazy=True) as collection:
        for face in collection.fonts:
            if face["name"].getDebugName(_NAME_ID) == FAMILY:
                made = path.with_suffix(f".{os.getpid()}")
                face.save(str(made))
                made.replace(path)
                return
    raise LookupError(FAMILY)
