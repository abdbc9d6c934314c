"""Workbooks from HR: rosters, known cards, applications under way."""

from services.imports.cards import import_cards
from services.imports.report import Report, RowError
from services.imports.roster import import_roster
from services.imports.settings import ImportSettings

__all__ = ["ImportSettings", "Report", "RowError", "import_cards", "import_roster"]
