"""The measures once more: slow, obvious, minute by minute and day by day, from the plain story.

It shares no code with the product but the data files (hours, topics).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache

import chinese_calendar

from tests.measures.stories import START, App, Matter, Reply, Story

HOURS = {
    "65": (("10:00", "14:00"), ("15:30", "19:30")),
    "": (("09:00", "12:00"), ("13:00", "18:00")),
}
TOPICS = {"photo_background": "photo", "id_expired": "identity", "name_mismatch": "fields"}
Entry = tuple[str, date, str, int, str, int, int]
_workday = cache(chinese_calendar.is_workday)


def china(moment: datetime) -> datetime:
    """Wall-clock time: eight hours ahead, no summer time."""
    return moment + timedelta(hours=8)


def expected(story: Story, officers: list[int], employers: list[int]) -> Counter[Entry]:
    """Every daily sum."""
    found: Counter[Entry] = Counter()
    for app in story.apps:
        who = in_charge(story, app, officers)
        for name, day, matter, officer, value in of_app(app, who):
            found[name, day, app.region, employers[app.employer], matter, officer, value] += 1
    for case in story.matters:
        for name, day, officer, value in of_case(case, officers):
            place = (case.region, employers[case.employer])
            found[(name, day, *place, case.matter, officer, value)] += 1
    for reply in story.replies:
        for name, day, matter, value in of_reply(reply):
            found[name, day, "370100", employers[0], matter, 0, value] += 1
    for after, answered in story.asked:
        when = china(START + timedelta(days=after)).date()
        place = ("370100", employers[0])
        found[("rated_bot", when, *place, "first", 0, int(answered is not None))] += 1
    return found


def in_charge(story: Story, app: App, officers: list[int]) -> int:
    """The narrowest grant alive when the application was opened; of two, the older."""
    best: tuple[int, int, int] | None = None
    chosen = 0
    for index, (officer, prefix, since, until) in enumerate(story.grants):
        begins = START + timedelta(days=since)
        if app.created < begins or not app.region.startswith(prefix):
            continue
        if until is not None and app.created >= START + timedelta(days=until):
            continue
        rank = (-len(prefix), since, index)
        if best is None or rank < best:
            best, chosen = rank, officers[officer]
    return chosen


def of_app(app: App, who: int) -> Iterator[tuple[str, date, str, int, int]]:
    """What one application adds."""
    yield from on_time(app, who)
    returned = [step for step in app.steps if step.status == "returned"]
    if app.submitted is not None:
        day = china(app.submitted).date()
        topics = {TOPICS.get(step.code or "", "other") for step in returned}
        yield "return_rate", day, app.kind, who, 1 if topics else 0
        for topic in topics:
            yield "return_topic", day, topic, who, 1
        if app.kind == "transfer" or app.region[:2] != app.home[:2]:
            yield "cross_region_rejection", day, app.kind, who, 1 if returned else 0
    for step in app.steps:
        if step.source == "us":
            continue
        heard = step.at + step.heard
        limit = heard + timedelta(hours=24)
        kept = step.told is not None and heard + step.told <= limit
        name = "progress_bot" if step.source == "bureau" else "progress_officer"
        officer = 0 if step.source == "bureau" else who
        yield name, china(limit).date(), app.kind, officer, 1 if kept else 0
    yield from doubled(app, who)
    yield from to_card(app, who)
    if app.end == "finished" and app.closed is not None:
        yield "straight_through", china(app.closed).date(), app.kind, who, 1
    yield from gave_up(app, who)


def gave_up(app: App, who: int) -> Iterator[tuple[str, date, str, int, int]]:
    """Each step that it came to, and whether it ended in it."""
    if app.closed is None or app.end in ("reviewing", "stopped"):
        return
    if app.kind == "loss_report":  # the card was found, or a new one took its place
        return
    states = [step.status for step in app.steps]
    came = ["papers"]
    if app.submitted is not None:
        came.append("review")
    if "making" in states:
        came.append("making")
    if "collectable" in states:
        came.append("collect")
    if {"collected", "social_enabled", "financial_activated"} & set(states):
        came.append("activate")
    for step in came:
        left = app.end != "finished" and step == came[-1]
        yield "dropped", china(app.closed).date(), step, who, 1 if left else 0


def on_time(app: App, who: int) -> Iterator[tuple[str, date, str, int, int]]:
    """Submitted by the third workday after the hire date?"""
    if app.kind != "first" or app.hired is None:
        return
    if abs((china(app.created).date() - app.hired).days) > 90:
        return
    if app.submitted is None and app.end in ("stopped", "withdrawn"):
        return
    day, left = app.hired, 3
    while left > 0:
        day += timedelta(days=1)
        if _workday(day):
            left -= 1
    kept = app.submitted is not None and china(app.submitted).date() <= day
    yield "timeliness", day, app.kind, who, 1 if kept else 0


def doubled(app: App, who: int) -> Iterator[tuple[str, date, str, int, int]]:
    """A second card: stopped, or got through."""
    if app.second_card:
        made = ("making", "collected", "social_enabled", "financial_activated")
        at = min([s.at for s in app.steps if s.status in made] or [app.submitted or app.created])
        yield "duplicates", china(at).date(), app.kind, who, 0
    elif app.end == "stopped" and app.closed is not None:
        yield "duplicates", china(app.closed).date(), app.kind, who, 1


def to_card(app: App, who: int) -> Iterator[tuple[str, date, str, int, int]]:
    """Workday by workday: whose turn was it in its first minute?"""
    had = [s.at for s in app.steps if s.status in ("collected", "social_enabled")]
    if not had or app.submitted is None:
        return
    end = min(had)
    last = china(end).date()
    turn_of = {"returned": "employee", "reviewing": "bureau", "making": "bureau"}
    turn_of["collectable"] = "employee"
    spent = Counter({"bureau": 0, "employee": 0, "officer": 0})
    day = china(app.created).date()
    while day < last:
        day += timedelta(days=1)
        if not _workday(day):
            continue
        party = "employee"
        if china(app.submitted).date() < day:
            party = "bureau"
        for step in app.steps:
            if step.status in turn_of and china(step.at).date() < day:
                party = turn_of[step.status]
        spent[party] += 1
    yield "time_to_card", last, app.kind, who, sum(spent.values())
    for party, days in spent.items():
        yield f"time_to_card_{party}", last, app.kind, who, days


def of_case(case: Matter, officers: list[int]) -> Iterator[tuple[str, date, int, int]]:
    """What one case adds."""
    if case.resolution in ("withdrawn", "back_to_bot", "duplicate"):
        return
    if case.reply is not None:
        at = case.opened + case.reply
        yield "first_response", china(at).date(), officers[case.replier], minutes(case, at)
    if case.resolved is not None:
        at = case.opened + case.resolved
        owner, best = 0, -1
        for hours, officer in case.owners:
            if case.opened + timedelta(hours=hours) <= at and hours >= best:
                owner, best = officers[officer], hours
        owner = owner or officers[case.replier]
        yield "resolution", china(at).date(), owner, minutes(case, at)
        yield "reopened", china(at).date(), owner, 1 if case.reopened else 0


def minutes(case: Matter, end: datetime) -> int:
    """Count them one by one."""
    spans = HOURS["65" if case.region.startswith("65") else ""]
    counted, at = 0, case.opened
    while at < end:
        wall = china(at)
        open_now = _workday(wall.date()) and any(a <= f"{wall:%H:%M}" < b for a, b in spans)
        waiting = any(
            case.opened + timedelta(hours=a) <= at
            and (b is None or at < case.opened + timedelta(hours=b))
            for a, b in case.waits
        )
        counted += open_now and not waiting
        at += timedelta(minutes=1)
    return counted


def of_reply(reply: Reply) -> Iterator[tuple[str, date, str, int]]:
    """What one answer adds."""
    if reply.recall:
        for entry in reply.entries:
            yield "entry_recalled", china(reply.at).date(), entry, 1
        return
    called = any(hours <= 72 for hours in reply.calls)
    day = china(reply.at + timedelta(hours=72)).date()
    solved = reply.verdict == "solved" and not called
    yield "deflection_confirmed", day, reply.topic, 1 if solved else 0
    yield "deflection_assumed", day, reply.topic, 1 if reply.verdict is None and not called else 0
    yield "recontact", day, reply.topic, 1 if called else 0
    for entry in reply.entries:
        wrong = reply.verdict in ("unsolved", "corrected") and reply.pressed <= 72
        yield "entry_wrong", day, entry, 1 if wrong else 0
