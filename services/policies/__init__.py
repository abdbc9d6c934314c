"""Policies in the database: published as signed bundles, asked, traced, recalled and checked."""

from services.policies.asking import Asker, Inquiry, Reply, ToldPart
from services.policies.bundles import Bundle, BundleError
from services.policies.library import Edition, Library
from services.policies.published import Loaded, PublishError, ensure, publish
from services.policies.recalls import Recall, RuleChange

__all__ = [
    "Asker",
    "Bundle",
    "BundleError",
    "Edition",
    "Inquiry",
    "Library",
    "Loaded",
    "PublishError",
    "Recall",
    "Reply",
    "RuleChange",
    "ToldPart",
    "ensure",
    "publish",
]
