"""Photo rules by region: a city inherits from its province, a province from the country.

Every value says which fact it rests on and which region's rule it is, so that a message can name
its source. A value that no level knows is ``None``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import yaml
from pydantic import BaseModel, ConfigDict

from knowledge import regions
from knowledge.facts import DATA, Fact, fact

NATION = "000000"


class Sourced(BaseModel):
    """One value, the region whose rule it is and the fact that carries it."""

    model_config = ConfigDict(frozen=True)

    value: int | str
    region: str
    fact_id: str

    @property
    def fact(self) -> Fact:
        """The fact behind the value."""
        return fact(self.fact_id)


class PhotoProfile(BaseModel):
    """The portrait that a region's card needs.

    ``aim_kb`` is where a mended picture should land. It lies inside the region's window; where
    none is known it satisfies most published windows and must not be enforced.
    """

    model_config = ConfigDict(frozen=True)

    region: str
    values: Mapping[str, Sourced]
    aim_kb: tuple[int, int]
    aim_fact_id: str

    def number(self, name: str) -> int | None:
        """A whole number of the profile by its name, or ``None``."""
        found = self.values.get(name)
        return int(found.value) if found else None

    def _required(self, name: str) -> int:
        number = self.number(name)
        if number is None:
            raise LookupError(f"the national photo profile lacks {name}")
        return number

    @property
    def width_px(self) -> int:
        """Width in pixels."""
        return self._required("width_px")

    @property
    def height_px(self) -> int:
        """Height in pixels."""
        return self._required("height_px")

    @property
    def dpi(self) -> int:
        """Dots per inch."""
        return self._required("dpi")

    @property
    def min_kb(self) -> int | None:
        """Smallest file in KB, or ``None`` where no rule is known."""
        return self.number("min_kb")

    @property
    def max_kb(self) -> int | None:
        """Largest file in KB, or ``None`` where no rule is known."""
        return self.number("max_kb")

    @property
    def background(self) -> str:
        """Background colour as ``#RRGGBB``."""
        return str(self.values["background"].value)

    @property
    def background_rgb(self) -> tuple[int, int, int]:
        """Background colour as red, green, blue."""
        red, green, blue = bytes.fromhex(self.background.lstrip("#"))
        return red, green, blue

    @property
    def image_format(self) -> str:
        """File format, such as ``jpeg``."""
        return str(self.values["format"].value)

    @property
    def photo_from_age(self) -> int | None:
        """From this age on (years) a photo is required; ``None`` where no rule is known."""
        return self.number("photo_from_age")

    @property
    def fact_ids(self) -> tuple[str, ...]:
        """The facts of all values, without repetition."""
        return tuple(dict.fromkeys(v.fact_id for v in self.values.values()))


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    region: str
    values: dict[str, dict[str, int | str]]
    aim_kb: tuple[int, int] | None = None
    aim_fact: str | None = None


@cache
def _entries() -> Mapping[str, _Entry]:
    text = (DATA / "photo_profiles.yaml").read_text(encoding="utf-8")
    entries = [_Entry.model_validate(raw) for raw in yaml.safe_load(text)]
    return MappingProxyType({entry.region: entry for entry in entries})


def _aim(values: Mapping[str, Sourced], aim: tuple[int, int]) -> tuple[int, int]:
    """Keep the aim inside the window, so that a stated limit always wins."""
    low, high = aim
    if "min_kb" in values:
        low = max(low, int(values["min_kb"].value) + 1)
    if "max_kb" in values:
        high = min(high, int(values["max_kb"].value) - 1)
    return (low, high) if low < high else (low, low)


@cache
def photo_profile(region: str | None = None) -> PhotoProfile:
    """The photo profile of a region (``None``: the national one).

    Raises :class:`knowledge.regions.UnknownRegionError` for an unknown code.
    """
    levels = regions.ancestors(region) if region and region != NATION else (NATION,)
    values: dict[str, Sourced] = {}
    aim, aim_fact = (0, 0), ""
    for level in reversed(levels):
        entry = _entries().get(level)
        if entry is None:
            continue
        for name, pair in entry.values.items():
            values[name] = Sourced(value=pair["value"], region=level, fact_id=str(pair["fact"]))
        if entry.aim_kb and entry.aim_fact:
            aim, aim_fact = entry.aim_kb, entry.aim_fact
    return PhotoProfile(
        region=levels[0], values=values, aim_kb=_aim(values, aim), aim_fact_id=aim_fact
    )
