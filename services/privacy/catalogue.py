"""The words of `我的数据`, from one data file in two languages."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from services.people.settings import PeopleSettings
from storage.clock import local_date

_FILE = Path(__file__).parent / "catalogue.yaml"
LANGUAGES = ("zh", "en")


@cache
def _data() -> Any:
    return yaml.safe_load(_FILE.read_text(encoding="utf-8"))


class Catalogue:
    """One language's texts; periods are filled in from the settings."""

    def __init__(self, language: str, settings: PeopleSettings) -> None:
        self.language = language if language in LANGUAGES else LANGUAGES[0]
        self._periods = {
            "leaver_years": settings.leaver_years,
            "record_years": settings.record_years,
            "picture_days": settings.picture_days,
        }

    def category(self, name: str, key: str) -> str:
        """A category's `title`, `purpose`, `given_to` or `until`."""
        text: str = _data()["categories"][name][self.language][key]
        return text.format(**self._periods)

    def label(self, name: str, **values: object) -> str:
        """A label or a phrase with values."""
        text: str = _data()["labels"][self.language][name]
        return text.format(**values)

    def word(self, code: str) -> str:
        """The word for a code; an unknown code stands for itself."""
        word: str = _data()["words"][self.language].get(code, code)
        return word

    def rule(self, name: str) -> str:
        """The law behind keeping something."""
        rule: str = _data()["rules"][name][self.language]
        return rule

    def removed(self, name: str) -> str:
        """What goes."""
        text: str = _data()["removed"][self.language][name]
        return text

    def kept(self, name: str) -> str:
        """What stays."""
        text: str = _data()["kept"][self.language][name]
        return text.format(**self._periods)


def day(moment: datetime) -> str:
    """The calendar day in China, as people write it."""
    return local_date(moment).isoformat()
