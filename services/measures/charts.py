"""Charts, drawn once: the SVG of the page and the PNG of the chat are the same drawing.

matplotlib's Figure is used without pyplot, which would keep state between threads.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.text import Text

from services.measures.backlog import PARTIES
from services.measures.catalogue import measure
from services.measures.fonts import DRAWING, chinese
from services.measures.summary import Line, Summary
from services.measures.wording import aside, listed, story_of, words

_RATES = (
    "timeliness",
    "return_rate",
    "progress_bot",
    "progress_officer",
    "cross_region_rejection",
    "deflection_confirmed",
)
_GOOD, _BAD, _PLAIN, _QUIET = "#1b7f5c", "#c0392b", "#2f5d8a", "#b8c4cf"
_AGES = ("#cfe0ee", "#8fb4d3", "#e0a458", "#c0392b")
_DPI = 150
_STORY, _WIDE, _LEFT = 3, 46, -0.25
Draw = Callable[[Axes, Summary, str], str]


@dataclass(frozen=True)
class Chart:
    """A drawing in two forms, and what it says for those who don't see it."""

    svg: bytes
    png: bytes
    alt: str


def chat_picture(summary: Summary, language: str) -> Chart:
    """The month in one picture for a phone: rates, backlog, satisfaction."""
    return _drawn(
        summary, language, (story, rates, backlog, trend), (6.4, 9.6), (0.42, 1.35, 1.0, 0.95)
    )


def chart(summary: Summary, language: str, name: str) -> Chart:
    """One chart of the page.

    Raises:
        KeyError: no such chart.
    """
    return _drawn(summary, language, (CHARTS[name],), (6.4, 3.2), (1.0,))


def alt(summary: Summary, language: str, name: str) -> str:
    """What a chart says, without its drawing.

    Raises:
        KeyError: no such chart.
    """
    return CHARTS[name](Drawing().subplots(), summary, language)


def _drawn(
    summary: Summary,
    language: str,
    draws: Sequence[Draw],
    size: tuple[float, float],
    heights: Sequence[float],
) -> Chart:
    with DRAWING:
        return _drawn_alone(summary, language, draws, size, heights)


def _drawn_alone(
    summary: Summary,
    language: str,
    draws: Sequence[Draw],
    size: tuple[float, float],
    heights: Sequence[float],
) -> Chart:
    drawing = Drawing(figsize=size, dpi=_DPI, layout="constrained")
    axes = drawing.subplots(len(draws), 1, squeeze=False, height_ratios=list(heights))[:, 0]
    said = [draw(ax, summary, language) for draw, ax in zip(draws, axes, strict=True)]
    if len(draws) > 1:
        title = f"{words(language)['title']}　{summary.view.period.label}"
        drawing.suptitle(title, fontsize=15)
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
    _set_in_chinese(drawing)
    return Chart(_saved(drawing, "svg"), _saved(drawing, "png"), " ".join(said))


def _saved(drawing: Drawing, kind: str) -> bytes:
    """The same bytes for the same drawing: no date, no random ids."""
    stream = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "shebao", "svg.fonttype": "path"}):
        metadata = {"Date": None} if kind == "svg" else {"Software": None}
        drawing.savefig(stream, format=kind, metadata=metadata)
    return stream.getvalue()


def _set_in_chinese(drawing: Drawing) -> None:
    for text in drawing.findobj(Text):
        assert isinstance(text, Text)
        face = chinese().copy()
        face.set_size(text.get_fontsize())
        text.set_fontproperties(face)


def story(ax: Axes, summary: Summary, language: str) -> str:
    """What is wrong, in a few words."""
    lines = story_of(summary, language, brief=True)[:_STORY]
    wrapped = "\n".join(textwrap.fill(line, _WIDE) for line in lines)
    ax.text(_LEFT, 1, wrapped, transform=ax.transAxes, va="top", fontsize=10.5, color=_BAD)
    ax.set_axis_off()
    return " ".join(lines)


