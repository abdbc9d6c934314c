"""Intervals and comparisons against other ways of computing them."""

from __future__ import annotations

from collections import Counter
from statistics import mean, median_low, variance

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.measures.catalogue import measures
from services.measures.query import figure
from services.measures.stats import (
    compare_means,
    compare_shares,
    mean_interval,
    moments,
    quantile,
    wilson,
    z_of,
)

values = st.lists(st.integers(0, 500), min_size=2, max_size=60)


@given(count=st.integers(1, 2000), share=st.floats(0, 1))
def test_wilson_bounds_solve_the_score_equation(count: int, share: float) -> None:
    hits = round(share * count)
    found = wilson(hits, count, 0.95)
    z = z_of(0.95)
    for bound in (found.low, found.high):
        if 1e-9 < bound < 1 - 1e-9:
            score = (hits / count - bound) / (bound * (1 - bound) / count) ** 0.5
            assert abs(abs(score) - z) < 1e-6
    assert 0 <= found.low <= hits / count <= found.high <= 1


@given(values=values)
def test_moments_and_quantiles(values: list[int]) -> None:
    histogram = Counter(values)
    count, average, spread = moments(histogram)
    assert count == len(values)
    assert average == pytest.approx(mean(values))
    assert spread == pytest.approx(variance(values))
    assert quantile(histogram, 0.5) == median_low(values)
    assert quantile(histogram, 1) == max(values)
    bounds = mean_interval(histogram, 0.95)
    assert bounds is not None
    assert bounds.low <= average + 1e-9
    assert average <= bounds.high + 1e-9


def test_what_is_said_of_two_periods() -> None:
    few = {"significance": 0.05, "enough": 20}
    assert compare_shares((5, 10), (0, 10), **few) == "too_few"  # type: ignore[arg-type]
    assert compare_shares((50, 100), (52, 100), **few) == "no_difference"  # type: ignore[arg-type]
    assert compare_shares((40, 100), (85, 100), **few) == "up"  # type: ignore[arg-type]
    assert compare_shares((85, 100), (40, 100), **few) == "down"  # type: ignore[arg-type]
    assert compare_means({1: 30}, {1: 15, 9: 15}, **few) == "up"  # type: ignore[arg-type]
    assert compare_means({1: 3}, {9: 3}, **few) == "too_few"  # type: ignore[arg-type]


def test_newcombe_s_own_example() -> None:
    """Table II (a): 56/70 against 48/80 differ by 0.0524 to 0.3339, so it is a real difference."""
    assert compare_shares((48, 80), (56, 70), significance=0.05, enough=20) == "up"
    # 9/10 and 3/10: 0.1705 to 0.8090.
    assert compare_shares((3, 10), (9, 10), significance=0.05, enough=10) == "up"
    # 6/7 and 2/7: 0.0582 to 0.8062.
    assert compare_shares((2, 7), (6, 7), significance=0.05, enough=5) == "up"
    # 5/56 and 0/29: -0.0381 to 0.1926.
    assert compare_shares((0, 29), (5, 56), significance=0.05, enough=20) == "no_difference"


def test_every_measure_is_defined_in_both_languages() -> None:
    for name, one in measures().items():
        for language in ("zh", "en"):
            assert "{" not in one.definition(language)
            assert one.words(language).title
        assert figure(name, {}).value is None
        assert figure(name, {1: 3, 0: 1}).count == 4
