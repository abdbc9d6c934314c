"""The months of every relation side by side, as a picture for the chat."""

from __future__ import annotations

import io

from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.text import Text

from knowledge.regions import city_of, find
from knowledge.transfers import insurances
from services.measures.fonts import DRAWING, chinese
from services.mergers.accounts import Accounts, months

_COLOURS = {"paying": "#1b7f5c", "stopped": "#2f5d8a", "drawing": "#e0a458", "moved": "#b8c4cf"}
_WORDS = {"paying": "正常缴费", "stopped": "已停缴", "drawing": "领取待遇", "moved": "已转出"}
_NAMES = {"pension": "养老", "medical": "医疗", "unemployment": "失业"}
_DOUBLE = "#c0392b"


def timeline(found: Accounts) -> bytes:
    """A PNG: a bar for each relation, red where two hold the same month.

    Raises:
        ValueError: there is no relation to draw.
    """
    if not found.accounts:
        raise ValueError("no relations")
    with DRAWING:
        return _drawn(found)


def _drawn(found: Accounts) -> bytes:
    first = min(each.first for each in found.accounts)
    last = max(each.last for each in found.accounts)
    axis = {month: place for place, month in enumerate(months(first, last))}
    count = len(found.accounts)
    drawing = Figure(figsize=(6.4, 1.4 + 0.5 * count), dpi=150, layout="constrained")
    ax = drawing.subplots()
    for row, each in enumerate(found.accounts):
        span = (axis[each.first], axis[each.last] - axis[each.first] + 1)
        ax.broken_barh([span], (row - 0.32, 0.64), facecolors=_COLOURS[each.status])
        overlap = found.overlap(each.insurance)
        if overlap is not None and each in overlap.accounts:
            double = [(axis[month], 1) for month in overlap.months if month in each.months]
            ax.broken_barh(double, (row - 0.32, 0.64), facecolors=_DOUBLE)
    ax.set_yticks(range(count), [_label(each.insurance, each.region) for each in found.accounts])
    ax.invert_yaxis()
    years = [(place, month[:4]) for month, place in axis.items() if month.endswith("-01")]
    shown = years[:: max(len(years) // 10, 1)] or [(0, first)]
    ax.set_xticks([place for place, _ in shown], [year for _, year in shown])
    ax.set_xlim(0, max(len(axis), 1))
    ax.spines[["top", "right"]].set_visible(False)
    kinds = dict.fromkeys(each.status for each in found.accounts)
    marks = [Patch(color=_COLOURS[kind], label=_WORDS[kind]) for kind in kinds]
    if found.overlaps:
        marks.append(Patch(color=_DOUBLE, label="重复的月份"))
    drawing.legend(handles=marks, loc="outside lower center", ncols=len(marks), frameon=False)
    for text in drawing.findobj(Text):
        assert isinstance(text, Text)
        face = chinese().copy()
        face.set_size(text.get_fontsize())
        text.set_fontproperties(face)
    stream = io.BytesIO()
    drawing.savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()


def _label(insurance: str, region: str) -> str:
    place = city_of(region).name if find(region) else region
    return f"{_NAMES.get(insurance, insurances()[insurance].scheme)} {place}"
