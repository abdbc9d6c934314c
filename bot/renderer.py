"""Message templates: one Jinja file per conversation and language, one block per message."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound
from markupsafe import Markup

from bot.filters import FOLDER, filters, load_labels


@cache
def _environment(folder: Path) -> Environment:
    """The templates of a folder, each compiled once a process."""
    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(filters(folder))
    return made


class JinjaRenderer:
    """Renders `file.block` in a language, falling back to Chinese; every value is escaped."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.environment = _environment(folder)
        self.labels = load_labels(folder)
        self._menu = {
            _fold(label): key
            for labels in self.labels.values()
            for key, label in labels.items()
            if key.startswith("menu.")
        }

    def message(self, name: str, language: str, values: dict[str, Any]) -> str:
        """The text (Bot API HTML) of a message.

        Raises:
            KeyError: no such template in any language.
        """
        file, _, block = name.partition(".")
        for candidate in dict.fromkeys((language, "zh")):
            try:
                template = self.environment.get_template(f"{candidate}/{file}.j2")
            except TemplateNotFound:
                continue
            if block in template.blocks:
                context = template.new_context({**values, "language": candidate})
                text = "".join(template.blocks[block](context))
                return "\n".join(line.strip() for line in text.strip().splitlines())
        raise KeyError(name)

    def label(self, key: str, language: str, values: dict[str, Any]) -> str:
        """A button's text."""
        labels = self.labels[language if language in self.labels else "zh"]
        return labels.get(key, self.labels["zh"].get(key, key)).format(**values)

    def key_of_label(self, text: str) -> str | None:
        """Which label of the main keyboard somebody pressed or typed."""
        return self._menu.get(_fold(text))


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().strip("。.!?！？ ").casefold()


def plain_lines(text: str) -> list[str]:
    """The lines of a rendered message without its markup."""
    return [plain(line) for line in text.splitlines() if line.strip()]


def plain(text: str) -> str:
    """A rendered message without its markup, for tests and previews."""
    return Markup(text).striptags()  # noqa: S704 - it takes markup away
