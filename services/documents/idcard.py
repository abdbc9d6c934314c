"""The resident identity card: which side it is and what its fields say.

Nothing here depends on a template's millimetres: labels are found by their words, values by where
they stand beside a label. Values carry the lines they were read from, so that a doubtful one can be
read again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from services.documents import text as texts
from services.documents.idnumber import is_id_number, normalise_id_number
from services.documents.layout import (
    Token,
    askew,
    beside,
    joined,
    page_angle,
    right_of,
    rows,
    split,
    tokens,
)
from services.documents.ocr import Line
from services.documents.places import without_stray
from services.documents.values import Value, value_of

FRONT_FIELDS = ("name", "sex", "ethnicity", "birth", "address", "id_number")
BACK_FIELDS = ("authority", "valid_from", "valid_to")
LONG_TERM = "长期"
_STRAY = 0.5  # how sure a value is at most that a piece of its label hung on
_TALLER = 1.6  # letters so much higher than the value's are a mark's
_COLUMN_SLACK = 0.1  # of the letters' height: a value's first character begins right of its column

_FRONT_LABELS = re.compile(  # widely set labels fall apart: 住 | 址河北省…
    r"(?P<name>^姓名?(?=$|.{2,})|姓名)|(?P<sex>性别|^别(?=[男女]))"
    r"|(?P<ethnicity>民族(?![路街大东西南北中广园小社村巷]))"
    r"|(?P<birth>^出生|^山生|^生(?=(?:19|20)\d))|(?P<address>^住?址|^佳址|^住止)"
    r"|(?P<id_number>公?民?身份(?:证?号码|证?号)|公民身[份仪]?号?码?|民身份号码?)"
)
_BACK_LABELS = re.compile(
    r"(?P<authority>签?发机关|签发机|签发(?=.{2,}公安))|(?P<validity>有?效期限|有效期)"
)
_FRONT_SIGNS = re.compile(r"姓名|性别|民族|出生|住址|公民身份|[0-9]{17}[0-9Xx]|年.*月.*日")
_BACK_SIGNS = re.compile(
    r"中华人民|居民身份证|签发机关|有效期限|公安局|[0-9]{4}\.[0-9]{2}\.[0-9]{2}"
)
_BIRTH = re.compile(r"((?:19|20)\d\d)年?\D{0,2}?(\d{1,2})月?\D{0,2}?(\d{1,2})日?")
_DATE = r"((?:19|20)\d\d)\D?(\d{2})\D?(\d{2})日?"
_VALIDITY = re.compile(rf"{_DATE}\D{{0,3}}?(?:{_DATE}|(长期?|期))")
_AUTHORITY_TAIL = re.compile(  # a mark printed across the card that hangs on the last letters
    r"(?<=分局).{1,8}$|(?<=公安局)(?!.*(?:局|所|队|处|厅|科)$).{1,8}$"
)
_NUMBER_LABEL = re.compile(r"[公民身份]{0,5}号码$")  # the next label, fallen apart
_NUMBER = re.compile(r"[0-9]{6}[12][0-9]{3}[0-9]{7}[0-9X]|[0-9]{17}[0-9X]")


@dataclass(frozen=True, eq=False)
class Card:
    """One side found: its values, and where its labels and values stand in the picture."""

    side: str
    values: dict[str, Value] = field(default_factory=dict)
    labels: dict[str, Line] = field(default_factory=dict)
    lines: tuple[Line, ...] = ()
    degrees: float = 0.0


def sides(lines: Sequence[Line]) -> list[str]:
    """Which sides of an ID card the lines show: front, back, both or none."""
    words = [texts.simplified(line.text) for line in lines]
    whole = " ".join(words)
    front = {hit.lastgroup for word in words for hit in _FRONT_LABELS.finditer(word)}
    front |= {"number"} if any(_number(word) for word in words) else set()
    back = {hit.lastgroup for word in words for hit in _BACK_LABELS.finditer(word)}
    back |= {"title"} if re.search(r"居民身.?证|民身份证", whole) else set()
    back |= {"state"} if re.search(r"中华人.?共和|华人民共和国|人民共和国", whole) else set()
    back |= {"dates"} if _VALIDITY.search(re.sub(r"\s", "", whole)) else set()
    if not back & {"title", "authority"}:
        back = set()  # validity alone stands on every card
    return [
        side for side, seen, least in (("front", front, 3), ("back", back, 2)) if len(seen) >= least
    ]


def parse(lines: Sequence[Line], side: str) -> Card:
    """Read one side from its lines.

    The side's own words give the direction: other papers on the table may lie askew.
    """
    signs = _FRONT_SIGNS if side == "front" else _BACK_SIGNS
    own = [line for line in lines if signs.search(texts.simplified(line.text))]
    degrees = page_angle(own or lines)
    return (_front if side == "front" else _back)(lines, degrees)


def _labelled(
    lines: Sequence[Line], degrees: float, pattern: re.Pattern[str]
) -> tuple[dict[str, Token], list[Token]]:
    found: dict[str, list[Token]] = {}
    rest: list[Token] = []
    for line in lines:
        if texts.is_mark(line.text) or askew(line, degrees):
            continue
        plain = Line(line.box, texts.simplified(line.text), line.sure, line.centres)
        for name, part in split(plain, pattern):
            token = tokens([part], degrees)[0]
            if name is None:
                rest.append(token)
            else:
                found.setdefault(name, []).append(token)
    return _own_labels(found), rest


def _own_labels(found: dict[str, list[Token]]) -> dict[str, Token]:
    """One label of each name: the one in the column of the others, then the uppermost.

    Words of another paper on the table (部门, 姓名) stand elsewhere.
    """
    labels: dict[str, Token] = {}
    for name, these in found.items():
        others = [one.left for other, seen in found.items() if other != name for one in seen]
        column = float(np.median(others)) if others and name != "ethnicity" else None
        uppermost = min(these, key=lambda token: token.middle)
        labels[name] = uppermost
        if column is not None:
            nearest = min(these, key=lambda token: abs(token.left - column))
            if abs(uppermost.left - column) > abs(nearest.left - column) + nearest.height:
                labels[name] = nearest
    return labels


def _front(lines: Sequence[Line], degrees: float) -> Card:
    labels, rest = _labelled(lines, degrees, _FRONT_LABELS)
    rest.sort(key=lambda token: token.middle)
    found = {
        "id_number": _front_number(labels, rest),
        "birth": _front_birth(labels, rest),
        "sex": _front_sex(labels, rest),
        "ethnicity": _front_ethnicity(labels, rest),
    }
    found["name"] = _front_name(labels, rest, _value_column(labels, rest, found))
    used = {id(line) for value in found.values() if value for line in value.lines}
    free = [token for token in rest if id(token.line) not in used]
    found["address"] = _front_address(labels, free, found)
    values = {name: found[name] for name in FRONT_FIELDS}
    return _card("front", values, labels, lines, degrees)


def _back(lines: Sequence[Line], degrees: float) -> Card:
    labels, rest = _labelled(lines, degrees, _BACK_LABELS)
    values: dict[str, Value | None] = {"authority": _back_authority(labels, rest)}
    values |= _back_validity(labels, rest)
    for token in rest:
        if re.search(r"居民身.?证|民身份证", token.text):
            labels.setdefault("title", token)
        elif re.search(r"中华人.?共和|人民共和国", token.text):
            labels.setdefault("state", token)
    return _card("back", values, labels, lines, degrees)


def _card(
    side: str,
    values: dict[str, Value | None],
    labels: dict[str, Token],
    lines: Sequence[Line],
    degrees: float,
) -> Card:
    return Card(
        side,
        {name: value for name, value in values.items() if value is not None and value.text},
        {name: token.line for name, token in labels.items()},
        tuple(lines),
        degrees,
    )


def _number(text: str) -> str | None:
    hit = _NUMBER.search(normalise_id_number(text))
    return hit.group() if hit else None


def _front_number(labels: dict[str, Token], rest: list[Token]) -> Value | None:
    attempts = [[token] for token in reversed(rest)]
    if "id_number" in labels:
        attempts.insert(0, beside(labels["id_number"], rest, reach=40))
    read = [(number, parts) for parts in attempts if (number := _number(joined(parts)))]
    if not read:
        label = labels.get("id_number")
        parts = beside(label, rest, reach=40) if label else []
        digits = normalise_id_number(joined(parts))
        return value_of(digits, parts) if len(digits) >= 12 else None
    number, parts = next((item for item in read if is_id_number(item[0])), read[0])
    return value_of(number, parts)


def _front_birth(labels: dict[str, Token], rest: list[Token]) -> Value | None:
    attempts = [beside(labels["birth"], rest, reach=20)] if "birth" in labels else []
    attempts += [row for row in rows(rest) if "年" in joined(row) or "月" in joined(row)]
    for parts in attempts:
        dates = [part for part in parts if re.search(r"[\d年月日]", part.text)]
        hit = _BIRTH.search(joined(dates))
        if hit and (birth := iso_date(*hit.groups())):
            return value_of(birth, dates)
    return None


def _front_sex(labels: dict[str, Token], rest: list[Token]) -> Value | None:
    parts = beside(labels["sex"], rest, reach=6) if "sex" in labels else []
    for part in [*parts, *(token for token in rest if len(token.text) <= 2)]:
        hit = re.match(r"[男女]", part.text)
        if hit:
            return Value(hit.group(), part.line.sure[0], (part.line,))
    return None


def _front_ethnicity(labels: dict[str, Token], rest: list[Token]) -> Value | None:
    parts = beside(labels["ethnicity"], rest, reach=6) if "ethnicity" in labels else []
    for count in range(len(parts), 0, -1):
        people = texts.ethnicity(joined(parts[:count]))
        if people:
            return value_of(people, parts[:count])
    if "ethnicity" in labels or "sex" not in labels:
        return None
    for part in beside(labels["sex"], rest, reach=14):  # the label itself was lost
        people = texts.ethnicity(part.text)
        if people:
            return value_of(people, [part])
    return None


def _front_name(labels: dict[str, Token], rest: list[Token], column: float | None) -> Value | None:
    if "name" in labels:
        parts = beside(labels["name"], rest, reach=6)
        parts = [part for part in parts if part.left < labels["name"].right + 12 * part.height]
        if "名" not in labels["name"].text:
            parts = _own_column(parts, column)
    elif "sex" in labels:
        sex = labels["sex"]
        above = [token for token in rest if 0.8 < (sex.middle - token.middle) / sex.height < 5]
        near = [token for token in above if abs(token.left - sex.right) < 4.5 * sex.height]
        parts = _own_column(rows(near)[-1], column) if near else []
    else:
        parts = []
    name = texts.person_name(joined(parts))
    plain = texts.without_latin(name)
    value = value_of(plain, parts) if plain else None
    return value if value is None or plain == name else replace(value, sure=0.0)


def _own_column(parts: list[Token], column: float | None) -> list[Token]:
    """Without what stands left of the values' column: a piece of a label that was misread."""
    if column is None:
        return parts
    own = [right_of(part, column - _COLUMN_SLACK * part.height) for part in parts]
    kept = [part for part in own if part is not None]
    return kept or parts


