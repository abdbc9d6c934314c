"""Names in a text that are no place of its matter, although they name a place.

The seat of a company, the province that two places share, a plan that was dropped, the home town
of somebody in their first job, what a former name is called now. Rules: ``data/places.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from knowledge import regions
from knowledge.understand.mentions import Mention

Said = list[tuple[Mention, str]]


class Asides:
    """The patterns. Immutable."""

    def __init__(self, rules: Mapping[str, str]) -> None:
        """``rules``: the whole of ``data/places.yaml``."""
        self._seat = _behind(rules["seat_before"])
        self._sent = re.compile(rules["sent_from_the_seat"])
        self._shared_before = _behind(rules["shared_before"])
        self._shared_after = re.compile(rules["shared_after"])
        self._frame_before = _behind(rules["frame_before"])
        self._frame_after = re.compile(rules["frame_after"])
        self._merged = _behind(rules["merged_into_before"])
        self._dropped_before = _behind(rules["dropped_plan_before"])
        self._dropped_after = re.compile(rules["dropped_plan_after"])
        self._first = re.compile(rules["first_time"])
        self._home = _behind(rules["home_before"])
        self._home_after = re.compile(rules["home_after"])
        self._way = _behind(rules["on_the_way_before"])
        self._way_after = re.compile(rules["on_the_way_after"])
        self._renamed = _behind(rules["renamed_before"])

    def on_the_way(self, text: str, mention: Mention) -> bool:
        """Whether the name only says where somebody's train goes (去上海的高铁上)."""
        ahead = self._way.search(text[: mention.start])
        return ahead is not None and self._way_after.match(text[mention.end :]) is not None

    def without_glosses(self, text: str, said: Said) -> Said:
        """Without the present name said behind a former one (伊克昭盟，就是现在的鄂尔多斯)."""
        kept: Said = []
        for mention, code in said:
            again = any(code == known for _, known in kept)
            if not (again and self._renamed.search(text[: mention.start])):
                kept.append((mention, code))
        return kept

    def without(self, text: str, pairs: Said, spoken_of: Collection[str]) -> Said:
        """Without what is said in passing, as long as a place is left."""
        pairs = self._without_seats(text, pairs)
        codes = [code for _, code in pairs]
        kept = [
            (mention, code)
            for mention, code in pairs
            if not self._holds_all(text, mention, code, [*codes, *spoken_of])
            and not self._given_up(text, mention)
            and not self._home_of_a_beginner(text, mention)
        ]
        return kept or pairs

    def _without_seats(self, text: str, pairs: Said) -> Said:
        """Without the seat of a company (总部在…), unless it is what somebody is sent away from."""
        if self._sent.search(text):
            return pairs
        kept = [pair for pair in pairs if not self._seat.search(text[: pair[0].start])]
        return kept or pairs

    def _holds_all(self, text: str, mention: Mention, code: str, others: Sequence[str]) -> bool:
        """Whether it is only what another place lies in: 都是江西的, 现在归济南了."""
        if not any(other != code and code in regions.ancestors(other) for other in others):
            return False
        before, after = text[: mention.start], text[mention.end :]
        if self._shared_before.search(before) or self._shared_after.match(after):
            return True
        if self._merged.search(before):
            return True
        frame = self._frame_before.search(before) and self._frame_after.match(after)
        return frame is not None

    def _given_up(self, text: str, mention: Mention) -> bool:
        before, after = text[: mention.start], text[mention.end :]
        return bool(self._dropped_before.search(before) or self._dropped_after.match(after))

    def _home_of_a_beginner(self, text: str, mention: Mention) -> bool:
        """Whether it is the home town of somebody who has never been insured."""
        if not self._first.search(text) or not self._home.search(text[: mention.start]):
            return False
        return self._home_after.match(text[mention.end :]) is not None


def _behind(words: str) -> re.Pattern[str]:
    return re.compile(f"(?:{words})$")
