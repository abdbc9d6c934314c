"""Values for every message, of the types that the conversations hand over.

`mark` is put on every text that a person, a bureau or a bank has written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, get_args

from handlers.applying.matters import SPOKEN
from knowledge import matters
from knowledge.agencies import offline_way
from knowledge.identities import identity_rule
from knowledge.profiles import photo_profile
from knowledge.workdays import Deadline
from services.applications.views import Declined, FoundApplication, Mending, ProgressView
from services.cards.views import CardKey, CardView, FoundCard
from services.newhires import NewHire, Stage
from services.people.consents import RunningApplication
from services.privacy.erase import ErasePlan, Kept
from services.privacy.held import Holding
from services.proofs import Proof, Trouble
from storage.models import (
    ApplicationKind,
    ApplicationStatus,
    CardStatus,
    Evidence,
)
from tests.templates import card_samples, desk_samples, knowledge_samples, move_samples
from tests.templates.answers import parts

Mark = Callable[[str], str]
Values = dict[str, Any]
AT = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
DUE = date(2026, 12, 31)
NUMBER, CASE, REGION = "SB26112000017", "GD26112000025", "山东省济南市"
BANK = "中国建设银行"
KEY = CardKey("370000", "ccb", "4321")


def held_card(status: CardStatus = CardStatus.NORMAL, last_four: str | None = "4321") -> CardView:
    """A card of our books."""
    return CardView(
        1, "370000", "370100", "ccb", last_four, status, None, True, None, Evidence.BATCH, AT
    )


def found_card(region: str = "440300", evidence: Evidence = Evidence.CONNECTOR) -> FoundCard:
    """A card that a registry told us of."""
    province = region[:2] + "0000"
    state = CardStatus.NORMAL
    return FoundCard(
        province, region, "icbc", None, state, None, True, True, "bureau", evidence, AT
    )


def mending(mark: Mark, **changes: Any) -> Mending:
    """What a return asks for."""
    values: Values = {"kinds": (), "field": None, "code": "other", "who": "employee"}
    values |= {"message": mark("照片背景不是白色"), **changes}
    return Mending(**values)


def progress(mark: Mark, status: str, following: str, **changes: Any) -> ProgressView:
    """One line of 查进度."""
    values: Values = {
        "application_id": 1,
        "number": NUMBER,
        "kind": ApplicationKind.FIRST,
        "reason_code": None,
        "origin_code": None,
        "region_code": "370100",
        "bank_code": "ccb",
        "status": ApplicationStatus(status),
        "since": AT,
        "source": "bureau",
        "next": following,
        "by": None,
        "by_provisional": False,
        "due": None,
        "place": None,
        "reason": None,
        "missing": (),
        "social_enabled": False,
        "financial_active": False,
        "mending": None,
    }
    return ProgressView(**(values | changes))


def apply(mark: Mark) -> dict[str, list[Values]]:
    """Messages of applying."""
    applicant = {
        "name": mark("李娜"),
        "id_number": "370102199003079964",
        "address": mark("山东省济南市历下区样本路1号"),
        "valid_from": "2020-05-01",
        "valid_to": "长期",
        "phone": "19900001111",
    }
    cards, region = [held_card(), held_card(last_four=None)], {"region": REGION}
    elsewhere = FoundApplication("370200", "icbc", "first", "reviewing", "R1", "bureau")
    entity = {"credit_code": "", "unit_number": "", "name": mark("样本科技有限公司")}
    summary = {"number": NUMBER, "bank": BANK, "applicant": applicant, "employer": entity} | region
    asked: Values = {"kind": ApplicationKind.FIRST, "reason": None, "card": None}
    summary |= asked | {"paper": None}
    short = {name: applicant[name] for name in ("name", "id_number", "phone")}
    passport = short | {"nationality": mark("UTO"), "valid_to": "2030-01-01"}
    other: Values = {
        "kind": ApplicationKind.REPLACEMENT,
        "reason": "lost",
        "card": KEY,
        "typed": (),
    }
    return {
        "opened": [region | {"paper": mark("身份证正反面")}],
        "at_window": [
            region
            | {"way": offline_way("440100"), "rule": identity_rule("440100", "foreign", "first")}
        ],
        "known_card": [{"cards": cards}],
        "resumed": [{"number": NUMBER, "kind": ApplicationKind.FIRST}],
        "bank": [{"complete": True} | region, {"complete": False} | region],
        "bank_chosen": [{"bank": BANK}],
        "checking": [{}],
        "clear": [{}],
        "stop": [
            {"cards": (found_card("370200"),), "open_applications": ()} | region,
            {"cards": (), "open_applications": (elsewhere,)} | region,
        ],
        "warn": [{"cards": (found_card(),)} | region, {"cards": ()} | region],
        "wait": [
            {"desks": ["社保局", BANK], "when": AT},
            {"desks": [BANK], "when": None},
        ],
        "evidence": [region],
        "evidence_screenshot": [{}],
        "evidence_declare": [{}],
        "evidence_has_card": [{}],
        "evidence_sent": [{"case": CASE}],
        "evidence_confirmed": [{}],
        "evidence_refused": [{"missing": False}, {"missing": True}],
        "summary": [
            summary | {"typed": ("address", "valid_to")},
            summary | {"typed": ()},
            summary | other,
            summary | {"typed": (), "paper": mark("外国护照"), "applicant": passport},
            summary | other | {"applicant": short, "bank": "招商银行"},
        ],
        "change": [{}],
        "submitting": [{"number": NUMBER}],
        "received": [{"number": NUMBER, "kind": kind} for kind in ApplicationKind],
        "submit_later": [{"number": NUMBER, "kind": kind} for kind in ApplicationKind],
        "manual": [{"number": NUMBER, "case": CASE}],
        "by_file": [{"number": NUMBER}],
        "mending": [
            {"mending": mending(mark, kinds=("portrait",))},
            {"mending": mending(mark, kinds=("id_front", "id_back"))},
            {"mending": mending(mark, field="address")},
            {"mending": mending(mark)},
            {"mending": mending(mark, who="officer")},
            {"mending": mending(mark, who="officer", message="")},
            {"mending": mending(mark, step="report")},
            {"mending": mending(mark, step="card")},
            {"mending": mending(mark, step="again")},
            {"mending": mending(mark, step="again", message="")},
        ],
    }


def matter(mark: Mark) -> dict[str, list[Values]]:
    """Messages of the matters about a card that exists."""
    number: Values = {"number": NUMBER}
    held, region = held_card(), {"region": REGION}
    places = ("230100", "340100", "460100", "320500", "320200", "220100", "350100", "441900")
    spoken = sorted({name for names in SPOKEN.values() for name in names})
    said = [
        [(name, rule) for name in spoken if (rule := matters.rule(code, name)) is not None]
        for code in (*places, "440300")
    ]
    assert {name for rules in said for name, _ in rules} == set(spoken)
    kinds = [ApplicationKind(name) for name in matters.kinds()]
    stops = ("no_card", "card_under_way", "card_state", "same_bank")
    early: Values = {"reason": "too_early"} | region
    found = (found_card("370200"),)
    return {
        "opened": [
            {"kind": kind, "rules": rules} | region for kind in kinds for rules in (*said, [])
        ],
        "another_open": [
            number | {"kind": kinds[1], "status": ApplicationStatus.REVIEWING},
        ],
        "not_here": [region],
        "reason": [{"kind": kind} for kind in kinds],
        "card": [{"cards": [held]} | region, {"cards": []} | region],
        "card_chosen": [{"card": held}, {"card": held_card(last_four=None)}],
        "looking": [{}],
        "look_failed": [{"desks": ["bureau", "ccb"]}],
        "card_bank": [{}],
        "card_digits": [{}],
        "bad_digits": [{}],
        "previous": [{"field": "姓名"}],
        "consequences": [
            {"reason": reason, "card": card}
            for reason in ("abroad", "spare", "local_rule")
            for card in (KEY, None)
        ],
        "report": [region],
        "clear": [{}],
        "evidence_no_card": [{}],
        "stopped": [early | {"reason": why, "until": None, "cards": found} for why in stops]
        + [early | {"reason": "no_card", "until": None, "cards": ()}]
        + [early | {"until": until, "cards": found} for until in (DUE, None)],
        "form_making": [{}],
        "form": [number],
        "form_data": [number],
        "sure": [{"card": KEY}, {"card": None}],
        "reported": [
            number | {"card": KEY, "reason": "temporary", "due": DUE, "both": True},
            number | {"card": None, "reason": "formal", "due": None, "both": False},
        ],
        "by_phone": [number | {"card": KEY}, number | {"card": None}],
        "report_later": [number | {"card": KEY}, number | {"card": None}],
        "report_refused": [number],
        "report_noted": [{"due": DUE}, {"due": None}],
        "old_account": [
            {"rule": matters.rule("340100", "old_account")},
            {"rule": matters.rule("370100", "old_account")},
            {"rule": None},
        ],
    }


def hires(mark: Mark) -> dict[str, list[Values]]:
    """Messages of the watch over new hires."""
    found = [
        NewHire(
            1, 1, "E1024", "李*", "370100", AT.date(), Deadline(DUE, left > 2), left, stage, *rest
        )
        for left in (-1, 0, 3)
        for stage in get_args(Stage)
        for rest in ((None, None, None),)
    ]
    return {
        "list": [{"hires": found, "more": more} for more in (0, 3)] + [{"hires": [], "more": 0}],
        "reminded": [{"count": 2, "unbound": ["E1", "E2"]}, {"count": 0, "unbound": []}],
        "due": [{"name": mark("李娜"), "due": DUE, "passed": passed} for passed in (True, False)],
    }


def cards(mark: Mark) -> dict[str, list[Values]]:
    """Messages of 我的社保卡."""
    found = [
        replace(held_card(status), valid_until=until, social_enabled=on, financial_active=on)
        for status in CardStatus
        for until in (None, date(2020, 1, 1), DUE)
        for on in (True, False, None)
    ]
    base: Values = {"cards": found[:8], "today": date(2026, 11, 25)}
    said: dict[str, list[Values]] = {
        "list": [
            base | {"refreshed": True, "connected": True, "down": ()},
            base | {"refreshed": True, "connected": False, "down": ()},
            base | {"refreshed": True, "connected": True, "down": ("bureau", "ccb")},
            base | {"refreshed": False, "connected": False, "down": (), "cards": []},
            base | {"refreshed": False, "connected": False, "down": (), "today": AT.date()},
        ],
        "one": [{"card": card} for card in found],
        "proof": [{}],
        "proved": [{"proof": Proof(trouble=trouble)} for trouble in get_args(Trouble)]
        + [{"proof": Proof((held_card(),), (held_card(last_four=None),), 2, conflict=True)}],
    }
    screens = [found[first : first + 8] for first in range(8, len(found), 8)]
    said["list"] += [
        base | {"refreshed": False, "connected": False, "down": (), "cards": one} for one in screens
    ]
    return said


def documents(mark: Mark, language: str) -> dict[str, list[Values]]:
    """Messages of papers."""
    kind = {"zh": "证件照", "en": "Portrait photo"}[language]
    both = {"zh": ["身份证人像面", kind], "en": ["ID card (photo side)", kind]}[language]
    fault = {"message": mark("您的照片背景是蓝色"), "remedy": mark("请换成白底照片重新上传")}
    one = {"label": "姓名", "value": mark("李娜"), "doubt": False}
    doubted = {"label": "住址", "value": mark("样本路1号"), "doubt": True}
    texts = [(fault["message"], fault["remedy"])]
    abroad = identity_rule("440100", "hmt", "first")
    codes = (
        *("number_checksum", "number_length", "number_date", "bad_date", "future_date", "bad"),
        *("number_not_hmt", "permit_number", "passport_number"),
    )
    return {
        "ask": [
            {"kinds": kinds, "profile": photo_profile(region)}
            | {"identity": "id_card", "others": [], "rule": None}
            for kinds, region in ((both, "370100"), ([kind], "440300"), ([], "370100"))
        ]
        + [
            {"kinds": [kind], "profile": photo_profile("370100"), "rule": abroad}
            | {"identity": identity, "others": [kind]}
            for identity in ("hmt_permit", "passport")
        ],
        "reading": [{}],
        "not_expected": [{}],
        "too_big": [{"limit": 20}],
        "refused": [
            {"kind": kind, "faults": [fault, fault], "mended": mended} for mended in (True, False)
        ],
        "not_taken": [
            {"kind": kind, "declined": None, "hukou": hukou, "kinds": kinds}
            | {"region": REGION, "rule": None}
            for hukou, kinds in ((True, both), (False, both), (False, []))
        ]
        + [
            {"kind": kind, "declined": why, "hukou": False, "kinds": both}
            | {"region": REGION, "rule": abroad if why in ("window", "no_rule") else None}
            for why in get_args(Declined)
        ],
        "offer": [
            {"kind": kind, "fields": [one, doubted], "notices": [fault]},
            {"kind": kind, "fields": [one], "notices": []},
        ],
        "accepted": [{"kind": kind, "notices": [fault]}, {"kind": kind, "notices": []}],
        "fitted": [{"kind": kind}],
        "missing": [{"kinds": both}],
        "confirmed_toast": [{}],
        "cannot_confirm": [{"finding": fault, "field": "住址"}, {"finding": None, "field": "住址"}],
        "which_field": [{}],
        "type_value": [{"field": "住址"}, {"field": "有效期止"}, {"field": "Valid until"}],
        "bad_value": [{"code": code, "field": "住址"} for code in codes],
        "corrected": [{"field": "住址"}],
        "over": [{}],
        "inconsistent": [{"texts": texts}],
        "asked_hr": [{"texts": texts, "case": CASE}],
        "escalated": [{"case": CASE}],
        "failed": [{}],
    }


def status(mark: Mark) -> dict[str, list[Values]]:
    """Messages of 查进度, of changes and of reminders."""
    named = {"region": REGION, "bank": BANK}
    reason = {"code": "photo_background", "field": None, "message": mark("背景不是白色")}
    views = [
        progress(mark, "draft", "give_documents", missing=("id_front",), bank_code=None),
        progress(mark, "reviewing", "bureau_reviews", by=DUE, by_provisional=True),
        progress(mark, "making", "bank_makes", by=DUE, due=DUE),
        progress(
            mark,
            "origin_asked",
            "origin_sends",
            by=DUE,
            kind=ApplicationKind.TRANSFER,
            reason_code="pension",
            origin_code="320500",
            bank_code=None,
        ),
        progress(mark, "returned", "mend", reason=reason),
        progress(mark, "collectable", "collect", place=mark("历下区社保中心"), due=DUE, by=DUE),
        progress(mark, "collected", "activate", social_enabled=True),
        progress(mark, "collected", "enable", financial_active=True),
        progress(mark, "reported", "lift_or_replace", due=DUE, kind=ApplicationKind.LOSS_REPORT),
    ]
    number: Values = {"number": NUMBER}
    kinds = list(ApplicationKind)
    moved = number | {"kind": ApplicationKind.TRANSFER, "reason_code": "pension"}
    last = [number | {"finished": finished} for finished in (True, False)]
    where = [
        number | {"place": place, "due": due}
        for place in (mark("历下区社保中心"), None)
        for due in (DUE, None)
    ]
    return {
        "nothing": [{"cards": [held_card(CardStatus.LOST)]}, {"cards": []}],
        "progress": [{"view": view} | named for view in views]
        + [{"view": views[0], "region": REGION, "bank": ""}],
        "reviewing": [
            moved,
            moved | {"kind": ApplicationKind.MERGE},
            number | {"kind": ApplicationKind.FIRST, "reason_code": None},
        ],
        "origin_asked": [number | {"reason_code": "pension"}],
        "origin_sent": [number | {"reason_code": "medical"}],
        "returned": [
            number | {"reason": each.message, "mending": each}
            for each in (
                mending(mark),
                mending(mark, message=""),
                mending(mark, step="move"),
                mending(mark, who="officer"),
            )
        ],
        "making": [number | {"kind": kind} for kind in kinds],
        "reported": [number | {"due": due} for due in (DUE, None)],
        "lapsed": [number],
        "withdraw_asked": [
            number | {"by_hand": by_hand, "kind": kind}
            for by_hand in (True, False)
            for kind in kinds
        ],
        "done": [moved | {"kind": kind} for kind in kinds],
        "remind_overdue": [number | {"due": DUE, "hotline": "12333"}],
        "withdraw_sure": [number | {"kind": kind} for kind in kinds],
        "remind_lapse": [number | {"due": due} for due in (DUE, None)],
        "collectable": where,
        "collected": last,
        "social_enabled": last,
        "financial_activated": last,
        "sealed": [number],
        "withdrawn": [number | {"kind": kind} for kind in kinds],
        "withdrawal": [
            number | {"outcome": word, "kind": kind}
            for word in ("done", "asked", "too_late", "busy", "refused")
            for kind in kinds
        ],
        "remind_half_done": [number | {"missing": words} for words in (["证件照"], [])],
        "remind_collect": where,
        "remind_seal": where,
        "remind_enable": [number],
        "remind_activate": [number],
    }


def mydata(mark: Mark) -> dict[str, list[Values]]:
    """Messages of 我的数据."""
    line = (mark("姓名"), mark("李娜"))
    short = Holding(
        "roster", "花名册信息", (line,), "核对身份", "参保地人社部门", "在职期间", "规定"
    )
    long = Holding("views", "谁看过您的照片", (line,) * 25, "让您知情", "", "3 年")
    kept = (Kept("办理记录", "规定", "3 年"), Kept("聊天消息", "自行删除", ""))
    running = (RunningApplication(1, NUMBER, ApplicationStatus.REVIEWING),)
    full = ErasePlan(("手机号", "聊天消息"), kept, running, (CASE,))
    gone: list[Values] = [
        {"files": 3, "running": [NUMBER], "refusal": "好的，不勉强"},
        {"files": 0, "running": [], "refusal": "好的，不勉强"},
    ]
    return {
        "holding": [{"holding": short}, {"holding": long}],
        "exporting": [{}],
        "exported": [{}],
        "which": [{}],
        "type": [{"field": "手机号"}],
        "requested": [{"number": CASE}],
        "withdraw": [{}],
        "withdrawn": gone,
        "erase": [{"plan": full}, {"plan": ErasePlan(("手机号",), (), (), ())}],
        "erased": [{"plan": full}],
        "not_yet": [{"plan": full}],
    }


def each(names: str, values: list[Values]) -> dict[str, list[Values]]:
    """The same values for several messages."""
    return {name: values for name in names.split()}


def small(mark: Mark, language: str) -> dict[str, dict[str, list[Values]]]:
    """Messages of the conversations that say little."""
    name, nothing = {"name": mark("李娜")}, list[Values]([{}])
    number = {"number": CASE}
    words = [number | {"text": mark("请看卡面左下角。")}]
    plain = "help stale language language_set edited cannot_read where_we_were offer_person thanks"
    doors = "hello not_your_contact verify unknown expired used too_many account_taken ask_hr moved"
    guards = ("others_data", "insult", "insult_again", "injection")
    reasons = (*guards, "out_of_scope", "gibberish", "no_policy")
    left = [(True, "apply"), (False, "ask"), (False, None)]
    common = each(f"{plain} leaver private", nothing) | {
        "menu": [name],
        "left": [{"draft": draft, "was": was} for draft, was in left],
        "broken": [number, {"number": None}],
        "gave_up": [{}],
    }
    enrol = each(doors, nothing) | {
        "welcome": [name | {"employer": mark("样本科技有限公司")}],
        "wrong": [{"left": 2}, {"left": 1}],
        "notice": [{"title": "个人信息处理告知", "notice": mark("谁在处理：样本科技有限公司")}],
        "refused": [{"refusal": mark("好的，不勉强")}],
    }
    quiet = "offer asked_before noted commented skipped closed not_followed nobody_else"
    about = [{"about": "bot"}, {"about": "officer"}]
    scores = [{"score": 2, "low": True}, {"score": 5, "low": False}]
    rate = each(f"{quiet} answered_before", nothing) | each("ask follow_up", about)
    rate |= each("comment thanks", scores) | {"following": [number]}
    staff: Values = number | name | {"staff_number": "E1024"}
    follow = each("write_here delivered closed", [number]) | each("over", nothing)
    follow |= {"asked": [staff | {"application": each_one} for each_one in (NUMBER, None)]}
    ask = each("what which unknown glad sorry no_sources", nothing) | {
        "none": [{"reason": reason} for reason in reasons],
        "answer": [{"part": part} for part in parts(language)],
        "sources": [{"part": part} for part in parts(language)],
        "hr": knowledge_samples.hr(mark),
    }
    url = "https://hr.example.com/console/sign-in#6vXn"
    console = each("not_staff too_many signed_in ended", nothing) | {
        "link": [{"url": url, "minutes": 10}]
    }
    found = {"common": common, "enrol": enrol, "rate": rate, "ask": ask}
    found["move"] = move_samples.move(mark)
    found |= {"desk": desk_samples.desk(mark, words), "mail": desk_samples.mail()}
    said = mark("国庆期间社保大厅放假，请提前办理。")
    broadcast = each("thanks failed", nothing) | {"message": [{"text": said}]}
    return (
        found
        | {"summary": month(mark)}
        | {"console": console, "broadcast": broadcast, "follow": follow}
    )


def month(mark: Mark) -> dict[str, list[Values]]:
    """Messages of the summary."""
    figure = {"text": "96.0%", "count": 120, "misses": False}
    missed = figure | {"misses": True}
    every = [
        "timeliness",
        "return_rate",
        "progress_bot",
        "progress_officer",
        "first_response",
        "resolution",
        "time_to_card",
        "deflection_confirmed",
        "deflection_assumed",
        "straight_through",
    ]
    rated = {"share": "80%", "count": 40, "low": "65%", "high": "90%", "rate": "60.0%"}
    said: Values = {
        "month": "2026-10",
        "running": True,
        "where": REGION,
        "matter": "transfer",
        "own": False,
        "story": ["问题集中在广东省深圳市：退回36.8%（其他4.7%）。"],
        "figures": dict.fromkeys(every, figure),
        "backlog": {
            "open": 9,
            "overdue": 1,
            "parties": [["轮到专员", 5, 1], ["轮到员工", 4, 0]],
            "worst": [[NUMBER, "专员回复", mark("王芳"), 12]],
        },
        "rated": {"bot": rated, "officer": None},
        "reasons": ["等待太久"],
        "topics": ["证件照规格", "身份证件"],
        "better": ["及时率"],
        "worse": ["出错率（退回率）"],
    }
    empty = said | {
        "running": False,
        "where": "",
        "matter": "",
        "own": True,
        "figures": dict.fromkeys(every, missed),
        "backlog": {"open": 0, "overdue": 0, "parties": [], "worst": []},
        "rated": {"bot": None, "officer": rated},
    }
    empty |= {"reasons": [], "topics": [], "better": [], "worse": [], "story": []}
    plain: list[Values] = [{}]
    return {
        **each("not_manager which_region which_matter making", plain),
        **each("pdf workbook", [{"month": "2026-10"}]),
        "month": [{"said": said}, {"said": empty}],
    }


@cache
def samples(language: str, mark: Mark = str) -> dict[str, list[Values]]:
    """Values by message (`file.block`)."""
    files = small(mark, language) | {
        "apply": apply(mark),
        "matter": matter(mark),
        "cards": cards(mark),
        "newhires": hires(mark),
        "collection": card_samples.collection(mark),
        "behalf": card_samples.behalf(),
        "proxy": card_samples.proxy(mark),
        "merge": card_samples.merge(mark),
        "handout": card_samples.handout(mark),
        "moved": {"told": [{"origin": REGION, "destination": "江苏省苏州市"}]},
        "documents": documents(mark, language),
        "status": status(mark),
        "mydata": mydata(mark),
        "guide": knowledge_samples.guides(language),
        "policies": knowledge_samples.policies(mark, language),
        "gaps": knowledge_samples.gaps(mark),
    }
    return {
        f"{file}.{name}": values for file, said in files.items() for name, values in said.items()
    }
