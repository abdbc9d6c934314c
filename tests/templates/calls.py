"""Which messages and labels the conversations name, read from their source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import get_args

import handlers
from handlers import behalf, mydata
from knowledge.identities import papers
from knowledge.matters import kinds
from knowledge.transfers import insurances
from services.applications import decisions as verdicts
from services.applications import reminders
from services.cases import decisions
from services.documents.document import KINDS
from services.documents.findings import sentences
from services.documents.identity import SIDES
from services.gateways.contract import State
from services.people.accounts import Outcome
from storage.models import WaitingFor

HANDLERS = Path(handlers.__file__).parent
TEMPLATE_AT = {"say": 0, "toast": 0, "edit": 1, "edit_caption": 1, "send_document": 2, "render": 0}
"""Methods of a turn that render a message, and where its name stands among the arguments."""
OWN_WORDS = {"language", "file", "menu", "contact", "note", "ref", "on_doubt", "alert"}
"""Their arguments that are no values of the message."""
ELSEWHERE = {Outcome.BOUND, Outcome.ALREADY_MINE, Outcome.NEEDS_VERIFICATION, Outcome.WRONG}
"""Outcomes that have a message of their own name."""
FIELDS = {
    "document_number",
    *mydata.FIELDS,
    *takewhile(lambda word: word != "white", sentences()["words"]["zh"]),
}
"""What a reading may hold: the reader's words begin with its fields, then come colours."""
CHECKS = frozenset(check for one in insurances().values() for check in one.checks)
COMPOSED: dict[str, frozenset[str]] = {
    "enrol.": frozenset(one.value for one in Outcome if one not in ELSEWHERE),
    "status.": frozenset(get_args(State)),
    "status.remind_": frozenset(reminders.KINDS),
    "apply.way_": frozenset(verdicts.ALL_WAYS),
    "kind.": frozenset({*KINDS, *SIDES.values()}),
    "paper.": frozenset(papers()),
    "behalf.": frozenset(each.value for each in behalf.KINDS),
    "desk.wait_": frozenset(WaitingFor),
    "desk.decide_": frozenset(decisions()),
    "guide.about_": frozenset({"card", "insurance", "both"}),
    "guide.drawing_": frozenset({"no", "yes"}),
    "guide.do_": frozenset({"apply_first", "transfer", "enable_help", "find_officer"}),
    "move.good_": CHECKS,
    "move.bad_": CHECKS,
    "reason.": frozenset(name for kind in kinds().values() for name in kind.reasons),
    "summary.": frozenset(kinds()),
    "field.": frozenset(FIELDS),
}
"""Names that are put together: the part that is written, and all that may follow it."""


@dataclass(frozen=True)
class Message:
    """A message that a handler says. `values` is None where they can't be told from the source."""

    where: str
    name: str
    values: frozenset[str] | None
    toast: bool


@cache
def trees() -> tuple[tuple[str, ast.Module], ...]:
    """Every conversation's file name and syntax tree."""
    paths = sorted(HANDLERS.rglob("*.py"))
    return tuple(
        (path.relative_to(HANDLERS).as_posix(), ast.parse(path.read_text("utf-8")))
        for path in paths
    )


def texts(node: ast.expr) -> frozenset[str]:
    """All values that an expression of texts may have.

    Raises:
        ValueError: it can't be told.
    """
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return frozenset({node.value})
    if isinstance(node, ast.IfExp):
        return texts(node.body) | texts(node.orelse)
    if isinstance(node, ast.JoinedStr) and len(node.values) == 2:
        head = node.values[0]
        if isinstance(head, ast.Constant) and head.value in COMPOSED:
            return frozenset(f"{head.value}{tail}" for tail in COMPOSED[head.value])
    raise ValueError(f"line {node.lineno}: {ast.unparse(node)}")


def messages() -> Iterator[Message]:
    """Every message that a conversation says, with the names of its values."""
    for file, tree in trees():
        if file == "turn.py":
            continue
        for function in functions(tree):
            for node in ast.walk(function):
                if not isinstance(node, ast.Call) or not _is_method(node, TEMPLATE_AT):
                    continue
                method: str = node.func.attr  # type: ignore[attr-defined]
                values = _values(node, function, tree)
                for each in texts(node.args[TEMPLATE_AT[method]]):
                    yield Message(f"{file}:{node.lineno}", each, values, method == "toast")


def labels() -> Iterator[tuple[str, str]]:
    """Where a label is used, and its key."""
    for file, tree in trees():
        if file in {"turn.py", "common.py"}:
            continue
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            named = isinstance(node.func, ast.Name) and node.func.id in {"Button", "again"}
            if not (named or _is_method(node, {"label"})):
                continue
            if isinstance(node.args[0], ast.Subscript):
                continue  # `handlers.status._NEXT` is looked at by itself
            for key in texts(node.args[0]):
                yield f"{file}:{node.lineno}", key


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions of a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _is_method(call: ast.Call, names: dict[str, int] | set[str]) -> bool:
    func = call.func
    return (
        isinstance(func, ast.Attribute)
        and isinstance(func.value, ast.Name)
        and func.value.id == "turn"
        and func.attr in names
    )


def _values(call: ast.Call, function: ast.AST, tree: ast.Module) -> frozenset[str] | None:
    found: set[str] = set()
    for keyword in call.keywords:
        if keyword.arg is not None:
            found.add(keyword.arg)
            continue
        keys = _keys(keyword.value, function, tree)
        if keys is None:
            return None
        found |= keys
    return frozenset(found - OWN_WORDS)


def _keys(node: ast.expr, function: ast.AST, tree: ast.Module) -> set[str] | None:
    """Keys of the dictionary that is unpacked: a local one, or one that a function returns."""
    scope: ast.AST = function
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        scope = next((f for f in functions(tree) if f.name == node.func.id), function)
    kinds = (ast.Return, ast.Assign, ast.AnnAssign)
    for each in ast.walk(scope):
        if isinstance(each, kinds) and isinstance(each.value, ast.Dict):
            return {str(key.value) for key in each.value.keys if isinstance(key, ast.Constant)}
    return None
