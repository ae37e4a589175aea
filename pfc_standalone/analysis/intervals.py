"""Confidence intervals of means, differences, and whatever follows from counts and means."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from pfc_standalone.analysis.spike_statistics import Interval, proportion_interval

#: Draws of a parametric bootstrap, and the seed of their generator.
_DRAWS, _SEED = 10_000, 0
_CONFIDENCE = 0.95


def mean_interval(values: ArrayLike) -> Interval:
    """Mean and its 95 % interval by Student's t.

    Parameters
    ----------
    values : (n,) array_like of float64
        NaNs are ignored.

    Returns
    -------
    value, low, high : float
        NaN, all three, without values; of one value, both bounds are NaN.
    """
    x = np.asarray(values, dtype=np.float64)
    x = x[~np.isnan(x)]
    if x.size < 2:
        return (float(x[0]) if x.size else np.nan), np.nan, np.nan
    mean, half = float(x.mean()), _quantile(x.size - 1) * float(x.std(ddof=1)) / np.sqrt(x.size)
    return mean, float(mean - half), float(mean + half)


def difference_of_means(a: ArrayLike, b: ArrayLike) -> Interval:
    """Mean of a less that of b, with Welch's 95 % interval [1]_; NaNs are ignored.

    Returns
    -------
    value, low, high : float
        NaN, all three, if one has fewer than 2 values.

    References
    ----------
    .. [1] Welch BL (1947). The generalization of "Student's" problem when several different
       population variances are involved. Biometrika 34:28-35. doi:10.1093/biomet/34.1-2.28
    """
    x, y = (v[~np.isnan(v)] for v in (np.asarray(a, np.float64), np.asarray(b, np.float64)))
    if min(x.size, y.size) < 2:
        return np.nan, np.nan, np.nan
    difference = float(x.mean() - y.mean())
    u, v = float(x.var(ddof=1)) / x.size, float(y.var(ddof=1)) / y.size
    if u + v == 0:
        return difference, difference, difference
    freedom = (u + v) ** 2 / (u**2 / (x.size - 1) + v**2 / (y.size - 1))
    half = _quantile(freedom) * float(np.sqrt(u + v))
    return difference, difference - half, difference + half


def difference_of_proportions(k: int, n: int, other_k: int, other_n: int) -> Interval:
    """k/n - other_k/other_n of independent samples, with Newcombe's 95 % score interval [1]_.

    Returns
    -------
    value, low, high : float
        NaN, all three, if one has no trials.

    References
    ----------
    .. [1] Newcombe RG (1998). Interval estimation for the difference between independent
       proportions: comparison of eleven methods. Stat Med 17:873-890, method 10.
       doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I
    """
    p, low, high = proportion_interval(k, n)
    q, other_low, other_high = proportion_interval(other_k, other_n)
    return (
        p - q,
        float(p - q - np.hypot(p - low, other_high - q)),
        float(p - q + np.hypot(high - p, q - other_low)),
    )


def from_draws(
    value: float, draw: Callable[[np.random.Generator, int], NDArray[np.float64]]
) -> Interval:
    """A value with the 95 % interval of what it would be in as many repetitions of the experiment.

    Parameters
    ----------
    draw : callable
        Of a generator and a number: so many values, each of one repetition.
    """
    if np.isnan(value):
        return np.nan, np.nan, np.nan
    drawn = draw(np.random.default_rng(_SEED), _DRAWS)
    low, high = np.nanquantile(drawn, [(1 - _CONFIDENCE) / 2, (1 + _CONFIDENCE) / 2])
    return value, float(low), float(high)


def _quantile(freedom: float) -> float:
    return float(stats.t.ppf((1 + _CONFIDENCE) / 2, freedom))
