"""Seeded chance: the same words always give the same throws."""

from __future__ import annotations

from random import Random


def dice(*words: object) -> Random:
    """A generator seeded by the words, independent of every other one."""
    return Random("/".join(map(str, words)))  # noqa: S311  made-up people, not secrets
