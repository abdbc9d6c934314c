"""Reports, training needs and improvements: what may be decided by whom, and what it compares."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.commands.history import grant_areas, made_up_people
from sandbox.company.history import REGIONS, WEAK_REGION, Past
from services.measures import improvements, kpi, training
from services.measures.improvements import ImprovementError
from services.measures.kpi import KpiError
from services.measures.monthly import close_month
from services.measures.periods import read_month
from services.measures.query import Area
from services.measures.refresh import refresh
from services.measures.training import TrainingError
from storage.database import Database
from storage.models import NeedStatus, ReviewStatus

NOW = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
MONTH = read_month("2026-10")


@pytest.fixture
async def company(database: Database) -> dict[str, int]:
    """Two months, the second one bad in one region; its officers by name."""
    past = Past(people=400, per_month=120)
    async with database.transaction() as session:
        filler = await made_up_people(session, 400, REGIONS, employers=1, officers=3)
        filler.now = NOW
        areas = {region: past.officer(region) for region in REGIONS}
        await grant_areas(session, filler, areas, datetime(2026, 1, 1, tzinfo=UTC))
        for record in past.months(MONTH.start, 2, bad=MONTH.start):
            filler.add(record.kind, record.data)
        await filler.write(session)
        while await refresh(session, NOW, 1000):
            pass
        assert await close_month(session, NOW) == MONTH
        assert await close_month(session, NOW) is None
    return {"new": filler.officers[past.officer(WEAK_REGION)], "other": filler.officers[0]}


async def test_a_report_is_seen_contested_reviewed_and_signed(
    database: Database, company: dict[str, int]
) -> None:
    new, other = company["new"], company["other"]
    async with database.transaction() as session:
        (report,) = await kpi.reports(session, officer_id=new)
        (better,) = await kpi.reports(session, officer_id=other)
        assert report.score is not None
        assert better.score is not None
        assert report.score < better.score
        weights = sum(part.weight for part in report.parts if part.reached is not None)
        parts = sum(part.weight * (part.reached or 0) for part in report.parts)
        assert report.score == round(100 * parts / weights, 1)
        with pytest.raises(KpiError, match="not_yours"):
            await kpi.contest(session, report.id, other, "不对", NOW)
        with pytest.raises(KpiError, match="no_words"):
            await kpi.contest(session, report.id, new, " ", NOW)
        await kpi.contest(session, report.id, new, "十月我在外地培训。", NOW)
        with pytest.raises(KpiError, match="contested"):
            await kpi.sign(session, report.id, other, NOW)
        with pytest.raises(KpiError, match="own_report"):
            await kpi.review(session, report.id, new, "同意", NOW)
        await kpi.review(session, report.id, other, "已核对考勤。", NOW)
        with pytest.raises(KpiError, match="own_report"):
            await kpi.sign(session, report.id, new, NOW)
        await kpi.sign(session, report.id, other, NOW)
        (report,) = await kpi.reports(session, officer_id=new)
        assert (report.status, report.contest) == (ReviewStatus.SIGNED, "十月我在外地培训。")
        with pytest.raises(KpiError, match="signed"):
            await kpi.contest(session, report.id, new, "还是不对", NOW)


async def test_targets_of_a_period(database: Database, company: dict[str, int]) -> None:
    new = company["new"]
    async with database.transaction() as session:
        for name, target in (("timeliness", 1.5), ("return_topic", 0.5), ("timeliness", -0.1)):
            with pytest.raises(KpiError, match="bad_target"):
                await kpi.set_target(session, name, target, MONTH, by_id=new, now=NOW)
        await kpi.set_target(session, "timeliness", 0.8, MONTH, by_id=new, now=NOW)
        await kpi.set_target(session, "timeliness", 0.7, MONTH, by_id=new, now=NOW, officer_id=new)
        await kpi.set_target(session, "timeliness", 0.9, MONTH, by_id=new, now=NOW)
        assert (await kpi.targets(session, date(2026, 10, 20)))["timeliness"] == 0.9
        assert (await kpi.targets(session, date(2026, 10, 20), new))["timeliness"] == 0.7
        assert (await kpi.targets(session, date(2026, 11, 1), new))["timeliness"] == 0.95


async def test_a_training_need_is_decided_and_checked_again(
    database: Database, company: dict[str, int]
) -> None:
    new = company["new"]
    async with database.transaction() as session:
        found = await training.needs(session)
        need = next(one for one in found if (one.officer_id, one.topic) == (new, "photo"))
        assert need.share > 0.15
        assert len(await training.cases_behind(session, need, (Area(),), limit=99)) == need.hits
        assert await training.cases_behind(session, need, (Area("37"),)) == ()
        with pytest.raises(TrainingError, match="no_reason"):
            await training.decide(session, need.id, new, "", NOW, confirmed=True)
        await training.decide(session, need.id, company["other"], "新同事", NOW, confirmed=True)
        with pytest.raises(TrainingError, match="decided"):
            await training.decide(session, need.id, new, "x", NOW, confirmed=False)
        later = NOW + timedelta(days=61)
        assert await training.recheck(session, later) == 1
        (after,) = [one for one in await training.needs(session) if one.id == need.id]
        assert after.status is NeedStatus.CONFIRMED  # too few since then: looked at again later
        assert after.later == (0, 0)
        assert after.check_on is not None
        assert after.check_on > later.date()


async def test_the_log_shows_before_and_after(database: Database, company: dict[str, int]) -> None:
    new = company["new"]
    due = date(2026, 12, 1)
    async with database.transaction() as session:

        async def add(reason: str, name: str, action: str, day: date) -> int:
            return await improvements.add(
                session,
                reason,
                name,
                action,
                owner_id=new,
                due=day,
                area=Area("37"),
                by_id=new,
                now=NOW,
            )

        for wrong, code in (
            (("nothing", "return_rate", "改", due), "bad_reason"),
            (("opaque", "return_topic", "改", due), "bad_measure"),
            (("opaque", "return_rate", " ", due), "no_action"),
            (("opaque", "return_rate", "改", date(2026, 11, 1)), "past"),
        ):
            with pytest.raises(ImprovementError, match=code):
                await add(*wrong)
        number = await add("opaque", "progress_bot", "每次变化都推送", due)
        assert await improvements.entries(session, (Area("44"),), NOW) == ()
        (entry,) = await improvements.entries(session, (Area("3701"), Area("37")), NOW)
        assert (entry.done_on, entry.before) == (None, None)
        await improvements.done(session, number, new, NOW)
        (entry,) = await improvements.entries(session, (Area(),), NOW + timedelta(days=9))
        assert entry.before is not None
        assert entry.before.count > 20
        assert entry.after is not None
        assert entry.verdict == "too_few"
