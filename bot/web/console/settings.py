"""设置: what the program runs with, without its secrets. Changed by the operator, not here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from pydantic import BaseModel, SecretStr

from bot.web.console.pages import ADMINS, Pages
from bot.web.console.visit import Visit

pages = Pages("settings")


@dataclass(frozen=True)
class Setting:
    """One line. `secret`: only whether it is set is shown."""

    name: str
    value: str
    description: str
    secret: bool


@pages.get("/settings", roles=ADMINS, everywhere=True, nav=True)
async def shelf(visit: Visit) -> web.StreamResponse:
    """Every setting by its variable's name."""
    return visit.render("settings", found=list(settings_of(visit.runtime.settings, "SHEBAO_")))


def settings_of(model: BaseModel, prefix: str) -> Iterator[Setting]:
    """The settings of a model, nested ones after their own prefix."""
    for name, field in type(model).model_fields.items():
        value: Any = getattr(model, name)
        variable = f"{prefix}{name.upper()}"
        if isinstance(value, BaseModel):
            yield from settings_of(value, f"{variable}__")
            continue
        secret = isinstance(value, SecretStr) or "Secret" in str(field.annotation)
        yield Setting(variable, _shown(value, secret), field.description or "", secret)


def _shown(value: Any, secret: bool) -> str:
    if secret:
        return "•" if value else ""
    if isinstance(value, dict):  # desks: their addresses and tokens are nobody's business here
        return ", ".join(str(key) for key in value)
    text = "" if value is None else str(value)
    if "://" in text:
        parts = urlsplit(text)
        host = parts.hostname or ""
        return f"{parts.scheme}://{host}{parts.path}"  # without a password
    return text
