"""The judge of the crash test sees what is lost, doubled or out of order."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from benchmarks.support.chat import Chat
from benchmarks.support.helpdesk import FILE_CAME, SENT, Relay
from benchmarks.support.judge import Doubt, Sent, judge_chat, unexplained
from benchmarks.support.kinds import PATTERNS
from benchmarks.support.relayjudge import RelayVerdict, judge_relays
from messenger.client import MessengerClient

ROOT = Path(__file__).resolve().parents[2]


def chat() -> Chat:
    made = Chat(MessengerClient("http://nowhere"), "E1", finished=True)
    made.owed("welcome", "notice", "answer", "help")
    made.told_together("offer_front", "offer_back")
    made.told_next("received", "rate_ask")
    return made


def sent(*kinds: str) -> list[Sent]:
    return [Sent(1, kind, kind, f"{n} {kind}") for n, kind in enumerate(kinds)]


GOOD = ("welcome", "offer_back", "notice", "offer_front", "answer", "answer", "received", "help")


def test_a_whole_conversation_in_order_is_well() -> None:
    verdict = judge_chat(chat(), sent(*GOOD, "rate_ask"), parked=0)
    assert (verdict.lost, verdict.disordered, verdict.doubled) == ([], [], [])


@pytest.mark.parametrize("missing", sorted({*GOOD, "rate_ask"}))
def test_any_missing_message_is_seen(missing: str) -> None:
    kinds = [kind for kind in (*GOOD, "rate_ask") if kind != missing]
    verdict = judge_chat(chat(), sent(*kinds), parked=0)
    assert verdict.lost or verdict.disordered


@pytest.mark.parametrize("place", range(len(GOOD) - 1))
def test_an_additional_message_is_seen(place: int) -> None:
    kinds = [*GOOD[:place], "thanks", *GOOD[place:], "rate_ask"]
    assert judge_chat(chat(), sent(*kinds), parked=0).disordered


def test_two_answers_in_the_wrong_order_are_seen() -> None:
    kinds = ["notice", "welcome", *GOOD[3:], "offer_back", "rate_ask"]
    assert judge_chat(chat(), sent(*kinds), parked=0).disordered


def test_news_told_too_early_are_seen() -> None:
    kinds = ["received", *(kind for kind in GOOD if kind != "received"), "rate_ask"]
    assert judge_chat(chat(), sent(*kinds), parked=0).disordered


def test_an_exact_repeat_is_a_double_and_needs_its_doubt() -> None:
    messages = sent(*GOOD, "rate_ask")
    again = [*messages[:3], messages[2], *messages[3:]]
    verdict = judge_chat(chat(), again, parked=0)
    assert [message.kind for message in verdict.doubled] == ["notice"]
    assert not verdict.disordered
    doubt = Doubt(1, "sendMessage", "notice", "null", "", "sender_died", "resend")
    assert unexplained(verdict.doubled, []) == verdict.doubled
    assert unexplained(verdict.doubled, [doubt]) == []
    assert len(unexplained(verdict.doubled * 2, [doubt])) == 1


def test_only_a_parked_rating_may_stay_away() -> None:
    assert not judge_chat(chat(), sent(*GOOD), parked=1).lost
    assert judge_chat(chat(), sent(*GOOD), parked=0).lost


def test_a_story_without_an_end_is_lost() -> None:
    unfinished = chat()
    unfinished.finished = False
    assert judge_chat(unfinished, sent(*GOOD, "rate_ask"), parked=0).lost


def test_kinds_are_told_by_words_that_the_templates_say() -> None:
    """Whoever changes a message's wording learns here that the crash test must follow."""
    folder = ROOT / "bot" / "templates" / "zh"
    notices = ROOT / "services" / "people" / "notices"
    texts = [*folder.glob("*.j2"), *notices.rglob("*.zh.j2")]
    said = re.sub(r"<[^>]+>|\{%.*?%\}", "", "\n".join(p.read_text("utf-8") for p in texts))
    labels = yaml.safe_load((folder / "labels.yaml").read_text("utf-8"))
    said = said.replace("{{ kind }}", labels["kind.id_front"]) + said.replace(
        "{{ kind }}", labels["kind.id_back"]
    )
    said += said.replace(labels["kind.id_front"], labels["kind.portrait"])
    said = re.sub(r"\{\{ *score *\}\}", "5", said)
    for kind, pattern in PATTERNS:
        words = pattern.removeprefix("：")
        assert re.search(words, said, re.MULTILINE), kind


def relay() -> list[Sent]:
    """Two cases, each with a line, a picture, an answer and its news of delivery."""
    found = []
    for number, thread, chat in (("GD-1", 7, 101), ("GD-2", 8, 102)):
        line, file = f"{number} 员工说：\n{number}的第1句", f"{number} {FILE_CAME}。证件不进群"
        found += [
            Sent(-5, "group", line, f"{number} line", thread),
            Sent(-5, "group", file, f"{number} file", thread),
            Sent(chat, "hr_answer", f"HR同事回复（{number}）\n{number}的回复", number),
            Sent(-5, "group", f"{SENT}（{number}）。", f"{number} sent", thread),
        ]
    return found


def judged(messages: list[Sent]) -> RelayVerdict:
    cases = (("GD-1", 7, 101), ("GD-2", 8, 102))
    relays = [
        Relay(number, chat, thread, [f"{number}的第1句"], 1, [f"{number}的回复"])
        for number, thread, chat in cases
    ]
    return judge_relays(relays, -5, messages)


def test_a_relay_that_is_whole_is_well() -> None:
    verdict = judged(relay())
    assert (verdict.faults, verdict.doubled, verdict.expected) == ([], [], 8)


@pytest.mark.parametrize("place", range(8))
def test_a_relay_that_loses_doubles_or_misplaces_is_seen(place: int) -> None:
    whole = relay()
    one = whole[place]
    assert judged([*whole[:place], *whole[place + 1 :]]).faults
    assert judged([*whole, replace(one, fingerprint="written anew")]).faults
    other = replace(one, thread=15 - one.thread) if one.chat == -5 else replace(one, chat=103)
    assert judged([*whole[:place], other, *whole[place + 1 :]]).faults
    if one.chat == -5:  # the same message sent again: no fault, if its doubt is recorded
        again = judged([*whole, one])
        assert (again.faults, again.doubled) == ([], [one])
