"""检查资料 and 问政策: what the command line's `check-document`, `ask` and `move` do, on a page.

They answer from the policies; what HR has published to single questions (gaps) is given in the
chat only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiohttp import web

from bot.web.console.pages import DESK, OFFICERS, Pages
from bot.web.console.places import everywhere
from bot.web.console.visit import Visit
from bot.works import portrait_profile
from knowledge.answers import Answer
from knowledge.move import guide
from knowledge.regions import find
from services.documents.document import KINDS, ReadDocument
from services.policies.views import topic_titles
from storage.clock import local_date

pages = Pages("tools")


@pages.get("/check", roles=OFFICERS, nav=True)
async def check(visit: Visit) -> web.StreamResponse:
    """Choose a picture or a PDF."""
    return _check(visit)


def _check(
    visit: Visit, found: Sequence[ReadDocument] | None = None, kind: str = "", region: str = ""
) -> web.Response:
    return visit.render(
        "check", found=found, kinds=KINDS, kind=kind, region=region, places=everywhere()
    )


@pages.post("/check", roles=OFFICERS, files=True)
async def checked(visit: Visit) -> web.StreamResponse:
    """What is read in it and what is wrong with it. Nothing of it is kept."""
    kind, region = visit.form.text("kind"), visit.form.text("region")
    if not visit.form.files:
        return visit.goes("/check", said="file_missing")
    if (kind and kind not in KINDS) or (region and find(region) is None):
        return visit.goes("/check", said="region_unknown")
    found = await visit.runtime.reader.read(
        visit.form.files[0].content,
        kind=kind or None,
        profile=portrait_profile(region) if region else None,
        today=local_date(visit.now),
    )
    return _check(visit, found, kind, region)


@pages.get("/ask", roles=DESK, nav=True)
async def ask(visit: Visit) -> web.StreamResponse:
    """A question on policy, or a move between two places."""
    return _ask(visit)


def _ask(
    visit: Visit,
    *,
    answer: Answer | None = None,
    steps: list[str] | None = None,
    question: str = "",
) -> web.Response:
    return visit.render(
        "ask",
        answer=answer,
        steps=steps,
        question=question,
        places=everywhere(),
        titles=dict(topic_titles(visit.language)),
    )


@pages.post("/ask", roles=DESK)
async def asked(visit: Visit) -> web.StreamResponse:
    """The rule with its source, as an employee would get it."""
    question = visit.form.text("question")[:500]
    library = visit.runtime.tools.policies
    if not question or library is None:
        return visit.goes("/ask", said="text_missing")
    region = visit.form.text("region") or None
    if region and find(region) is None:
        return visit.goes("/ask", said="region_unknown")
    async with visit.reading() as session:
        answerer = (await library.edition(session, visit.now)).answerer
    answer = await asyncio.to_thread(answerer.ask, question, region=region)
    return _ask(visit, answer=answer, question=question)


@pages.post("/ask/move", roles=DESK)
async def move(visit: Visit) -> web.StreamResponse:
    """Cancel or transfer: what to do between two places."""
    places = visit.form.text("origin"), visit.form.text("destination")
    if any(find(place) is None for place in places):
        return visit.goes("/ask", said="region_unknown")
    library = visit.runtime.tools.policies
    base = None
    if library is not None:
        async with visit.reading() as session:
            base = (await library.edition(session, visit.now)).answerer.base
    steps = [step.text for step in guide(*places, base=base).steps]
    return _ask(visit, steps=steps)
