"""A company of made-up people: seeded, so that the same seed always gives the same company.

Nobody here exists: ID numbers use the sequence codes 996 to 999, credit codes an organisation
number that starts with four zeros, and phones the never-assigned prefix 154.
"""

from __future__ import annotations

from sandbox.company.generate import make_company
from sandbox.company.model import Company, Employee, Employer, KnownCard, Person
from sandbox.company.people import make_person

__all__ = [
    "Company",
    "Employee",
    "Employer",
    "KnownCard",
    "Person",
    "make_company",
    "make_person",
]
