"""What fills the showroom's tables, so that no page is looked at empty: see `furnish`."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import xlsxwriter
from playwright.async_api import Page
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.commands.history import grant_areas, made_up_people
from bot.web.console.table import every_page
from knowledge.ask import Answerer
from sandbox.company.history import REGIONS, Past
from services import collection, gaps
from services.console.reach import Reach
from services.gaps import Draft
from services.measures import improvements, training
from services.measures.monthly import close_month
from services.measures.periods import Period, month
from services.measures.query import Area
from services.measures.refresh import refresh
from services.measures.releases import release
from services.people.people import by_id
from services.policies import Library, ensure
from services.policies.bundles import read_files
from services.policies.settings import PolicySettings
from storage.clock import local_date
from storage.models import Application, ApplicationStatus, ChannelAccount, GapKind, Person
from tests.console.office import Office, shown
from tests.policies.bundles import MOST, edit, unpacked
from tests.policies.test_bundles import packed

PLACE = "3楼HR办公室，工作日9:00–17:30"
QUESTIONS = ("社保卡可以刷卡坐地铁吗？", "社保卡能当图书证用吗？", "去香港看病能刷社保卡吗？")
NEW_RULE = "先挂失，再补卡；没有挂失的，当场先办挂失。"
_HEADINGS = ("申请编号", "姓名", "证件号码", "办理结果", "原因", "处理日期")


async def furnish(office: Office) -> None:
    """New employees, cards that lie with HR, open questions, and half a year with a bad month.

    Afterwards `office.people["new officer"]` is the one whose applications came back too often, and
    `office.refs["need"]` what they need to practise.
    """
    async with office.database.transaction() as session:
        await ensure(session, office.clock.now())
        await _hired(office, session)
        await _cards(office, session)
        await _questions(office, session)
    await _past(office)
    library = Library(Answerer.load(), PolicySettings())
    office.runtime.tools = replace(office.runtime.tools, policies=library)


async def _hired(office: Office, session: AsyncSession) -> None:
    """Five of the employees came within the last days, one of them too long ago for the rule."""
    today = local_date(office.clock.now())
    rows = (await session.exec(select(Person).order_by(col(Person.id)).limit(5))).all()
    for row, days in zip(rows, (1, 2, 4, 6, 13), strict=True):
        row.hire_date = today - timedelta(days=days)


async def _cards(office: Office, session: AsyncSession) -> None:
    """Three cards came to HR, and one application waits to be handed in by hand."""
    rows = (await session.exec(select(Application).order_by(col(Application.id)))).all()
    for row in rows[-3:]:
        row.status, row.bank_code = ApplicationStatus.MAKING, "icbc"
    await session.flush()
    await collection.receive(
        session,
        [row.number for row in rows[-3:]],
        PLACE,
        office.clock.now(),
        actor=f"person:{office.people['officer'].id}",
        reach=Reach.everything(),
    )
    office.refs["making"] = rows[-3].number


async def _questions(office: Office, session: AsyncSession) -> None:
    """One waits, one has a draft, one is published."""
    now, officer = office.clock.now(), office.people["officer"].id
    asker = int(office.refs["person"])
    numbers = [
        await gaps.note(
            session, asker, words, GapKind.UNANSWERED, now, least=78, region_code="370100"
        )
        for words in QUESTIONS
    ]
    for number in numbers[1:]:
        draft = Draft("可以，先开通再使用。", "12333答复", None, "370100")
        await gaps.answer(session, number, officer, draft, now)
    await gaps.publish(session, numbers[2], office.people["colleague"].id, now)


async def _past(office: Office) -> None:
    """Four months of a company, the last one bad: figures, reports, training needs, a log."""
    now = office.clock.now()
    bad = month(local_date(now)).before
    past = Past(people=300, per_month=150)
    async with office.database.transaction() as session:
        filler = await made_up_people(session, 300, REGIONS, employers=1, officers=3)
        filler.now = now
        areas = {region: past.officer(region) for region in REGIONS}
        await grant_areas(session, filler, areas, datetime(2026, 1, 1, tzinfo=UTC))
        for record in past.months(bad.start, 4, bad=bad.start):
            filler.add(record.kind, record.data)
        await filler.write(session)
        while await refresh(session, now, 1000):
            pass
        await release(session, now)
        await close_month(session, now)
        await _log(office, session, bad)
        weak = await by_id(session, filler.officers[-1])
        assert weak is not None
        session.add(
            ChannelAccount(
                person_id=weak.id, user_id=6999, mailbox="6999", bound_by="code", bound_at=now
            )
        )
        office.people["new officer"] = weak
        needs = await training.needs(session, officers=[weak.id])
        office.refs |= {"need": str(needs[0].id), "month": bad.label}


async def _log(office: Office, session: AsyncSession, bad: Period) -> None:
    """One action is done, so that before and after are compared; one is still to be done."""
    now, officer, boss = office.clock.now(), office.people["officer"].id, office.people["admin"].id
    for reason, name, action, begun in (
        ("opaque", "progress_officer", "进度变化当天登记，不等到周末一起补", bad.start),
        ("returned_again", "return_rate", "照片先过白底检查再递交", local_date(now)),
    ):
        number = await improvements.add(
            session,
            reason,
            name,
            action,
            owner_id=officer,
            due=local_date(now),
            area=Area(),
            by_id=boss,
            now=now,
        )
        if begun < local_date(now):
            long_ago = datetime(begun.year, begun.month, begun.day, 2, tzinfo=UTC)
            await improvements.done(session, number, officer, long_ago)


@dataclass(frozen=True)
class Sight:
    """Something to look at: its name, who opens it, and its address below the console."""

    name: str
    who: str
    path: str


def sights(office: Office) -> tuple[Sight, ...]:
    """Every page that can be opened, with something on it; the officer's own as an officer."""
    bad, need = f"?month={office.refs['month']}", f"?need={office.refs['need']}"
    full = {"measures.board": bad, "measures.mine": bad, "practice.paper_round": need}
    own = {"measures.mine", "practice.paper_round"}
    pages = [
        Sight(
            one.name,
            "new officer" if one.name in own else "admin",
            office.path(one) + full.get(one.name, ""),
        )
        for one in every_page()
        if shown(one) and one.path != "/"
    ]
    return (
        *pages,
        Sight("gaps.published", "admin", "/gaps?status=published"),
        Sight("policies.one", "admin", "/policies?entry=r370100-fee"),
    )


