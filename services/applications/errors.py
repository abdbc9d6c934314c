"""What a verb refuses. Texts are codes: no personal data, no sentence."""

from __future__ import annotations

from collections.abc import Mapping


class ApplicationError(Exception):
    """Base of all."""


class NotFound(ApplicationError, LookupError):
    """There is no such row (or it belongs to somebody else)."""

    def __init__(self, what: str) -> None:
        super().__init__(f"no such {what}")


class NotAllowed(ApplicationError):
    """The present state does not permit it; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class FieldError(ApplicationError, ValueError):
    """What was typed can't be this field; `code` says why. The text never repeats it.

    `values` are what the finding of that code needs for its sentence.
    """

    def __init__(self, code: str, field: str, values: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{field}: {code}")
        self.code = code
        self.field = field
        self.values = dict(values or {})
