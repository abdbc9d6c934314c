"""The one error of the document room."""

from __future__ import annotations

from services.documents.findings import Finding


class DocumentError(Exception):
    """A file that can't be read; ``code`` is one of ``findings.yaml``. Holds no content."""

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(code)
        self.code = code
        self.values = values

    @property
    def finding(self) -> Finding:
        """The same as a finding."""
        return Finding(self.code, values=self.values)
