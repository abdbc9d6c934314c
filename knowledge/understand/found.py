"""The places that were found in a question, alone and with the turn before it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from knowledge import regions
from knowledge.regions.table import Region


@dataclass(frozen=True, slots=True)
class Places:
    """What was recognised. ``named``: every division in the order of the text."""

    origin: Region | None = None
    destination: Region | None = None
    named: tuple[Region, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()
    loose: bool = False
    """One place stands alone and its role depends on what the question is about."""
    moves: bool = False
    """One place stands alone, and somebody is said to be moved there."""

    @property
    def relation(self) -> str:
        """How origin and destination stand to each other, or an empty text."""
        if self.origin is None or self.destination is None:
            return ""
        return regions.relation(self.origin.code, self.destination.code).value


def role_by_topic(places: Places, leaves: bool) -> Places:
    """Settle a lone place by the topic: ``leaves`` when X的卡 means the place that is left."""
    if not places.loose or not leaves or places.destination is None:
        return places
    return replace(places, origin=places.destination, destination=None)


def follow(previous: Places, now: Places) -> Places:
    """Places of a follow-up: what isn't said again stays; a new place takes the right slot."""
    if not now.named:
        return previous
    if now.origin and now.destination:
        return now
    known = previous.origin is not None and previous.destination is not None
    if known and now.named[0] in (previous.origin, previous.destination):
        return replace(previous, named=now.named, spans=now.spans)
    if now.moves and previous.origin is None and previous.destination not in (None, *now.named):
        return replace(now, origin=previous.destination, loose=False)
    if now.origin:
        return replace(now, destination=previous.destination)
    return replace(now, origin=previous.origin, loose=now.loose and previous.origin is None)
