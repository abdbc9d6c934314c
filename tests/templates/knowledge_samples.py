"""Values for the messages about policies, guides and gaps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from handlers.guide import PIECES, pick, sources_of, with_numbers
from handlers.policies import by_region
from knowledge.changes import Backing, Difference
from knowledge.move import guide
from knowledge.policies import Finding
from services.gaps import GapView, HrAnswer
from services.policies import RuleChange
from storage.models import GapKind, GapStatus
from tests.templates.answers import parts

Mark = Callable[[str], str]
Samples = dict[str, list[dict[str, Any]]]
AT = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
PAIRS = (("370100", "370200"), ("370100", "320500"), ("110000", "650000"), ("370100", "370102"))


def hr(mark: Mark) -> list[dict[str, Any]]:
    """HR's answers, with and without words of the question."""
    answer = HrAnswer(
        1, mark("社保卡能办交通卡吗"), mark("能，先激活。"), mark("12333答复"), "37", AT
    )
    return [{"hr": answer}, {"hr": replace(answer, title=None)}]


def guides(language: str) -> Samples:
    """Every piece of a few guides."""
    found = [guide(*pair) for pair in PAIRS]
    values = []
    for one in found:
        filled = [(name, pick(one, about)) for name, about in PIECES if pick(one, about)]
        for index, (name, steps) in enumerate(filled):
            sources = sources_of(steps)
            piece = {"guide": one, "piece": name, "first": index == 0}
            shown = piece | {"steps": with_numbers(steps), "sources": sources}
            shown["caveat"] = any(step.caveat for step in steps)
            values += [shown | {"mapped": mapped} for mapped in (None, "北京市")]
    both = [{"guide": one} for one in found]
    return {
        "where": [{"home": "山东省济南市"}],
        "no_place": [{}],
        "left": [{}],
        "about": both,
        "drawing": both,
        "piece": values,
        "handed": [{"number": "GD26112000025"}],
    }


def policies(mark: Mark, language: str) -> Samples:
    """Recalls, worklists, HR's answer to who asked."""
    part = next(one for one in parts(language) if one.sources)
    told = RuleChange(
        part.topic,
        part.title,
        AT,
        "370100",
        (
            Difference("cost", ("工本费15元。",), ("工本费10元。",)),
            Difference("notes", (), ("新。",)),
        ),
        part,
    )
    findings = [
        Finding("stale", f"r370100-{n}", "370100", "fee", "k", "上次核对") for n in range(8)
    ] + [Finding("missing", None, "440300", "pickup", None, "只有全国口径")]
    findings += [Finding("expired", "cn-fee", "000000", "fee", "k", "有效期至")]
    return {
        "changed": [
            {"change": told, "region": "山东省济南市"},
            {"change": told, "region": None},
            {"change": replace(told, part=None), "region": None},
            {"change": replace(told, part=Backing(part.sources, caveat=True)), "region": None},
        ],
        "worklist": [
            {"counts": [("stale", 8), ("missing", 1)], "gaps": count, "total": 9}
            for count in (0, 3)
        ],
        "worklist_part": [{"lines": by_region(findings)}],
        "answered": hr(mark),
    }


def gaps(mark: Mark) -> Samples:
    """The gap list in the HR group."""
    view = GapView(
        id=7,
        status=GapStatus.OPEN,
        topic=None,
        pair=None,
        title=mark("社保卡能刷地铁吗"),
        count=3,
        people=2,
        kinds=((GapKind.UNANSWERED, 2), (GapKind.DOUBTED, 1)),
        regions=(("山东省济南市", 2), ("江苏省苏州市", 1)),
        examples=(mark("社保卡能刷地铁吗"),),
        answer=None,
        source=None,
        scope="37",
        scope_name="山东省",
        author=None,
        author_id=None,
        drafted_at=None,
        publisher=None,
        published_at=None,
        first_at=AT,
        last_at=AT,
    )
    drafted = replace(
        view,
        status=GapStatus.DRAFTED,
        answer=mark("能，先激活。"),
        source=mark("12333答复"),
        author=mark("王芳"),
        author_id=1,
        drafted_at=AT,
    )
    everywhere = replace(drafted, scope="", scope_name="")
    codes = ("no_source", "no_answer", "too_long", "not_officer", "over")
    return {
        "list": [{"total": 8, "shown": 5}, {"total": 2, "shown": 2}, {"total": 0, "shown": 0}],
        "card": [{"gap": one} for one in (view, drafted, everywhere)],
        "drafted": [{"gap": drafted}],
        "write": [{"officer": mark("王芳"), "gap": 7}],
        "refused": [{"code": code} for code in codes],
        "same_person": [{}],
        "over": [{}],
        "no_words": [{}],
        "published": [{"gap": 7, "told": told} for told in (2, 0)],
        "dismissed": [{"gap": 7}],
    }