def _front_address(
    labels: dict[str, Token], rest: list[Token], found: dict[str, Value | None]
) -> Value | None:
    label = labels.get("address")
    first = beside(label, rest, reach=5)[:1] if label else []
    start = first[0].left if first else _value_column(labels, rest, found)
    if start is None:
        return None
    top = label.middle - 0.7 * label.height if label else _bottom(labels.get("birth"))
    number = labels.get("id_number")
    bottom = number.middle - 0.6 * number.height if number else float("inf")
    inside = [token for token in rest if top < token.middle < bottom]
    usual = [token for token in inside if not first or token.height < _TALLER * first[0].height]
    parts: list[Token] = []
    for row in rows(usual):
        parts += _address_row(row, start)
    value = _place(parts)
    # A mark in large letters, with which the end of a line may have been read.
    return value if value is None or len(usual) == len(inside) else replace(value, sure=0.0)


def plain_place(printed: str) -> str:
    """An address or authority without marks and pieces of labels that hang on it."""
    return without_stray(texts.place(_NUMBER_LABEL.sub("", texts.without_marks(printed))))


def _place(parts: list[Token]) -> Value | None:
    """An address or authority; doubtful when a mark was printed into it."""
    printed = joined(parts)
    plain = _NUMBER_LABEL.sub("", texts.without_marks(printed))
    told = texts.place(plain)
    if not told:
        return None
    value = value_of(without_stray(told), parts)
    if value.text != told:
        value = replace(value, sure=min(value.sure, _STRAY))
    return value if plain == printed else replace(value, sure=0.0)


