"""管理看板: the manager's one page, its charts and files, and an officer's own figures."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import date
from typing import Any

from aiohttp import web

from bot.renderer import plain_lines
from bot.web.console.pages import MANAGERS, OFFICERS, Pages
from bot.web.console.visit import Visit
from knowledge.matters import kinds
from services.cases.matters import matters as case_matters
from services.measures import charts, improvements, kpi, report, training
from services.measures.applications import STEPS
from services.measures.backlog import names
from services.measures.catalogue import measures
from services.measures.improvements import ImprovementError
from services.measures.kpi import KpiError
from services.measures.periods import Period, month, read_month
from services.measures.practice import practice
from services.measures.query import Area
from services.measures.releases import By, satisfaction
from services.measures.settling import REST
from services.measures.steps import RATED_STEPS
from services.measures.summary import HEADLINES, Summary, View, by_cut, choices, summarise
from services.measures.telling import said
from services.measures.topics import topics
from services.measures.training import TrainingError
from services.measures.wording import change_of, entry_of, number_of, story_of, value_of
from services.people import roles
from services.ratings.reasons import codes, word
from storage.clock import local_date
from storage.models import Role

pages = Pages("measures")
_CUT = ("timeliness", "return_rate", "time_to_card", "resolution")
_RATED_BY: tuple[By, ...] = ("region", "matter", "step")
_PDF = "application/pdf"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def areas(visit: Visit) -> tuple[Area, ...]:
    """The visitor's areas, as measures name them."""
    return tuple(Area(one.region_prefix, one.employer_id) for one in visit.reach.areas)


def period_of(visit: Visit) -> Period:
    """The month of the address, or this one."""
    try:
        return read_month(visit.asked("month")[:7])
    except ValueError:
        return month(local_date(visit.now))


def view_of(visit: Visit) -> View:
    """What the address asks for, within the visitor's areas."""
    prefix = visit.asked("region")[:6]
    matter = visit.asked("matter")[:32]
    return View(period_of(visit), areas(visit), prefix if prefix.isdigit() else "", matter or None)


@pages.get("/measures", roles=MANAGERS, nav=True)
async def board(visit: Visit) -> web.StreamResponse:
    """Everything of a month on one page, the backlog first."""
    view = view_of(visit)
    async with visit.reading() as session:
        summary = await summarise(session, view, visit.now)
        officers = await kpi.officer_figures(session, view.period, view.areas, visit.now)
        people = await names(session, officers)
        reports = await kpi.reports(session, month=view.period.start)
        needs = await training.needs(session, officers=list(officers))
        values: dict[str, Any] = {
            "regions": await by_cut(session, view, "region_code", _CUT, visit.now),
            "matters": await by_cut(session, view, "matter", _CUT, visit.now),
            "rated_regions": await satisfaction(
                session, view.period.start, view.period.end, view.areas, by="region"
            ),
            "rated_matters": await satisfaction(
                session, view.period.start, view.period.end, view.areas, by="matter"
            ),
            "rated_steps": await satisfaction(
                session, view.period.start, view.period.end, view.areas, by="step"
            ),
            "behind": {
                need.id: await training.cases_behind(session, need, view.areas) for need in needs
            },
            "log": await improvements.entries(session, view.areas, visit.now),
            "places": await choices(session, view.areas, "region_code"),
            "staff": [
                one
                for one in await roles.holders(session, Role.OFFICER)
                if any(_inside(one.region_code, one.employer_id, area) for area in view.areas)
            ],
        }
    return visit.render(
        "measures",
        summary=summary,
        query=visit.query_with(),
        officers=officers,
        people=people,
        reports=[each for each in reports if each.officer_id in officers],
        needs=needs,
        **_words(visit, summary),
        **values,
    )


def _inside(region: str, employer: int, area: Area) -> bool:
    return region.startswith(area.region_prefix) and area.employer_id in (None, employer)