def rates(ax: Axes, summary: Summary, language: str) -> str:
    """Shares as bars, their targets as marks; red misses its target."""
    said = words(language)
    shown = [summary.lines[name] for name in _RATES if summary.lines[name].now.count]
    labels = [f"{measure(each.name).words(language).short}  n={each.now.count}" for each in shown]
    values = [each.now.value or 0.0 for each in shown]
    colours = [_BAD if each.misses else _GOOD for each in shown]
    places = range(len(shown))
    ax.barh(places, values, color=colours, height=0.6)
    for place, each in enumerate(shown):
        ax.text(1.03, place, _label(each, said), va="center")
        if each.target is not None:
            ax.plot([each.target] * 2, [place - 0.4, place + 0.4], color="black", linewidth=2)
    ax.set_yticks(places, labels)
    ax.invert_yaxis()
    ax.set_xlim(0, 1.32)
    ax.set_xticks([0, 0.5, 1], ["0%", "50%", "100%"])
    ax.set_title(said["rates_chart"], loc="left", fontsize=12)
    rows = (
        f"{measure(each.name).words(language).title} {each.now.value:.1%}"
        + aside(f"n={each.now.count}", language)
        for each in shown
    )
    return listed(said["rates_chart"], rows, language)


def _label(line: Line, said: dict[str, str]) -> str:
    mark = "" if line.target is None else f"  {said['misses'] if line.misses else said['meets']}"
    return f"{line.now.value:.0%}{mark}"


def backlog(ax: Axes, summary: Summary, language: str) -> str:
    """Open matters by whose turn it is, cut by age."""
    said = words(language)
    ages = summary.backlog.ages
    left = [0] * len(PARTIES)
    for index, colour in enumerate(_AGES):
        counts = [ages[party][index] for party in PARTIES]
        ax.barh(range(len(PARTIES)), counts, left=left, color=colour, label=said["ages"][index])
        left = [a + b for a, b in zip(left, counts, strict=True)]
    most, gap = max([*left, 1]), " " if language == "en" else ""
    for place, party in enumerate(PARTIES):
        late = summary.backlog.late[party]
        text = f"{left[place]}" + (aside(f"{said['overdue']}{gap}{late}", language) if late else "")
        ax.text(left[place] + most * 0.015, place, text, va="center")
    ax.set_yticks(range(len(PARTIES)), [said[party] for party in PARTIES])
    ax.invert_yaxis()
    ax.set_xlim(0, most * 1.3)
    ax.legend(loc="lower right", fontsize=8, frameon=False)
    ax.set_title(said["backlog_chart"], loc="left", fontsize=12)
    comma = ", " if language == "en" else "，"
    rows = (
        f"{said[party]} {left[place]}{comma}{said['overdue']} {summary.backlog.late[party]}"
        for place, party in enumerate(PARTIES)
    )
    return listed(said["backlog_chart"], rows, language)


def trend(ax: Axes, summary: Summary, language: str) -> str:
    """Published satisfaction by month with its interval; a gap where too few answered."""
    said = words(language)
    months = [
        f"{period.start.month}月" if language != "en" else f"{period.start:%b}"
        for period, _ in summary.trend
    ]
    known = [(place, one) for place, (_, one) in enumerate(summary.trend) if one is not None]
    if known:
        places = [place for place, _ in known]
        values = [one.share for _, one in known]
        low = [one.share - one.interval.low for _, one in known]
        high = [one.interval.high - one.share for _, one in known]
        ax.errorbar(
            places, values, yerr=[low, high], color=_PLAIN, ecolor=_QUIET,
            marker="o", capsize=4, linewidth=2,
        )  # fmt: skip
        for place, one in known:
            ax.text(place + 0.06, one.share + 0.03, f"{one.share:.0%}\nn={one.count}", fontsize=9)
    ax.set_xticks(range(len(months)), months)
    ax.set_xlim(-0.4, len(months) - 0.3)
    ax.set_ylim(0, 1.12)
    ax.set_yticks([0, 0.5, 1], ["0%", "50%", "100%"])
    ax.set_title(said["satisfaction_chart"], loc="left", fontsize=12)
    rows = (
        f"{period.label} {said['too_few_rated']}"
        if one is None
        else f"{period.label} {one.share:.0%}{aside(f'n={one.count}', language)}"
        for period, one in summary.trend
    )
    return listed(said["satisfaction_chart"], rows, language)


CHARTS: dict[str, Draw] = {"rates": rates, "backlog": backlog, "trend": trend}
