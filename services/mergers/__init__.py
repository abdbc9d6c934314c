"""账户合并: insurance relations that overlap, side by side; one is kept, the others are moved to it
and cleared (先转后清), and afterwards there is one contribution record."""

from __future__ import annotations

from services.mergers.accounts import Account, Accounts, Overlap, months, read
from services.mergers.record import Line, lines, record_form, record_rows

__all__ = [
    "Account",
    "Accounts",
    "Line",
    "Overlap",
    "lines",
    "months",
    "read",
    "record_form",
    "record_rows",
]
