"""A Chromium that is started once and driven by Playwright from any event loop."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
_START_SECONDS = 30
_ARGUMENTS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--remote-debugging-port=0",
    "--lang=zh-CN",
)


def find_chromium() -> str | None:
    """`TEST_CHROMIUM`, or the first browser on the path."""
    if given := os.environ.get("TEST_CHROMIUM"):
        return given
    found = next((path for path in map(shutil.which, _NAMES) if path), None)
    return found or (str(_MAC) if _MAC.exists() else None)


def has_chinese_font() -> bool:
    """Whether fontconfig knows a font for Chinese; without one a page shows boxes."""
    if not shutil.which("fc-list"):
        return Path("/System/Library/Fonts").is_dir()  # macOS ships them
    listed = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, check=False)
    return bool(listed.stdout.strip())


class Chromium:
    """The browser's process; `endpoint` is where Playwright connects."""

    def __init__(self, program: str) -> None:
        self.profile = Path(tempfile.mkdtemp(prefix="shebao-chromium-"))
        command = [program, *_ARGUMENTS, f"--user-data-dir={self.profile}", "about:blank"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.insert(1, "--no-sandbox")
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.endpoint = self._wait()

    def stop(self) -> None:
        """End the browser and forget its profile."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        shutil.rmtree(self.profile, ignore_errors=True)

    def _wait(self) -> str:
        port = self.profile / "DevToolsActivePort"
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            lines = port.read_text().splitlines() if port.exists() else []
            if len(lines) >= 2:
                return f"http://127.0.0.1:{lines[0]}"
            time.sleep(0.05)
        self.stop()
        raise RuntimeError("Chromium did not start")
