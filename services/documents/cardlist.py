"""A screenshot or photograph of a person's list of social security cards.

A list is evidence of the employee's own word plus a picture (a low grade), never proof.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from knowledge import agencies, regions
from services.documents.forms import alike
from services.documents.layout import Token, askew, joined, own_angle, rows, tokens
from services.documents.ocr import Line, angle
from services.documents.places import begins_with_a_place
from services.documents.text import half_width, is_mark, simplified
from services.documents.values import Value, value_of

_HEADING = re.compile(r"(?:社会保障卡|社保卡|第[一二三四]代社)")
_PRINTED_HEADING = "社会保障卡"
_LABELS = {
    "region": re.compile(r"^(?:发卡地区?|发卡城市|参保地)[:：]?"),
    "bank": re.compile(r"^(?:合作银行|发卡银行|服务银行|所属银行|银行)[:：]?"),
    "last_four": re.compile(r"^(?:卡号后四位|卡号|尾号|银行卡号)[:：]?"),
}
_PRINTED_STATES = """
正常 已挂失 挂失 临时挂失 已注销 注销 已封存 封存 制卡中 待领取 待领卡
未激活 待激活 已激活 未启用 已启用
"""
_STATES = tuple(_PRINTED_STATES.split())
_STATE = re.compile("|".join(_STATES))
_OWN = re.compile(r"社会保障卡|社保卡|发卡|银行|卡号|尾号|持卡人|参保地")
_BANK = re.compile(r"银行|信用社|农商|邮储")
_SEEN = 0.97  # probability from which a bank or place that no table has is believed
_MENDED = 0.5  # how sure a value is at most that was not read as it is told
_LONG = 2.0  # heights; a shorter box hardly shows how its line leans
_FEWEST_LONG = 5
_PARTS = ("region", "bank", "last_four", "status")


def card_list(lines: Sequence[Line]) -> dict[str, Value]:
    """Cards of a list, one by one: ``region_1``, ``bank_1``, ``last_four_1``, ``status_1``…"""
    own = [line for line in lines if _OWN.search(simplified(line.text))]
    degrees = own_angle(lines, own)
    laid = [line for line in lines if not askew(line, degrees) and not is_mark(line.text)]
    values: dict[str, Value] = {}
    number = 0
    for row in rows(_levelled(tokens(laid, degrees), degrees)):
        found = _row(row, headed := _is_heading(row))
        again = any(f"{name}_{number}" in values for name in ("region", "status") if name in found)
        begins = headed or again or (number == 0 and "status" in found)
        number += begins
        if number:
            values |= {
                f"{name}_{number}": value
                for name, value in found.items()
                if f"{name}_{number}" not in values
            }
    told = re.search(r"您?共?有(\d{1,2})张", "".join(simplified(line.text) for line in laid))
    if told and int(told.group(1)) != cards_in(values):  # rows were taken for one another
        values = {name: replace(one, sure=min(one.sure, _MENDED)) for name, one in values.items()}
    statuses = [value for name, value in values.items() if name.startswith("status_")]
    if statuses:
        told_states = "、".join(value.text for value in statuses)
        values["status"] = Value(told_states, min(value.sure for value in statuses))
    return values


def _levelled(laid: list[Token], degrees: float) -> list[Token]:
    """Tokens with the heights that they would have in a picture taken straight on: seen from the
    side, lines lean more the further down (or up) they are."""
    long = [one for one in laid if one.right - one.left > _LONG * one.height]
    if len(long) < _FEWEST_LONG:
        return laid
    leans = [
        math.tan(math.radians((angle(one.line.box) - degrees + 180) % 360 - 180)) for one in long
    ]
    middles, lengths = [one.middle for one in long], [one.right - one.left for one in long]
    slope, lean = np.polyfit(middles, leans, 1, w=lengths)
    edge = min(one.left for one in laid)
    return [
        replace(
            one,
            middle=one.middle - (lean + slope * one.middle) * ((one.left + one.right) / 2 - edge),
        )
        for one in laid
    ]


def cards_in(values: Mapping[str, Value]) -> int:
    """How many cards a look saw."""
    return max((int(name.rpartition("_")[2]) for name in values if name[-1:].isdigit()), default=0)


def wanted(values: Mapping[str, Value]) -> list[str]:
    """The names that a sharp picture of as many cards gives."""
    return [f"{name}_{number + 1}" for number in range(cards_in(values)) for name in _PARTS]


def _is_heading(row: Sequence[Token]) -> bool:
    return any(
        _HEADING.match(simplified(token.text)) or alike(token.text, _PRINTED_HEADING)
        for token in row
    )


def _row(row: list[Token], headed: bool) -> dict[str, Value]:
    """What a row tells: a state, and a value by its label or by what it is."""
    found: dict[str, Value] = {}
    state = _state(row, headed)
    if state is not None:
        found["status"] = state
    text = simplified(joined(row))
    for name, label in _LABELS.items():
        hit = label.match(text)
        value = _part(name, text[hit.end() :], row) if hit else None
        if value is not None:
            found[name] = value
    if not found:  # the label was misread or lost
        found |= _by_itself(row[-1])
    return found


def _by_itself(token: Token) -> dict[str, Value]:
    text = simplified(token.text)
    for name, own in (
        ("last_four", re.fullmatch(r"\d{4}", half_width(text)) is not None),
        ("bank", _BANK.search(text) is not None or _nearest(text, _banks()) is not None),
        ("region", begins_with_a_place(text) or _nearest(text, _cities()) is not None),
    ):
        value = _part(name, text, [token]) if own else None
        if value is not None:
            return {name: value}
    return {}


def _part(name: str, told: str, row: Sequence[Token]) -> Value | None:
    """A value of its kind; one that is not quite so is mended if clear, and doubted."""
    if name == "last_four":
        digits = re.search(r"(\d{4})\D*$", half_width(told))
        return value_of(digits.group(1), row) if digits else None
    if not told:
        return None
    value = value_of(told, row)
    sound = _BANK.search(told) is not None if name == "bank" else begins_with_a_place(told)
    names = _banks() if name == "bank" else _cities()
    meant = None if told in names else _nearest(told, names)
    if sound and (meant is None or value.sure >= _SEEN):
        return value
    return replace(value, text=meant or told, sure=min(value.sure, _MENDED))


def _state(row: Sequence[Token], headed: bool) -> Value | None:
    for token in row:
        hit = _STATE.search(simplified(token.text))
        if hit:
            return value_of(hit.group(), [token])
    last = simplified(row[-1].text)
    meant = _nearest(last, _STATES) if headed and len(last) > 2 else None
    return None if meant is None else Value(meant, min(row[-1].sure, _MENDED), (row[-1].line,))


def _nearest(text: str, names: Collection[str]) -> str | None:
    """The one name that is most like a text of its length; None when less than two thirds of the
    characters agree or two names are as near."""
    alike = sorted(
        (sum(one != two for one, two in zip(text, name, strict=True)), name)
        for name in names
        if len(name) == len(text)
    )
    if not alike or alike[0][0] > len(text) // 3:
        return None
    return None if len(alike) > 1 and alike[1][0] == alike[0][0] else alike[0][1]


@cache
def _banks() -> frozenset[str]:
    return frozenset(bank.name for bank in agencies.banks().values())


@cache
def _cities() -> frozenset[str]:
    """Provinces, and cities with and without their province before them."""
    names = set()
    for province in regions.provinces():
        cities = {city.name for city in regions.children(province.code)}
        names |= {province.name, *cities, *(province.name + city for city in cities)}
    return frozenset(names)
