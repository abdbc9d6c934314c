"""Values for the messages of 换城市."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import product
from types import SimpleNamespace
from typing import Any

from knowledge import transfers
from knowledge.agencies import agencies
from knowledge.facts import fact
from knowledge.regions import full_name
from knowledge.workdays import Deadline
from services.moves import checklist

Values = dict[str, Any]
AT = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
NUMBER, CASE = "SB26112000017", "GD26112000017"
PAIRS = (("370100", "370200"), ("370100", "320500"), ("320100", "320500"), ("370100", "370102"))
PLAIN, WEAK = "000000-transfer_pension-06", "000000-transfer_pension-14"


def plan(origin: str, destination: str) -> Values:
    """What moves between two places."""
    wanted = transfers.wanted(origin, destination)
    clocks = {each.insurance: transfers.clock(each.insurance, destination) for each in wanted}
    names = [name for each in wanted for name in each.facts]
    return {
        "origin": full_name(origin),
        "destination": full_name(destination),
        "wanted": wanted,
        "clocks": {name: each.value if each else None for name, each in clocks.items()},
        "facts": [fact(name) for name in dict.fromkeys(names)],
        "possible": any(each.possible for each in wanted),
    }


def move(mark: Callable[[str], str]) -> dict[str, list[Values]]:
    """Values by message."""
    places = {"origin": "山东省济南市", "destination": "江苏省苏州市"}
    number: Values = {"number": NUMBER}
    nothing: list[Values] = [{}]
    line = number | places | {"insurance": "pension"}
    me = SimpleNamespace(
        name=mark("张三丰"),
        id_number="370102199001019970",
        phone="13800000000",
        employer_name=mark("样本科技有限公司"),
    )
    view = SimpleNamespace(reason="pension", number=NUMBER, region_code="320500")
    months = {"last_month": "2026-10", "first_month": "2026-11"}
    items = [[(view, agencies()["hrss"], details)] for details in (months, {})]
    clock = transfers.clock("pension", "320500")
    day = date(2026, 12, 16)
    taken = number | {"insurance": "pension", "agency": "人社部门"}
    taken |= {"destination": places["destination"], "hotline": "12333"}
    known = {"started": True, "stopped": True, "last_month": "2026-10", "arrears": 0}
    looked = [
        known,
        {"started": False},
        known | {"stopped": False, "arrears": 2},
        known | {"stopped": False},
        {"started": False, "moved": True},
    ]
    ways = ("stopped", "started", "origin", "end", "officer")
    whom = {"name": mark("张*"), "number": "E1024", **places}
    return {
        "plan": [plan(*pair) for pair in PAIRS],
        "looking": nothing,
        "looked": [{"answers": {"pension": each}} for each in looked],
        "check": [
            places | {"check": check, "about": ["pension", "medical"]}
            for check in ("drawing", "household", "started", "stopped")
        ],
        "stopped": [
            places
            | {"stopped": {"pension": check}, "facts": [fact(name)] if name else []}
            | {"held": held, "own": own, "case": CASE if held else None}
            for check, name, held in (
                ("moved", None, False),
                ("drawing", PLAIN, False),
                ("household", PLAIN, False),
                ("started", PLAIN, True),
                ("stopped", WEAK, True),
            )
            for own in (True, False)
        ],
        "under_way": [
            number | {"place": places["destination"], "elsewhere": elsewhere, "returned": returned}
            for elsewhere, returned in product((True, False), repeat=2)
        ],
        "summary": [places | {"items": each, "me": me} for each in items],
        "lacking": [number | {"fields": fields} for fields in (["phone"], ["name"])],
        "submitting": [{"numbers": [NUMBER, NUMBER]}],
        "received": [
            taken | {"by": by, "clock": clock if by else None}
            for by in (Deadline(day, provisional=False), Deadline(day, provisional=True), None)
        ],
        "submit_later": [number | {"agency": "人社部门"}],
        "refused": [number | {"code": code} for code in ("duplicate_transfer", "invalid")],
        "manual": [number | {"case": "GD26112000025"}],
        "mend": [
            number | {"way": way, "message": message}
            for way, message in product(ways, (mark("转出地还在缴费"), ""))
        ],
        "no_place": nothing,
        "origin_set": [{"origin": places["origin"]}],
        "form_comes": nothing,
        "form_private": nothing,
        "no_letter": nothing,
        "form_made": [{"form": form} for form in ("chase", "transfer")],
        "data_made": nothing,
        "checklist": [
            whom | {"list": checklist("370100", "320500", day)}
            for day in (date(2026, 11, 25), None)
        ],
        "hr_by_hand": [line],
        "hr_overdue": [line],
    }
