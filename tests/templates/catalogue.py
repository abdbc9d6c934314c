"""What the template files hold, read with Jinja's own parser."""

from __future__ import annotations

from functools import cache

from jinja2 import meta, nodes

from bot.filters import FOLDER
from bot.renderer import JinjaRenderer

LANGUAGES = ("zh", "en")
RENDERER = JinjaRenderer()


@cache
def files(language: str) -> frozenset[str]:
    """Names of a language's template files, without their ending."""
    return frozenset(path.stem for path in (FOLDER / language).glob("*.j2"))


@cache
def source(language: str, file: str) -> str:
    """A template file as it is written."""
    return (FOLDER / language / f"{file}.j2").read_text("utf-8")


@cache
def blocks(language: str) -> dict[str, frozenset[str]]:
    """The values that each message (`file.block`) needs."""
    found: dict[str, frozenset[str]] = {}
    for file in sorted(files(language)):
        tree = RENDERER.environment.parse(source(language, file))
        for block in tree.find_all(nodes.Block):
            alone = nodes.Template(block.body, lineno=block.lineno)
            alone.set_environment(RENDERER.environment)
            needed = meta.find_undeclared_variables(alone)
            found[f"{file}.{block.name}"] = frozenset(needed)
    return found


def block_count(language: str, file: str) -> int:
    """How many blocks a file defines, doubles included."""
    return source(language, file).count("{% block ")
