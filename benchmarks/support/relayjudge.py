"""Verdict on the relay between employees and the HR group, from the messenger's request log."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.support.helpdesk import FILE_CAME, SENT, Relay
from benchmarks.support.judge import Sent

_NUMBER = re.compile(r"GD-[\w-]+")


@dataclass
class RelayVerdict:
    """What was found. `doubled`: repeats of the group's messages, which need their doubts."""

    cases: int = 0
    expected: int = 0
    faults: list[str] = field(default_factory=list)
    doubled: list[Sent] = field(default_factory=list)


def judge_relays(relays: Sequence[Relay], group: int, messages: Sequence[Sent]) -> RelayVerdict:
    """Every line and picture in its own topic once, every answer with its own employee once.

    What equals an earlier message in everything, its buttons' tokens included, is a repeat; two
    messages that differ and say the same are a fault.
    """
    verdict = RelayVerdict(cases=len(relays))
    once: dict[str, Sent] = {}
    for message in (m for m in messages if m.chat == group):
        if message.fingerprint in once:
            verdict.doubled.append(message)
        once.setdefault(message.fingerprint, message)
    here = list(once.values())
    elsewhere = list({m.fingerprint: m for m in messages if m.chat != group}.values())
    threads = {relay.number: relay.thread for relay in relays}
    for message in here:
        for number in set(_NUMBER.findall(message.text)) & threads.keys():
            if message.thread != threads[number]:
                verdict.faults.append(f"{number}: in topic {message.thread}: {message.text[:24]}")
    for relay in relays:
        _judge(relay, here, elsewhere, verdict)
    return verdict


def _judge(
    relay: Relay, here: Sequence[Sent], elsewhere: Sequence[Sent], verdict: RelayVerdict
) -> None:
    topic = [m for m in here if m.thread == relay.thread]
    wanted = [(words, 1) for words in relay.said]
    wanted += [(FILE_CAME, relay.pictures), (SENT, len(relay.answers))]
    for words, count in wanted:
        verdict.expected += count
        found = sum(words in m.text for m in topic)
        if found != count:
            verdict.faults.append(f"{relay.number}: {words!r} {found} times in its topic")
    for words in relay.answers:
        verdict.expected += 1
        chats = [m.chat for m in elsewhere if words in m.text]
        if chats != [relay.chat]:
            places = ", ".join("its own" if c == relay.chat else "another" for c in chats) or "none"
            verdict.faults.append(f"{relay.number}: {words!r} came to these chats: {places}")
