"""The demo as a person has it: started as a program, seen in a real browser."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

from playwright.async_api import FilePayload, FrameLocator, Page, expect

from tests.support.world import free_port

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0  # seconds; a busy machine is slow, a broken demo waits in vain
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/")
_MS = PATIENCE * 1000
_READ = "all => all.map(one => [Number(one.dataset.id), one.innerText])"


@dataclass
class Demo:
    """A running `python -m bot demo`."""

    url: str
    process: asyncio.subprocess.Process

    async def end(self, number: signal.Signals = signal.SIGINT) -> tuple[int, str]:
        """Stop it as Ctrl+C does; its exit code and everything that it said after its address."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        said, _ = await asyncio.wait_for(self.process.communicate(), PATIENCE)
        assert self.process.returncode is not None
        return self.process.returncode, said.decode()


async def start(folder: Path, *arguments: str, **environment: str) -> asyncio.subprocess.Process:
    """The program, with its output in one pipe."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", "--folder", str(folder), *arguments),
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def address(process: asyncio.subprocess.Process) -> str:
    """Read until the program has printed where to look."""
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(2 * PATIENCE):
        while line := (await process.stdout.readline()).decode():
            said += line
            if found := _ADDRESS.search(line):
                return found[0]
    raise AssertionError(f"the demo ended: {said}")


@asynccontextmanager
async def running_demo(folder: Path, *arguments: str, **environment: str) -> AsyncIterator[Demo]:
    """Start the demo on a free port, and stop it at the end."""
    process = await start(folder, "--port", str(free_port()), *arguments, **environment)
    demo = Demo("", process)
    try:
        demo.url = await address(process)
        yield demo
    finally:
        await demo.end()


class Phone:
    """A chat, in a frame or on a page of its own. A message is found by its words."""

    def __init__(self, frame: FrameLocator | Page) -> None:
        self.frame = frame
        self.messages = frame.locator("#messages article.theirs")
        self.seen = 0

    async def enters(self) -> None:
        """Use the invitation."""
        await self.frame.get_by_role("button", name="进入聊天").click()
        await expect(self.frame.locator("#composer, #start").last).to_be_attached()

    async def sees(self, words: str) -> str:
        """Wait for the next message with these words; earlier ones are passed over. Its text."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for number, text in await self.messages.evaluate_all(_READ):
                    if number > self.seen and words in text:
                        self.seen = number
                        return str(text)
                await asyncio.sleep(0.1)

    async def presses(self, label: str, words: str) -> None:
        """Press a button of the newest message with these words."""
        message = self.messages.filter(has_text=words).last
        await message.get_by_role("button", name=label, exact=True).click()

    async def says(self, words: str) -> None:
        """Write something."""
        await self.frame.locator("#input").fill(words)
        await self.frame.locator("#input").press("Enter")

    async def key(self, label: str) -> None:
        """Press one of the quick buttons below the text field."""
        keyboard = self.frame.locator("#keyboard")
        await keyboard.get_by_role("button", name=label, exact=True).click()

    async def picks(self, page: Page, *files: FilePayload) -> None:
        """Choose files from the album, and send them."""
        await self.frame.get_by_role("button", name="发送照片、文件或手机号").click()
        async with page.expect_file_chooser() as chooser:
            await self.frame.get_by_role("button", name="从相册选照片").click()
        await (await chooser.value).set_files(list(files))
        await self.sends(len(files))

    async def sends(self, count: int) -> None:
        """Send what is in the preview."""
        await self.frame.get_by_role("button", name=f"发送 {count} 个").click()


class Desk:
    """The demo page: its two chats and its panel."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.employee = Phone(page.frame_locator("#employee-frames iframe"))
        self.officer = Phone(page.frame_locator("#hr-frames iframe"))
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.set_default_timeout(_MS)

    async def opens(self, demo: Demo) -> None:
        """Look at it, and be both people."""
        await self.page.goto(demo.url)
        await self.employee.enters()
        await self.officer.enters()

    async def hands(self, title: str, count: int) -> None:
        """Put one of the person's pictures into the employee's chat."""
        await self.page.get_by_role("button", name=f"把{title}发到对话").click()
        ready = self.employee.frame.get_by_role("button", name=f"发送 {count} 个")
        await expect(ready).to_be_visible(timeout=_MS)

    async def step(self, label: str) -> None:
        """Move the application on at the bureau."""
        box = self.page.locator("#applications")
        await box.get_by_role("button", name=label, exact=True).click()

    async def picture(self, name: str) -> FilePayload:
        """One of the person's pictures, as a file from the album."""
        source = await self.page.locator(f".pictures img[src$='{name}.jpg']").get_attribute("src")
        answer = await self.page.request.get(urljoin(self.page.url, str(source)))
        assert answer.ok
        return {"name": f"{name}.jpg", "mimeType": "image/jpeg", "buffer": await answer.body()}
