"""Notes which subjects were written to, in the same transaction, so that measures can follow.

A row of a table that belongs to an application, a case, an answer or a rating leaves a
`SubjectChange`. Statements that bypass the session (bulk deletes of erasure) leave none: what was
counted of an erased person stays counted, without them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import event, insert
from sqlalchemy.orm import Session, UOWTransaction

from storage.models import (
    AnswerGiven,
    Application,
    ApplicationEvent,
    Case,
    Rating,
    SubjectChange,
)

_OWN: dict[type[Any], str] = {
    Application: "application",
    Case: "case",
    Rating: "rating",
    AnswerGiven: "answer",
}


def subjects_of(row: object) -> Iterator[str]:
    """The subjects whose measures a row may change."""
    name = _OWN.get(type(row))
    if name is not None:
        yield f"{name}:{row.id}"  # type: ignore[attr-defined]
    application_id = getattr(row, "application_id", None)
    if isinstance(row, ApplicationEvent | Case) and application_id is not None:
        yield f"application:{application_id}"
    case_id = getattr(row, "case_id", None)
    if case_id is not None and type(row).__module__ == Case.__module__:
        yield f"case:{case_id}"


@event.listens_for(Session, "after_flush")
def _note(session: Session, _context: UOWTransaction) -> None:
    written = [*session.new, *(row for row in session.dirty if session.is_modified(row))]
    found = {subject for row in written for subject in subjects_of(row)}
    if found:
        rows = [{"subject": subject} for subject in sorted(found)]
        session.connection().execute(insert(SubjectChange), rows)