def _words(visit: Visit, summary: Summary) -> dict[str, Any]:
    """What the template says things with."""
    language = visit.language
    return {
        "headlines": HEADLINES,
        "story": story_of(summary, language),
        "steps": list(zip(STEPS, summary.steps, strict=True)),
        "step_order": (*RATED_STEPS, REST),
        "kinds": list(kinds()),
        "case_matters": case_matters(),
        "matter": lambda code: case_matters()[code].title(language),
        "entry": lambda one: entry_of(one, language),
        "measures": measures(),
        "value": lambda one: value_of(one, language),
        "number": lambda name, value: number_of(name, value, language),
        "change": lambda line: change_of(line, language),
        "reason": lambda code: word(code, language),
        "reason_codes": codes(),
        "topics": topics(),
        "practised": frozenset(practice().cases),
        "alts": {name: draw_alt(summary, language, name) for name in charts.CHARTS},
        "today": local_date(summary.made_at),
    }


def draw_alt(summary: Summary, language: str, name: str) -> str:
    """What a chart says, for those who don't see it."""
    return charts.alt(summary, language, name)


@pages.get("/measures/chart.svg", roles=MANAGERS)
async def chart(visit: Visit) -> web.StreamResponse:
    """One chart, drawn here."""
    name = visit.asked("chart")
    if name not in charts.CHARTS:
        name = "rates"
    async with visit.reading() as session:
        summary = await summarise(session, view_of(visit), visit.now)
    drawn = await asyncio.to_thread(charts.chart, summary, visit.language, name)
    return web.Response(body=drawn.svg, content_type="image/svg+xml")


@pages.get("/measures/report.pdf", roles=MANAGERS)
async def report_pdf(visit: Visit) -> web.StreamResponse:
    """The month as a PDF."""
    summary, lines = await _with_lines(visit)
    content = await asyncio.to_thread(report.pdf, summary, visit.language, lines)
    return visit.download(f"shebao-{summary.view.period.label}.pdf", _PDF, content)


@pages.get("/measures/report.xlsx", roles=MANAGERS)
async def report_workbook(visit: Visit) -> web.StreamResponse:
    """The month as a workbook."""
    summary, lines = await _with_lines(visit)
    content = await asyncio.to_thread(report.workbook, summary, visit.language, lines)
    return visit.download(f"shebao-{summary.view.period.label}.xlsx", _XLSX, content)


@pages.get("/measures/figures.json", roles=MANAGERS)
async def figures(visit: Visit) -> web.StreamResponse:
    """The same figures for programs."""
    async with visit.reading() as session:
        view = view_of(visit)
        summary = await summarise(session, view, visit.now)
        cuts = {
            by: await satisfaction(session, view.period.start, view.period.end, view.areas, by=by)
            for by in _RATED_BY
        }
    found = {name: asdict(line.now) for name, line in summary.lines.items()}
    rated = {name: asdict(one) if one else None for name, one in summary.satisfaction.items()}
    return web.json_response(
        {
            "month": summary.view.period.label,
            "measures": found,
            "satisfaction": rated,
            "satisfaction_by": {
                by: {code: asdict(one) for code, one in shown.items()} for by, shown in cuts.items()
            },
        }
    )


async def _with_lines(visit: Visit) -> tuple[Summary, list[str]]:
    async with visit.reading() as session:
        summary = await summarise(session, view_of(visit), visit.now)
    text = visit.runtime.renderer.message(
        "summary.month", visit.language, {"said": said(summary, visit.language)}
    )
    return summary, plain_lines(text)


# -- what is decided here ---------------------------------------------------------------------


@pages.post("/measures/improvements", roles=MANAGERS)
async def improve(visit: Visit) -> web.StreamResponse:
    """A reason becomes an action."""
    form = visit.form
    try:
        async with visit.transaction() as session:
            await improvements.add(
                session,
                form.text("reason"),
                form.text("measure"),
                form.text("action"),
                owner_id=_id(form.text("owner")) or visit.person.id,
                due=_date(form.text("due")) or local_date(visit.now),
                area=areas(visit)[0],
                by_id=visit.person.id,
                now=visit.now,
            )
    except ImprovementError as error:
        return visit.goes("/measures", f"improvement_{error.code}")
    return visit.goes("/measures", "improvement_added")


