"""What kind of message the bot sent, told from its words alone (as a person would)."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

#: First match wins. Words are compared without HTML tags.
PATTERNS: tuple[tuple[str, str], ...] = (
    ("progress", "接下来："),
    ("nothing", "目前没有正在办理的申请"),
    ("welcome", "已确认您是"),
    ("notice", "^个人信息处理告知"),
    ("consent", "^单独同意"),
    ("menu", "我是社保小助手。"),
    ("help", "^我能帮您"),
    ("thanks", "^不客气"),
    ("edited", "^修改已发出的消息"),
    ("cannot_read", "^这个我还看不懂"),
    ("where", "^刚才.*还在"),
    ("opened", "^好的，为您办理首次申领社保卡"),
    ("resumed", "^您有一份没办完的"),
    ("bank", "请选择开户银行"),
    ("bank_chosen", "^已选："),
    ("documents", "^请把下面的图片发给我"),
    ("reading", "^收到，正在识别"),
    ("offer_front", "^身份证人像面，请核对"),
    ("offer_back", "^身份证国徽面，请核对"),
    ("accepted", "^证件照合格，已收下"),
    ("missing", "^好的，还差："),
    ("mended", "替您修好"),
    ("checking", "^资料齐了。正在同时"),
    ("clear", "^核对完毕"),
    ("warn", "^查到您在外省有社保卡"),
    ("summary", "^请最后核对一遍"),
    ("submitting", "^正在提交，申请编号"),
    ("received", "^提交成功"),
    ("making", "审核通过，正在制卡"),
    ("collectable", "卡做好了，可以领取"),
    ("collected", "卡已领到"),
    ("social_enabled", "：社保功能已启用"),
    ("financial_activated", "：银行账户已激活"),
    ("rate_ask", "^小助手这次办得您满意吗|^这次人工服务您满意吗"),
    ("rate_offer", "^这周已经请您打过分"),
    ("rate_comment", "^谢谢您的\\d分"),
    ("commented", "^谢谢，您的话"),
    ("skipped", "^好的，谢谢您的评分"),
    ("case_opened", "^已请HR同事帮忙，工单号"),
    ("passed_on", "^已转给HR同事"),
    ("taken", "^HR同事已接手您的工单"),
    ("hr_answer", "^HR同事回复"),
    ("hr_resolved", "已处理完，小助手回来了"),
    ("answer", "依据：|没有可靠的依据|^这个我帮不上|^您想问的是哪一个|您想知道哪一样"),
)
_COMPILED = [(kind, re.compile(pattern)) for kind, pattern in PATTERNS]
_TAG = re.compile(r"</?[a-z]+>")

#: Caused by bureau, officer, a finished task or a timer; all else answers an employee's deed.
TOLD = frozenset(
    {
        *("offer_front", "offer_back", "accepted", "mended", "clear", "warn", "summary"),
        *("received", "making", "collectable", "collected", "social_enabled"),
        *("financial_activated", "rate_ask", "rate_offer"),
        *("taken", "hr_answer", "hr_resolved"),
    }
)
#: Says what is not there yet; whether it comes depends on which picture was read first.
ASIDE = frozenset({"missing"})
#: One question may be answered in several messages.
SEVERAL = frozenset({"answer"})


@lru_cache(maxsize=20_000)
def kind_of(text: str) -> str:
    """The kind, or `unknown: …` with the first words."""
    plain = _TAG.sub("", text).strip()
    for kind, pattern in _COMPILED:
        if pattern.search(plain):
            return kind
    return f"unknown: {plain[:24]}"


def words_of(message: dict[str, Any]) -> str:
    """Text or caption of a message as a person's client has it."""
    return str(message.get("text") or message.get("caption") or "")


def fingerprint(entry: dict[str, Any]) -> str:
    """Everything a request carried: equal only for one outbox row sent twice (or plain repeats)."""
    parameters = {k: v for k, v in (entry.get("parameters") or {}).items() if k != "uploads"}
    markup = parameters.get("reply_markup")
    if isinstance(markup, str):
        parameters["reply_markup"] = json.loads(markup)
    return json.dumps([entry["method"], parameters], sort_keys=True, ensure_ascii=False)
