"""The route table: every page of the console, in the order of the navigation."""

from __future__ import annotations

from itertools import chain

from bot.web.console import (
    applications,
    auditlog,
    batches,
    broadcasts,
    bundles,
    cases,
    casework,
    collection,
    documents,
    exports,
    gaps,
    imports,
    measures,
    newhires,
    officers,
    people,
    policies,
    practice,
    roles,
    settings,
    signin,
    staffchanges,
    tools,
)
from bot.web.console.pages import Page, Pages

_FILES: tuple[Pages, ...] = (
    cases.pages,
    casework.pages,
    applications.pages,
    collection.pages,
    newhires.pages,
    measures.pages,
    practice.pages,
    documents.pages,
    people.pages,
    officers.pages,
    roles.pages,
    imports.pages,
    staffchanges.pages,
    batches.pages,
    exports.pages,
    gaps.pages,
    policies.pages,
    bundles.pages,
    broadcasts.pages,
    tools.pages,
    auditlog.pages,
    settings.pages,
    signin.pages,
)


def every_page() -> tuple[Page, ...]:
    """All pages."""
    return tuple(chain.from_iterable(file.pages for file in _FILES))
