"""The month as a PDF (typst) and as a workbook (xlsxwriter): the same figures as everywhere."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typst
import xlsxwriter

from services.forms.fonts import font_folder
from services.measures.applications import STEPS
from services.measures.catalogue import measure, measures
from services.measures.charts import CHARTS, chart
from services.measures.summary import HEADLINES, Summary
from services.measures.wording import (
    aside,
    change_of,
    entry_of,
    number_of,
    story_of,
    value_of,
    words,
)
from services.ratings.reasons import word
from storage.clock import SHANGHAI

_TEMPLATE = Path(__file__).parent / "report.typ"


def pdf(summary: Summary, language: str, lines: Sequence[str]) -> bytes:
    """The report.

    Args:
        lines: the summary's lines as the chat shows them, as plain text.
    """
    charts = [chart(summary, language, name) for name in CHARTS]
    data = {
        "language": "en" if language == "en" else "zh",
        "words": {key: each for key, each in words(language).items() if isinstance(each, str)},
        "title": title(summary, language),
        "made": made(summary, language),
        "lines": [line for line in lines if line not in story_of(summary, language, brief=True)],
        "story": story_of(summary, language),
        "measures": measure_rows(summary, language),
        "charts": [{"svg": each.svg.decode(), "alt": each.alt} for each in charts],
        "backlog": backlog_rows(summary, language),
        "reasons": [
            [word(code, language), str(now), _or_dash(before)]
            for code, now, before in summary.reasons
        ],
        "voices": voice_rows(summary, language),
        "entries": entry_rows(summary, language),
        "steps": step_rows(summary, language),
        "steps_title": _steps_title(summary, language),
        "corrections": correction_lines(summary, language),
        "definitions": definitions(language),
    }
    made_pdf: bytes = typst.compile(
        str(_TEMPLATE),
        font_paths=[str(font_folder())],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    return made_pdf


def title(summary: Summary, language: str) -> str:
    """`社保小助手月报 2026-10`."""
    return f"{words(language)['title']} {summary.view.period.label}"


def made(summary: Summary, language: str) -> str:
    """When it was made, in China's time."""
    at = summary.made_at.astimezone(SHANGHAI)
    return str(words(language)["made"]).format(made=f"{at:%Y-%m-%d %H:%M}")


def measure_rows(summary: Summary, language: str) -> list[list[str]]:
    """Measures with their sample, target, and what the comparison says."""
    rows = []
    for name in HEADLINES:
        line = summary.lines[name]
        target = number_of(name, line.target, language)
        mark = aside(words(language)["misses"], language) if line.misses else ""
        rows.append(
            [
                measure(name).words(language).title,
                value_of(line.now, language) + mark,
                value_of(line.before, language),
                str(line.now.count),
                target if line.target is not None else "–",
                change_of(line, language),
            ]
        )
    return rows


def backlog_rows(summary: Summary, language: str) -> list[list[str]]:
    """What is overdue, the worst first, with the next action and its owner."""
    said = words(language)
    return [
        [
            item.number,
            str(said[item.party]),
            str(said["next_words"].get(item.next, item.next)),
            summary.owners.get(item.owner_id, "–"),
            str(item.age),
        ]
        for item in summary.backlog.worst
    ]


def voice_rows(summary: Summary, language: str) -> list[list[str]]:
    """Alike sentences, and how many people at least wrote them."""
    least = str(words(language)["at_least"])
    return [[one.quote, least.format(count=one.people)] for one in summary.voices]


def entry_rows(summary: Summary, language: str) -> list[list[str]]:
    """Policies that were wrong."""
    return [
        [
            entry_of(one, language) + aside(one.entry, language),
            value_of(one.now, language),
            str(one.now.count),
            value_of(one.before, language) if one.before.count else "–",
            _or_dash(one.recalled),
        ]
        for one in summary.entries
    ]


def _or_dash(count: int | None) -> str:
    """A number of people, or a dash for what is not shown."""
    return "–" if count is None else str(count)


def step_rows(summary: Summary, language: str) -> list[list[str]]:
    """Where people gave up."""
    said = words(language)
    return [
        [
            str(said[f"step_{step}"]),
            value_of(now, language),
            str(now.count),
            value_of(before, language),
        ]
        for step, (now, before) in zip(STEPS, summary.steps, strict=True)
    ]


