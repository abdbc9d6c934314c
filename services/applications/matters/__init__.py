"""Kinds of application: what is the same for all is data (knowledge/data/matters.yaml), what
differs in behaviour is one small file each. docs/cards.md says how a kind is added."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from services.applications.matters.bank_change import BankChange
from services.applications.matters.base import Matter
from services.applications.matters.cancellation import Cancellation
from services.applications.matters.first import FirstCard
from services.applications.matters.loss_report import LossReport
from services.applications.matters.merge import Merge
from services.applications.matters.replacement import Replacement
from services.applications.matters.transfer import Transfer
from storage.models import Application, ApplicationKind

MATTERS: Mapping[ApplicationKind, Matter] = MappingProxyType(
    {
        matter.kind: matter
        for matter in (
            FirstCard(),
            Replacement(),
            BankChange(),
            LossReport(),
            Cancellation(),
            Transfer(),
            Merge(),
        )
    }
)


def matter_of(row: Application) -> Matter:
    """How an application's kind behaves.

    Raises:
        LookupError: we keep such applications (an import brought them) but do not run them.
    """
    return MATTERS[row.kind]


def agency_of(row: Application) -> str | None:
    """The agency whose window an application is for; None is the bureau's card desk."""
    matter = MATTERS.get(row.kind)
    return matter.agency(row) if matter else None


__all__ = ["MATTERS", "Matter", "agency_of", "matter_of"]
