"""Every setting is documented, and the page is today's."""

from __future__ import annotations

import pytest
from pydantic_settings import BaseSettings

from tests.contracts.settings_table import MEANINGS, PAGE, PARTS, page, rows


@pytest.mark.parametrize("settings", [part[2] for part in PARTS])
def test_every_setting_has_a_meaning(settings: type[BaseSettings]) -> None:
    assert [row.name for row in rows(settings) if not row.meaning] == []


def test_the_page_is_todays() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"


def test_no_meaning_is_left_over() -> None:
    names = {row.name for part in PARTS for row in rows(part[2])}
    assert set(MEANINGS) <= names
