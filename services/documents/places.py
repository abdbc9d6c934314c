"""Names of places checked against the table of divisions (GB/T 2260).

A misread character in a county's name makes a name that no division has while one neighbour's name
differs from it by that character alone. Streets and villages can't be checked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from knowledge import regions

_NAME = re.compile(r"(.{1,10}?(?:自治州|自治县|自治旗|林区|地区|市|盟|县|区|旗|州(?![市区县])))")
_SKIPPED = re.compile(r"^.{0,4}(?:经济|高新|开发|工业|新技术|园区|新区|示范|管理)")
_AREAS = re.compile(  # branches that are no county's
    r"高新|经开|开发|经济|机场|空港|港口|港航|临港|铁路|轨道|交通|公交|水上|森林|园区|新区|滨海|保税|自贸"
    r"|旅游|风景|景区|矿区|油田|农垦|科技|示范|工业|直属|城区|郊区|城东|城西|城南|城北|城中"
)
_LONGEST_STRAY = 5
_MOST_NAMES = 2
_ENDINGS = ("区", "县", "市", "旗")
_ENDS_OF_PLACES = "省市县区旗盟州"
_SHORTEST = 3  # a shorter name may be the beginning of another: 西市 | 区, 新市 | 区


@dataclass(frozen=True)
class Slip:
    """A name that no division has, from start to stop in the text, and those it may mean."""

    start: int
    stop: int
    told: str
    near: tuple[str, ...]

    @property
    def meant(self) -> str | None:
        """The one that is meant, if clear."""
        return self.near[0] if len(self.near) == 1 else None


def slip(text: str) -> Slip | None:
    """The first name of a place that no division has and that is one character from a known one."""
    found = _province_slip(text)
    if found is not None:
        return found
    province, start = _province(text)
    for _ in range(_MOST_NAMES):
        hit = _NAME.match(text, start)
        if hit is None or _SKIPPED.match(text[start:]):
            return None
        name = hit.group(1)
        if name not in _everywhere():
            if len(name) < _SHORTEST:
                return None
            near = [known for known in _known(province) if _one_off(known, name)]
            return _slip(text, start, hit.end(), _with_county(near, text[hit.end() :]))
        start = hit.end()
    return None


def _province_slip(text: str) -> Slip | None:
    """A province whose written-out name has one character wrong (山采省, 新疆缘吾尔自治区)."""
    names = [province.name for province in regions.provinces()]
    near = [name for name in names if _one_off(text[: len(name)], name)]
    near = [name for name in near if text[len(name) - 1] == name[-1] or _goes_on(text, len(name))]
    whole = (name for name in _everywhere() if name[-1] in _ENDS_OF_PLACES)  # no nicknames
    if not near or any(text.startswith(name) for name in whole):
        return None
    return _slip(text, 0, len(near[0]), near)


def _goes_on(text: str, start: int) -> bool:
    """Whether a known place's name begins there."""
    hit = _NAME.match(text, start)
    name = "" if hit is None else hit.group(1)
    if len(name) >= _SHORTEST and name in _everywhere():
        return True
    return any(text.startswith(one.name, start) for one in regions.provinces())


def without_stray(text: str) -> str:
    """Without what stands before the first place's name: pieces of the label beside it."""
    if begins_with_a_place(text):
        return text
    for length in range(1, _LONGEST_STRAY + 1):
        piece = text[:length]
        if (length == 1 or set(piece) & set("签发机关")) and _goes_on(text, length):
            return text[length:]
    return text


def _with_county(near: list[str], rest: str) -> list[str]:
    """Of several cities the one that has the county which the text goes on with, if one does."""
    hit = _NAME.match(rest)
    if hit is None or len(near) < 2:
        return near
    return [city for city in _parents().get(hit.group(1), []) if city in near] or near


def begins_with_a_place(address: str) -> bool:
    """Whether an address begins with a province, city or county: if not, its first line is lost."""
    if _province(address)[0] is not None:
        return True
    return any(address.startswith(name) for name in _everywhere())


