"""How messages are worded: punctuation, and words that people may not confuse."""

from __future__ import annotations

import re

import pytest
import yaml

from bot.filters import FOLDER
from tests.templates.catalogue import LANGUAGES, RENDERER, blocks, files, source
from tests.templates.samples import samples

HAN = "\u3400-\u9fff"
HALF = re.compile(rf"[{HAN}][,;:?!()\"']|[,;:?!()\"'][{HAN}]|[{HAN}]\.")
FULL = re.compile(r"[，。；：？！（）、]")
JINJA = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|<[^>]+>", re.DOTALL)


def said(language: str, name: str) -> list[str]:
    """A message with each of its samples."""
    return [RENDERER.message(name, language, values) for values in samples(language)[name]]


@pytest.mark.parametrize("file", sorted(files("zh")))
def test_chinese_messages_use_full_width_punctuation(file: str) -> None:
    words = JINJA.sub("字", source("zh", file).replace("{{ loop.index }}", "1"))
    assert HALF.findall(words) == []


def test_chinese_labels_and_words_use_full_width_punctuation() -> None:
    for name in ("labels.yaml", "words.yaml"):
        loaded = yaml.safe_load((FOLDER / "zh" / name).read_text("utf-8"))
        texts = [
            text
            for each in loaded.values()
            for text in (each.values() if isinstance(each, dict) else (each,))
        ]
        assert [text for text in texts if HALF.search(text)] == []


@pytest.mark.parametrize("file", sorted(files("en")))
def test_english_messages_use_latin_punctuation(file: str) -> None:
    words = JINJA.sub("value", source("en", file)).replace("请选择语言。", "")
    assert FULL.findall(words) == []


@pytest.mark.parametrize("name", sorted(blocks("zh")))
def test_leaving_the_chat_is_never_near_cancelling_a_card(name: str) -> None:
    for text in said("zh", name):
        assert not ("退出" in text and "注销" in text)
        assert "升级" not in text


def test_labels_keep_leaving_and_cancelling_apart() -> None:
    labels = RENDERER.labels["zh"]
    assert labels["menu.exit"] == labels["common.exit"] == "退出"
    ends_card = {key for key, label in labels.items() if "注销" in label}
    assert ends_card == {
        "behalf.cancellation",
        "cards.cancel",
        "summary.cancellation",  # a manager's figures about it
        "matter.cancel_anyway",
        "matter.submit_sure",
        "reason.local_rule",
    }
    assert not [key for key, label in labels.items() if "升级" in label]


def test_both_functions_of_the_card_are_named_by_their_words() -> None:
    (text,) = (t for t in said("zh", "status.social_enabled") if "办好" not in t)
    assert "社保功能已启用" in text
    assert "银行账户待激活" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_merge_is_told_as_a_card(language: str) -> None:
    late = {"number": "SB-7K2M-9QXT", "outcome": "too_late", "kind": "merge"}
    taken = late | {"reason_code": "medical"}
    for name in ("status.withdrawal", "status.reviewing"):
        text = RENDERER.message(name, language, taken)
        assert not re.search("制卡|卡会|资料|card|papers", text), text


def test_a_refusal_says_what_to_do_next() -> None:
    ways = re.compile(r"请|点|可以|再|发送|等|拨打|打12333")
    refusals = [
        "ask.none", "ask.unknown", "ask.sorry", "apply.stop", "apply.evidence_refused",
        "common.stale", "common.cannot_read", "common.edited", "common.broken", "common.leaver",
        "desk.not_officer", "desk.decided_before", "documents.bad_value", "documents.failed",
        "documents.cannot_confirm", "documents.not_expected", "documents.over",
        "documents.refused", "documents.too_big", "enrol.account_taken", "enrol.ask_hr",
        "enrol.expired", "enrol.not_your_contact", "enrol.too_many", "enrol.unknown",
        "enrol.used", "enrol.wrong", "mydata.not_yet", "rate.closed", "status.returned",
        "status.sealed", "guide.no_place", "gaps.refused", "gaps.same_person", "gaps.over",
        "gaps.no_words", "rate.asked_before", "rate.nobody_else", "rate.answered_before",
        "follow.over", "collection.not_here", "collection.nothing_to_sign", "handout.wrong_code",
        "handout.unknown", "handout.unreadable", "handout.not_undone", "behalf.unknown",
        "behalf.refused", "proxy.refused", "proxy.own", "proxy.too_late", "merge.failed",
        "merge.mend",
    ]  # fmt: skip
    for name in refusals:
        for text in said("zh", name):
            assert ways.search(text), f"{name}: {text}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_assistant_says_its_name(language: str) -> None:
    name = {"zh": "社保小助手", "en": "Shebao"}[language]
    for message in ("common.menu", "enrol.hello"):
        assert all(name in text for text in said(language, message))
    assert "English" in RENDERER.message("common.language_set", "en", {})


def test_only_missing_pictures_are_explained() -> None:
    for language in LANGUAGES:
        both, portrait, nothing, *abroad = said(language, "documents.ask")
        card = {"zh": "身份证", "en": "ID card"}[language]
        assert card in both
        assert card not in portrait
        assert "441" in portrait
        assert "441" not in nothing
        assert all("12333" in text for text in abroad)


def test_an_undated_source_is_shown_as_such() -> None:
    texts = said("zh", "ask.answer")
    assert any("未注明日期" in text for text in texts)
    assert all("依据：" in text or "※" not in text for text in texts)
    assert all("核对" in text for text in texts if "依据：" in text)
