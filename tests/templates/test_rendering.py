"""Every message renders from values of the real types, in both languages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from jinja2 import UndefinedError

from messenger.core.formatting import parse_html, utf16_length
from messenger.core.messages import CAPTION_LENGTH, TEXT_LENGTH
from services.documents.findings import sentences
from tests.templates import calls, desk_samples
from tests.templates.catalogue import LANGUAGES, RENDERER, blocks
from tests.templates.samples import samples

CASES = [(language, name) for language in LANGUAGES for name in sorted(blocks("zh"))]
HOSTILE = "<b>&</i>“{{7*7}}"


def hostile(text: str) -> str:
    """Words with markup of HTML and of the templates in them."""
    return text + HOSTILE


def rendered(language: str, name: str, values: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """The text and its entities as the messenger takes them."""
    return parse_html(RENDERER.message(name, language, values))


def test_every_message_has_samples() -> None:
    for language in LANGUAGES:
        assert samples(language).keys() == blocks(language).keys()


@pytest.mark.parametrize(("language", "name"), CASES)
def test_renders(language: str, name: str) -> None:
    for values in samples(language)[name]:
        text, _ = rendered(language, name, values)
        assert text.strip() == text != ""
        assert "\n\n\n" not in text
        assert re.search(r" \n|\n |  |None|Undefined|Mapping|\{|datetime", text) is None, text
        assert (
            re.search(r"[，、]$|[：，；][。，；]|：\n\n|。。|\.\.$|(?<!\.)\.\. ", text) is None
        ), text
        assert utf16_length(text) < TEXT_LENGTH


@pytest.mark.parametrize(("language", "name"), CASES)
def test_needs_its_values(language: str, name: str) -> None:
    """The check above would fail for a value that is not handed over."""
    unused = set(blocks(language)[name])
    if name == "mydata.erased":
        return
    for values in samples(language)[name]:
        unused -= {value for value in set(unused) if _fails_without(language, name, values, value)}
    assert unused == set()


def _fails_without(language: str, name: str, values: dict[str, Any], value: str) -> bool:
    left = {key: each for key, each in values.items() if key != value}
    try:
        RENDERER.message(name, language, left)
    except UndefinedError:
        return True
    return False


@pytest.mark.parametrize(("language", "name"), CASES)
def test_markup_in_values_stays_inert(language: str, name: str) -> None:
    plain, marked = samples(language), samples(language, hostile)
    for before, after in zip(plain[name], marked[name], strict=True):
        text, entities = rendered(language, name, before)
        text_marked, entities_marked = rendered(language, name, after)
        assert text_marked.replace(HOSTILE, "") == text
        assert [each["type"] for each in entities_marked] == [each["type"] for each in entities]


def test_people_s_own_words_were_really_marked() -> None:
    marked = samples("zh", hostile)
    hit = {
        name
        for name, cases in marked.items()
        for values in cases
        if HOSTILE in rendered("zh", name, values)[0]
    }
    assert {"apply.summary", "common.menu", "desk.answer", "desk.card", "desk.written"} <= hit
    assert {"documents.offer", "mydata.holding", "status.progress", "status.returned"} <= hit


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_longest_captions_fit_under_a_picture(language: str) -> None:
    findings = [dict(each[language]) for each in sentences()["findings"].values()]
    findings.sort(key=lambda each: len(each["message"]) + len(each["remedy"]), reverse=True)
    sizes = {"name": 50, "sex": 1, "ethnicity": 10, "birth": 10, "address": 120, "id_number": 18}
    fields = [
        {
            "label": RENDERER.label(f"field.{name}", language, {}),
            "value": "样" * size,
            "doubt": True,
        }
        for name, size in sizes.items()
    ]
    kind = RENDERER.label("kind.id_front", language, {})
    offer = {"kind": kind, "fields": fields, "notices": findings[:9]}
    refused = {"kind": kind, "faults": findings[:9], "mended": True}
    for name, values in (("documents.offer", offer), ("documents.refused", refused)):
        assert utf16_length(rendered(language, name, values)[0]) < CAPTION_LENGTH


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_longest_words_of_people_fit(language: str) -> None:
    long = "很长的话，" * 820
    assert len(long) > TEXT_LENGTH
    card = samples(language)["desk.card"][0] | {"said": [desk_samples.said(long)] * 2}
    said: dict[str, Any] = {"number": "GD26112000025", "text": long, "edited": False}
    for name, values in (("desk.card", card), ("desk.answer", said), ("desk.written", said)):
        assert utf16_length(rendered(language, name, values)[0]) < TEXT_LENGTH


@pytest.mark.parametrize("language", LANGUAGES)
def test_toasts_fit_and_have_no_markup(language: str) -> None:
    toasts = {message.name for message in calls.messages() if message.toast}
    assert len(toasts) > 6
    for name in toasts:
        for values in samples(language)[name]:
            text = RENDERER.message(name, language, values)
            assert len(text) <= 200
            assert "<" not in text
            assert "&" not in text
            assert "\n" not in text
