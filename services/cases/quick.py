"""快捷回复: ready sentences, as data; what they name is filled in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from services.cases.settings import rules
from services.cases.views import CaseView

_FILE = Path(__file__).with_name("quick_replies.yaml")


@dataclass(frozen=True)
class QuickReply:
    """One ready sentence. No `matters`: for every case; no `english`: the title is Chinese."""

    code: str
    title: str
    text: str
    matters: tuple[str, ...]
    english: str = ""

    def titled(self, language: str) -> str:
        """What the officer chooses it by."""
        return self.english if language == "en" and self.english else self.title


def quick_replies(case: CaseView) -> tuple[QuickReply, ...]:
    """Those that fit a case, in the employee's language, with its numbers filled in."""
    given = _load(rules().replies_file or _FILE)
    values = {"case": case.number, "application": case.application_number or case.number}
    language = "en" if case.language == "en" else "zh"
    return tuple(
        QuickReply(
            code=str(each["code"]),
            title=str(each["title"]),
            text=str(each[language]).format(**values),
            matters=tuple(each.get("matters", ())),
            english=str(each.get("title_en", "")),
        )
        for each in given
        if not each.get("matters") or case.matter in each["matters"]
    )


@cache
def _load(path: Path) -> tuple[dict[str, Any], ...]:
    return tuple(yaml.safe_load(path.read_text("utf-8"))["replies"])
