"""The browser that other suites use: a real page, a Chinese file name, a picture of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import BrowserContext

PAGE = """<!doctype html><meta charset=utf-8><h1>社保小助手</h1><input type=file>
<button onclick="this.textContent=document.querySelector('input').files[0].name">看</button>"""


@pytest.mark.browser
async def test_uploads_and_draws_chinese(phone: BrowserContext, tmp_path: Path) -> None:
    page = await phone.new_page()
    await page.set_content(PAGE)
    picture = tmp_path / "身份证.png"
    await page.screenshot(path=picture)
    await page.set_input_files("input", picture)
    await page.click("button")
    assert await page.inner_text("button") == "身份证.png"
    assert await page.evaluate("navigator.language") == "zh-CN"


@pytest.mark.browser
async def test_each_test_has_its_own_cookies(phone: BrowserContext) -> None:
    assert await phone.cookies() == []
    await phone.add_cookies([{"name": "a", "value": "b", "url": "http://127.0.0.1:1/"}])
