"""Labelled forms: what stands beside (or under) each printed label of a known document."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from operator import eq

from services.documents.layout import Token, askew, joined, own_angle, split, tokens
from services.documents.ocr import Line
from services.documents.text import is_mark, simplified, without_marks
from services.documents.values import Value, value_of

_SHORT = 3  # characters; a shorter label is taken for misread only when it stands alone


@dataclass(frozen=True)
class Field:
    """One field of a form.

    ``label`` is a regular expression; ``convert`` makes the value or returns None; ``below`` says
    that the value stands under its label; ``lines`` is how many lines it may take. ``printed`` is
    the label as it is printed: a line nearly so is taken for it where none was read. ``closed`` are
    all values there are: one of them that stands somewhere alone is taken where no label was read.
    """

    name: str
    label: str
    convert: Callable[[str], str | None]
    below: bool = False
    lines: int = 1
    needed: bool = True
    printed: tuple[str, ...] = ()
    closed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Form:
    """A document's fields, and labels that only end other fields' values (a pattern, and as they
    are printed)."""

    fields: tuple[Field, ...]
    borders: str = r"(?!)"
    printed_borders: tuple[str, ...] = ()

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
    labels, rest = _labelled(lines, form)
    values: dict[str, Value] = {}
    for field in form.fields:
        for label in (token for name, token in labels if name == field.name):
            value = _value(field, label, rest, [token for _, token in labels])
            if value is not None and field.name not in values:
                values[field.name] = value
        alone = [token for token in rest if token.text in field.closed]
        if field.name not in values and len(alone) == 1:
            text = field.convert(alone[0].text)
            values |= {field.name: value_of(text, alone)} if text else {}
    return values


def _labelled(lines: Sequence[Line], form: Form) -> tuple[list[tuple[str, Token]], list[Token]]:
    """The form's labels by name, and all other pieces of its lines."""
    pattern = form.pattern()
    plain = [Line(one.box, simplified(one.text), one.sure, one.centres) for one in lines]
    plain = [line for line in plain if not is_mark(line.text)]
    own = [line for line in plain if pattern.search(line.text)]
    degrees = own_angle(plain, own)
    labels: list[tuple[str, Token]] = []
    rest: list[Token] = []
    for line in plain:
        if askew(line, degrees):
            continue
        for name, part in split(line, pattern):
            token = tokens([part], degrees)[0]
            if name is None:
                rest.append(token)
            else:
                labels.append((name, token))
    return _nearly(form, labels, rest)


def _nearly(
    form: Form, labels: list[tuple[str, Token]], rest: list[Token]
) -> tuple[list[tuple[str, Token]], list[Token]]:
    """Misread labels among the rest: those of fields that have none yet, and borders."""
    known = {name for name, _ in labels}
    wanted = [(one.name, word) for one in form.fields for word in one.printed]
    wanted = [(name, word) for name, word in wanted if name not in known]
    wanted += [("border_", word) for word in form.printed_borders]
    closed = frozenset[str]().union(*(field.closed for field in form.fields))
    left: list[Token] = []
    for token in rest:
        near = next((one for one in wanted if alike(token.text, one[1])), None)
        if near is None or token.text in closed:
            left.append(token)
            continue
        name, word = near
        stop = min(len(word), len(token.text))
        labels.append((name, _cut(token, 0, stop)))
        if stop < len(token.text):
            left.append(_cut(token, stop, len(token.text)))
    return labels, left


def _cut(token: Token, start: int, stop: int) -> Token:
    """Some characters of a token, as a token of their own."""
    edges = (0.0, 1.0) if not token.text else (start / len(token.text), stop / len(token.text))
    width = token.right - token.left
    left, right = (token.left + edge * width for edge in edges)
    return replace(token, line=token.line.part(start, stop), left=left, right=right)


def alike(text: str, word: str) -> bool:
    """Whether a text begins with a label of which few characters were misread, or one was lost.

    A label of two characters must stand alone and have one of them right.
    """
    if len(word) < _SHORT or len(text) < len(word):
        lost = len(word) > _SHORT and len(text) == len(word) - 1
        whole = len(text) == len(word) and any(map(eq, text, word))
        return whole if len(word) < _SHORT else lost and _without_one(word, text)
    wrong = sum(left != right for left, right in zip(text, word, strict=False))
    return wrong <= (len(word) // 3 if len(text) == len(word) else len(word) // 5)


def _without_one(word: str, text: str) -> bool:
    return any(word[:place] + word[place + 1 :] == text for place in range(len(word)))


def _value(
    field: Field, label: Token, rest: Iterable[Token], labels: Sequence[Token]
) -> Value | None:
    parts = (_under if field.below else _right)(label, rest, labels)
    if not parts:
        return None
    parts = [part for part in parts if part.text in field.closed][:1] or parts
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
        if _level(token, label)
        and label.right - 0.8 * label.height < token.left < end
        and not _anothers(token, label, labels)
    ]
    return sorted(found, key=lambda token: token.left)


def _anothers(token: Token, label: Token, labels: Sequence[Token]) -> bool:
    """Whether a label that stands nearer is in the token's row: in a picture taken from the side
    the rows lean, and a far one may seem level."""
    return any(
        _level(other, token) and label.right < other.left and other.right < token.left + 1
        for other in labels
        if other is not label
    )


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
        # Boxes of a soft picture may be higher than their lines stand apart.
        if 0.7 * min(last.height, token.height) < step < 1.9 * last.height and aligned:
            added.append(token)
            last = token
    return added


def _level(one: Token, two: Token) -> bool:
    return abs(one.middle - two.middle) < 0.6 * max(one.height, two.height)
