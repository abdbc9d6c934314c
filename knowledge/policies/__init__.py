"""Policies: dated rules of a region with their sources, kept as YAML files by region code."""

from __future__ import annotations

from knowledge.policies.base import PolicyBase, load_policies
from knowledge.policies.checks import Finding, check
from knowledge.policies.diffs import Change, diff
from knowledge.policies.schema import (
    Grade,
    Policy,
    PolicyError,
    Source,
    Statement,
    parse_statement,
)
from knowledge.policies.show import show

__all__ = [
    "Change",
    "Finding",
    "Grade",
    "Policy",
    "PolicyBase",
    "PolicyError",
    "Source",
    "Statement",
    "check",
    "diff",
    "load_policies",
    "parse_statement",
    "show",
]
