"""Applications: the verbs of the main job. Every one runs inside the caller's transaction, locks
the application it changes, and gives back frozen values."""

from __future__ import annotations

from services.applications.answers import Answer, State, SubmitResult
from services.applications.asking import (
    CheckRequest,
    Package,
    PollRequest,
    run_check,
    run_poll,
    run_submit,
    run_withdraw,
)
from services.applications.checking import begin_check, check_request, record_answers
from services.applications.errors import ApplicationError, FieldError, NotAllowed, NotFound
from services.applications.evidence import (
    confirm_evidence,
    declare,
    evidence_state,
    override,
    refuse_evidence,
)
from services.applications.fields import editable_fields
from services.applications.mending import reopen_for_mending
from services.applications.numbers import new_number, read_number
from services.applications.opening import (
    bank_choices,
    by_number,
    choose_bank,
    current,
    get,
    mailbox_for,
    open_first,
)
from services.applications.papers import (
    accept_mended,
    confirm_fields,
    correct_field,
    missing_documents,
    paper_findings,
)
from services.applications.progress import progress
from services.applications.readings import (
    Reading,
    expect_document,
    failures,
    record_reading,
)
from services.applications.reminders import reminder_due
from services.applications.rows import IDENTITIES
from services.applications.settings import ApplicationSettings, use
from services.applications.states import (
    history,
    poll_request,
    record_by_officer,
    record_poll,
    record_state,
    told,
    untold,
)
from services.applications.submitting import (
    load_package,
    record_filed,
    record_submission,
    still_checked,
    submit,
    summary,
)
from services.applications.views import (
    ApplicationView,
    BankChoice,
    Change,
    Decision,
    DocumentView,
    EvidenceState,
    FoundApplication,
    Mending,
    ProgressView,
    ReadingOutcome,
    Reminder,
    Submission,
    SubmitOutcome,
    Summary,
    Withdrawal,
)
from services.applications.withdrawing import record_withdrawal, withdraw, withdrawal_request

__all__ = [
    "IDENTITIES",
    "Answer",
    "ApplicationError",
    "ApplicationSettings",
    "ApplicationView",
    "BankChoice",
    "Change",
    "CheckRequest",
    "Decision",
    "DocumentView",
    "EvidenceState",
    "FieldError",
    "FoundApplication",
    "Mending",
    "NotAllowed",
    "NotFound",
    "Package",
    "PollRequest",
    "ProgressView",
    "Reading",
    "ReadingOutcome",
    "Reminder",
    "State",
    "Submission",
    "SubmitOutcome",
    "SubmitResult",
    "Summary",
    "Withdrawal",
    "accept_mended",
    "bank_choices",
    "begin_check",
    "by_number",
    "check_request",
    "choose_bank",
    "confirm_evidence",
    "confirm_fields",
    "correct_field",
    "current",
    "declare",
    "editable_fields",
    "evidence_state",
    "expect_document",
    "failures",
    "get",
    "history",
    "load_package",
    "mailbox_for",
    "missing_documents",
    "new_number",
    "open_first",
    "override",
    "paper_findings",
    "poll_request",
    "progress",
    "read_number",
    "record_answers",
    "record_by_officer",
    "record_filed",
    "record_poll",
    "record_reading",
    "record_state",
    "record_submission",
    "record_withdrawal",
    "refuse_evidence",
    "reminder_due",
    "reopen_for_mending",
    "run_check",
    "run_poll",
    "run_submit",
    "run_withdraw",
    "still_checked",
    "submit",
    "summary",
    "told",
    "untold",
    "use",
    "withdraw",
    "withdrawal_request",
]
