"""Poisson counts from uniform numbers, without a loop of random length."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pfc_standalone.noise.function import NoiseFunction

#: Largest count that `poisson_count` returns. At a mean of 0.25 a step (2.5 kHz at 0.1 ms) the
#: Poisson probability of more is 2e-11, below the 2**-32 resolution of the uniform number.
POISSON_MAX_COUNT = 8


def poisson_count(
    uniform: ArrayLike, mean: ArrayLike, exp_minus_mean: ArrayLike
) -> NDArray[np.float64]:
    """Poisson quantile of a uniform number: how many cumulative probabilities lie below it.

    Parameters
    ----------
    uniform : array_like of float
        In (0, 1).
    mean, exp_minus_mean : array_like of float
        The Poisson mean and its ``exp(-mean)``, given so that the loop needs no exponential.

    Returns
    -------
    ndarray of float64
        0 to `POISSON_MAX_COUNT`.
    """
    u, mean, term = (np.asarray(a, dtype=np.float64) for a in (uniform, mean, exp_minus_mean))
    cumulative = term
    count = (u > cumulative).astype(np.float64)
    for k in range(1, POISSON_MAX_COUNT):
        term = term * mean * (1.0 / k)
        cumulative = cumulative + term
        count = count + (u > cumulative)
    return count


def _c_text() -> str:
    lines = [
        "double poisson_count(const double uniform, const double mean,",
        "    const double exp_minus_mean)",
        "{",
        "    double term = exp_minus_mean, cumulative = exp_minus_mean;",
        "    double count = uniform > cumulative ? 1.0 : 0.0;",
    ]
    for k in range(1, POISSON_MAX_COUNT):
        lines += [
            f"    term = term*mean*(1.0/{k}); cumulative += term;",
            "    count += uniform > cumulative ? 1.0 : 0.0;",
        ]
    return "\n".join([*lines, "    return count;", "}"])


FUNCTION = NoiseFunction(
    poisson_count, ("double uniform", "double mean", "double exp_minus_mean"), _c_text()
)
