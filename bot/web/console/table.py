"""The route table: every page of the console, in the order of the navigation."""

from __future__ import annotations

from itertools import chain

from bot.web.console import signin
from bot.web.console.pages import Page, Pages

_FILES: tuple[Pages, ...] = (signin.pages,)


def every_page() -> tuple[Page, ...]:
    """All pages."""
    return tuple(chain.from_iterable(file.pages for file in _FILES))