def authority_slip(text: str) -> Slip | None:
    """The same for an issuing authority (某县公安局, 某市公安局某分局).

    The branch tells which city is meant: 榆次 belongs to one of 晋中, 晋城, 晋江 only.
    """
    branch = re.search(r"公安局(.{2,6})分局", text)
    found = slip(text)
    city = re.match(r"(.{2,10}?)公安局.{2,6}分局", text)
    if found is None and city is not None and branch is not None:
        return _branch_slip(text, city.group(1), branch)
    if found is not None and found.meant is None and branch is not None:
        name = text[found.start : found.stop]
        near = [city for city in _cities_of(branch.group(1)) if _one_off(city, name)]
        return _slip(text, found.start, found.stop, near) or found
    return found


def _branch_slip(text: str, city: str, branch: re.Match[str]) -> Slip | None:
    """A branch that is no county of its city, and one character from one that is."""
    name = branch.group(1)
    own = _counties_of(city)
    former = any(name + ending in _former() for ending in _ENDINGS)
    if name in own or former or _AREAS.match(name) or (not own and _cities_of(name)):
        return None
    known = own or {full[:-1] for full in _known(_province(text)[0]) if full[-1] in _ENDINGS}
    return _slip(
        text, branch.start(1), branch.end(1), [one for one in known if _one_off(one, name)]
    )


def _counties_of(city: str) -> set[str]:
    """Names of a city's counties (of all cities called so), with and without their endings."""
    own = (names for name, names in _counties().items() if city.endswith(name))
    names = {county for counties in own for county in counties}
    return names | {name[:-1] for name in names if name[-1] in _ENDINGS and len(name) > 2}


@cache
def _counties() -> dict[str, set[str]]:
    counties: dict[str, set[str]] = {}
    for province in regions.provinces():
        for place in (province, *regions.children(province.code)):
            below = regions.children(place.code)
            counties.setdefault(place.name, set()).update(county.name for county in below)
    return counties


def _cities_of(county: str) -> list[str]:
    """Names of the cities and provinces that have a county of this name (its ending left out)."""
    return _parents().get(county, []) + [
        city for ending in _ENDINGS for city in _parents().get(county + ending, [])
    ]


@cache
def _parents() -> dict[str, list[str]]:
    parents: dict[str, list[str]] = {}
    for province in regions.provinces():
        for child in regions.children(province.code):
            parents.setdefault(child.name, []).append(province.name)
            for county in regions.children(child.code):
                parents.setdefault(county.name, []).append(child.name)
    return parents


def _slip(text: str, start: int, stop: int, near: list[str]) -> Slip | None:
    """One neighbour is meant; several make the name doubtful; none says nothing."""
    if not near:
        return None
    return Slip(start, stop, text[start:stop], tuple(near))


def _province(text: str) -> tuple[str | None, int]:
    """The province that a text begins with, and where its name ends."""
    for province in regions.provinces():
        for name in (province.name, province.short):
            if text.startswith(name):
                municipality = province.code[:2] in ("11", "12", "31", "50")
                return province.code, 0 if municipality else len(name)
    return None, 0


def _one_off(one: str, two: str) -> bool:
    if len(one) != len(two) or len(one) < 2:
        return False
    return sum(left != right for left, right in zip(one, two, strict=True)) == 1


@cache
def _known(province: str | None) -> frozenset[str]:
    """Names of a province's cities and counties; of all when it isn't known."""
    if province is None:
        return frozenset(name for one in regions.provinces() for name in _below(one.code))
    return frozenset(_below(province))


@cache
def _everywhere() -> frozenset[str]:
    return _known(None) | {province.name for province in regions.provinces()} | _former()


@cache
def _former() -> set[str]:
    """Names that cards of earlier years still bear; the table of divisions keeps them apart."""
    folder = files("knowledge.regions")
    names: set[str] = set()
    for file in ("former_names.tsv", "nicknames.tsv"):
        rows = (folder / file).read_text(encoding="utf-8").splitlines()[1:]
        names |= {row.split("\t")[0] for row in rows if row}
    return names


def _below(code: str) -> list[str]:
    names: list[str] = []
    for child in regions.children(code):
        names += [child.name, *_below(child.code)]
    return names
