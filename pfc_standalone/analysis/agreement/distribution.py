"""Whether the statistics of two sets of spike trains agree: functions of arrays and datasets."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pfc_standalone.analysis.spike_table import SpikeTable
from pfc_standalone.analysis.statistics import STATISTICS

if TYPE_CHECKING:
    import xarray as xr

#: Fewer spikes of a population than this, over all seeds of a target, decide nothing.
MIN_SPIKES = 100
#: A distribution is compared if each target has this many values of it.
MIN_VALUES = 20
#: Ways to divide the seeds of two targets into two groups that are tried, a sample if there are
#: more (10 seeds a target: 184 756).
MAX_DIVISIONS = 200_000
#: Points at which distribution functions are compared.
_GRID = 128


def population_samples(
    dataset: xr.Dataset, start: float, stop: float
) -> dict[tuple[str, str], list[NDArray[np.float64]]]:
    """Statistics of every population, replicate by replicate.

    Parameters
    ----------
    start, stop : float, s
        Spikes outside are ignored.

    Returns
    -------
    dict
        From (population, statistic) to one array a replicate; `analysis.statistics` has the
        statistics.
    """
    table = SpikeTable(dataset)
    samples: dict[tuple[str, str], list[NDArray[np.float64]]] = {}
    windows = [(start, stop)]
    statistics = STATISTICS.all()
    for name, size in zip(table.names, table.sizes.tolist(), strict=True):
        for replicate in range(dataset.sizes["replicate"]):
            t, neuron = table.spikes(name, replicate)
            for statistic, values_of in statistics.items():
                values = values_of(t, neuron, size, windows)
                samples.setdefault((name, statistic), []).append(values)
    return samples


@dataclass(frozen=True)
class Comparison:
    """One statistic of one population between two targets.

    Attributes
    ----------
    distance : float
        Kolmogorov-Smirnov distance of the pooled values.
    null_median, null_95 : float
        Median and 95th percentile of that distance between seeds if the targets agree.
    p : float
        Probability of at least that distance if the targets agree; not corrected.
    """

    population: str
    statistic: str
    distance: float
    null_median: float
    null_95: float
    p: float


def compare_seeds(
    population: str,
    statistic: str,
    first: Sequence[ArrayLike],
    second: Sequence[ArrayLike],
    rng_seed: int = 0,
) -> Comparison:
    """Compare a distribution between two targets, seed by seed.

    The values of one seed depend on each other, seeds do not. So whole seeds are exchanged
    between the targets: if these agree, every division of all seeds into two groups is as likely
    as the one at hand, and the distances between such groups are the seed-to-seed null
    distribution [1]_. The probability is exact where all divisions are tried.

    Parameters
    ----------
    first, second : sequence of (n_values,) array_like
        Values of each seed.
    rng_seed : int
        For drawing divisions where there are more than `MAX_DIVISIONS`.

    Raises
    ------
    ValueError
        If either has no values at all.

    References
    ----------
    .. [1] Ernst MD (2004). Permutation methods: a basis for exact inference. Stat Sci 19:676-685.
       doi:10.1214/088342304000000396
    """
    seeds = [np.sort(np.asarray(values, dtype=np.float64)) for values in (*first, *second)]
    if not all(sum(map(np.size, group)) for group in (first, second)):
        raise ValueError(f"{statistic} of {population} has no values to compare")
    grid = np.unique(np.concatenate(seeds))
    if grid.size > _GRID:
        grid = grid[np.linspace(0, grid.size - 1, _GRID).round().astype(int)]
    # Of each seed: values up to each grid point, and in the last column all of them.
    counts = np.array([[*np.searchsorted(s, grid, side="right"), s.size] for s in seeds])
    every = _divisions(len(first), len(second), rng_seed, MAX_DIVISIONS)
    distances = []
    for part in np.array_split(every, 20):
        one = part @ counts.astype(np.float32)
        other = counts.sum(axis=0) - one
        # a group of seeds without any value has the distribution function 0
        apart = one / np.maximum(one[:, -1:], 1) - other / np.maximum(other[:, -1:], 1)
        distances.append(np.abs(apart).max(axis=1))
    null = np.concatenate(distances)
    median, percentile_95 = map(float, np.quantile(null, [0.5, 0.95]))
    p = float(np.mean(null >= null[0] * (1 - 1e-5)))
    return Comparison(population, statistic, float(null[0]), median, percentile_95, p)


@functools.lru_cache(maxsize=4)
def _divisions(n_first: int, n_second: int, rng_seed: int, limit: int) -> NDArray[np.float32]:
    """Which seeds make the first group: the division at hand, then all others, or of more than
    ``limit`` a sample.
    """
    n = n_first + n_second
    if math.comb(n, n_first) <= limit:
        chosen = np.array(list(itertools.combinations(range(n), n_first)))
    else:
        order = np.tile(np.arange(n), (limit, 1))
        order[1:] = np.random.default_rng(rng_seed).permuted(order[1:], axis=1)
        chosen = order[:, :n_first]
    mask = np.zeros((len(chosen), n), dtype=np.float32)
    np.put_along_axis(mask, chosen, 1.0, axis=1)
    return mask


def holm(p: ArrayLike) -> NDArray[np.float64]:
    """P-values corrected for the number of comparisons, by Holm's method [1]_.

    Rejecting those below alpha keeps the probability of any false alarm below alpha, however the
    comparisons depend on each other.

    Parameters
    ----------
    p : (n,) array_like of float64

    References
    ----------
    .. [1] Holm S (1979). A simple sequentially rejective multiple test procedure. Scand J Stat
       6:65-70. https://www.jstor.org/stable/4615733
    """
    p = np.asarray(p, dtype=np.float64)
    order = np.argsort(p)
    corrected = np.empty_like(p)
    corrected[order] = np.maximum.accumulate(p[order] * (p.size - np.arange(p.size)))
    return np.asarray(np.minimum(corrected, 1.0))
