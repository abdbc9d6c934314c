"""The audit log reads in words: every verb that is written down has one, and so have details."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import bot
import services
from bot.web.console.words import catalogue
from services import cases
from services.people import audit, roles
from storage.models import Role, WaitingFor
from tests.console.office import HERE, Office

_VERB = re.compile(r"[a-z]+\.[a-z_]+")
_WRITERS = {"record", "entry", "_audit", "_note"}
_COMPOSED = {
    *("case.away", "case.left", "case.matter", "case.priority"),
    *("export.people", "export.applications"),
}
"""Verbs whose ends are variables."""


def assigned(node: ast.AST) -> Iterator[tuple[str, list[ast.expr]]]:
    """What a name is given, also as one of several: name and value."""
    if not isinstance(node, ast.Assign):
        return
    for target in node.targets:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs = list(zip(target.elts, node.value.elts, strict=False))
        else:
            pairs = [(target, node.value)]
        yield from ((one.id, [value]) for one, value in pairs if isinstance(one, ast.Name))


def verbs_in(node: ast.expr) -> Iterator[str]:
    """A literal, or either side of a choice."""
    sides = [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]
    for side in sides:
        if isinstance(side, ast.Constant) and _VERB.fullmatch(str(side.value)):
            yield str(side.value)


def written_down() -> Iterator[str]:
    """The verbs that the program's calls name, by literals and by constants of their module."""
    for package in (services, bot):
        for path in Path(str(package.__file__)).parent.rglob("*.py"):
            nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
            constants = dict(pair for node in nodes for pair in assigned(node))
            for node in nodes:
                if not isinstance(node, ast.Call):
                    continue
                called = node.func.attr if isinstance(node.func, ast.Attribute) else None
                called = node.func.id if isinstance(node.func, ast.Name) else called
                for given in node.args if called in _WRITERS else ():
                    found = constants.get(given.id, []) if isinstance(given, ast.Name) else [given]
                    yield from (verb for one in found for verb in verbs_in(one))


def test_every_verb_has_words() -> None:
    verbs = set(written_down()) | _COMPOSED
    assert {"case.taken", "role.granted", "policies.loaded", "training.confirmed"} <= verbs
    for language in ("zh", "en"):
        known = catalogue(language)
        kinds = {verb.partition(".")[0] for verb in verbs}
        missing = [verb for verb in verbs if f"verbs.{verb.replace('.', '_')}" not in known]
        missing += [kind for kind in kinds if f"kinds.{kind}" not in known]
        assert sorted(missing) == [], language


async def test_details_are_words_and_names(small_office: Office) -> None:
    here, employee = small_office.people["officer here"], small_office.people["employee"]
    second, now = await small_office.staff("second", Role.OFFICER, HERE), small_office.clock.now()
    async with small_office.database.transaction() as session:
        case = await cases.by_number(session, small_office.refs["case"])
        assert case is not None
        await cases.take(session, case.id, here.id, now)
        await cases.wait(session, case.id, here.id, WaitingFor.BUREAU, now)
        await cases.set_matter(session, case.id, here.id, "moving", now)
        await cases.away(session, here.id, now, None, now, stand_in_id=second.id)
        await roles.grant(
            session, second.id, Role.MANAGER, now, region_prefix="37", employer_id=here.employer_id
        )
        odd = {"unheard_of": "<b>x</b>", "to": 10**9, "note": None}
        await audit.record(
            session, "user:5", "rebind.refused", f"person:{employee.id}", now, detail=odd
        )
    async with small_office.browser("manager of all") as browser:
        text = (await browser.text("/audit")).partition("<main")[2]
    assert f"原来：{here.name}；转给：{second.name}" in text
    assert "改为：等社保局" in text
    assert "改为：转移和异地" in text
    assert f"角色：经理；地区：山东省；单位：{here.employer_name}" in text
    assert "从：11月" in text
    assert "unheard_of：&lt;b&gt;x&lt;/b&gt;" in text  # what has no word stays as it is, as text
    assert "聊天账号 5" in text
    assert "种类：员工找人工" in text
    for raw in ("waiting_for", "was：", "case.", "officer.", "program<", "note"):
        assert raw not in text
