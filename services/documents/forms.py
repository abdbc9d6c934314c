"""Labelled forms: what stands beside (or under) each printed label of a known document."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from services.documents.layout import Token, joined, page_angle, split, tokens
from services.documents.ocr import Line
from services.documents.text import is_mark, simplified, without_marks
from services.documents.values import Value, value_of


@dataclass(frozen=True)
class Field:
    """One field of a form.

    ``label`` is a regular expression; ``convert`` makes the value or returns None; ``below`` says
    that the value stands under its label; ``lines`` is how many lines it may take.
    """

    name: str
    label: str
    convert: Callable[[str], str | None]
    below: bool = False
    lines: int = 1
    needed: bool = True


@dataclass(frozen=True)
class Form:
    """A document's fields, and labels that only end other fields' values."""

    fields: tuple[Field, ...]
    borders: str = r"(?!)"

    def pattern(self) -> re.Pattern[str]:
        """All labels at once; the first alternative that fits wins."""
        named = [f"(?P<{field.name}>{field.label})" for field in self.fields]
        return re.compile("|".join([*named, f"(?P<border_>{self.borders})"]))

    @property
    def needed(self) -> tuple[str, ...]:
        """Names of fields that a readable picture of this document shows."""
        return tuple(field.name for field in self.fields if field.needed)


def parse_form(lines: Sequence[Line], form: Form) -> dict[str, Value]:
    """The form's values, each with its lines and lowest probability."""
    degrees = page_angle(lines)
    labels: list[tuple[str, Token]] = []
    rest: list[Token] = []
    pattern = form.pattern()
    for line in lines:
        if is_mark(line.text):
            continue
        plain = Line(line.box, simplified(line.text), line.sure, line.centres)
        for name, part in split(plain, pattern):
            token = tokens([part], degrees)[0]
            if name is None:
                rest.append(token)
            else:
                labels.append((name, token))
    values: dict[str, Value] = {}
    for field in form.fields:
        for label in (token for name, token in labels if name == field.name):
            value = _value(field, label, rest, [token for _, token in labels])
            if value is not None and field.name not in values:
                values[field.name] = value
    return values


def _value(
    field: Field, label: Token, rest: Iterable[Token], labels: Sequence[Token]
) -> Value | None:
    parts = (_under if field.below else _right)(label, rest, labels)
    if not parts:
        return None
    if field.lines > 1:
        parts = parts + _more(parts, rest, labels, field.lines - 1)
    text = field.convert(without_marks(joined(parts)))
    return value_of(text, parts) if text else None


def _right(label: Token, rest: Iterable[Token], labels: Sequence[Token]) -> list[Token]:
    """Tokens of the label's row, up to the next label."""
    ends = [other.left for other in labels if _level(other, label) and other.left > label.left + 1]
    end = min(ends, default=float("inf"))
    found = [
        token
        for token in rest
        if _level(token, label) and label.right - 0.8 * label.height < token.left < end
    ]
    return sorted(found, key=lambda token: token.left)


def _under(label: Token, rest: Iterable[Token], labels: Sequence[Token]) -> list[Token]:
    """Tokens of the row below the label, up to the column of the next label."""
    ends = [other.left for other in labels if _level(other, label) and other.left > label.left + 1]
    end = min(ends, default=float("inf")) - 0.5 * label.height
    start = label.left - 1.0 * label.height
    below = [
        token
        for token in rest
        if 0.6 * label.height < token.middle - label.middle < 2.4 * label.height
        and start < token.left < end
    ]
    if not below:
        return []
    first = min(token.middle for token in below)
    row = [token for token in below if token.middle - first < 0.6 * token.height]
    return sorted(row, key=lambda token: token.left)


def _more(
    parts: list[Token], rest: Iterable[Token], labels: Sequence[Token], count: int
) -> list[Token]:
    """Further lines under the value, as long as no label begins in between."""
    added: list[Token] = []
    last = parts[0]
    lower = [label.middle for label in labels if label.middle > last.middle + 0.7 * last.height]
    bottom = min(lower, default=float("inf"))
    for token in sorted(rest, key=lambda one: one.middle):
        step = token.middle - last.middle
        if token.middle > bottom - 5 or len(added) == count:
            break
        aligned = abs(token.left - parts[0].left) < 1.5 * token.height
        if 0.7 * last.height < step < 1.9 * last.height and aligned:
            added.append(token)
            last = token
    return added


def _level(one: Token, two: Token) -> bool:
    return abs(one.middle - two.middle) < 0.6 * max(one.height, two.height)
