"""Values for the messages about cards in HR's keeping."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, get_args

from handlers.merge import looking as merge_flow
from knowledge import matters
from services.collection.views import Handed, HeldCard, Receipt, Received, Way
from services.mergers import Account, Accounts, Overlap, lines
from storage.models import ApplicationKind, ApplicationStatus

Mark = Callable[[str], str]
Values = dict[str, Any]
AT = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
DUE = date(2026, 12, 31)
NUMBER = "SB-7K2M-9QXT"


def held(mark: Mark, **changes: Any) -> HeldCard:
    """A card that lies with HR."""
    card = HeldCard(
        application_id=1,
        application=NUMBER,
        person_id=1,
        person="E1024",
        name="李*",
        employer_id=1,
        region_code="370100",
        bank_code="ccb",
        status=ApplicationStatus.COLLECTABLE,
        place=mark("3楼HR办公室，工作日9:00–17:30"),
        code="031542",
        due=DUE,
        bound=True,
        left=False,
        received_at=AT,
        received_by="person:9",
        asked_at=None,
        handed_at=None,
        handed_by=None,
        signed_by=None,
        returned_at=None,
    )
    return replace(card, **changes)


def collection(mark: Mark) -> dict[str, list[Values]]:
    """What the owner of a card is told."""
    number: Values = {"number": NUMBER}
    here = number | {"place": mark("3楼HR办公室"), "code": "031542"}
    return {
        "here": [
            here | {"bank": bank, "due": due, "reminder": reminder}
            for bank in ("ccb", None)
            for due in (DUE, None)
            for reminder in (True, False)
        ],
        "here_for": [number | {"person": "E1024", "due": due} for due in (DUE, None)],
        "not_here": [{}],
        "mistaken": [number],
        "asked": [number | {"bank": bank} for bank in ("ccb", None)],
        "nothing_to_sign": [number | {"outcome": outcome} for outcome in get_args(Handed)],
        "denied_noted": [number],
        "handed": [number | {"at": AT, "way": way} for way in get_args(Way)],
        "not_mine_noted": [number | {"case": "GD-7K2M-9QXT"}],
    }


def handout(mark: Mark) -> dict[str, list[Values]]:
    """What an officer is told."""
    cards = [held(mark), held(mark, bound=False, bank_code=None), held(mark, left=True, due=None)]
    days = [(card, left) for card in cards for left in (-1, 0, 7, None)]
    over = [
        held(mark, handed_at=AT, signed_by=way, handed_by="person:9", bound=bound)
        for way in get_args(Way)
        for bound in (True, False)
    ]
    counts: Values = {"received": 2, "already": 1, "repeated": 1}
    taken: Values = {"counts": counts, "odd": [4, 9], "silent": ["E1"], "left": ["E2"]}
    rest = [Receipt(NUMBER, outcome) for outcome in get_args(Received)]
    nothing: Values = {"counts": dict.fromkeys(counts, 0), "odd": [], "silent": [], "left": []}
    return {
        "list": [{"cards": days, "total": 12, "more": more} for more in (3, 0)]
        + [{"cards": [], "total": 0, "more": 0}],
        "not_desk": [{}],
        "reminded": [{"count": 2, "unbound": ["E1", "E2"]}, {"count": 0, "unbound": []}],
        "place": [{"place": mark("3楼HR办公室")}, {"place": None}],
        "numbers": [{}],
        "taken": [
            *(taken | {"rest": rest, "beyond": 7, "told": told} for told in (2, 1, 0)),
            nothing | {"rest": rest[:1], "beyond": 0, "told": 0},
        ],
        "unreadable": [{}],
        "card": [{"card": card, "days": left} for card in cards[:2] for left in (-1, 7, None)]
        + [{"card": cards[2], "days": None}],
        "undone": [{"number": NUMBER, "bound": bound} for bound in (True, False)],
        "not_undone": [{"number": NUMBER}],
        "code": [{}],
        "wrong_code": [{"many": many} for many in (True, False)],
        "proxy": [{"name": "王*", "number": "3701**********4996", "until": DUE}],
        "back_sure": [{"card": cards[0]}],
        "unknown": [{}],
        "asked": [{"number": NUMBER, "name": "李*"}],
        "which_paper": [{"card": cards[0]}],
        "outcome": [
            {"outcome": outcome, "card": card} for outcome in ("handed", "already") for card in over
        ]
        + [
            {"outcome": "given_back", "card": held(mark, returned_at=AT)},
            {"outcome": "back_ended", "card": held(mark, returned_at=AT)},
            {"outcome": "sealed", "card": cards[0]},
            {"outcome": "no_proxy", "card": cards[0]},
            {"outcome": "not_here", "card": None},
        ],
        "answered": [{"card": cards[0], "signed": signed} for signed in (True, False)],
    }


def behalf() -> dict[str, list[Values]]:
    """What an officer is told who applies for somebody else."""
    who: Values = {"number": "E1024", "name": "李*"}
    codes = ("own", "bound", "another_open", "left", "out_of_reach")
    return {
        "who": [{"open": count} for count in (0, 2)],
        "unknown": [{"several": several} for several in (True, False)],
        "what": [who],
        "places": [{}],
        "authority": [who | {"kind": kind} for kind in ApplicationKind],
        "paper": [{"number": "E1024"}],
        "paper_data": [{}],
        "unreadable": [{}],
        "confirm": [who],
        "consent": [{"name": "李*"}],
        "about": [who],
        "refused": [{"code": code} for code in codes],
    }


def proxy(mark: Mark) -> dict[str, list[Values]]:
    """What an owner is told who sends somebody."""
    rules = [matters.rule(region, "proxy") for region in ("130000", "460000", "370100")]
    person: Values = {"name": mark("王样本"), "id_number": "370102199203049967"}
    return {
        "begin": [{"here": False, "rule": rule} for rule in rules] + [{"here": True, "rule": None}],
        "refused": [{"rule": matters.rule("341300", "proxy")}],
        "ask": [{"what": what} for what in ("name", "id_number", "phone")],
        "own": [{}],
        "confirm": [person | {"phone": "13900000000"}],
        "named": [{"name": "王*", "number": "3701**********4996", "until": DUE}],
        "making": [{}],
        "made": [{"number": NUMBER}],
        "data": [{"number": NUMBER}],
        "too_late": [{}],
        "taken_back": [{"number": NUMBER}],
    }


def merge(mark: Mark) -> dict[str, list[Values]]:
    """What a person is told whose relations overlap."""
    here = Account("pension", "370200", "paying", "2024-04", "2026-10", 0)
    there = Account("pension", "370100", "stopped", "2020-01", "2024-06", 2)
    double = Accounts((there, here), ("hrss",), ("nhsa",))
    single = Accounts((here,), ("hrss", "nhsa"), ())
    overlaps = [
        Overlap(name, (here, replace(there, arrears=owed, status=status)), months)
        for name in ("pension", "medical", "unemployment")
        for owed, status in ((0, "stopped"), (2, "stopped"), (0, "paying"), (0, "drawing"))
        for months in (("2024-04", "2024-05"), ("2024-04",))
    ]
    rules = {name: merge_flow.rule_of(name) for name in ("pension", "medical", "unemployment")}
    overlaps.append(
        Overlap(
            "pension",
            (
                replace(here, status="stopped"),
                replace(there, arrears=0),
                replace(there, region="370300", arrears=0),
            ),
            ("2024-04",),
        )
    )
    told = [{"overlap": each, "rule": rules[each.insurance]} for each in overlaps]
    number: Values = {"number": NUMBER}
    places: Values = {"kept": "370200", "cleared": "370100"}
    me = SimpleNamespace(
        name=mark("张三丰"),
        id_number="370102199001019970",
        phone="13800000000",
        employer_name=mark("样本科技有限公司"),
    )
    return {
        "looking": [{}],
        "no_interface": [{}],
        "no_number": [{}],
        "accounts": [
            {"lines": lines(found), "missing": found.missing, "overlaps": len(found.overlaps)}
            for found in (double, single)
        ]
        + [{"lines": (), "missing": (), "overlaps": 0}],
        "overlap": told,
        "keep": [{"overlap": overlaps[0]}],
        "sure": [
            each | {"kept": "370200", "cleared": cleared}
            for each in told[:1]
            for cleared in (["370100"], ["370100", "110000"])
        ],
        "another_open": [{}],
        "failed": [{}],
        "summary": [{**number, **places, "insurance": "medical", "me": me}],
        "mend": [
            {**number, "message": message, "way": way, "cleared": "370100"}
            for way in ("stopped", "started", "origin", "end", "officer")
            for message in (mark("关系不在本地"), "")
        ],
        "filed": [number],
        "record_making": [{}],
        "record": [{}],
        "record_book": [{}],
    }
