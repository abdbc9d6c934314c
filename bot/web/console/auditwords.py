"""The audit log in words: what was done, to which row, and the details of an entry."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context

from bot.filters import load_words, moment
from bot.web.console import words
from knowledge.regions import find, full_name
from services import cases
from services.cases.decisions import decisions

_TABLES: Mapping[str, tuple[str, ...]] = {
    "role": ("account.role_",),
    "waiting_for": ("cases.wait_",),
    "decision": ("cases.decide_",),
    "value": ("cases.priority_",),
    "reason": ("documents.reason_",),
}
"""Words of other pages for the values of a detail."""
_MOMENTS = frozenset({"since", "until"})
_MATTERS = frozenset({"matter", "value"})


@pass_context
def audit_verb(context: Context, verb: str) -> str:
    """A verb of the audit log in words; the verb itself when we have none."""
    return _worded(context, "verbs", verb)


@pass_context
def audit_kind(context: Context, kind: str) -> str:
    """What a verb or a row of the audit log is about."""
    return _worded(context, "kinds", kind)


@pass_context
def audit_row(context: Context, subject: str) -> str:
    """`person:12` in words."""
    kind, _, number = subject.partition(":")
    if not number.isdigit():
        number = _worded(context, "kinds", number) if number else ""
    return f"{_worded(context, 'kinds', kind)} {number}".strip()


@pass_context
def audit_details(context: Context, detail: Any) -> list[tuple[str, str]]:
    """An entry's details as pairs of name and value; what is empty is left out."""
    if not isinstance(detail, Mapping):
        return []
    return [
        (_worded(context, "details", str(name)), _value(context, str(name), value, detail))
        for name, value in detail.items()
        if value is not None and value not in ("", [], {})
    ]


def _value(context: Context, name: str, value: Any, detail: Mapping[str, Any]) -> str:
    language = str(context.get("language"))
    if isinstance(value, list):
        mark = "、" if language == "zh" else ", "
        return mark.join(_value(context, name, one, detail) for one in value)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if name in _MOMENTS:
        return moment(context, datetime.fromisoformat(text))
    if name == "region":
        code = text.ljust(6, "0")
        return full_name(code) if find(code) else text
    if name in _MATTERS and text in cases.matters():
        return cases.matters()[text].title(language)
    if name == "kind" and text in (kinds := _messages()[language]["matter"]):
        return kinds[text]
    decision = decisions().get(str(detail.get("decision")))
    for reason in decision.reasons if decision and name == "reason" else ():
        if reason.code == text:
            return reason.title(language)
    heads = (*_TABLES.get(name, ()), "details.is_")
    known = (key for head in heads if words.known(key := f"{head}{text}"))
    found = next(known, None)
    return words.say(language, found) if found else text


@cache
def _messages() -> dict[str, dict[str, dict[str, str]]]:
    """The messages' own words: language, table, code."""
    return load_words()


def _worded(context: Context, file: str, code: str) -> str:
    key = f"{file}.{code.replace('.', '_')}"
    return words.say(str(context.get("language")), key) if words.known(key) else code


@pass_context
def case_event(context: Context, code: str) -> str:
    """What somebody did with a case, or what became of its promise; the code without a word."""
    return _worded(context, "events", code)
