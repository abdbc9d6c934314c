"""The face that forms, letters and reports are set in, out of a package (OFL)."""

from __future__ import annotations

from pathlib import Path

import noto_cjk_sans_otc

FAMILY = "Noto Sans CJK SC"


def font_folder() -> Path:
    """The folder of the collection, for programs that can choose a face themselves."""
    return Path(noto_cjk_sans_otc.FONT_PATH).parent
