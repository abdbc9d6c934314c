"""The registry of the bot's own tables (the messenger has another)."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import MetaData
from sqlmodel import SQLModel

from storage.types import new_metadata


class Row(SQLModel):
    """Base of every table. Enum values are text; times are aware UTC; ids are 64-bit."""

    metadata: ClassVar[MetaData] = new_metadata()