def _address_row(row: list[Token], start: float) -> list[Token]:
    taken: list[Token] = []
    for whole in row:
        token = whole
        if whole.left < start - 1.6 * whole.height and whole.right > start + 2 * whole.height:
            # The label was misread and hangs on the value.
            token = right_of(whole, start - _COLUMN_SLACK * whole.height) or whole
        begins = abs(token.left - start) < 1.6 * token.height
        follows = bool(taken) and token.left - taken[-1].right < 1.3 * token.height
        if begins or follows:
            taken.append(token)
    return taken


def _value_column(
    labels: dict[str, Token], rest: list[Token], found: dict[str, Value | None]
) -> float | None:
    """Where values begin when the address's own label was not read."""
    for name in ("birth", "sex", "name"):
        value = found.get(name)
        if value and name in labels:
            own = {id(line) for line in value.lines}
            lefts = [token.left for token in rest if id(token.line) in own]
            if lefts:
                return min(lefts)
            return labels[name].right + 0.8 * labels[name].height
    return None


def _bottom(label: Token | None) -> float:
    return label.middle + 0.9 * label.height if label else float("-inf")


def _back_authority(labels: dict[str, Token], rest: list[Token]) -> Value | None:
    label = labels.get("authority")
    if label is None:
        parts = [token for token in rest if "公安" in token.text][:1]
    else:
        words = [token for token in rest if not re.search(r"\d{4}", token.text)]
        parts = beside(label, words, reach=6)
        if parts:
            parts = _continued(label, parts, labels.get("validity"), words)
    value = _place(parts)
    if value is None or not _AUTHORITY_TAIL.search(value.text):
        return value
    return replace(value, text=_AUTHORITY_TAIL.sub("", value.text), sure=0.0)


