"""Values for the messages of the HR desk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime, time
from typing import Any

from services.cases import CaseView, MessageView, NoticeView, Promise
from storage.models import CaseStatus, Delivery, Priority, WaitingFor

Mark = Callable[[str], str]
Values = dict[str, Any]
AT = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
CASE, NUMBER, REGION = "GD26112000025", "SB26112000017", "山东省济南市"
LINK = "https://hr.example.com/console/cases/GD26112000025"


def said(text: str | None, **changes: Any) -> MessageView:
    """One message of a case."""
    empty: Values = dict.fromkeys(each.name for each in fields(MessageView))
    given: Values = {"id": 1, "author": "employee", "text": text, "rules": (), "at": AT}
    return MessageView(**(empty | given | changes))


def view(mark: Mark, **changes: Any) -> CaseView:
    """A case."""
    values: Values = {
        "id": 1,
        "number": CASE,
        "person_id": 1,
        "application_id": 1,
        "application_number": NUMBER,
        "kind": "asked",
        "matter": "card",
        "region_code": "370100",
        "employer_id": 1,
        "status": CaseStatus.OPEN,
        "waiting_for": WaitingFor.OFFICER,
        "priority": Priority.NORMAL,
        "language": "zh",
        "live": True,
        "opened_at": AT,
        "due_at": AT,
        "messages": (said(mark("我的卡号是多少？")),),
    }
    empty: Values = dict.fromkeys(each.name for each in fields(CaseView))
    return CaseView(**(empty | values | changes))


def card(mark: Mark, **changes: Any) -> Values:
    """What the card of a case shows."""
    shown = view(mark, **changes)
    return {
        "case": shown,
        "matter": "办社保卡",
        "number": "E1024",
        "name": "李*",
        "region": REGION,
        "place": REGION,
        "officer": mark("王芳") if shown.assignee_id else None,
        "asked": mark("赵强") if shown.offered_to_id else None,
        "said": [said(mark("补卡在原发卡银行办理"), author="bot", rules=("370000-replace",))],
        "link": LINK if shown.assignee_id else None,
    }


def promise(place: int = 1, *, open_now: bool = True, by: datetime | None = AT) -> Promise:
    """What an employee is told."""
    return Promise(place, open_now, AT, by, 120 if by else None)


def notices(*kinds: str, urgent: bool = False) -> Values:
    """Bundled notices of an officer."""
    found = [NoticeView(kind, 1, CASE, "card", urgent, n) for n, kind in enumerate(kinds, 1)]
    return {"notices": found, "urgent": urgent, "console": LINK if urgent else None}


def lines(mark: Mark) -> list[Values]:
    """Every line about a case."""
    resolved = view(mark, status=CaseStatus.RESOLVED, resolution="solved")
    withdrawn = view(mark, status=CaseStatus.RESOLVED, resolution="withdrawn")
    whats = ("again", "handed", "offered", "sla", "late", "reopened", "waits", "look_up")
    found = [{"what": what, "case": view(mark)} for what in whats]
    found.append({"what": "late", "case": view(mark, escalated_at=AT)})
    found.append({"what": "waits", "case": view(mark, waiting_for=WaitingFor.BUREAU)})
    found += [{"what": "resolved", "case": case} for case in (resolved, withdrawn)]
    named: Values = {"officer": mark("王芳"), "asked": mark("赵强")}
    nobody: Values = {"officer": None, "asked": None}
    owned = [each | named for each in found]
    return owned + [each | nobody for each in found if each["what"] != "handed"]


def files(mark: Mark) -> list[Values]:
    """Files of the employee, one and several."""
    photo = said(mark("这是我的证件"), media="photo")
    document = said(None, media="document")
    return [{"message": photo, "count": 2}, {"message": document, "count": 1}]


def desk(mark: Mark, words: list[Values]) -> dict[str, list[Values]]:
    """Messages of the desk; `words` are long ones."""
    number: Values = {"number": CASE}
    silent = (
        "left recalled cannot_recall overridden papers_ok offer_angry offer_missed which_matter "
        "look_private "
        "not_officer not_everywhere too_late yours papers_asked quick_sent write_now "
        "decided_before bound"
    )
    numbered = (
        "passed_on withdrawn over_already handed resolved back_to_bot duplicate reopened "
        "resume_or_new gone delivered look look_later proof_kept"
    )
    named = [
        {**each, "officer": who, "media": None} for each in words for who in (mark("王芳"), None)
    ]
    named += [{**named[0], "media": media, "text": None} for media in ("photo", "document")]
    opened: Values = number | {"matter": "办社保卡", "hours": ((time(9), time(12)),)}
    promises = (promise(), promise(3, open_now=False), promise(by=None))
    return {
        **{name: [{}] for name in silent.split()},
        **{name: [number] for name in numbered.split()},
        "opened": [opened | {"promise": each} for each in promises],
        "recorded": [number | {"looked": looked} for looked in (True, False)],
        "in_hand": [{"case": view(mark)}],
        "matter_set": [{"matter": "办社保卡"}],
        "taken": [number | {"live": live} for live in (True, False)],
        "waits": [number | {"waiting_for": each} for each in ("bureau", "bank")],
        "waits_now": [{"waiting_for": each} for each in WaitingFor],
        "answer": words,
        "written": [each | {"edited": edited} for each in words for edited in (True, False)],
        "noted": named,
        "echo": named,
        "papers_wanted": [{"kind": "户口本首页"}],
        "file_came": [number | each for each in files(mark)],
        "card": [
            card(mark),
            card(mark, offered_to_id=3, priority=Priority.HIGH, language="en"),
            card(mark, assignee_id=2, status=CaseStatus.PENDING, waiting_for=WaitingFor.BANK),
            card(mark, assignee_id=2, status=CaseStatus.RESOLVED),
            card(mark, status=CaseStatus.RESOLVED, resolution="withdrawn"),
            card(mark, kind="card_by_hand"),
            card(mark, kind="file_by_hand"),
            card(mark, kind="evidence", application_number=None, messages=(), due_at=None),
        ],
        "line": lines(mark),
        "many": [{"count": 4980, "days": 5, "each": 20}],
        "undelivered": [
            number | {"delivery": each} for each in (Delivery.BLOCKED, Delivery.FAILED)
        ],
        "cannot": [
            {"code": each}
            for each in ("not_available", "not_officer", "recalled", "not_yours", "resolved")
        ],
        "notices": [notices("offered", "written"), notices("sla_breached", urgent=True)],
        "write_here": [number | {"officer": mark("王芳")}],
    }


def mail() -> dict[str, list[Values]]:
    """E-mail to officers."""
    both = [notices("offered", "written"), notices("sla_breached", urgent=True)]
    return {"notices": both, "notices_subject": both}
