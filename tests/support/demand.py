"""What a machine may lack: a developer's run skips the test, CI fails."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def lacking(what: str) -> NoReturn:
    """Skip the test, or fail it where `CI=true`."""
    if os.environ.get("CI", "").lower() in ("true", "1"):
        pytest.fail(f"CI must not go without it: {what}", pytrace=False)
    pytest.skip(what)
