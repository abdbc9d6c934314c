"""`policies`: how HR keeps the rules true: unpack, change, sign, update, diff, check, show."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import aiohttp
import typer

from bot.commands.context import database_session, fail, now, out, run, settings
from bot.commands.knowledge_texts import refuse, say
from bot.commands.texts import one_person, save, show
from bot.filters import load_words
from knowledge.policies import Change, Finding, PolicyBase, diff
from knowledge.policies.schema import PolicyError
from services.policies import BundleError, PublishError, bundles, ensure, published, worklists
from services.policies.answers import traced
from services.policies.bundles import Bundle, read_base, read_bundle, sign_folder
from services.policies.signing import SignatureError, new_key
from services.policies.views import PolicyView, policy_view

app = typer.Typer(help="政策：载入、核对、追溯。", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]
CURRENT, PACKAGED = "current", "packaged"
_FETCH_SECONDS = 60


@app.command()
def update(
    place: Annotated[str, typer.Argument(help="签名的政策包：文件、文件夹或网址")],
    older: Annotated[bool, typer.Option("--older", help="允许退回比现行更旧的包")] = False,
    as_json: AsJson = False,
) -> None:
    """载入新的政策包：验签名、验格式，全部成功才生效；运行中的机器人不用重启。"""
    found = settings()
    wanted = found.policies
    try:
        source: Path | bytes = Path(place)
        if place.startswith(("https://", "http://")):
            source = run(_fetch(place, wanted.max_bundle_bytes))
        bundle = read_bundle(source, wanted.trusted_keys, wanted.max_bundle_bytes)
        loaded = run(_publish(bundle, older))
    except (BundleError, PublishError) as error:
        refuse(error)
        return
    if as_json:
        out(json.dumps([asdict(change) for change in loaded.changes], ensure_ascii=False))
        return
    for change in loaded.changes:
        out(_line(change))
    out(
        say(
            "loaded",
            version=bundle.version,
            signed_by=bundle.signed_by,
            count=len(loaded.changes),
        )
    )


async def _publish(bundle: Bundle, older: bool) -> published.Loaded:
    async with database_session() as (session, _):
        await ensure(session, now())
        return await published.publish(session, bundle, now(), "cli", older=older)


async def _fetch(url: str, most: int) -> bytes:
    """A bundle from the network; it is believed for its signature, not for where it comes from."""
    limit = aiohttp.ClientTimeout(total=_FETCH_SECONDS)
    try:
        async with aiohttp.ClientSession(timeout=limit) as client, client.get(url) as answer:
            if answer.status != 200:
                raise BundleError("fetch", f"HTTP {answer.status}")
            content = await answer.content.read(most + 1)
            while len(content) <= most and (more := await answer.content.read(most)):
                content += more
    except (aiohttp.ClientError, TimeoutError) as error:
        raise BundleError("fetch", type(error).__name__) from None
    if len(content) > most:
        raise BundleError("size")
    return content


@app.command("diff")
def diff_(
    old: Annotated[str, typer.Argument(help="文件、文件夹，或 current（现行）、packaged（自带）")],
    new: Annotated[str, typer.Argument(help="同上")],
    as_json: AsJson = False,
) -> None:
    """两份政策之间，对员工说的话有什么变化。"""
    try:
        changes = diff(_base(old), _base(new))
    except BundleError as error:
        refuse(error)
        return
    if as_json:
        out(json.dumps([asdict(change) for change in changes], ensure_ascii=False))
        return
    for change in changes:
        out(_line(change))
    if not changes:
        out(say("no_changes"))


def _base(name: str) -> PolicyBase:
    if name == PACKAGED:
        return bundles.packaged().base
    if name == CURRENT:
        return run(_current())
    return read_base(Path(name), settings().policies.max_bundle_bytes)


async def _current() -> PolicyBase:
    async with database_session() as (session, _):
        await ensure(session, now())
        row = await published.current(session)
        assert row is not None
        return await published.base_of(session, row.id or 0)


def _line(change: Change) -> str:
    words = {"added": "新增", "removed": "删除", "changed": "修改"}
    head = f"{words[change.kind]} {change.policy_id}"
    part = f"（{change.part}）" if change.part else ""
    lines = [f"{head}{part}"]
    lines += [f"  - {text}" for text in (change.old or "").splitlines()]
    lines += [f"  + {text}" for text in (change.new or "").splitlines()]
    return "\n".join(lines)


@app.command()
def check(
    place: Annotated[str, typer.Argument(help="文件、文件夹，或 current、packaged")] = CURRENT,
    as_json: AsJson = False,
) -> None:
    """要人看的：太久没核对、过期、矛盾、没有来源、有员工的地区缺本地规定。有就以 1 结束。"""
    try:
        findings = run(_findings(None if place == CURRENT else _base(place)))
    except BundleError as error:
        refuse(error)
        return
    if as_json:
        out(json.dumps(worklists.as_payload(findings), ensure_ascii=False))
    elif findings:
        kinds = load_words()["zh"]["finding"]
        rows = [(kinds[f.kind], f.region, f.policy_id or f.topic or "", f.detail) for f in findings]
        show("政策核对", ("种类", "地区", "条目", "说明"), rows)
    else:
        out(say("clean"))
    if findings:
        raise typer.Exit(1)


async def _findings(base: PolicyBase | None) -> list[Finding]:
    async with database_session() as (session, found):
        days = found.answers.policy_stale_days
        if base is None:
            await ensure(session, now())
            return await worklists.findings(session, found.policies, days, now())
        staffed = await worklists.staffed_regions(session)
        return worklists.of_base(base, found.policies, days, now(), staffed)


@app.command("show")
def show_(
    name: Annotated[str, typer.Argument(help="条目或事实的编号")], as_json: AsJson = False
) -> None:
    """一条政策：全文、每句话的来源、历次版本。"""

    async def work() -> PolicyView:
        async with database_session() as (session, _):
            await ensure(session, now())
            return await policy_view(session, name)

    try:
        view = run(work())
    except PolicyError:
        fail(say("not_found", id=name))
        return
    if as_json:
        out(json.dumps(asdict(view), ensure_ascii=False, default=str))
        return
    out(json.dumps(view.content, ensure_ascii=False, indent=1, default=str))
    rows = [(str(v.number), v.bundle, str(v.loaded_at), "\n".join(v.texts)) for v in view.history]
    show("历次版本", ("版本", "政策包", "载入时间", "内容"), rows)


@app.command()
def history(as_json: AsJson = False) -> None:
    """载入过的政策包，新的在前。"""

    async def work() -> tuple[published.Publication, ...]:
        async with database_session() as (session, _):
            return await published.publications(session)

    found = run(work())
    if as_json:
        out(json.dumps([asdict(one) for one in found], ensure_ascii=False, default=str))
        return
    rows = [(p.version, p.origin, p.signed_by or "", str(p.loaded_at), p.loaded_by) for p in found]
    show("政策包", ("版本", "来自", "签名", "载入时间", "经手"), rows)


@app.command()
def told(
    number: Annotated[str, typer.Argument(help="工号")],
    employer: Annotated[str | None, typer.Option(help="用人单位名称或统一社会信用代码")] = None,
    as_json: AsJson = False,
) -> None:
    """告诉过一位员工什么：时间、话题、政策包和条目版本（不含员工的原话）。"""

    async def work() -> list[dict[str, Any]]:
        async with database_session() as (session, _):
            person = await one_person(session, number, employer)
            return [asdict(one) for one in await traced(session, person.id)]

    found = run(work())
    if as_json:
        out(json.dumps(found, ensure_ascii=False, default=str))
        return
    rows = [
        (
            str(one["at"]),
            one["outcome"],
            one["topic"] or "",
            one["bundle"],
            "、".join(f"{name} v{version}" for name, version in one["entries"]),
        )
        for one in found
    ]
    show("告诉过的", ("时间", "结果", "话题", "政策包", "条目"), rows) if rows else out(
        say("no_answers")
    )


@app.command()
def key(path: Annotated[Path, typer.Argument(help="私钥写到这里")]) -> None:
    """生成签名用的一对密钥（Ed25519）；私钥写进文件，公钥打印出来。"""
    if path.exists():
        fail(say("key_exists", path=path))
    pem, public = new_key()
    save(path, pem)
    out(say("key_made", path=path))
    out(public)


@app.command()
def sign(
    folder: Annotated[Path, typer.Argument(help="有 policies/ 和 facts/ 的文件夹", exists=True)],
    key_file: Annotated[Path, typer.Option("--key", help="私钥文件", exists=True)],
    version: Annotated[str, typer.Option(help="版本号，例如 2026-12-01")],
    target: Annotated[Path | None, typer.Option("--out", help="打成一个文件写到这里")] = None,
) -> None:
    """检查并签名一个政策包：写 bundle.json 和 bundle.sig，或打成一个文件。"""
    try:
        archive = sign_folder(folder, key_file.read_bytes(), version, now())
    except (BundleError, SignatureError) as error:
        refuse(error)
        return
    if target is not None:
        target.write_bytes(archive)
    out(say("signed", version=version, path=target or folder))


@app.command()
def unpack(folder: Annotated[Path, typer.Argument(help="复制到这个文件夹")]) -> None:
    """把程序自带的政策文件复制出来，作为修改的起点。"""
    try:
        count = bundles.unpack(folder)
    except FileExistsError:
        fail(say("unpack_exists"))
        return
    out(say("unpacked", count=count, folder=folder))
