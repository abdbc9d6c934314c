"""Figures in words: the same in chat, page, report and workbook."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from knowledge.regions import find, full_name
from knowledge.topics import topics as policy_topics
from services.measures.catalogue import measure
from services.measures.entries import WrongEntry
from services.measures.query import Figure
from services.measures.story import Apart
from services.measures.summary import HEADLINES, Line, Summary
from services.measures.topics import topics
from services.ratings.reasons import word

_FILE = Path(__file__).parent / "words.yaml"
_MOST, _BRIEF = 3, 2


@cache
def _data() -> Any:
    return yaml.safe_load(_FILE.read_text(encoding="utf-8"))


def words(language: str) -> dict[str, Any]:
    """Every word of a language; Chinese unless English is asked for."""
    found: dict[str, Any] = _data()["en" if language == "en" else "zh"]
    return found


def aside(text: str, language: str) -> str:
    """A remark in brackets."""
    return f" ({text})" if language == "en" else f"（{text}）"


def listed(head: str, items: Iterable[str], language: str) -> str:
    """A sentence that names things one after the other."""
    if language == "en":
        return f"{head}: {'; '.join(items)}."
    return f"{head}：{'；'.join(items)}。"


def value_of(figure: Figure, language: str) -> str:
    """A figure without its sample: `96.2%`, `3.5小时`, `12个工作日`; `无` without a sample."""
    text = number_of(figure.measure, figure.value, language)
    kind = measure(figure.measure).kind
    if figure.mean is None or kind not in ("minutes", "workdays"):
        return text
    mean = figure.mean / 60 if kind == "minutes" else figure.mean
    return text + str(words(language)["mean"]).format(mean=mean)


def number_of(name: str, value: float | None, language: str) -> str:
    """A number of a measure's kind in words."""
    said = words(language)
    if value is None:
        return str(said["none"])
    kind = measure(name).kind
    if kind == "rate":
        return f"{value:.1%}"
    if kind == "minutes":
        return str(said["minutes"]).format(value=value / 60)
    return f"{value:g}" if kind == "count" else str(said["workdays"]).format(value=value)


def change_of(line: Line, language: str) -> str:
    """What the comparison with the month before says, plainly."""
    said = words(language)
    if line.better is not None:
        return str(said["better" if line.better else "worse"])
    return str(said["too_few" if line.verdict == "too_few" else "no_difference"])


def story_of(summary: Summary, language: str, *, brief: bool = False) -> list[str]:
    """What is wrong in a month, one sentence each, the gravest first; `brief`: with few figures."""
    said, found = words(language), []
    found += [_apart(one, summary, language, brief) for one in summary.story.apart]
    if summary.story.overdue_with:
        officer, count = summary.story.overdue_with
        found.append(
            str(said["story_overdue"]).format(
                overdue=summary.backlog.late["officer"],
                count=count,
                who=summary.owners.get(officer, "–"),
            )
        )
    worse = [line for line in (summary.lines[name] for name in HEADLINES) if line.better is False]
    if worse:
        what = said["listed"].join(_change(line, language) for line in worse[:_MOST])
        found.append(str(said["story_worse"]).format(what=what))
    found += _causes(summary, language)
    return found or [str(said["story_quiet"])]


def _apart(one: Apart, summary: Summary, language: str, brief: bool) -> str:
    said = words(language)
    region = one.kind == "region_code"
    who = full_name(str(one.key)) if region else summary.owners.get(int(one.key), "–")
    what = said["listed"].join(
        str(said["story_than"]).format(
            title=getattr(measure(mine.measure).words(language), "short" if brief else "title"),
            mine=number_of(mine.measure, mine.value, language),
            others=number_of(mine.measure, others.value, language),
        )
        for mine, others in one.figures[: _BRIEF if brief else _MOST]
    )
    return str(said[f"story_apart_{one.kind}"]).format(who=who, what=what)


def _change(line: Line, language: str) -> str:
    return str(words(language)["story_change"]).format(
        title=measure(line.name).words(language).title,
        before=number_of(line.name, line.before.value, language),
        now=number_of(line.name, line.now.value, language),
    )


def _causes(summary: Summary, language: str) -> list[str]:
    """Topics of returns and wrong policies where they are worse, and what hurts most."""
    said, found = words(language), []
    if summary.topics and summary.lines["return_rate"].better is False:
        topic, count = summary.topics[0]
        share = count / sum(each for _, each in summary.topics)
        named = topics()[topic].en if language == "en" else topics()[topic].zh
        found.append(said["story_topic"].format(topic=named, count=count, share=f"{share:.0%}"))
    if summary.reasons:
        code, count, _ = summary.reasons[0]
        found.append(said["story_reason"].format(reason=word(code, language), count=count))
        if summary.voices:
            loudest = summary.voices[0]
            found.append(said["story_voice"].format(quote=loudest.quote, count=loudest.people))
    if summary.entries and summary.entries[0].better is False:
        one = summary.entries[0]
        values = {"entry": entry_of(one, language), "count": one.now.count, "hits": one.now.hits}
        found.append(said["story_entry"].format(**values))
    return found


def entry_of(one: WrongEntry, language: str) -> str:
    """A policy entry as people call it: its topic and region."""
    known = policy_topics()
    slugs = [slug for slug in one.topics if slug in known]
    titles = [known[slug].en if language == "en" else known[slug].title for slug in slugs[:1]]
    place = full_name(one.region_code) if find(one.region_code) else ""
    return " ".join([*titles, place]).strip() or one.entry
