"""Regions to choose from in forms."""

from __future__ import annotations

from functools import cache

from knowledge.regions import children, find, full_name, province_of, provinces

Choices = tuple[tuple[str, str], ...]


@cache
def everywhere() -> tuple[tuple[str, Choices], ...]:
    """Every province with its cities: name, then (code, name) with the province itself first."""
    found = []
    for province in provinces():
        cities = tuple((city.code, city.name) for city in children(province.code))
        found.append((province.name, ((province.code, province.name), *cities)))
    return tuple(found)


def named(codes: tuple[str, ...]) -> Choices:
    """These regions and their provinces, by code, with their full names."""
    known = {code for code in codes if find(code)}
    every = known | {province_of(code).code for code in known}
    return tuple((code, full_name(code)) for code in sorted(every))