@pages.post("/measures/improvements/done", roles=MANAGERS)
async def improved(visit: Visit) -> web.StreamResponse:
    """It is done: from today on the page compares."""
    entry = _id(visit.form.text("entry"))
    async with visit.transaction() as session:
        mine = {each.id for each in await improvements.entries(session, areas(visit), visit.now)}
        if entry not in mine:
            return visit.goes("/measures", "improvement_unknown")
        await improvements.done(session, entry, visit.person.id, visit.now)
    return visit.goes("/measures", "improvement_done")


@pages.post("/measures/training", roles=MANAGERS)
async def train(visit: Visit) -> web.StreamResponse:
    """Confirm or dismiss a training need, with a reason."""
    form = visit.form
    try:
        async with visit.transaction() as session:
            need = _id(form.text("need"))
            officers = await kpi.officers_within(session, areas(visit))
            if need not in {each.id for each in await training.needs(session, officers=officers)}:
                raise TrainingError("unknown")
            await training.decide(
                session,
                need,
                visit.person.id,
                form.text("reason"),
                visit.now,
                confirmed=form.text("decision") == "confirm",
            )
    except TrainingError as error:
        return visit.goes("/measures", f"training_{error.code}")
    return visit.goes("/measures", "training_decided")


@pages.post("/measures/reports", roles=MANAGERS)
async def judge(visit: Visit) -> web.StreamResponse:
    """Answer what an officer contests, or sign a report off."""
    form, now, person = visit.form, visit.now, visit.person.id
    number = _id(form.text("report"))
    try:
        async with visit.transaction() as session:
            officers = await kpi.officers_within(session, areas(visit))
            known = {one.id for one in await kpi.reports(session) if one.officer_id in officers}
            if number not in known:
                raise KpiError("not_yours")
            if form.text("decision") == "review":
                await kpi.review(session, number, person, form.text("words"), now)
            else:
                await kpi.sign(session, number, person, now)
    except KpiError as error:
        return visit.goes("/measures", f"kpi_{error.code}")
    return visit.goes("/measures", "kpi_done")


@pages.post("/measures/targets", roles=MANAGERS)
async def aim(visit: Visit) -> web.StreamResponse:
    """Set a target for a month."""
    form = visit.form
    try:
        target = float(form.text("target") or "-1")
        period = read_month(form.text("month")[:7])
        async with visit.transaction() as session:
            await kpi.set_target(
                session,
                form.text("measure"),
                target,
                period,
                by_id=visit.person.id,
                now=visit.now,
            )
    except (KpiError, ValueError):
        return visit.goes("/measures", "kpi_bad_target")
    return visit.goes("/measures", "kpi_target_set")


@pages.get("/measures/mine", roles=OFFICERS, nav=True)
async def mine(visit: Visit) -> web.StreamResponse:
    """An officer's own figures and reports."""
    view = View(period_of(visit), areas(visit), officer_id=visit.person.id)
    async with visit.reading() as session:
        summary = await summarise(session, view, visit.now)
        reports = await kpi.reports(session, officer_id=visit.person.id)
        needs = await training.needs(session, officers=[visit.person.id])
    return visit.render(
        "mine", summary=summary, reports=reports, needs=needs, **_words(visit, summary)
    )


@pages.post("/measures/mine", roles=OFFICERS)
async def contest(visit: Visit) -> web.StreamResponse:
    """Say what is wrong with one's report."""
    form = visit.form
    try:
        async with visit.transaction() as session:
            await kpi.contest(
                session,
                _id(form.text("report")),
                visit.person.id,
                form.text("words"),
                visit.now,
            )
    except KpiError as error:
        return visit.goes("/measures/mine", f"kpi_{error.code}")
    return visit.goes("/measures/mine", "kpi_contested")


def _id(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
