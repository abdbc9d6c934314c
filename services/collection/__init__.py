"""集中领卡: the bank hands HR a box of cards; each goes to its owner against a signature."""

from __future__ import annotations

from services.collection.codes import find as find_by_code
from services.collection.codes import read as read_code
from services.collection.handing import ask, deny, give_back, hand, sign
from services.collection.listing import held, of_application, pressing
from services.collection.numbers import Numbers, from_sheet, from_text
from services.collection.receiving import AT_ONCE, last_place, receive, undo
from services.collection.telling import WATCH, remind, watch
from services.collection.views import CodeSearch, Handing, HeldCard, Receipt, Way

__all__ = [
    "AT_ONCE",
    "WATCH",
    "CodeSearch",
    "Handing",
    "HeldCard",
    "Numbers",
    "Receipt",
    "Way",
    "ask",
    "deny",
    "find_by_code",
    "from_sheet",
    "from_text",
    "give_back",
    "hand",
    "held",
    "last_place",
    "of_application",
    "pressing",
    "read_code",
    "receive",
    "remind",
    "sign",
    "undo",
    "watch",
]
