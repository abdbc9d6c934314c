"""Chinese and English have the same messages, with the same values, labels and words."""

from __future__ import annotations

import ast
import inspect
from importlib import import_module

import pytest

from bot.filters import load_words
from bot.outbox import _MENU
from handlers import status as status_flow
from knowledge.matters import kinds
from services.applications import rows
from storage.models import ApplicationKind, ApplicationStatus, CardStatus, Evidence
from tests.templates import calls
from tests.templates.catalogue import LANGUAGES, RENDERER, block_count, blocks, files

WORDS = load_words()
progress = import_module("services.applications.progress")


def test_both_languages_have_the_same_files_and_messages() -> None:
    assert files("en") == files("zh") != frozenset()
    assert blocks("en").keys() == blocks("zh").keys()
    for file in files("zh"):
        found = [name for name in blocks("zh") if name.partition(".")[0] == file]
        assert block_count("zh", file) == block_count("en", file) == len(found)


@pytest.mark.parametrize("name", sorted(blocks("zh")))
def test_both_languages_use_the_same_values(name: str) -> None:
    assert blocks("en")[name] == blocks("zh")[name]


def test_both_languages_have_the_same_labels_and_words() -> None:
    assert RENDERER.labels["en"].keys() == RENDERER.labels["zh"].keys()
    for table, words in WORDS["zh"].items():
        assert WORDS["en"][table].keys() == words.keys()
    assert WORDS["en"].keys() == WORDS["zh"].keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_fill_with_the_same_values(language: str) -> None:
    for key, label in RENDERER.labels["zh"].items():
        mine = RENDERER.labels[language][key]
        assert ("{kind}" in mine) == ("{kind}" in label), key
        filled = RENDERER.label(key, language, {"kind": "…"})
        assert filled
        assert "{" not in filled
        assert len(filled) <= 64, f"{key} is too long for a button"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_that_a_conversation_names_exists(language: str) -> None:
    named = list(calls.messages())
    assert len({message.name for message in named}) > 100
    missing = [(m.where, m.name) for m in named if m.name not in blocks(language)]
    assert missing == []


def test_conversations_give_every_value_that_a_message_needs() -> None:
    for message in calls.messages():
        assert message.values is not None, message
        needed = blocks("zh")[message.name]
        assert needed <= message.values, f"{message.where}: {message.name} lacks values"


def test_every_message_is_said_somewhere() -> None:
    assert not blocks("zh").keys() - {message.name for message in calls.messages()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_label_that_a_conversation_names_exists(language: str) -> None:
    named = list(calls.labels())
    named += [("status.py", label) for label, _ in status_flow._NEXT.values()]
    named += [("outbox.py", key) for row in _MENU for key in row]
    assert len({key for _, key in named}) > 60
    known = RENDERER.labels[language]
    assert [(where, key) for where, key in named if key not in known] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_word(language: str) -> None:
    words = WORDS[language]
    states = {*ApplicationStatus, "social_enabled", "financial_activated", "done"}
    assert words["application"].keys() == {kind.value for kind in ApplicationKind}
    reasons = {name for kind in kinds().values() for name in kind.reasons}
    assert words["reason"].keys() == reasons
    assert words["state"].keys() == {str(state) for state in states}
    assert words["card"].keys() == {status.value for status in CardStatus}
    assert words["evidence"].keys() == {grade.value for grade in Evidence}
    assert words["source"].keys() >= {rows.US, rows.BUREAU, rows.OFFICER}
    tree = ast.parse(inspect.getsource(progress._next))
    returned = [node.value for node in ast.walk(tree) if isinstance(node, ast.Return)]
    spelt = {
        each.value
        for value in returned
        if value is not None
        for each in ast.walk(value)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    }
    assert len(spelt) > 3
    following = {*progress._NEXT.values(), *(spelt - {"card_same_province"})}
    assert words["next"].keys() >= following


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_case_has_a_word(language: str) -> None:
    kinds: set[str] = set()
    for _, tree in calls.trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "open_case":
                kinds |= calls.texts(node.args[2])
    assert len(kinds) > 5
    assert WORDS[language]["matter"].keys() >= kinds


def test_the_main_buttons_are_found_in_both_languages() -> None:
    for language in LANGUAGES:
        for key in ("apply", "status", "ask", "person", "exit"):
            label = RENDERER.label(f"menu.{key}", language, {})
            assert RENDERER.key_of_label(f" {label}。") == f"menu.{key}"
    assert RENDERER.key_of_label("注销") is None