def _steps_title(summary: Summary, language: str) -> str:
    """Steps are cut by no matter, and say so where one was chosen."""
    said = words(language)
    return str(said["steps"]) + (str(said["of_every_matter"]) if summary.view.matter else "")


def correction_lines(summary: Summary, language: str) -> list[str]:
    """What changed after a month's report."""
    return [
        f"{each.month:%Y-%m} {measure(each.measure).words(language).title} "
        f"({each.seen_on}): n {each.count:+d}, Σ {each.amount:+d}"
        for each in summary.corrections
    ]


def definitions(language: str) -> list[list[str]]:
    """Every measure's title and definition."""
    return [[one.words(language).title, one.definition(language)] for one in measures().values()]


def workbook(summary: Summary, language: str, lines: Sequence[str]) -> bytes:
    """The same as sheets; words are never formulas."""
    said, stream = words(language), io.BytesIO()
    brief = story_of(summary, language, brief=True)
    lines = [*story_of(summary, language), *(line for line in lines if line not in brief)]
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(stream, options) as book:
        bold = book.add_format({"bold": True, "bg_color": "#EAEEF2", "border": 1})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        first = book.add_worksheet(str(said["lines"]))
        first.write_string(0, 0, title(summary, language), book.add_format({"bold": True}))
        first.write_string(1, 0, made(summary, language))
        for offset, text in enumerate(lines):
            first.write_string(2 + offset, 0, text)
        heading = [
            said[key] for key in ("measure", "value", "before", "sample", "target", "change")
        ]
        _table(first, 4 + len(lines), heading, measure_rows(summary, language), bold)
        first.set_column(0, 0, 34)
        first.set_column(1, 5, 16)
        _picture(first, 18 + len(lines), summary, language)
        keys = ("number", "open", "next", "owner", "age")
        sheet = book.add_worksheet(str(said["backlog"]))
        _table(sheet, 0, [said[key] for key in keys], backlog_rows(summary, language), bold)
        sheet.set_column(0, 4, 20)
        sheet = book.add_worksheet(str(said["reasons"]))
        reasons = [[word(code, language), n, _or_dash(was)] for code, n, was in summary.reasons]
        _table(sheet, 0, [said["reasons"], said["value"], said["before"]], reasons, bold)
        for name, columns, rows in _lists(summary, language):
            named = _steps_title(summary, language) if name == "steps" else str(said[name])
            sheet = book.add_worksheet(named)
            _table(sheet, 0, [said[key] for key in columns], rows, bold)
            sheet.set_column(0, 0, 60)
            sheet.set_column(1, 4, 16)
        sheet = book.add_worksheet(str(said["corrections"]))
        for row, text in enumerate(correction_lines(summary, language)):
            sheet.write_string(row, 0, text)
        sheet = book.add_worksheet(str(said["definitions"]))
        _table(sheet, 0, [said["measure"], said["definition"]], definitions(language), bold)
        sheet.set_column(0, 0, 28)
        sheet.set_column(1, 1, 90, wrap)
    return stream.getvalue()


def _lists(summary: Summary, language: str) -> list[tuple[str, tuple[str, ...], list[list[str]]]]:
    """Sheets of one list each: title, heading, rows."""
    return [
        ("steps", ("step", "dropped", "reached", "before"), step_rows(summary, language)),
        (
            "entries",
            ("entry", "wrong", "answers", "before", "recalled"),
            entry_rows(summary, language),
        ),
        ("voice", ("voice", "people"), voice_rows(summary, language)),
    ]


def _table(
    sheet: Any, top: int, heading: Sequence[Any], rows: Sequence[Sequence[Any]], bold: Any
) -> None:
    for column, name in enumerate(heading):
        sheet.write_string(top, column, str(name), bold)
    for offset, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            if isinstance(value, int | float):
                sheet.write_number(top + offset, column, value)
            else:
                sheet.write_string(top + offset, column, str(value))


def _picture(sheet: Any, row: int, summary: Summary, language: str) -> None:
    for offset, name in enumerate(CHARTS):
        drawn = chart(summary, language, name)
        options = {
            "image_data": io.BytesIO(drawn.png),
            "description": drawn.alt,
            "x_scale": 0.5,
            "y_scale": 0.5,
        }
        sheet.insert_image(row + offset * 13, 0, f"{name}.png", options)
