"""Who may see the panel, and the demo page in a real browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Browser, Page, expect

from tests.sandbox.conftest import Running, running
from tests.sandbox.made import BLUE, portrait

CHAT = """<!doctype html><meta charset="utf-8"><p id="came"></p><script>
addEventListener("message", (event) => {
  if (event.data.type !== "shebao:file") return;
  document.getElementById("came").textContent = event.data.name + " " + event.data.data.byteLength;
  event.source.postMessage({ type: "shebao:file-ok" }, event.origin);
});
</script>"""


async def fetch(sandbox: Running, path: str, **headers: str) -> tuple[int, str]:
    async with sandbox.session.get(sandbox.url + path, headers=headers) as answer:
        return answer.status, await answer.text()


async def test_closed_panel_asks_for_the_token(sandbox: Running) -> None:
    assert "登录控制台" in (await fetch(sandbox, "/"))[1]
    assert (await fetch(sandbox, "/admin/state"))[0] == 401
    login = {"token": sandbox.secrets.admin_token}
    async with sandbox.session.post(sandbox.url + "/panel/login", data={"token": "x"}) as wrong:
        assert "登录控制台" in await wrong.text()
    async with sandbox.session.post(
        sandbox.url + "/panel/login", data=login, allow_redirects=False
    ) as right:
        # of this port alone: another sandbox on the machine has its own
        name = f"sandbox_admin_{right.url.port}"
        cookie = right.cookies[name]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    own = {"Cookie": f"{name}={cookie.value}"}
    assert (await fetch(sandbox, "/admin/state", **own))[0] == 200
    other = own | {"Sec-Fetch-Site": "cross-site"}
    assert (await fetch(sandbox, "/admin/state", **other))[0] == 401


async def test_open_panel_is_for_this_machine_only(tmp_path: Path) -> None:
    async with running(tmp_path, open_panel=True) as sandbox:
        assert "我是谁" in (await fetch(sandbox, "/"))[1]
        assert "登录控制台" in (await fetch(sandbox, "/", Host="evil.example"))[1]


async def test_pictures_come_from_the_company_folder_alone(tmp_path: Path) -> None:
    company = tmp_path / "company"
    company.mkdir()
    (company / "a.jpg").write_bytes(portrait())
    (company / "roster.csv").write_text("x")
    (tmp_path / "secret.jpg").write_bytes(b"x")
    async with running(tmp_path / "data", company_dir=company) as sandbox:
        async with sandbox.session.get(sandbox.url + "/panel/pictures/a.jpg") as answer:
            assert await answer.read() == portrait()
        for path in ("roster.csv", "..%2fsecret.jpg", "none.jpg"):
            assert (await fetch(sandbox, f"/panel/pictures/{path}"))[0] == 404


@pytest.fixture
async def chat() -> AsyncIterator[str]:
    """Something that behaves like the chat's page, on another port."""

    async def page(_: web.Request) -> web.Response:
        return web.Response(text=CHAT, content_type="text/html")

    app = web.Application()
    app.router.add_get("/{path:.*}", page)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield "http://{}:{}".format(*runner.addresses[0][:2])
    await runner.cleanup()


@pytest.fixture
async def page(browser: Browser) -> Page:
    """A page on a desktop."""
    context = await browser.new_context(viewport={"width": 1400, "height": 900}, locale="zh-CN")
    return await context.new_page()


@pytest.mark.browser
async def test_demo_page_in_a_browser(tmp_path: Path, chat: str, page: Page) -> None:
    company = tmp_path / "company"
    company.mkdir()
    (company / "front.jpg").write_bytes(portrait())
    async with running(tmp_path / "data", open_panel=True, company_dir=company) as sandbox:
        person = {
            "number": "E1",
            "name": "样本一",
            "region": "370100",
            "invite_url": f"{chat}/join#code",
            "pictures": {"front": "front.jpg"},
        }
        demo = {"people": [person], "hr_url": f"{chat}/hr", "regions": {"370100": "济南市"}}
        assert (await sandbox.call("POST", "/admin/demo", demo))[0] == 200
        reference = await sandbox.submitted(portrait=portrait(BLUE))
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))

        await page.goto(sandbox.url)
        await expect(page.get_by_label("选一位员工")).to_contain_text("样本一 · 济南市")
        await expect(page.locator("#who")).to_have_text("样本一")
        employee = page.frame_locator("#employee-frames iframe")
        await page.get_by_role("button", name="把身份证人像面发到对话").click()
        await expect(employee.locator("#came")).to_have_text(f"身份证人像面.jpg {len(portrait())}")

        await expect(page.get_by_text("按规则会退回：照片背景不是白色")).to_be_visible()
        await page.get_by_role("button", name="退回…").click()
        await page.get_by_label("原因").select_option("photo_face")
        await page.get_by_label("给申请人的话").fill("请重拍")
        await page.get_by_role("button", name="退回", exact=True).click()
        await expect(page.get_by_text("退回：请重拍")).to_be_visible()
        told = (await sandbox.status(reference))["history"][-1]
        assert told["reason"] == {"code": "photo_face", "field": None, "message": "请重拍"}

        await page.get_by_role("group", name="建设银行").get_by_label("停机").check()
        await page.get_by_role("button", name="过一周").click()
        await expect(page.locator("#toast")).to_have_text("时间往前过了一周。")
        _, state = await sandbox.call("GET", "/admin/state")
        assert state["offset_seconds"] == 7 * 86_400
        assert (await sandbox.call("GET", "/bank/ccb/v1/health"))[0] == 503

        await page.set_viewport_size({"width": 390, "height": 800})
        await page.get_by_role("tab", name="员工").focus()
        await page.keyboard.press("ArrowLeft")
        await expect(page.get_by_role("tab", name="控制台")).to_be_focused()
        await expect(page.locator("#employee")).to_be_hidden()
        await expect(page.get_by_role("heading", name="人社局")).to_be_visible()
        assert wrong == []
