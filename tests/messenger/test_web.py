"""The person's side: signing in, who may see what, forged requests, streams, files."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import text as sql

from messenger import sweeper
from messenger.client import ClientRefusedError, MessengerClient
from messenger.models import Row
from tests.messenger.conftest import Person, Running

HEADER = {"X-Messenger-Request": "1"}


async def test_a_link_works_once(running: Running) -> None:
    link = await running.invite()
    async with MessengerClient(running.url) as one, MessengerClient(running.url) as two:
        await one.sign_in(link, listen=False)
        with pytest.raises(ClientRefusedError, match="404 invite_invalid"):
            await two.sign_in(link, listen=False)


async def test_expired_revoked_and_guessed_links(running: Running) -> None:
    async with MessengerClient(running.url) as client:
        old = await running.invite(expires_in=1)
        await asyncio.sleep(1.1)
        revoked = await running.invite(start_parameter="s1")
        assert await running.call("revokeInviteLinks", start_parameter="s1") == 1
        for link in (old, revoked, f"{running.url}/join#{'x' * 32}", f"{running.url}/join"):
            with pytest.raises(ClientRefusedError, match="404 invite_invalid"):
                await client.sign_in(link)


async def test_guessing_is_slowed_down(running: Running) -> None:
    seen = []
    for _ in range(70):
        async with running.http.post(
            f"{running.url}/api/sign-in", json={"code": "guess"}, headers=HEADER
        ) as answer:
            seen.append(answer.status)
            if answer.status == 429:
                assert int(answer.headers["Retry-After"]) >= 1
    assert seen[:60] == [404] * 60
    assert 429 in seen[60:]


async def test_cookie_and_headers(running: Running) -> None:
    code = (await running.invite()).split("#")[1]
    async with running.http.post(
        f"{running.url}/api/sign-in", json={"code": code}, headers=HEADER
    ) as answer:
        path = (await answer.json())["path"]
        cookie = answer.headers["Set-Cookie"]
    assert re.fullmatch(r"/c/[0-9a-f]{16}/", path)
    for part in ("HttpOnly", "SameSite=Strict", f"Path={path}"):
        assert part in cookie
    async with running.http.get(f"{running.url}{path}") as page:
        policy = page.headers["Content-Security-Policy"]
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        body = await page.text()
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    # Nothing from other hosts, no inline code.
    assert not re.search(r"(src|href)=\"(https?:)?//", body)
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|style=", body)


async def test_forged_requests_are_refused(running: Running, person: Person) -> None:
    client = await person()
    assert client._http is not None
    url = f"{running.url}{client.path}api/chats/{client.account_id}/messages"
    cookies = {c.key: c.value for c in client._http.cookie_jar}
    async with aiohttp.ClientSession(cookies=cookies) as forged:
        async with forged.post(url, json={"text": "x"}) as answer:
            assert answer.status == 403
        cross = {**HEADER, "Sec-Fetch-Site": "cross-site"}
        async with forged.post(url, json={"text": "x"}, headers=cross) as answer:
            assert answer.status == 403
    assert await client.history() == []


async def test_people_see_only_their_chats(running: Running, person: Person) -> None:
    one = await person("样本甲")
    two = await person("样本乙", group_title="HR 群")
    group = next(chat for chat in two.chats if chat < 0)
    [sent] = await two.upload([("a.pdf", b"%PDF", "application/pdf")], kind="document")
    sent_id = sent["message_id"]
    for attempt in (
        one.history(two.account_id),
        one.history(group),
        one.say("我", chat=group),
        one.edit(sent_id, "改", chat=two.account_id),
        one.delete(sent_id, chat=two.account_id),
        one.download(sent["document"]["file_id"]),
        one.upload([("a", b"x", "")], kind="document", chat=group),
    ):
        with pytest.raises(ClientRefusedError, match="404"):
            await attempt
    assert one._http is not None
    async with one._http.get(f"{running.url}{two.path}api/me") as answer:
        assert answer.status == 401


async def test_ended_sign_ins(running: Running, person: Person) -> None:
    client = await person()
    again = await running.invite(user_id=client.account_id)
    async with MessengerClient(running.url) as other:
        await other.sign_in(again)
        assert other.account_id == client.account_id
        assert await running.call("revokeSessions", user_id=client.account_id) == 2
        with pytest.raises(ClientRefusedError, match="401"):
            await client.refresh()


async def test_another_device_sees_the_same(running: Running, person: Person) -> None:
    phone = await person()
    await phone.say("手机上写的")
    link = (await phone.call("POST", "device-link", {}))["link"]
    async with MessengerClient(running.url) as computer:
        await computer.sign_in(link)
        assert [m["text"] for m in await computer.history()] == ["手机上写的"]
        await phone.say("再写一条")
        await computer.wait_event("message", lambda d: d["message"]["text"] == "再写一条")


async def test_a_resent_text_is_one_message(running: Running, person: Person) -> None:
    client = await person()
    first = await client.say("一次", client_key="k1")
    again = await client.say("一次", client_key="k1")
    assert first["message_id"] == again["message_id"]
    assert len(await running.call("getUpdates")) == 1


async def test_the_stream_resumes_without_a_gap(running: Running, person: Person) -> None:
    client = await person()
    chat = client.account_id
    await running.call("sendMessage", chat_id=chat, text="一")
    await client.wait_for(lambda m: m["text"] == "一")
    await client.disconnect()
    for text in "二三":
        await running.call("sendMessage", chat_id=chat, text=text)
    client.connect()
    for text in "二三":
        await client.wait_for(lambda m, t=text: m["text"] == t)  # type: ignore[misc]
    texts = [d["message"]["text"] for kind, d in client.events if kind == "message"]
    assert texts == ["一", "二", "三"]


async def test_unread_marks(running: Running, person: Person) -> None:
    officer = await person("样本乙", group_title="HR 群")
    group = next(chat for chat in officer.chats if chat < 0)
    topic = await running.call("createForumTopic", chat_id=group, name="工单")
    thread = topic["message_thread_id"]
    sent = await running.call("sendMessage", chat_id=group, text="新工单", message_thread_id=thread)
    await officer.refresh()
    assert officer.chats[group]["topics"][0]["unread"] == 2
    mark = {"message_id": sent["message_id"], "thread": thread}
    await officer.call("POST", f"chats/{group}/read", mark)
    await officer.refresh()
    assert officer.chats[group]["unread"] == 0


async def test_a_closed_topic_takes_no_more(running: Running, person: Person) -> None:
    officer = await person("样本乙", group_title="HR 群")
    group = next(chat for chat in officer.chats if chat < 0)
    topic = await running.call("createForumTopic", chat_id=group, name="工单")
    thread = topic["message_thread_id"]
    await running.call("closeForumTopic", chat_id=group, message_thread_id=thread)
    with pytest.raises(ClientRefusedError, match="topic_closed"):
        await officer.say("还在吗", chat=group, thread=thread)


async def test_uploads_that_are_refused(running: Running, person: Person) -> None:
    running.settings.max_upload_mb = 1
    client = await person()
    with pytest.raises(ClientRefusedError, match="422 not_a_picture"):
        await client.upload([("a.jpg", b"not a picture", "image/jpeg")])
    with pytest.raises(ClientRefusedError, match="413 too_large"):
        await client.upload([("a.bin", b"x" * 1048577, "")], kind="document")
    with pytest.raises(ClientRefusedError, match="422 empty_file"):
        await client.upload([("a.bin", b"", "")], kind="document")
    with pytest.raises(ClientRefusedError, match="too_many_files"):
        await client.upload([("a.bin", b"x", "")] * 11, kind="document")


async def test_a_stranger_number_cannot_be_claimed(running: Running, person: Person) -> None:
    client = await person()
    body = {"phone_number": "13900000000", "first_name": "样本甲"}
    with pytest.raises(ClientRefusedError, match="409 no_phone"):
        await client.call("POST", f"chats/{client.account_id}/contact", body)


async def test_files_that_browsers_must_not_run(running: Running, person: Person) -> None:
    client = await person()
    svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    [sent] = await client.upload([("a.svg", svg, "image/svg+xml")], kind="document")
    assert client._http is not None
    url = f"{running.url}{client.path}api/files/{sent['document']['file_id']}"
    async with client._http.get(url) as answer:
        assert answer.content_type == "application/octet-stream"
        assert answer.headers["Content-Disposition"] == "attachment"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"


async def everything(running: Running) -> bytes:
    """Every stored value, as the database holds it."""
    found = b""
    async with running.messenger.read() as unit:
        connection = await unit.session.connection()
        for table in Row.metadata.sorted_tables:
            for row in await connection.execute(sql(f'select * from "{table.name}"')):
                found += b" ".join(v if isinstance(v, bytes) else str(v).encode() for v in row)
    return found


async def test_nothing_personal_in_clear(running: Running, person: Person, tmp_path: Path) -> None:
    canaries = ["张样本测试", "13800138000", "370100199001019969", "secret-start-code"]
    client = await person(canaries[0], phone_number=canaries[1], start_parameter=canaries[3])
    await client.start()
    await client.say(canaries[2])
    await client.share_contact()
    await client.upload([(f"{canaries[0]}.pdf", canaries[2].encode(), "")], kind="document")
    await running.call("sendMessage", chat_id=client.account_id, text=canaries[2])
    await running.call("getUpdates")
    content = b"".join(f.read_bytes() for f in tmp_path.rglob("*") if f.is_file())
    content += await everything(running)
    for canary in canaries:
        assert canary.encode() not in content
    assert b"sendMessage" in content


async def test_deleted_content_is_forgotten(running: Running, person: Person) -> None:
    client = await person()
    [sent] = await client.upload([("a.pdf", b"%PDF", "")], kind="document")
    await client.delete(sent["message_id"])
    assert await client.history() == []
    await sweeper.sweep(running.messenger)
    # The bot may still be fetching it; a day later it is gone.
    assert await client.download(sent["document"]["file_id"]) == b"%PDF"
