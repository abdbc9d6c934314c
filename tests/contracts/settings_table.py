"""Writes docs/settings.md from the settings classes: `make docs`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from bot.settings import Settings
from messenger.settings import MessengerSettings
from sandbox.settings import SandboxSettings

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"
#: What a name and its type do not say, where the field has no description of its own.
MEANINGS = {
    "SHEBAO_DATABASE_URL": "`sqlite:///path` or `postgresql://user:password@host/name`",
    "SHEBAO_FILES_DIR": "folder of the encrypted files; replicas share one",
    "SHEBAO_MESSENGER": "`embedded`: the bot writes invite links and groups of `messenger/`",
    "SHEBAO_INTAKE": "`polling`: one leader asks; `webhook`: the messenger calls us",
    "SHEBAO_WEBHOOK_SECRET": "the messenger sends it with every update",
    "SHEBAO_HOST": "address to listen on",
    "SHEBAO_PORT": "port to listen on",
    "SHEBAO_LOG_LEVEL": "least level that is logged",
    "SHEBAO_LOG_FORMAT": "`json` for machines, `console` for people",
    "SHEBAO_MESSENGER_COOKIE_SAMESITE": "SameSite of the sign-in cookie",
    "SHEBAO_MESSENGER_SHUTDOWN_SECONDS": "how long open requests may end when it stops",
    "SANDBOX_DATA": "folder of its storage and secrets",
    "SANDBOX_BUREAU_TOKEN": "what a client shows the bureau",
    "SANDBOX_AGENCY_TOKENS": "what a client shows each agency's window, by agency code",
    "SANDBOX_BANK_TOKENS": "what a client shows each bank, by bank code",
    "SANDBOX_ADMIN_TOKEN": "for the panel and the test interface",
    "SANDBOX_CALLBACK_SECRET": "signs the bureau's callbacks",
    "SANDBOX_CLOCK_SECRET": "allows moving its clock",
    "SANDBOX_BANKS": "bank codes and names",
    "SANDBOX_HIDDEN_FAULT_SEED": "which applications those are",
    "SANDBOX_MAX_BODY_BYTES": "largest request",
    "SANDBOX_CALLBACKS__BACKOFF_FIRST": "first wait before a callback is sent again, seconds",
    "SANDBOX_CALLBACKS__BACKOFF_MAX": "longest wait, seconds",
    "SANDBOX_CALLBACKS__TIMEOUT": "how long an answer may take, seconds",
    "SANDBOX_CALLBACKS__BATCH": "callbacks under way at once",
    "SHEBAO_GATEWAYS__CALLBACK_SECRET": "checks the signature of bureau callbacks",
    "SHEBAO_GATEWAYS__MAX_ANSWER_BYTES": "largest answer that is read",
}
#: The same said once for a group.
GROUPS = {
    "SANDBOX_DELAYS__": "seconds in this state before the next; 0: stepped by hand",
    "SANDBOX_DUE_DAYS__": "calendar days that the bureau promises or allows for this state",
}
TITLE = """\
# Settings

<!-- Written by `make docs` from the settings classes; a test fails when it is out of date. -->

Settings come from environment variables, or from a `.env` file in the working folder. Nested ones
have two underscores. Secrets belong into variables or files that only the service can read, never
into a command line. Durations are in the unit that the name says.
"""
PARTS: tuple[tuple[str, str, type[BaseSettings]], ...] = (
    ("The bot", "`bot/settings.py`; `python -m bot run`", Settings),
    ("The embedded messenger", "`messenger/settings.py`; `python -m messenger`", MessengerSettings),
    ("The sandbox", "`sandbox/settings.py`; tests and the demo only", SandboxSettings),
)


@dataclass(frozen=True)
class Row:
    """One variable."""

    name: str
    default: str
    meaning: str


def rows(settings: type[BaseSettings]) -> Iterator[Row]:
    """Every variable of a settings class, nested ones too, in order."""
    prefix = str(settings.model_config.get("env_prefix", ""))
    nested = str(settings.model_config.get("env_nested_delimiter") or "__")
    yield from _rows(settings, prefix, nested)


def _rows(model: type[BaseModel], prefix: str, nested: str) -> Iterator[Row]:
    for field, info in model.model_fields.items():
        name = f"{prefix}{field}".upper()
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _rows(kind, f"{prefix}{field}{nested}", nested)
        else:
            yield Row(name, _default(info), info.description or _meaning(name))


def _meaning(name: str) -> str:
    group = next((text for start, text in GROUPS.items() if name.startswith(start)), "")
    return MEANINGS.get(name, group)


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    value: Any = info.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, SecretStr) or value is None or value in ("", [], {}, ()):
        return "–"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, dict):
        return "`" + ", ".join(f"{key} {item}" for key, item in value.items()) + "`"
    return f"`{value}`"


def page() -> str:
    """The whole of docs/settings.md."""
    parts = [TITLE]
    for title, where, settings in PARTS:
        lines = [
            f"\n## {title}\n",
            f"{where}\n",
            "| variable | default | meaning |",
            "|---|---|---|",
        ]
        for row in rows(settings):
            meaning = row.meaning.replace("|", "\\|")
            lines.append(f"| `{row.name}` | {row.default} | {meaning} |")
        parts.append("\n".join(lines) + "\n")
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
