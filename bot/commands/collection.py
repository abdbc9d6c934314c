"""`collection`: the bank's box of cards, taken in, handed out, and what is uncollected."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.commands.context import database_session, fail, now, now_of, open_database, out, run
from bot.commands.context import settings as read_settings
from bot.commands.texts import one_person, say, show
from bot.filters import load_words
from knowledge.agencies import bank_name
from knowledge.regions import full_name
from services import applications as apps
from services import collection
from services.collection import Handing, HeldCard, Receipt
from services.console.reach import Place, Reach
from services.imports.report import UnreadableError, messages
from services.people import roles
from storage.clock import local_date
from storage.models import Role

app = typer.Typer(help="集中领卡：收卡、发卡、未领名单", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]
ByOfficer = Annotated[str, typer.Option("--officer", help="经手的HR专员（工号）")]
Number = Annotated[str, typer.Argument(help="申请编号")]


@app.command()
def receive(
    place: Annotated[
        str, typer.Option(help="在哪里、什么时候领，例如：3楼HR办公室，工作日9:00–17:30")
    ],
    officer: ByOfficer,
    file: Annotated[
        Path | None,
        typer.Argument(help="银行的清单：.xlsx、.xls 或 .csv", exists=True, dir_okay=False),
    ] = None,
    number: Annotated[list[str] | None, typer.Option(help="申请编号，可以写多次")] = None,
    as_json: AsJson = False,
) -> None:
    """收卡：逐张登记并通知本人；登记两次不会重复。"""
    if (file is None) == (not number):
        fail(say("collection_which"))
    found = read_settings()
    try:
        listed = (
            collection.from_sheet(file.read_bytes(), found.imports)
            if file
            else collection.from_text("\n".join(number or []))
        )
    except UnreadableError as error:
        fail(messages()[error.code].format(**error.values))

    async def work() -> list[Receipt]:
        receipts: list[Receipt] = []
        async with open_database(found) as database:
            at = await now_of(database)
            async with database.reading() as session:
                actor, reach = await _officer(session, officer)
            seen: set[str] = set()
            for start in range(0, len(listed.numbers), collection.AT_ONCE):
                some = listed.numbers[start : start + collection.AT_ONCE]
                async with database.transaction() as session:
                    receipts += await collection.receive(
                        session, some, place, at, actor=actor, reach=reach, seen=seen
                    )
        return receipts

    receipts = run(work())
    if as_json:
        out(json.dumps([_receipt(one) for one in receipts], ensure_ascii=False))
    else:
        _tell_received(receipts, listed.odd_rows)


def _tell_received(receipts: Sequence[Receipt], odd_rows: Sequence[int]) -> None:
    words = load_words()["zh"]["received"]
    counts = Counter(one.outcome for one in receipts)
    said = "，".join(f"{words[outcome]} {count}" for outcome, count in counts.items())
    out(say("collection_counts", count=len(receipts), said=said))
    rest = [(one.number, words[one.outcome]) for one in receipts if one.outcome != "received"]
    if rest:
        show(say("collection_rest"), (say("batch_number"), say("message")), rest)
    silent = [one.card.person for one in receipts if one.card and not one.card.bound]
    if silent:
        out(say("collection_silent", numbers="、".join(silent)))
    if odd_rows:
        out(say("collection_odd", rows="、".join(map(str, odd_rows))))


@app.command("list")
def list_(
    over: Annotated[bool, typer.Option("--over", help="看已经发出或退回的")] = False,
    remind: Annotated[bool, typer.Option("--remind", help="同时提醒没领的人（一天一次）")] = False,
    as_json: AsJson = False,
) -> None:
    """未领名单：快封存的在前面。"""

    async def work() -> tuple[list[HeldCard], int]:
        async with database_session() as (session, _):
            found = await collection.held(session, Reach.everything(), over=over)
            done = await collection.remind(session, found, now(), actor="cli") if remind else []
            return found, len(done)

    found, reminded = run(work())
    today = local_date(now())
    if as_json:
        out(json.dumps([_held(one) for one in found], ensure_ascii=False))
        return
    names = ("batch_number", "number", "name", "region", "collection_bank", "collection_state")
    rows = [
        (
            one.application,
            one.person,
            one.name,
            full_name(one.region_code),
            bank_name(one.bank_code) if one.bank_code else "",
            _state(one, one.days_left(today)),
        )
        for one in found
    ]
    show(say("collection_title", count=len(found)), [say(name) for name in names], rows)
    if remind:
        out(say("reminded", count=reminded))


@app.command()
def hand(
    officer: ByOfficer,
    number: Annotated[str, typer.Argument(help="申请编号；用领卡码时不写")] = "",
    code: Annotated[str, typer.Option(help="本人报的6位领卡码")] = "",
    paper: Annotated[str, typer.Option(help="本人已在纸上签收：签收单放在哪里")] = "",
) -> None:
    """发卡：凭领卡码，或者本人已在纸上签收。"""
    if bool(code) == bool(number and paper):
        fail(say("collection_how"))

    async def work() -> Handing | None:
        async with database_session() as (session, _):
            actor, reach = await _officer(session, officer)
            if code:
                search = await collection.find_by_code(
                    session, code, now(), actor=actor, reach=reach
                )
                identity = search.card.application_id if search.card else 0
            else:
                identity = await _within(session, number, reach)
            if not identity:
                return None
            if code:
                return await collection.hand(session, identity, "code", now(), actor=actor)
            return await collection.hand(session, identity, "paper", now(), actor=actor, note=paper)

    done = run(work())
    _tell(done)


@app.command("back")
def back(number: Number, officer: ByOfficer) -> None:
    """没人领，退回银行：申请按逾期封存登记，并告诉本人。"""

    async def work() -> Handing | None:
        async with database_session() as (session, _):
            actor, reach = await _officer(session, officer)
            identity = await _within(session, number, reach)
            if not identity:
                return None
            return await collection.give_back(session, identity, now(), actor=actor)

    done = run(work())
    _tell(done)


async def _officer(session: AsyncSession, number: str) -> tuple[str, Reach]:
    """Who acts, as the records name them, and whose cards they may touch."""
    person = await one_person(session, number, None)
    grants = await roles.grants(session, person.id)
    reach = Reach.of(grants, frozenset({Role.OFFICER}))
    if not reach.areas:
        fail(say("not_officer", number=number))
    return f"person:{person.id}", reach


async def _within(session: AsyncSession, number: str, reach: Reach) -> int:
    """The id of an application that the officer may touch; 0 for any other."""
    view = await apps.by_number(session, number)
    return view.id if view and reach.covers(Place(view.region_code, view.employer_id)) else 0


def _tell(done: Handing | None) -> None:
    if done is None:
        fail(say("collection_unknown"))
        return
    number = done.card.application if done.card else ""
    if done.outcome not in ("handed", "given_back", "back_ended"):
        fail(say(f"collection_{done.outcome}", number=number))
    unheard = done.card and not done.card.bound and done.outcome != "back_ended"
    silent = "_untold" if unheard else ""
    out(say(f"collection_{done.outcome}{silent}", number=number))


def _state(one: HeldCard, days: int | None) -> str:
    if one.handed_at is not None:
        return say("collection_was_handed", day=local_date(one.handed_at).isoformat())
    if one.returned_at is not None:
        return say("collection_was_back", day=local_date(one.returned_at).isoformat())
    if days is None:
        return say("collection_no_day")
    return say("collection_late" if days < 0 else "collection_days", days=abs(days))


def _receipt(one: Receipt) -> dict[str, object]:
    silent = one.card is not None and not one.card.bound
    return {"number": one.number, "outcome": one.outcome, "tell_otherwise": silent}


def _held(one: HeldCard) -> dict[str, object]:
    moments: Sequence[str] = ("received_at", "handed_at", "returned_at")
    said: dict[str, object] = {
        "application": one.application,
        "person": one.person,
        "region": one.region_code,
        "bank": one.bank_code,
        "due": one.due.isoformat() if one.due else None,
        "bound": one.bound,
        "left": one.left,
        "signed": one.signed_by,
    }
    for name in moments:
        moment = getattr(one, name)
        said[name] = moment.isoformat() if moment else None
    return said
