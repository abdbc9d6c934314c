"""The house rules that no tool checks: small functions, small files, nothing of this machine."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("bot", "handlers", "services", "knowledge", "storage", "messenger", "sandbox")
#: Lines of a function without its docstring: what a screen shows.
SCREEN = 50
#: A file has around 150 lines; few have more than LONG, none more than LONGEST.
LONG, LONGEST, FEW = 400, 550, 3
Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources() -> list[Path]:
    """Our own Python files; revisions are written by Alembic."""
    every = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    return sorted(path for path in every if "versions" not in path.parts)


def functions(tree: ast.Module) -> Iterator[Function]:
    """Every function of a module."""
    return (
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def lines(function: Function) -> int:
    """Its length in lines, without the docstring."""
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    text = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
    return (function.end_lineno or 0) - function.lineno + 1 - text


@pytest.mark.parametrize("room", ROOMS)
def test_functions_fit_a_screen(room: str) -> None:
    long = [
        f"{path.relative_to(ROOT)}:{function.lineno} {function.name}: {lines(function)}"
        for path in sources()
        if path.is_relative_to(ROOT / room)
        for function in functions(ast.parse(path.read_text(encoding="utf-8")))
        if lines(function) > SCREEN
    ]
    assert long == []


def test_files_are_small() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    long = {str(path.relative_to(ROOT)): n for path, n in lengths.items() if n > LONG}
    assert len(lengths) > 100
    assert len(long) <= FEW, long
    assert max(lengths.values()) <= LONGEST, long


def test_public_names_are_documented() -> None:
    """Modules, and functions and classes that others may use."""
    bare = []
    for path in sources():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        public = [
            node
            for node in tree.body
            if isinstance(node, Function | ast.ClassDef)
            and not node.name.startswith("_")
            and not node.decorator_list
        ]
        if tree.body and not ast.get_docstring(tree):
            bare.append(str(path.relative_to(ROOT)))
        bare += [
            f"{path.relative_to(ROOT)}:{node.name}"
            for node in public
            if not ast.get_docstring(node)
        ]
    allowed = re.compile(r"Status|Evidence|Kind|Role$|Error$")
    assert [name for name in bare if not allowed.search(name)] == []


def test_no_file_names_a_package_index_or_this_machine() -> None:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    names = [name for name in listed.decode().split("\0") if name]
    hosts = re.compile(
        "|".join(
            [
                r"pypi\.org/simple",
                r"pythonhosted\.org",
                r"registry\.npmjs",
                r"deb\.debian",
                r"/work/main",
            ]
        )
    )
    found = []
    for name in names:
        path = ROOT / name
        if path == Path(__file__) or not path.is_file():
            continue
        if hosts.search(path.read_text(encoding="utf-8", errors="ignore")):
            found.append(name)
    assert found == []
