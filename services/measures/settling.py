"""Which ratings may be published, and in which groups. Pure.

Every published figure is the sum over a group: an employer's, and of it a region's, a matter's, a
step's or an officer's, never two of these at once. A set of ratings is published together, only
when

1. no group has fewer than `smallest` people: small ones are first rolled up (city, province, rest);
2. no difference of groups that is a sum of few again is smaller than that either;
3. no linear combination of all the sums is one rating: its leverage in the groups is below 1.

What does not fit waits for the next round. Rounds never share a rating, so pages of two days or two
months can't be subtracted either. docs/decisions/0046 has the reasons.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

REST = "rest"
_MOST_SUBSETS = 10
"""Up to so many cells every union of them is tried; above it, unions of two."""


@dataclass(frozen=True)
class Answered:
    """A rating that was given. `officer_id` is 0 for the bot's."""

    id: int
    person_id: int
    about: str
    employer_id: int
    region_code: str
    matter: str
    officer_id: int
    step: str


@dataclass(frozen=True)
class Cells:
    """The groups that a rating is counted in."""

    region: str
    matter: str
    officer_id: int
    step: str


Groups = Mapping[tuple[str, object], frozenset[int]]
"""Margin and cell → ids of ratings."""


def settle(pool: Collection[Answered], smallest: int) -> dict[int, Cells]:
    """The ratings that can be published now, each with its groups."""
    kept: dict[int, Cells] = {}
    apart: dict[tuple[str, int], list[Answered]] = defaultdict(list)
    for one in pool:
        apart[one.about, one.employer_id].append(one)
    for ratings in apart.values():
        kept |= _settle_one(ratings, smallest)
    return kept


def _settle_one(ratings: Sequence[Answered], smallest: int) -> dict[int, Cells]:
    """Take away what would give something away, until nothing does."""
    left = list(ratings)
    while left:
        cells = _cells(left, smallest)
        groups = groups_of(cells)
        person = {one.id: one.person_id for one in left}
        bad = _too_small(groups, person, smallest) or _revealed(groups, sorted(cells))
        if not bad:
            return cells
        left = [one for one in left if one.id not in bad]
    return {}


def groups_of(cells: Mapping[int, Cells]) -> Groups:
    """Every group of one employer whose sum is published."""
    found: dict[tuple[str, object], set[int]] = defaultdict(set)
    for number, cell in cells.items():
        found["all", ""].add(number)
        found["region", cell.region].add(number)
        found["matter", cell.matter].add(number)
        found["officer", cell.officer_id].add(number)
        found["step", cell.step].add(number)
    return {name: frozenset(members) for name, members in found.items()}


def _cells(ratings: Sequence[Answered], smallest: int) -> dict[int, Cells]:
    """Cities with few people become their province's rest, then the employer's; so do matters."""
    region = {one.id: one.region_code for one in ratings}
    _roll_up(ratings, region, smallest, lambda code: code[:2])
    _roll_up(ratings, region, smallest, lambda _code: REST)
    matter = {one.id: one.matter for one in ratings}
    _roll_up(ratings, matter, smallest, lambda _code: REST)
    officer = {one.id: str(one.officer_id) for one in ratings}
    _roll_up(ratings, officer, smallest, lambda _code: "0")
    step = {one.id: one.step for one in ratings}
    _roll_up(ratings, step, smallest, lambda _code: REST)
    return {
        one.id: Cells(region[one.id], matter[one.id], int(officer[one.id]), step[one.id])
        for one in ratings
    }


def _roll_up(
    ratings: Sequence[Answered], label: dict[int, str], smallest: int, wider: object
) -> None:
    people: dict[str, set[int]] = defaultdict(set)
    for one in ratings:
        people[label[one.id]].add(one.person_id)
    assert callable(wider)
    for one in ratings:
        if len(people[label[one.id]]) < smallest:
            label[one.id] = wider(label[one.id])


def _too_small(groups: Groups, person: Mapping[int, int], smallest: int) -> set[int]:
    """Members of the smallest group, or difference of groups, that is too small."""
    candidates = [set(members) for members in groups.values()]
    candidates += [set(part) for part in _differences(groups)]
    sizes = [(len({person[number] for number in part}), part) for part in candidates if part]
    few = [(size, part) for size, part in sizes if size < smallest]
    return min(few, key=lambda pair: (pair[0], sorted(pair[1])))[1] if few else set()


def _differences(groups: Groups) -> Iterator[frozenset[int]]:
    """Sums that follow from two margins by subtraction: what lies in the cells of one that meet
    some cells of the other, but not in those."""
    margins: dict[str, list[frozenset[int]]] = defaultdict(list)
    for (margin, _), members in groups.items():
        margins[margin].append(members)
    for first, second in combinations(("region", "matter", "officer", "step"), 2):
        few, many = sorted((margins[first], margins[second]), key=len)
        for union in _unions(few):
            around = frozenset[int]().union(*(cell for cell in many if cell & union))
            yield around - union
            inside = frozenset[int]().union(*(cell for cell in many if cell <= union))
            yield union - inside


def _unions(cells: Sequence[frozenset[int]]) -> Iterator[frozenset[int]]:
    most = len(cells) if len(cells) <= _MOST_SUBSETS else 2
    for size in range(1, most + 1):
        for chosen in combinations(cells, size):
            yield frozenset[int]().union(*chosen)


def _revealed(groups: Groups, ids: Sequence[int]) -> set[int]:
    """Ratings that some linear combination of the sums gives away, by their leverage."""
    return {ids[int(place)] for place in np.flatnonzero(leverage(groups.values(), ids) > 1 - 1e-6)}


def leverage(groups: Iterable[Collection[int]], ids: Sequence[int]) -> np.ndarray:
    """How much of each rating the span of the groups holds: 1 means that it is determined."""
    place = {number: index for index, number in enumerate(ids)}
    members = list(groups)
    rows = np.zeros((len(members), len(ids)))
    for row, group in enumerate(members):
        rows[row, [place[number] for number in group]] = 1
    _, size, basis = np.linalg.svd(rows, full_matrices=False)
    held: np.ndarray = (basis[size > 1e-9] ** 2).sum(axis=0)
    return held
