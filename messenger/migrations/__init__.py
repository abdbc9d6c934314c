"""Schema changes of the messenger's database."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import make_url

from storage.database import sync_url

_HERE = Path(__file__).parent


def config(url: str) -> Config:
    """Alembic's settings for a database."""
    settings = Config()
    settings.set_main_option("script_location", str(_HERE))
    settings.attributes["url"] = sync_url(url)
    return settings


def upgrade(url: str, revision: str = "head") -> None:
    """Bring a database up to date; makes SQLite's folder."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    command.upgrade(config(url), revision)
