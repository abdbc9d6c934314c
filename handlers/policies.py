"""What happens to policies by itself: a changed rule is recalled, keepers get their worklist, and
who asked hears of HR's answer."""

from __future__ import annotations

from collections import Counter

from handlers.common import again
from handlers.inputs import Happened
from handlers.steps import ANYONE, KNOWN, Flow, happened
from handlers.turn import Turn
from knowledge.policies.checks import Finding
from knowledge.regions import find, full_name
from services import gaps
from services.policies import answers, published, recalls, worklists
from services.policies.answers import Shown

flow = Flow("policies", ANYONE)
_LINES = 12
"""Regions named in one message of a worklist."""


@flow.on(happened("policies.loaded", "policies.turned"))
async def rules_changed(turn: Turn) -> None:
    """Another bundle is in force, or a rule has begun or ended by its date."""
    assert isinstance(turn.input, Happened)
    if turn.tools.policies is None:
        return
    if turn.input.kind == "policies.turned":
        await published.turned(turn.session, turn.now)
    for recall in await recalls.due(turn.session, turn.tools.policies, turn.now):
        key = f"recall:{turn.event_id}:{recall.person_id}"
        turn.send_event(recall.mailbox, "policy.changed", key, answers=list(recall.answer_ids))


@flow.on(happened("policy.changed"), who=KNOWN)
async def tell_change(turn: Turn) -> None:
    """What was said before, what holds now, and from where that is."""
    assert isinstance(turn.input, Happened)
    if turn.tools.policies is None:
        return
    changes = await recalls.tell(
        turn.session,
        turn.tools.policies,
        turn.me.id,
        list(turn.input.payload["answers"]),
        language=turn.language,
        now=turn.now,
    )
    for change in changes:
        place = find(change.region_code)
        region = full_name(place.code) if place else None
        turn.say(
            "policies.changed",
            [[again("menu.person", "person")]],
            change=change,
            region=region,
        )


@flow.on(happened("policies.check_due"))
async def check_due(turn: Turn) -> None:
    """Once a month: each keeper's worklist goes to their chat."""
    if turn.tools.policies is None:
        return
    settings = turn.tools.policies.settings
    found = await worklists.worklists(turn.session, settings, turn.tools.stale_days, turn.now)
    for mailbox, findings in found.items():
        key = f"worklist:{turn.event_id}:{mailbox}"
        rows = worklists.as_payload(findings)
        turn.send_event(mailbox, "policies.worklist", key, findings=rows)
    await worklists.arm(turn.session, settings, turn.now)


@flow.on(happened("policies.worklist"), who=KNOWN)
async def worklist(turn: Turn) -> None:
    """Counts by kind, then what to look at, region by region."""
    assert isinstance(turn.input, Happened)
    findings = worklists.from_payload(turn.input.payload["findings"])
    waiting = len(await gaps.gap_list(turn.session))
    kinds = Counter(finding.kind for finding in findings)
    turn.say("policies.worklist", counts=sorted(kinds.items()), gaps=waiting, total=len(findings))
    lines = by_region(findings)
    for at in range(0, len(lines), _LINES):
        turn.say("policies.worklist_part", lines=lines[at : at + _LINES])


def by_region(findings: list[Finding]) -> list[tuple[str, str, list[str]]]:
    """(region, kind, the first few entries or topics), the gravest kinds first."""
    order = ("expired", "contradictory", "unsourced", "weak", "early", "missing", "stale")
    grouped: dict[tuple[int, str], list[str]] = {}
    for finding in findings:
        key = order.index(finding.kind), finding.region
        grouped.setdefault(key, []).append(finding.policy_id or finding.topic or "")
    return [
        (
            full_name(region) if find(region) else "全国",
            order[rank],
            [*dict.fromkeys(names)],
        )
        for (rank, region), names in sorted(grouped.items())
    ]


@flow.on(happened("gap.answered"), who=KNOWN)
async def hr_answered(turn: Turn) -> None:
    """A question of theirs has an answer now, by HR; it can be judged like any other."""
    assert isinstance(turn.input, Happened)
    hr = await gaps.get(turn.session, int(turn.input.payload["gap_id"]))
    if hr is None or turn.tools.policies is None:
        return
    edition = await turn.tools.policies.edition(turn.session, turn.now)
    shown = Shown("hr", region_code=turn.me.region_code, gap_id=hr.gap_id)
    number = await answers.record(turn.session, turn.me.id, edition.bundle_id, shown, turn.now)
    buttons = [
        again("ask.solved", "solved", number),
        again("menu.person", "person", f"answer:{number}"),
    ]
    turn.say("policies.answered", [buttons], hr=hr)
