"""The practice company: a round is judged and kept, and the need is checked again after."""

from __future__ import annotations

from datetime import date, timedelta

from services.measures import training
from services.measures.periods import month
from services.measures.practice import NOTHING, choices, papers, practice
from services.measures.topics import topics
from storage.clock import local_date
from storage.models import MeasureDay, NeedStatus
from tests.console.office import HERE, Office

PAGE = "/measures/practice"


def test_papers_fit_their_topics() -> None:
    assert set(practice().cases) == set(topics()) - {"other"}
    words = [text for each in practice().faults.values() for text in (each["zh"], each["en"])]
    assert all(words)
    for topic in practice().cases:
        found = papers(topic)
        assert len({one.name for one in found}) == len(found) >= 3
        assert {one.wrong for one in found} <= set(choices(topic)) <= set(practice().faults)
        assert NOTHING in {one.wrong for one in found} != {NOTHING}
        assert all(set(one.paper) == set(one.why) == {"zh", "en"} for one in found)


async def returned(office: Office, day: date, sample: int, hits: int) -> None:
    """Applications of the officer here, some of them returned for their portraits."""
    officer = office.people["officer here"]
    async with office.database.transaction() as session:
        for measure, matter, value, count in (
            ("return_rate", "first", 0, sample - hits),
            ("return_rate", "first", 1, hits),
            ("return_topic", "photo", 1, hits),
        ):
            session.add(
                MeasureDay(
                    measure=measure,
                    day=day,
                    month=day.replace(day=1),
                    region_code=HERE,
                    employer_id=officer.employer_id,
                    matter=matter,
                    officer_id=officer.id,
                    value=value,
                    count=count,
                )
            )


async def test_practised_kept_and_checked_again(office: Office) -> None:
    now = office.clock.now()
    bad = month(local_date(now)).before
    await returned(office, bad.start, 20, 8)
    await returned(office, local_date(now) + timedelta(days=9), 20, 1)
    async with office.database.transaction() as session:
        assert await training.suggest(session, bad, now) == 1
        ((number, need),) = [(one.id, str(one.id)) for one in await training.needs(session)]
    async with (
        office.browser("officer here") as officer,
        office.browser("officer elsewhere") as other,
        office.browser("manager here") as manager,
    ):
        token, theirs, boss = (
            await officer.form_token(),
            await other.form_token(),
            await manager.form_token(),
        )
        assert f"{PAGE}?need={need}" in await officer.text("/measures/mine")
        shown = await officer.text(f"{PAGE}?need={need}")
        assert "浅蓝底" in shown
        assert "当地要白底" not in shown  # the answer is not there before it is given
        half = await officer.post(PAGE, token, need=need, blue="photo_background")
        assert "还有材料没选" in await half.text()
        guess = {one.name: NOTHING for one in papers("photo")}
        first = await (await officer.post(PAGE, token, need=need, **guess)).text()
        assert "对了1份，共3份。" in first
        assert "不对，应该是：照片背景不对。" in first
        truth = {one.name: one.wrong for one in papers("photo")}
        assert "都看出来了。" in await (await officer.post(PAGE, token, need=need, **truth)).text()
        # Somebody else's need is none of theirs.
        assert "浅蓝底" not in await other.text(f"{PAGE}?need={need}")
        refused = await other.post(PAGE, theirs, need=need, **truth)
        assert refused.headers["Location"].endswith("training_unknown")
        assert (await manager.post(PAGE, boss, need=need, **truth)).status == 403
        kept = "练过2轮：第一次1/3，最近一次3/3"
        assert kept in await officer.text("/measures/mine")
        assert kept in await manager.text(f"/measures?month={bad.label}")
        decided = await manager.post(
            "/measures/training", boss, need=need, decision="confirm", reason="已练过，看效果"
        )
        assert decided.headers["Location"].endswith("training_decided")
    async with office.database.transaction() as session:
        assert await training.recheck(session, now + timedelta(days=61)) == 1
        (after,) = await training.needs(session)
    assert (after.id, after.status, after.later) == (number, NeedStatus.DONE, (1, 20))
    assert after.practised is not None
    assert (after.practised.first, after.practised.last) == (1, 3)
