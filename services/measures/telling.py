"""The lines of a month in the chat: numbers are already words, the template only says them."""

from __future__ import annotations

from typing import Any

from knowledge.regions import full_name
from services.measures.catalogue import measure
from services.measures.summary import HEADLINES, Summary
from services.measures.topics import topics
from services.measures.wording import story_of, value_of, words
from services.ratings.reasons import word

_SAID = (*HEADLINES, "deflection_assumed", "straight_through", "recontact", "duplicates")
_STORY = 2
"""Sentences of the story under the picture, which the caption has room for."""
_WAITS = ("time_to_card_bureau", "time_to_card_employee")


def said(summary: Summary, language: str) -> dict[str, Any]:
    """Values of the template `summary.month`; JSON types only.

    `figures` maps a measure to its value, sample and whether it misses its target.
    """
    return {
        "month": summary.view.period.label,
        "running": summary.running,
        "where": place_of(summary),
        "matter": summary.view.matter or "",
        "own": summary.view.officer_id is not None,
        "figures": {
            name: {
                "text": value_of(summary.lines[name].now, language),
                "count": summary.lines[name].now.count,
                "misses": summary.lines[name].misses,
            }
            for name in (*_SAID, *_WAITS)
        },
        "story": story_of(summary, language, brief=True)[:_STORY],
        "backlog": _backlog(summary, language),
        "rated": _rated(summary),
        "reasons": [word(code, language) for code, _, _ in summary.reasons[:3]],
        "topics": [_topic(code, language) for code, _ in summary.topics[:2]],
        "better": _changed(summary, language, better=True),
        "worse": _changed(summary, language, better=False),
    }


def place_of(summary: Summary) -> str:
    """The region that was chosen, or nothing."""
    prefix = summary.view.region_prefix
    return full_name(prefix.ljust(6, "0")) if prefix else ""


def _topic(code: str, language: str) -> str:
    return topics()[code].en if language == "en" else topics()[code].zh


def _backlog(summary: Summary, language: str) -> dict[str, Any]:
    said_words = words(language)
    worst = summary.backlog.worst[:1]
    return {
        "open": summary.backlog.open,
        "overdue": summary.backlog.overdue,
        "parties": [
            [said_words[party], sum(counts), summary.backlog.late[party]]
            for party, counts in summary.backlog.ages.items()
            if sum(counts)
        ],
        "worst": [
            [
                item.number,
                str(said_words["next_words"].get(item.next, item.next)),
                summary.owners.get(item.owner_id, "–"),
                item.age,
            ]
            for item in worst
        ],
    }


def _rated(summary: Summary) -> dict[str, Any]:
    return {
        about: None
        if one is None
        else {
            "share": f"{one.share:.0%}",
            "mean": f"{one.mean:.1f}",
            "count": one.count,
            "low": f"{one.interval.low:.0%}",
            "high": f"{one.interval.high:.0%}",
            "rate": value_of(summary.lines[f"rated_{about}"].now, "zh"),
        }
        for about, one in summary.satisfaction.items()
    }


def _changed(summary: Summary, language: str, *, better: bool) -> list[str]:
    return [
        measure(name).words(language).title
        for name in HEADLINES
        if summary.lines[name].better is better
    ]
