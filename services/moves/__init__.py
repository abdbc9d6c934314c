"""换城市: which insurances move, what would have a request returned, the employer's checklist,
and the papers of it all. The applications themselves are those of `services.applications`."""

from __future__ import annotations

from services.moves.checking import fails, next_check, settle
from services.moves.checklist import Checklist, checklist
from services.moves.looking import LookRequest, known_of, look_request, run_look
from services.moves.opening import Opened, open_transfer
from services.moves.papers import FORM_TASK, Form, ask_for_form, form_data, form_name

__all__ = [
    "FORM_TASK",
    "Checklist",
    "Form",
    "LookRequest",
    "Opened",
    "ask_for_form",
    "checklist",
    "fails",
    "form_data",
    "form_name",
    "known_of",
    "look_request",
    "next_check",
    "open_transfer",
    "run_look",
    "settle",
]
