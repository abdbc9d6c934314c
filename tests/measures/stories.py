"""Generated histories: what happened, as plain data, and the rows that tell it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

START = datetime(2025, 1, 20, tzinfo=UTC)  # before Spring Festival, with its moved workdays
DAYS = 75
REGIONS = ("370100", "440300", "650100")
REASONS = ("photo_background", "id_expired", "name_mismatch", "strange", None)
OFFICERS = 3
ENTRIES = ("cn-lost", "cn-move")


@dataclass(frozen=True)
class Step:
    """A change of state: what, by whom, when, when we heard of it, when it was told."""

    status: str
    source: str
    at: datetime
    heard: timedelta
    told: timedelta | None
    code: str | None


@dataclass(frozen=True)
class App:
    """An application's life."""

    region: str
    home: str
    kind: str
    employer: int
    hired: date | None
    created: datetime
    submitted: datetime | None
    end: str
    closed: datetime | None
    second_card: bool
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Matter:
    """A case's life. `owners`: hours after opening, and who had it from then on."""

    region: str
    employer: int
    matter: str
    opened: datetime
    reply: timedelta | None
    replier: int
    resolved: timedelta | None
    resolution: str | None
    reopened: int
    owners: tuple[tuple[int, int], ...]
    waits: tuple[tuple[int, int | None], ...]


@dataclass(frozen=True)
class Reply:
    """An answer of the bot and the entries behind it; presses and calls: hours after it."""

    topic: str
    at: datetime
    verdict: str | None
    calls: tuple[int, ...]
    pressed: int
    entries: tuple[str, ...]
    recall: bool


@dataclass(frozen=True)
class Story:
    """A company's quarter. `grants`: day from which, until which, an officer has which region."""

    apps: tuple[App, ...]
    matters: tuple[Matter, ...]
    replies: tuple[Reply, ...]
    asked: tuple[tuple[int, int | None], ...]
    grants: tuple[tuple[int, str, int, int | None], ...]
    order: int = field(default=0)


def moments(days: int = DAYS) -> st.SearchStrategy[datetime]:
    """Any minute, with the edges of days and months in China (16:00 UTC) often among them."""
    any_minute = st.integers(0, days * 1440).map(lambda n: START + timedelta(minutes=n))
    edge = st.tuples(st.integers(0, days), st.sampled_from([-1, 0, 1])).map(
        lambda pair: START + timedelta(days=pair[0], hours=16, minutes=pair[1])
    )
    return st.one_of(any_minute, edge)


def _later(days: int) -> st.SearchStrategy[timedelta]:
    return st.integers(0, days * 1440).map(lambda n: timedelta(minutes=n))


@st.composite
def apps(draw: st.DrawFn) -> App:
    """One application, with its states in any number."""
    created = draw(moments(50))
    gap = draw(st.none() | _later(10) | _later(10))
    submitted = None if gap is None else created + gap
    steps: list[Step] = []
    at = submitted
    states = ["reviewing", "returned", "making", "collectable", "collected", "social_enabled"]
    count = draw(st.integers(0, 6) | st.just(4)) if submitted else 0
    for status in draw(st.lists(st.sampled_from(states), min_size=count, max_size=count)):
        assert at is not None
        at += draw(_later(12)) + timedelta(minutes=1)
        steps.append(
            Step(
                status,
                draw(st.sampled_from(["bureau", "officer", "us"])),
                at,
                draw(st.sampled_from([timedelta(0), timedelta(hours=30)])),
                draw(st.sampled_from([None, timedelta(0), timedelta(days=1), timedelta(days=3)])),
                draw(st.sampled_from(REASONS)) if status == "returned" else None,
            )
        )
    end = draw(
        st.sampled_from(["reviewing", "finished", "stopped", "withdrawn", "sealed", "lapsed"])
    )
    return App(
        region=draw(st.sampled_from(REGIONS)),
        home=draw(st.sampled_from(REGIONS)),
        kind=draw(st.sampled_from(["first", "first", "replacement", "transfer", "loss_report"])),
        employer=draw(st.integers(0, 1)),
        hired=draw(
            st.none() | st.integers(-120, 20).map(lambda n: (created + timedelta(days=n)).date())
        ),
        created=created,
        submitted=submitted,
        end=end,
        closed=None if end == "reviewing" else (at or created) + draw(_later(3)),
        second_card=draw(st.booleans()) and bool(steps),
        steps=tuple(steps),
    )


@st.composite
def matters(draw: st.DrawFn) -> Matter:
    """One case, with waits, changes of owner, perhaps opened again."""
    resolved = draw(st.none() | _later(8))
    hours = st.integers(0, 200)
    waits = draw(st.lists(st.tuples(hours, st.none() | hours), max_size=3))
    return Matter(
        region=draw(st.sampled_from(REGIONS)),
        employer=draw(st.integers(0, 1)),
        matter=draw(st.sampled_from(["card", "policy"])),
        opened=draw(moments(50)),
        reply=draw(st.none() | _later(3)),
        replier=draw(st.integers(0, OFFICERS - 1)),
        resolved=resolved,
        resolution=draw(st.sampled_from(["solved", "withdrawn", "back_to_bot", "duplicate"]))
        if resolved is not None
        else None,
        reopened=draw(st.integers(0, 2)) if resolved is not None else 0,
        owners=tuple(draw(st.lists(st.tuples(st.integers(0, 150), st.integers(0, 2)), max_size=3))),
        waits=tuple((a, None if b is None else a + b) for a, b in waits),
    )


def replies() -> st.SearchStrategy[Reply]:
    """One answer."""
    return st.builds(
        Reply,
        topic=st.sampled_from(["card_lost", "move"]),
        at=moments(),
        verdict=st.sampled_from([None, "solved", "unsolved", "corrected"]),
        calls=st.lists(st.integers(0, 100), max_size=2).map(tuple),
        pressed=st.sampled_from([1, 72, 73]),
        entries=st.sets(st.sampled_from(ENTRIES)).map(lambda chosen: tuple(sorted(chosen))),
        recall=st.booleans(),
    )


def stories() -> st.SearchStrategy[Story]:
    """A small company's quarter."""
    days = st.integers(-200, DAYS)
    prefixes = st.sampled_from(["", "37", "4403", "65"])
    return st.builds(
        Story,
        apps=st.lists(apps(), min_size=2, max_size=5).map(tuple),
        matters=st.lists(matters(), min_size=1, max_size=4).map(tuple),
        replies=st.lists(replies(), min_size=1, max_size=4).map(tuple),
        asked=st.lists(
            st.tuples(st.integers(0, DAYS), st.none() | st.integers(0, 9)), max_size=3
        ).map(tuple),
        grants=st.lists(
            st.tuples(st.integers(0, OFFICERS - 1), prefixes, days, st.none() | days), max_size=4
        ).map(tuple),
        order=st.integers(0, 2**32),
    )
