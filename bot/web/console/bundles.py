"""政策包: what was loaded when, what a file would change, and loading it after a look."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from aiohttp import web

from bot.web.console import kept
from bot.web.console.pages import DESK, MANAGERS, Pages
from bot.web.console.visit import Visit
from knowledge.policies import Change, PolicyBase
from services.console import auditing
from services.console.reach import Area, Reach
from services.policies import BundleError, PublishError, published
from services.policies.bundles import Bundle, read_base, read_bundle

pages = Pages("bundles")
_ABOUT = "policies"
_SHOWN = 200
"""Changes on a page; the rest is counted."""


@dataclass(frozen=True)
class Looked:
    """A file that was looked at.

    Args:
        bundle: what may be loaded; None for a file that is only to look at.
        problem: why it can't be loaded (a word of `bundles.problem_…`), and where.
        changes: what would read otherwise; None when the file can't be read.
        upload: under which reference it is kept, when it may be loaded.
    """

    bundle: Bundle | None = None
    problem: str | None = None
    detail: str = ""
    changes: tuple[Change, ...] | None = None
    upload: str = ""


@pages.get("/policies/bundles", roles=DESK)
async def shelf(visit: Visit) -> web.StreamResponse:
    """Every bundle that was ever in force; what one of them changed when the address names it."""
    return await _page(visit)


async def _page(visit: Visit, looked: Looked | None = None) -> web.Response:
    wanted = visit.asked("bundle")
    async with visit.reading() as session:
        found = await published.publications(session)
        one = next((each for each in found if str(each.id) == wanted), None)
        if wanted and one is None:
            raise web.HTTPNotFound
        changes = await published.changes_in(session, one.id) if one else ()
        names = await auditing.names_of(session, [each.loaded_by for each in found])
    if looked is not None:
        changes = looked.changes or ()
    return visit.render(
        "bundles",
        bundles=found[visit.offset : visit.offset + visit.page_size],
        more=len(found) > visit.offset + visit.page_size,
        names=names,
        one=one,
        looked=looked,
        changes=changes[:_SHOWN],
        hidden=max(len(changes) - _SHOWN, 0),
        proof=kept.proof(visit, _ABOUT, looked.upload if looked else ""),
    )


@pages.post("/policies/bundles", roles=DESK, files=True)
async def look(visit: Visit) -> web.StreamResponse:
    """What a file would change, signed or not. Nothing is loaded.

    Who may load it, and whose file may be: it is kept, encrypted, for an hour.
    """
    if not visit.form.files:
        return visit.goes("/policies/bundles", said="file_missing")
    content = visit.form.files[0].content
    looked = await _look(visit, content)
    if looked.bundle and looked.problem in (None, "older") and _may_load(visit):
        looked = replace(looked, upload=await kept.keep(visit, content))
    return await _page(visit, looked)


async def _look(visit: Visit, content: bytes) -> Looked:
    wanted, bundle, problem = visit.runtime.settings.policies, None, None
    try:
        try:
            bundle = await asyncio.to_thread(
                read_bundle, content, wanted.trusted_keys, wanted.max_bundle_bytes
            )
            base: PolicyBase = bundle.base
        except BundleError as error:
            if error.code != "signature":
                raise
            problem = f"signature_{error.detail}"
            base = await asyncio.to_thread(read_base, content, wanted.max_bundle_bytes)
    except BundleError as error:
        return Looked(problem=error.code, detail=error.detail)
    async with visit.reading() as session:
        changes = await published.changes_to(session, base)
        if bundle is not None:
            problem = await published.refusal(session, bundle)
    return Looked(bundle, problem, "", changes)


@pages.post("/policies/bundles/load", roles=MANAGERS, everywhere=True)
async def load(visit: Visit) -> web.StreamResponse:
    """Load what was just looked at; the same file, by the same manager."""
    wanted = visit.runtime.settings.policies
    async with visit.transaction() as session:
        content = await kept.take(visit, session, _ABOUT)
    if content is None:
        return visit.goes("/policies/bundles", said="file_gone")
    older = visit.form.text("older") == "yes"
    try:
        bundle = await asyncio.to_thread(
            read_bundle, content, wanted.trusted_keys, wanted.max_bundle_bytes
        )
        async with visit.transaction() as session:
            loaded = await published.publish(session, bundle, visit.now, visit.actor, older=older)
    except (BundleError, PublishError):
        return visit.goes("/policies/bundles", said="bundle_refused")
    return visit.goes("/policies/bundles", said="bundle_loaded", bundle=str(loaded.publication.id))


def _may_load(visit: Visit) -> bool:
    """Managers of everything, as the form's target wants them."""
    return Area() in Reach.of(visit.who.grants, MANAGERS).areas
