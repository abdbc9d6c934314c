"""Sentences of the commands `policies` and `gaps`, and how their errors are said."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from bot.commands.context import fail
from services.gaps import GapError
from services.policies import BundleError, PublishError
from services.policies.signing import SignatureError

_FILE = Path(__file__).with_name("policies.yaml")


@cache
def _texts() -> dict[str, str]:
    found: dict[str, str] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return found


def say(name: str, **values: object) -> str:
    """A sentence by its name."""
    return _texts()[name].format(**values)


def refuse(error: BundleError | PublishError | SignatureError | GapError) -> None:
    """End with the sentence for an error."""
    if isinstance(error, GapError):
        fail(say(f"gap_{error.code}"))
    elif isinstance(error, SignatureError):
        fail(say(f"signature_{error.code}"))
    elif isinstance(error, BundleError):
        name = f"signature_{error.detail}" if error.code == "signature" else error.code
        fail(say(name, detail=error.detail))
    else:
        fail(say(error.code))
