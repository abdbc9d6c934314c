"""The console's words: the same names in both languages, and every name that is used."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

from bot.filters import load_words
from bot.web import console
from bot.web.console.table import every_page
from bot.web.console.words import LANGUAGES, catalogue
from services.cases.decisions import decisions

HERE = Path(console.__file__).parent
_USED = (
    re.compile(r"\bt\('([a-z_]+\.[a-z_0-9]+)'[,)]"),
    re.compile(r"\.say\(\s*\"([a-z_]+\.[a-z_0-9]+)\""),
)
_COMPOSED = re.compile(r"\bt\('([a-z_]+\.[a-z_0-9]*)' ~")
_COMPOSED_IN_CODE = re.compile(r"f\"([a-z_]+\.[a-z_0-9]*)\{")
_SAID = re.compile(r"said=\"([a-z_]+)\"")


def sources() -> str:
    """Every template and every module of the console."""
    paths = [*HERE.rglob("*.j2"), *HERE.rglob("*.py")]
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(paths))


def placeholders(text: str) -> set[str]:
    """The values that a sentence takes."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_names_and_values() -> None:
    first, second = (catalogue(language) for language in LANGUAGES)
    assert set(first) == set(second)
    assert [k for k in first if placeholders(first[k]) != placeholders(second[k])] == []


def test_every_name_that_is_used_is_there() -> None:
    text = sources()
    used = {name for pattern in _USED for name in pattern.findall(text)}
    assert len(used) > 15
    assert sorted(used - set(catalogue("zh"))) == []


def test_every_decision_has_its_words() -> None:
    assert [code for code in decisions() if f"cases.decide_{code}" not in catalogue("zh")] == []


def test_every_name_is_used() -> None:
    text = sources()
    used = {name for pattern in _USED for name in pattern.findall(text)}
    heads = (*_COMPOSED.findall(text), *_COMPOSED_IN_CODE.findall(text))
    idle = [
        name
        for name in catalogue("zh")
        if name not in used
        and not name.startswith(
            (*heads, "said.", "frame.nav_", "verbs.", "kinds.", "events.", "details.")
        )
        and f'"{name}"' not in text
    ]
    assert idle == []


def test_navigation_has_names() -> None:
    for page in every_page():
        if page.nav:
            assert f"frame.nav_{page.name.replace('.', '_')}" in catalogue("zh")


def test_what_was_done_is_said() -> None:
    said = set(_SAID.findall(sources()))
    assert len(said) > 10
    assert sorted(name for name in said if f"said.{name}" not in catalogue("zh")) == []


def test_chinese_is_chinese() -> None:
    """Full-width punctuation between Chinese characters."""
    half = re.compile(r"[\u4e00-\u9fff][,;:!?()]|[,;:!?()][\u4e00-\u9fff]")
    assert [text for text in catalogue("zh").values() if half.search(text)] == []


def test_what_comes_next_is_said_to_hr() -> None:
    """The employee is told what to do; HR reads what is waited for."""
    told = load_words()["zh"]["next"]
    assert sorted(code for code in told if f"applications.next_{code}" not in catalogue("zh")) == []