@dataclass(frozen=True)
class Form:
    """A form whose answer is a page of its own: what to write into which field, and the button.

    Args:
        chosen: what its page has chosen already.
    """

    name: str
    path: str
    fields: dict[str, str]
    file: bytes | None = None
    chosen: dict[str, str] = field(default_factory=dict)


def forms(office: Office) -> tuple[Form, ...]:
    """Searches, dry runs and previews: pages that only a form leads to."""
    answered = [
        (office.refs["making"], "", "", "退回", "照片背景", ""),
        ("SB-1", "", "", "再说", "", ""),
    ]
    people = [("E9001", "样本甲", "123", "13800000000", "济南市", "不是日期")]
    return (
        Form("cases.found", "/cases", {"words": "社保卡"}),
        Form("people.found", "/people", {"wanted": "E0001"}),
        Form("imports.checked", "/imports", {}, _sheet(_ROSTER, people), {"kind": "roster"}),
        Form("staffchanges.checked", "/imports/changes", {}),
        Form("bundles.looked", "/policies/bundles", {}, _bundle()),
        Form("batches.checked", "/batches", {"region": "370100"}, _sheet(_HEADINGS, answered)),
        Form("tools.asked", "/ask", {"question": "社保卡丢了怎么补办？"}),
    )


_ROSTER = ("工号", "姓名", "证件号码", "手机号", "参保地", "入职日期")


def _bundle() -> bytes:
    """An unsigned bundle in which one rule says something else."""
    with tempfile.TemporaryDirectory() as folder:
        place = unpacked(Path(folder, "files"))
        edit(place, "cn-replace-lost", rule=NEW_RULE)
        return packed(read_files(place, MOST))


def _sheet(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        page = book.add_worksheet()
        for place, row in enumerate([headings, *rows]):
            page.write_row(place, 0, row)
    return stream.getvalue()


async def send(page: Page, base: str, form: Form) -> None:
    """Fill the form in and send it, as somebody would."""
    await page.goto(f"{base}/console{form.path}")
    first = next(iter(form.fields), "file" if form.file else "token")
    one = page.locator(f"main form:has([name={first}]):has([name=token])").first
    for name, words in form.fields.items():
        await one.locator(f"[name={name}]").fill(words)
    if form.file is not None:
        await one.locator("[name=file]").set_input_files(
            {"name": "样本.xlsx", "mimeType": "application/octet-stream", "buffer": form.file}
        )
    async with page.expect_navigation():
        await one.locator("button").first.click()
    assert "said=" not in page.url, (form.name, page.url)  # refused: not the page that is meant
