"""An officer's right: to see their figures, to contest them, and to have a person look again."""

from __future__ import annotations

from services.measures import kpi
from services.measures.periods import month
from storage.clock import local_date
from storage.models import MeasureDay, OfficerReport, ReviewStatus
from tests.console.office import HERE, Office


async def with_report(office: Office) -> OfficerReport:
    """Last month's report of the officer here: 6 of 10 in time, against a target set for it."""
    officer, now = office.people["officer here"], office.clock.now()
    period = month(local_date(now)).before
    async with office.database.transaction() as session:
        for measure, matter, value, count in (
            ("timeliness", "first", 1, 6),
            ("timeliness", "first", 0, 4),
            ("resolution", "documents", 30, 9),
        ):
            session.add(
                MeasureDay(
                    measure=measure,
                    day=period.start,
                    month=period.start,
                    region_code=HERE,
                    employer_id=officer.employer_id,
                    matter=matter,
                    officer_id=officer.id if measure == "timeliness" else 0,
                    value=value,
                    count=count,
                )
            )
    return OfficerReport(month=period.start, officer_id=officer.id, made_at=now, figures=[])


async def test_seen_contested_reviewed_and_signed(office: Office) -> None:
    about = await with_report(office)
    label = f"{about.month:%Y-%m}"
    async with (
        office.browser("officer here") as officer,
        office.browser("manager here") as manager,
        office.browser("manager elsewhere") as stranger,
    ):
        boss, mine = await manager.form_token(), await officer.form_token()
        aimed = {"measure": "timeliness", "month": label}
        answer = await manager.post("/measures/targets", boss, target="80", **aimed)
        assert answer.headers["Location"].endswith("kpi_bad_target")
        await manager.post("/measures/targets", boss, target="0.8", **aimed)
        async with office.database.transaction() as session:
            period = month(about.month)
            assert await kpi.make_reports(session, period, office.clock.now()) == 1
            ((report,)) = await kpi.reports(session, officer_id=about.officer_id)
        number = str(report.id)
        seen = await officer.text("/measures/mine")
        assert "60.0%（n=10） / 80.0%" in seen
        assert "综合分 75.0" in seen
        empty = await officer.post("/measures/mine", mine, report=number, words=" ")
        assert empty.headers["Location"].endswith("kpi_no_words")
        await officer.post("/measures/mine", mine, report=number, words="有两件是系统停机。")
        page = await manager.text(f"/measures?month={label}")
        assert "有两件是系统停机。" in page
        assert "有异议" in page
        for named in ("首次申领社保卡", "证件和照片"):
            assert f'<th scope="row">{named}</th>' in page
        assert '<option value="merge">账户合并</option>' in page
        narrowed = await manager.text(f"/measures?month={label}&matter=first")
        assert "在哪一步放弃（全部事项）" in narrowed
        assert "在哪一步放弃（全部事项）" not in page
        signing = await manager.post("/measures/reports", boss, report=number, decision="sign")
        assert signing.headers["Location"].endswith("kpi_contested")
        other = await stranger.form_token()
        judged = {"report": number, "decision": "review", "words": "不成立"}
        refused = await stranger.post("/measures/reports", other, **judged)
        assert refused.headers["Location"].endswith("kpi_not_yours")
        assert "有两件是系统停机。" not in await stranger.text(f"/measures?month={label}")
        await manager.post(
            "/measures/reports", boss, report=number, decision="review", words="已核对停机记录。"
        )
        assert "已核对停机记录。" in await officer.text("/measures/mine")
        await manager.post("/measures/reports", boss, report=number, decision="sign")
        assert "已签字" in await officer.text("/measures/mine")
        late = await officer.post("/measures/mine", mine, report=number, words="还是不对")
        assert late.headers["Location"].endswith("kpi_signed")
    async with office.database.reading() as session:
        ((report,)) = await kpi.reports(session, officer_id=about.officer_id)
    assert report.status is ReviewStatus.SIGNED
    assert report.signed_by == office.people["manager here"].id
