"""Current administrative divisions (GB/T 2260 codes), their parents and their former codes.

Where the tables come from, their licence and their hashes: ``ORIGIN.md`` beside this file.
"""

from __future__ import annotations

from knowledge.regions.table import (
    Level,
    Region,
    Relation,
    UnknownRegionError,
    ancestors,
    children,
    city_of,
    current_code,
    find,
    full_name,
    get,
    lineage,
    province_of,
    provinces,
    relation,
    same_province,
)

__all__ = [
    "Level",
    "Region",
    "Relation",
    "UnknownRegionError",
    "ancestors",
    "children",
    "city_of",
    "current_code",
    "find",
    "full_name",
    "get",
    "lineage",
    "province_of",
    "provinces",
    "relation",
    "same_province",
]
