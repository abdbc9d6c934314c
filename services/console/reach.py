"""How far somebody's roles reach: the regions and employers whose matters they may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, true

from services.people.roles import Grant
from storage.models import Role


@dataclass(frozen=True)
class Place:
    """Where a matter belongs: the region's code and the employer's id.

    `alone`: the one person who may see it, whatever others' roles reach; None: no such limit.
    """

    region_code: str
    employer_id: int
    alone: int | None = None


@dataclass(frozen=True)
class Area:
    """One grant's area; an empty prefix and no employer is everywhere."""

    region_prefix: str = ""
    employer_id: int | None = None


@dataclass(frozen=True)
class Reach:
    """Everything that some roles of a person reach together."""

    areas: tuple[Area, ...]

    @classmethod
    def of(cls, grants: Iterable[Grant], roles: frozenset[Role]) -> Reach:
        """The areas of the grants that give one of these roles. An admin has every role."""
        wanted = roles | {Role.ADMIN}
        found = (Area(g.region_prefix, g.employer_id) for g in grants if g.role in wanted)
        return cls(tuple(dict.fromkeys(found)))

    @classmethod
    def everything(cls) -> Reach:
        """Every region and employer: the program itself, and the command line."""
        return cls((Area(),))

    def covers(self, place: Place) -> bool:
        """Whether a matter of this place may be seen."""
        return any(
            place.region_code.startswith(area.region_prefix)
            and area.employer_id in (None, place.employer_id)
            for area in self.areas
        )

    def contains(self, area: Area) -> bool:
        """Whether a whole area lies within, so that it may be handed on."""
        return any(
            area.region_prefix.startswith(mine.region_prefix)
            and mine.employer_id in (None, area.employer_id)
            for mine in self.areas
        )

    def condition(self, region: Any, employer: Any) -> ColumnElement[bool]:
        """The same as a condition on a query's columns."""
        parts: list[ColumnElement[bool]] = [false()]
        for area in self.areas:
            of_area: list[ColumnElement[bool]] = [true()]
            if area.region_prefix:
                of_area.append(region.startswith(area.region_prefix, autoescape=True))
            if area.employer_id is not None:
                of_area.append(employer == area.employer_id)
            parts.append(and_(*of_area))
        return or_(*parts)
