"""Region codes from what people write: a code, 济南市, 山东济南, 山东省济南市历下区."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import product
from types import MappingProxyType

from knowledge import regions
from knowledge.regions.table import MUNICIPALITIES, table
from services.imports.cells import CellError


@cache
def _names() -> Mapping[str, frozenset[str]]:
    """Codes by every way to write a region: with or without its parents, short or in full."""
    found: dict[str, set[str]] = {}
    for region in table().values():
        chain = list(reversed(regions.lineage(region.code)))
        parents = [("", level.name, level.short) for level in chain[:-1]]
        for words in product(*parents, (region.name, region.short)):
            found.setdefault("".join(words), set()).add(region.code)
    return MappingProxyType({name: frozenset(codes) for name, codes in found.items()})


def region_code(text: str) -> str:
    """The current six-digit code.

    Raises:
        CellError: `region_unknown` or `region_ambiguous`.
    """
    compact = "".join(text.split()).replace("-", "").replace("/", "")
    if compact.isdigit():
        region = regions.find(compact) if len(compact) in {6, 12} else None
        if region is None:
            raise CellError("region_unknown")
        return region.code
    codes = _names().get(compact, frozenset())
    if not codes:
        raise CellError("region_unknown")
    # 承德 is a city and a county in it: the city is meant. 朝阳 is a city and two districts
    # elsewhere: a guess could send an application to the wrong bureau.
    codes = frozenset(c for c in codes if not codes.intersection(regions.ancestors(c)[1:]))
    if len(codes) > 1:
        raise CellError("region_ambiguous")
    return next(iter(codes))


def insured_region(text: str) -> str:
    """A region where somebody can be insured: a province must be a municipality.

    Raises:
        CellError: also `region_too_wide`.
    """
    code = region_code(text)
    if regions.get(code).level is regions.Level.PROVINCE and code not in MUNICIPALITIES:
        raise CellError("region_too_wide")
    return code
