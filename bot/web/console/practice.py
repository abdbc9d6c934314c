"""练习: an officer's round in the practice company, from one of their training needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aiohttp import web

from bot.web.console.pages import OFFICERS, Pages
from bot.web.console.visit import Visit
from services.measures import training
from services.measures.practice import Judged, choices, judge, papers, practice
from services.measures.topics import topics
from services.measures.training import Need, TrainingError
from storage.models import NeedStatus

pages = Pages("practice")


@pages.get("/measures/practice", roles=OFFICERS)
async def paper_round(visit: Visit) -> web.StreamResponse:
    """The papers of a need's topic; without a need, those needs that can be practised."""
    return await _page(visit, visit.asked("need"), {}, ())


@pages.post("/measures/practice", roles=OFFICERS)
async def practised(visit: Visit) -> web.StreamResponse:
    """Judge the round, and show what was right, what was not and why."""
    number = visit.form.text("need")
    need = next((one for one in await _mine(visit) if str(one.id) == number), None)
    if need is None:
        return visit.goes("/measures/mine", "training_unknown")
    said = {one.name: visit.form.text(one.name) for one in papers(need.topic)}
    try:
        async with visit.transaction() as session:
            judged = await judge(session, need.id, visit.person.id, said, visit.now)
    except TrainingError as error:
        if error.code != "unanswered":
            return visit.goes("/measures/mine", "training_unknown")
        return await _page(visit, number, said, (), lacking=True)
    return await _page(visit, number, said, judged)


async def _mine(visit: Visit) -> list[Need]:
    """The visitor's own needs that have papers."""
    async with visit.reading() as session:
        needs = await training.needs(session, officers=[visit.person.id])
    return [one for one in needs if papers(one.topic) and one.status is not NeedStatus.DISMISSED]


async def _page(
    visit: Visit,
    number: str,
    said: Mapping[str, str],
    judged: Sequence[Judged],
    *,
    lacking: bool = False,
) -> web.Response:
    needs = await _mine(visit)
    need = next((one for one in needs if str(one.id) == number), None)
    return visit.render(
        "practice",
        needs=needs,
        need=need,
        papers=papers(need.topic) if need else (),
        choices=choices(need.topic) if need else (),
        said_of=said,
        judged={one.paper.name: one for one in judged},
        right=sum(one.right for one in judged),
        lacking=lacking,
        faults=practice().faults,
        topics=topics(),
    )
