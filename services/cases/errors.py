"""What goes wrong with cases, as codes for the caller to put into words."""

from __future__ import annotations


class CaseNotFound(LookupError):
    """There is no such case."""


class CaseError(Exception):
    """A verb does not fit. `code`: resolved, not_yours, not_officer, not_available, reason_missing,
    decision_unknown, too_short, message_unknown, not_editable,
    recalled or address_wrong."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
