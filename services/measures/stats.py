"""Intervals and comparisons: how sure a figure is, and whether two periods really differ.

Sources: E. B. Wilson, JASA 22 (1927) 209–212 (interval of a share); R. G. Newcombe, Statistics in
Medicine 17 (1998) 873–890, method 10 (difference of two shares, from their Wilson intervals);
B. L. Welch, Biometrika 34 (1947) 28–35 (difference of two means).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Literal

Histogram = Mapping[int, int]
"""How often each whole value occurred."""
Verdict = Literal["too_few", "no_difference", "up", "down"]


@dataclass(frozen=True)
class Interval:
    """Bounds that a true value lies within, as surely as `confidence` says."""

    low: float
    high: float


def z_of(confidence: float) -> float:
    """The two-sided normal quantile."""
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def wilson(hits: int, count: int, confidence: float) -> Interval:
    """The Wilson score interval of a share.

    Raises:
        ValueError: no sample, or more hits than it has.
    """
    if not 0 <= hits <= count or count == 0:
        raise ValueError("a share needs a sample")
    z = z_of(confidence)
    share, spread = hits / count, z * z / count
    middle = (share + spread / 2) / (1 + spread)
    half = z * sqrt(share * (1 - share) / count + spread / (4 * count)) / (1 + spread)
    low = 0.0 if hits == 0 else max(0.0, middle - half)
    return Interval(low, 1.0 if hits == count else min(1.0, middle + half))


def mean_interval(values: Histogram, confidence: float) -> Interval | None:
    """The normal interval of a mean, within the values' range; None below two values."""
    count, mean, variance = moments(values)
    if count < 2:
        return None
    half = z_of(confidence) * sqrt(variance / count)
    return Interval(max(min(values), mean - half), min(max(values), mean + half))


def moments(values: Histogram) -> tuple[int, float, float]:
    """Count, mean and sample variance (0 below two values).

    Raises:
        ValueError: no values.
    """
    count = sum(values.values())
    if count == 0:
        raise ValueError("a mean needs values")
    mean = sum(value * n for value, n in values.items()) / count
    squares = sum(n * (value - mean) ** 2 for value, n in values.items())
    return count, mean, squares / (count - 1) if count > 1 else 0.0


def quantile(values: Histogram, share: float) -> int:
    """The smallest value that at least `share` of all values do not exceed.

    Raises:
        ValueError: no values.
    """
    count = sum(values.values())
    if count == 0:
        raise ValueError("a quantile needs values")
    passed = 0
    for value in sorted(values):
        passed += values[value]
        if passed >= share * count - 1e-9:
            return value
    return max(values)


def compare_shares(
    before: tuple[int, int], after: tuple[int, int], *, significance: float, enough: int
) -> Verdict:
    """Whether a share went up or down: Newcombe's interval of the difference leaves out 0.

    Args:
        before, after: hits and sample.
        enough: below this sample on either side it is `too_few`.
    """
    if min(before[1], after[1]) < enough:
        return "too_few"
    was, now = before[0] / before[1], after[0] / after[1]
    first, second = (wilson(*one, 1 - significance) for one in (before, after))
    gap = now - was
    low = gap - sqrt((now - second.low) ** 2 + (first.high - was) ** 2)
    high = gap + sqrt((second.high - now) ** 2 + (was - first.low) ** 2)
    return _verdict(low, high)


def compare_means(
    before: Histogram, after: Histogram, *, significance: float, enough: int
) -> Verdict:
    """Whether a mean went up or down: Welch's standard error, with the normal quantile."""
    if min(sum(before.values()), sum(after.values())) < max(enough, 2):
        return "too_few"
    (n, was, spread), (m, now, later) = moments(before), moments(after)
    half = z_of(1 - significance) * sqrt(spread / n + later / m)
    return _verdict(now - was - half, now - was + half)


def _verdict(low: float, high: float) -> Verdict:
    if low > 0:
        return "up"
    return "down" if high < 0 else "no_difference"
