"""Notices by e-mail to a mail server, and a company's own desk by signed webhooks both ways."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from services import cases
from services.cases import hook, mail
from services.people.people import by_number
from tests.support.world import Talker, World, open_world, serving

SECRET = "made-up-hook-secret-for-tests"


@dataclass
class MailServer:
    """A mail server that keeps what it gets; the first `refusals` messages are put off."""

    refusals: int = 0
    mails: list[bytes] = field(default_factory=list)
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def mail_with(self, words: str) -> EmailMessage:
        """The first mail that contains the words, once it is there."""

        def found() -> EmailMessage | None:
            read = (message_from_bytes(mail, policy=policy.default) for mail in self.mails)
            return next((mail for mail in read if words in mail.get_content()), None)

        async with asyncio.timeout(60), self.arrived:
            mail = await self.arrived.wait_for(found)
        assert mail is not None
        return mail

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """RFC 5321, as much of it as one message needs."""

        async def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())
            await writer.drain()

        await say("220 made.up")
        while line := (await reader.readline()).decode().strip():
            verb = line.split()[0].upper()
            if verb == "DATA":
                await say("354 go on")
                body = await reader.readuntil(b"\r\n.\r\n")
                if self.refusals:
                    self.refusals -= 1
                    await say("451 later")
                    continue
                async with self.arrived:
                    self.mails.append(body[:-3])
                    self.arrived.notify_all()
            elif verb == "QUIT":
                await say("221 bye")
                break
            await say("250 ok")
        writer.close()


@asynccontextmanager
async def mail_server(server: MailServer) -> AsyncIterator[int]:
    """The server on a free port of loopback."""
    listening = await asyncio.start_server(server.talk, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()


@dataclass
class OtherDesk:
    """A company's own desk: it keeps the reports whose signature holds."""

    reports: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    def app(self) -> web.Application:
        """Its web application."""
        app = web.Application()
        app.router.add_post("/cases", self.heard)
        return app

    async def heard(self, request: web.Request) -> web.Response:
        """One report."""
        body = await request.read()
        message_id = request.headers["webhook-id"]
        stamp = request.headers["webhook-timestamp"]
        assert request.headers["webhook-signature"] == hook.sign(SECRET, message_id, stamp, body)
        self.ids.append(message_id)
        self.reports.append(json.loads(body))
        return web.Response(status=204)


async def says_over(world: World, verb: dict[str, Any], *, secret: str = SECRET) -> int:
    """The other desk sends a verb; the answer's status."""
    body = json.dumps(verb).encode()
    stamp = str(int(world.runtime.clock.tick().timestamp()))
    message_id = f"msg-{verb['verb']}-{verb.get('text', '')[:8].encode().hex()}"
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": hook.sign(secret, message_id, stamp, body),
    }
    url = f"http://127.0.0.1:{world.runtime.settings.port}/callbacks/desk"
    async with world.http.post(url, data=body, headers=headers) as answer:
        return answer.status


async def officer_mail(world: World, officer: Talker, address: str) -> None:
    """The officer's address."""
    async with world.runtime.database.transaction() as session:
        (person,) = await by_number(session, officer.person.number)
        now = world.runtime.clock.now()
        await cases.set_profile(session, person.id, now, email=address)


async def test_mail_and_another_desk(tmp_path: Path, database_url: str) -> None:
    server, other = MailServer(refusals=1), OtherDesk()
    async with mail_server(server) as port, serving(other.app()) as base:
        desk = {
            "bundle_minutes": 0,
            "mail": {
                "host": "127.0.0.1",
                "port": port,
                "security": "none",
                "sender": "desk@example.com",
            },
            "hook": {"url": f"{base}/cases", "secret": SECRET, "words": True},
        }
        async with open_world(tmp_path, database_url, desk=desk) as world:
            await the_story(world, server, other)


async def the_story(world: World, server: MailServer, other: OtherDesk) -> None:
    """Opened, reported, answered from the other desk; the officer gets an e-mail."""
    officer = await world.hr()
    await officer_mail(world, officer, "hr@example.com")
    employee = await world.enrolled()
    await employee.says("找人工")
    await employee.sees("工单号")
    card = await officer.sees("员工找人工")
    await employee.says("我的卡什么时候到？")
    await officer.sees("我的卡什么时候到")
    await world.passes(days=4)  # whatever the hour: it is due by then
    told = await server.mail_with("新工单")  # put off once, so it may come after a later one
    assert told["To"] == "hr@example.com"
    number = card["text"].split()[0]
    assert number in told.get_content()
    for each in server.mails:
        text = message_from_bytes(each, policy=policy.default).get_content()
        assert "卡什么时候到" not in text
        assert employee.person.person.name not in text

    staff = officer.person.number
    answer = {"verb": "answer", "number": number, "officer": staff, "text": "明天就到。"}
    assert await says_over(world, answer, secret="another-secret-another") == 403
    assert await says_over(world, answer) == 202
    assert await says_over(world, answer) == 202  # the same id again has its effect once
    await employee.sees("明天就到")
    await officer.sees("明天就到")
    assert await says_over(world, {**answer, "officer": "nobody"}) == 422
    await says_over(world, {"verb": "resolve", "number": number, "officer": staff})
    await employee.sees("小助手回来了")
    await world.quiet()
    assert len(employee.saw("明天就到")) == 1
    kinds = [report["type"] for report in other.reports]
    assert {"case.opened", "case.written", "case.answered", "case.resolved"} <= set(kinds)
    written = [r for r in other.reports if r["type"] == "case.written"]
    assert written[0]["message"]["text"] == "我的卡什么时候到？"
    assert len(set(other.ids)) == len(other.ids)
    assert employee.person.person.name not in json.dumps(other.reports, ensure_ascii=False)


def test_markup_and_line_breaks_are_only_words_in_a_mail() -> None:
    evil = "<script>alert(1)</script>\r\nBcc: all@example.com"
    sent = mail.compose("hr@example.com", f"新工单 {evil}", f"{evil}\n<img src=x>", "notice-1")
    read = message_from_bytes(sent.as_bytes(), policy=policy.default)
    assert (read.get_content_type(), read.is_multipart()) == ("text/plain", False)
    assert read["Bcc"] is None
    assert "<img src=x>" in read.get_content()  # a program that reads mail shows it as it is


@pytest.mark.parametrize("missing", ["id", "stamp", "old", "body"])
def test_requests_that_are_not_the_other_desks(missing: str) -> None:
    cases.use(cases.DeskSettings.model_validate({"hook": {"url": "http://x", "secret": SECRET}}))
    now = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
    sent = now - timedelta(hours=1) if missing == "old" else now
    body = b"{}" if missing == "body" else b'{"verb":"take","number":"GD-1","officer":"E1"}'
    message_id = "" if missing == "id" else "msg-1"
    stamp = "soon" if missing == "stamp" else str(int(sent.timestamp()))
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": hook.sign(SECRET, message_id, stamp, body),
    }
    try:
        with pytest.raises(hook.HookError) as caught:
            hook.verify(headers, body, now)
        expected = {"id": "header", "stamp": "header", "old": "expired", "body": "body"}
        assert caught.value.code == expected[missing]
        with pytest.raises(hook.HookError, match="signature"):
            hook.verify({**headers, "webhook-id": "msg-1", "webhook-timestamp": "9"}, body, now)
    finally:
        cases.use(cases.DeskSettings.model_validate({}))