def _continued(
    label: Token, parts: list[Token], below: Token | None, rest: list[Token]
) -> list[Token]:
    """A long authority goes on in the next line, under its own beginning."""
    for token in rest:
        step = token.middle - label.middle
        free = below is None or below.middle - token.middle > 0.6 * token.height
        follows = abs(token.left - parts[0].left) < 1.5 * token.height and token not in parts
        if 0.9 * label.height < step < 2.2 * label.height and free and follows:
            return [*parts, token]
    return parts


def _back_validity(labels: dict[str, Token], rest: list[Token]) -> dict[str, Value | None]:
    label = labels.get("validity")
    attempts = [beside(label, rest, reach=30)] if label else []
    attempts += [[token] for token in rest]
    for parts in attempts:
        dates = validity(joined(parts))
        if dates:
            return {
                "valid_from": value_of(dates[0], parts),
                "valid_to": value_of(dates[1], parts),
            }
    return {}


def validity(text: str) -> tuple[str, str] | None:
    """Both ends of a printed period as (YYYY-MM-DD, YYYY-MM-DD or 长期)."""
    plain = re.sub(r"\s", "", texts.half_width(texts.simplified(text)))
    hit = _VALIDITY.search(plain)
    if not hit:
        return None
    start = iso_date(*hit.groups()[:3])
    end = LONG_TERM if hit.group(7) else iso_date(*hit.groups()[3:6])
    return (start, end) if start and end else None


def iso_date(year: str, month: str, day: str) -> str | None:
    """YYYY-MM-DD of a day that exists."""
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None
