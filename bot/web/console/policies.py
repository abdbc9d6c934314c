"""知识库: the policies in force, one entry with its sources and history, and what needs an eye."""

from __future__ import annotations

from aiohttp import web

from bot.web.console.pages import DESK, Pages
from bot.web.console.visit import Visit
from knowledge.policies.schema import PolicyError
from services.policies import views, worklists

pages = Pages("policies")


@pages.get("/policies", roles=DESK, nav=True)
async def shelf(visit: Visit) -> web.StreamResponse:
    """Every entry, filtered by region and topic; one entry when the address names it.

    Policies are about nobody: whoever works at the desk may read all of them.
    """
    if visit.asked("entry"):
        return await _entry(visit, visit.asked("entry"))
    region, topic = visit.asked("region"), visit.asked("topic")
    async with visit.reading() as session:
        rows = await views.policy_list(
            session, region_prefix=region, topic=topic or None, language=visit.language
        )
        bundles = await views.bundle_list(session)
    shown = rows[visit.offset : visit.offset + visit.page_size]
    return visit.render(
        "policies",
        rows=shown,
        more=len(rows) > visit.offset + visit.page_size,
        region=region,
        topic=topic,
        topics=views.topic_titles(visit.language),
        bundles=bundles,
    )


async def _entry(visit: Visit, name: str) -> web.StreamResponse:
    try:
        async with visit.reading() as session:
            view = await views.policy_view(session, name)
    except PolicyError:
        raise web.HTTPNotFound from None
    return visit.render("policy", view=view)


@pages.get("/policies/check", roles=DESK)
async def worklist(visit: Visit) -> web.StreamResponse:
    """Stale, expired, contradictory, without source, missing where employees are."""
    settings = visit.runtime.settings
    async with visit.reading() as session:
        found = await worklists.findings(
            session, settings.policies, settings.answers.policy_stale_days, visit.now
        )
    kind = visit.asked("kind")
    counts: dict[str, int] = {}
    for finding in found:
        counts[finding.kind] = counts.get(finding.kind, 0) + 1
    kept = [finding for finding in found if not kind or finding.kind == kind]
    return visit.render(
        "policies_check",
        findings=kept[visit.offset : visit.offset + visit.page_size],
        more=len(kept) > visit.offset + visit.page_size,
        counts=sorted(counts.items()),
        kind=kind,
    )
