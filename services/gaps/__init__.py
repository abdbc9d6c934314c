"""Gaps of the policy base: collected, answered by one officer, published by another, served."""

from services.gaps.collecting import note, note_pair
from services.gaps.drafting import Draft, GapError, answer, dismiss, publish, withdraw
from services.gaps.serving import HrAnswer, find, get
from services.gaps.views import GapView, gap_list, gap_view

__all__ = [
    "Draft",
    "GapError",
    "GapView",
    "HrAnswer",
    "answer",
    "dismiss",
    "find",
    "gap_list",
    "gap_view",
    "get",
    "note",
    "note_pair",
    "publish",
    "withdraw",
]
