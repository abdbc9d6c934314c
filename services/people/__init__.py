"""Employees: who they are, how they are bound, what they agreed to, what they may do."""

from services.people.people import (
    Employee,
    UnknownPersonError,
    by_account,
    by_id,
    by_id_number,
    by_number,
    by_phone,
    everybody,
    leave,
    mailbox_of,
)

__all__ = [
    "Employee",
    "UnknownPersonError",
    "by_account",
    "by_id",
    "by_id_number",
    "by_number",
    "by_phone",
    "everybody",
    "leave",
    "mailbox_of",
]
