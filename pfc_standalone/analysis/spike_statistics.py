"""Statistics of spike trains and of trials: pure functions of arrays.

Spike times are in s and need not be in order; neurons are numbered from 0 within the population
handed in. Windows are (start, stop) in s and half-open: a spike at ``start`` counts, one at
``stop`` does not. Windows that overlap count a spike once each. A NaN spike time counts nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import accumulate
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

Windows = Sequence[tuple[float, float]]
Interval = tuple[float, float, float]

#: Spikes and bin edges are multiples of a time step up to rounding; a spike that lies less than
#: this before an edge, s, belongs to the edge: a hundredth of the shortest time step, and a
#: thousand times the rounding of times at the end of the longest run.
ROUNDING = 1e-7


# ------------------------------------------------------------------------------- rates
def firing_rate(t: ArrayLike, n_neurons: int, start: float, stop: float) -> float:
    """Mean rate of a population in one window, Hz.

    Parameters
    ----------
    t : (n_spikes,) array_like of float64, s
        Spikes of all neurons; those outside the window are ignored. Empty gives 0.
    n_neurons : int
        Size of the population, silent neurons included.
    start, stop : float, s
        The window.

    Raises
    ------
    ValueError
        If ``stop`` does not lie after ``start``, or ``n_neurons`` is below 1.
    """
    _check_window(start, stop)
    _check_n_neurons(n_neurons)
    t = np.asarray(t, dtype=np.float64)
    count = np.count_nonzero((t >= start) & (t < stop))
    return float(count / (n_neurons * (stop - start)))


def population_rate(
    t: ArrayLike, n_neurons: int, start: float, stop: float, bin_width: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rate of a population in adjacent bins, Hz.

    Parameters
    ----------
    t : (n_spikes,) array_like of float64, s
        Spikes of all neurons. Empty gives a rate of 0 everywhere.
    n_neurons : int
        Size of the population.
    start, stop, bin_width : float, s
        The first bin begins at ``start``; a last bin that would end after ``stop`` is dropped.

    Returns
    -------
    centres : (n_bins,) ndarray of float64, s
        Empty if the window is shorter than a bin.
    rate : (n_bins,) ndarray of float64, Hz

    Raises
    ------
    ValueError
        If ``stop`` does not lie after ``start``, ``n_neurons`` is below 1, or ``bin_width`` is
        not positive.
    """
    _check_window(start, stop)
    _check_n_neurons(n_neurons)
    _check_positive("bin_width", bin_width)
    t = np.asarray(t, dtype=np.float64)
    n_bins = _n_bins(start, stop, bin_width)
    bins = _bin_numbers(t[(t >= start) & (t < stop)], start, bin_width)
    count = np.bincount(bins[bins < n_bins], minlength=n_bins)
    centres = start + bin_width * (np.arange(n_bins, dtype=np.float64) + 0.5)
    return centres, count / (n_neurons * bin_width)


def filtered_rate(
    t: ArrayLike, n_neurons: int, start: float, stop: float, dt: float, tau: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rate of a population through a causal exponential filter, on a regular grid.

    ``rate(s) = sum(exp(-(s - t_k)/tau) for t_k <= s)/(tau*n_neurons)``, exact at each grid point
    and computed recursively [1]_, so that the rounding error does not grow with time.

    Parameters
    ----------
    t : (n_spikes,) array_like of float64, s
        Spikes of all neurons; those before ``start`` have decayed until then. Empty gives a rate
        of 0 everywhere.
    n_neurons : int
        Size of the population.
    start, stop, dt : float, s
        First grid point, last one (to the nearest whole step) and spacing. A spike counts from
        the first grid point not before it.
    tau : float, s
        Time constant of the filter.

    Returns
    -------
    times : (n_times,) ndarray of float64, s
    rate : (n_times,) ndarray of float64, Hz

    Raises
    ------
    ValueError
        If ``stop`` does not lie after ``start``, ``n_neurons`` is below 1, or ``dt`` or ``tau``
        is not positive.

    References
    ----------
    .. [1] Rotter S, Diesmann M (1999). Exact digital simulation of time-invariant linear systems
       with applications to neuronal modeling. Biol Cybern 81:381-402. doi:10.1007/s004220050570
    """
    _check_window(start, stop)
    _check_n_neurons(n_neurons)
    _check_positive("dt", dt)
    _check_positive("tau", tau)
    n_times = round((stop - start) / dt) + 1
    times = start + dt * np.arange(n_times, dtype=np.float64)
    spikes = np.asarray(t, dtype=np.float64)
    spikes = spikes[spikes <= times[-1] + ROUNDING]
    step = np.maximum(np.ceil((spikes - start - ROUNDING) / dt), 0).astype(np.int64)
    step = np.minimum(step, n_times - 1)
    # What is left of each spike at its first grid point; it decays from there.
    left = np.exp(-np.maximum(times[step] - spikes, 0) / tau)
    inflow = np.bincount(step, weights=left, minlength=n_times) / (tau * n_neurons)
    decay = float(np.exp(-dt / tau))
    # what scipy.signal.lfilter gives, without its import, which takes longer than this does
    rate = accumulate(inflow.tolist(), lambda before, more: more + decay * before)
    return times, np.fromiter(rate, np.float64, n_times)


# ---------------------------------------------------------------- irregularity, synchrony
def isi_cv(
    t: ArrayLike, neuron: ArrayLike, windows: Windows, min_isis: int = 5
) -> NDArray[np.float64]:
    """Coefficient of variation of the inter-spike intervals, neuron by neuron.

    Standard deviation (divided by the number of intervals, not one less) over mean: about 1 for
    a Poisson train, 0 for a regular one [1]_. A neuron's intervals are pooled over the windows;
    none crosses a window's border, so windows much shorter than the intervals bias the CV down.

    Parameters
    ----------
    t, neuron : (n_spikes,) array_like of float64 (s) and int
        Spike times and who fired.
    windows : sequence of (float, float), s
        Where to look for intervals.
    min_isis : int
        Neurons with fewer intervals are left out, as are those with intervals of 0 only.

    Returns
    -------
    (n_left,) ndarray of float64
        In the order of the neurons' numbers; empty if none has enough intervals.

    Raises
    ------
    ValueError
        If ``t`` and ``neuron`` differ in length, or a window does not end after its start.

    References
    ----------
    .. [1] Softky WR, Koch C (1993). The highly irregular firing of cortical cells is inconsistent
       with temporal integration of random EPSPs. J Neurosci 13:334-350.
       doi:10.1523/JNEUROSCI.13-01-00334.1993
    """
    isis, owners = [np.empty(0)], [np.empty(0, dtype=np.int64)]
    for _, _, times, neurons in _by_window(t, neuron, windows):
        order = np.lexsort((times, neurons))
        times, neurons = times[order], neurons[order]
        same = neurons[1:] == neurons[:-1]
        isis.append(np.diff(times)[same])
        owners.append(neurons[1:][same])
    isi = np.concatenate(isis)
    _, owner, count = np.unique(np.concatenate(owners), return_inverse=True, return_counts=True)
    mean = np.bincount(owner, weights=isi) / count
    variance = np.bincount(owner, weights=(isi - mean[owner]) ** 2) / count
    enough = (count >= min_isis) & (mean > 0)
    return np.asarray(np.sqrt(variance[enough]) / mean[enough])


def count_correlations(
    t: ArrayLike,
    neuron: ArrayLike,
    n_neurons: int,
    windows: Windows,
    bin_width: float = 0.1,
    max_neurons: int = 50,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Pearson correlation of the spike counts of each pair of neurons [1]_.

    Counts are taken in bins that do not cross windows; a window's trailing partial bin is
    dropped. Rates that differ between windows count as correlation. A neuron whose count is the
    same in all bins, as a silent one's, has no correlation with others and is left out.

    Parameters
    ----------
    t, neuron : (n_spikes,) array_like of float64 (s) and int
        Spike times and who fired, 0 to ``n_neurons - 1``.
    n_neurons : int
        Size of the population.
    windows : sequence of (float, float), s
        Where to count.
    bin_width : float, s
        Width of a bin.
    max_neurons, seed : int
        If more neurons are left, a random ``max_neurons`` of them, drawn with this seed.

    Returns
    -------
    (n_pairs,) ndarray of float64
        Empty with fewer than 2 neurons left or fewer than 2 bins.

    Raises
    ------
    ValueError
        If ``t`` and ``neuron`` differ in length, a neuron lies outside the population, a window
        does not end after its start, ``n_neurons`` is below 1, or ``bin_width`` is not positive.

    References
    ----------
    .. [1] Cohen MR, Kohn A (2011). Measuring and interpreting neuronal correlations. Nat Neurosci
       14:811-819. doi:10.1038/nn.2842
    """
    counts = _spike_counts(t, neuron, n_neurons, windows, bin_width)
    if counts.shape[1] < 2:
        return np.empty(0)
    left = np.flatnonzero(np.ptp(counts, axis=1) > 0)
    if left.size > max_neurons:
        left = np.random.default_rng(seed).choice(left, max_neurons, replace=False)
    if left.size < 2:
        return np.empty(0)
    correlation = np.asarray(np.corrcoef(counts[left]))
    return np.asarray(correlation[np.triu_indices(left.size, k=1)])


def count_correlation(
    t: ArrayLike,
    neuron: ArrayLike,
    n_neurons: int,
    windows: Windows,
    bin_width: float = 0.1,
    max_neurons: int = 50,
    seed: int = 0,
) -> float:
    """Mean over pairs of neurons of `count_correlations`; NaN if there are none."""
    found = count_correlations(t, neuron, n_neurons, windows, bin_width, max_neurons, seed)
    return float(found.mean()) if found.size else np.nan


def _spike_counts(
    t: ArrayLike, neuron: ArrayLike, n_neurons: int, windows: Windows, bin_width: float
) -> NDArray[np.int64]:
    """Spike counts (neuron, bin), the bins of all windows one after the other."""
    _check_n_neurons(n_neurons)
    _check_positive("bin_width", bin_width)
    neuron = np.asarray(neuron)
    if neuron.size and not 0 <= neuron.min() <= neuron.max() < n_neurons:
        raise ValueError(
            f"neuron must lie in 0..{n_neurons - 1}, got {neuron.min()}..{neuron.max()}"
        )
    parts = [np.empty((n_neurons, 0), dtype=np.int64)]
    for start, stop, times, neurons in _by_window(t, neuron, windows):
        n_bins = _n_bins(start, stop, bin_width)
        bins = _bin_numbers(times, start, bin_width)
        whole = bins < n_bins
        cell = neurons[whole] * n_bins + bins[whole]
        count = np.bincount(cell, minlength=n_neurons * n_bins)
        parts.append(count.reshape(n_neurons, n_bins))
    return np.concatenate(parts, axis=1)


def _by_window(
    t: ArrayLike, neuron: ArrayLike, windows: Windows
) -> Iterator[tuple[float, float, NDArray[np.float64], NDArray[np.int64]]]:
    """Start and stop of each window and the spikes in it, in order of time."""
    t, neuron = np.asarray(t, dtype=np.float64), np.asarray(neuron).astype(np.int64)
    if t.shape != neuron.shape:
        raise ValueError(f"t and neuron must have one shape, got {t.shape} and {neuron.shape}")
    order = np.argsort(t, kind="stable")
    t, neuron = t[order], neuron[order]
    for start, stop in windows:
        _check_window(start, stop)
        part = slice(*np.searchsorted(t, [start, stop]))
        yield start, stop, t[part], neuron[part]


def _n_bins(start: float, stop: float, bin_width: float) -> int:
    return int((stop - start + ROUNDING) / bin_width)


def _bin_numbers(t: NDArray[np.float64], start: float, bin_width: float) -> NDArray[np.int64]:
    return np.floor((t - start + ROUNDING) / bin_width).astype(np.int64)


# --------------------------------------------------------------- comparison, uncertainty
def ks_distance(a: ArrayLike, b: ArrayLike) -> float:
    """Two-sample Kolmogorov-Smirnov distance.

    The largest difference between the empirical distribution functions [1]_: 0 for equal ones, 1
    for samples that do not overlap.

    Parameters
    ----------
    a, b : (n,), (m,) array_like of float64
        The samples. A NaN among them gives NaN.

    Raises
    ------
    ValueError
        If a sample is empty.

    References
    ----------
    .. [1] Hodges JL (1958). The significance probability of the Smirnov two-sample test.
       Ark Mat 3:469-486. doi:10.1007/BF02589501
    """
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    for name, sample in (("a", a), ("b", b)):
        if sample.size == 0:
            raise ValueError(f"sample {name} is empty; its distribution is undefined")
    from scipy import stats  # takes as long to import as a short experiment to analyse

    # The p-value is not used; "asymp" finds it quickly, but divides by 0 for two single values.
    with np.errstate(divide="ignore"):
        return float(stats.ks_2samp(a, b, method="asymp").statistic)


def proportion_interval(k: int, n: int, confidence: float = 0.95) -> Interval:
    """Fraction of successes with its Wilson score interval [1]_.

    Parameters
    ----------
    k, n : int
        Successes and trials.
    confidence : float
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    value, low, high : float
        NaN, all three, if ``n`` is 0.

    Raises
    ------
    ValueError
        If ``k`` is not in 0..n, or ``confidence`` is not between 0 and 1.

    References
    ----------
    .. [1] Wilson EB (1927). Probable inference, the law of succession, and statistical inference.
       J Am Stat Assoc 22:209-212. doi:10.1080/01621459.1927.10502953
    """
    _check_confidence(confidence)
    if not 0 <= k <= n:
        raise ValueError(f"k = {k} must lie in 0..n, with n = {n}")
    if n == 0:
        return _undefined()
    k, n = int(k), int(n)
    z, p = NormalDist().inv_cdf(0.5 + 0.5 * confidence), k / n
    centre, width = 2 * n * p + z**2, z * (4 * n * p * (1 - p) + z**2) ** 0.5
    low, high = ((centre + side) / (2 * (n + z**2)) for side in (-width, width))
    return p, low if k else 0.0, high if k < n else 1.0


def proportion(k: int, n: int) -> dict[str, float]:
    """The same as summaries have it: ``value low high n``."""
    value, low, high = proportion_interval(k, n)
    return {"value": value, "low": low, "high": high, "n": n}


def median_interval(values: ArrayLike, confidence: float = 0.95) -> Interval:
    """Median with its distribution-free interval between two order statistics [1]_.

    Where the sample is too small for a bound (for 95 %, below 6 values), its own minimum or
    maximum stands for it, and the interval covers the median less often than ``confidence``.

    Parameters
    ----------
    values : (n,) array_like of float64
        The sample; NaNs are ignored.
    confidence : float
        Least coverage of the interval, between 0 and 1.

    Returns
    -------
    value, low, high : float
        In the unit of ``values``; NaN, all three, if there are none.

    Raises
    ------
    ValueError
        If ``confidence`` is not between 0 and 1.

    References
    ----------
    .. [1] Thompson WR (1936). On confidence ranges for the median and other expectation
       distributions for populations of unknown distribution form. Ann Math Stat 7:122-128.
       doi:10.1214/aoms/1177732502
    """
    _check_confidence(confidence)
    x = np.asarray(values, dtype=np.float64)
    x = x[~np.isnan(x)]
    if x.size == 0:
        return _undefined()
    x.sort()
    low = max(_rank_below(x.size, (1 - confidence) / 2), 0)
    median = (x[(x.size - 1) // 2] + x[x.size // 2]) / 2  # np.median imports masked arrays
    return float(median), float(x[low]), float(x[x.size - 1 - low])


def _rank_below(n: int, tail: float) -> int:
    """Largest number below which Binomial(n, 1/2) falls with a probability of less than ``tail``,
    less one; -1 if there is none.

    The median lies below as many values of a sample with at most that probability, and above as
    many by symmetry.
    """
    allowed = Fraction(tail) * 2**n
    k, ways, total = 0, 1, 1  # to have k values of n below the median, and to have at most k
    while total < allowed:
        ways = ways * (n - k) // (k + 1)
        k += 1
        total += ways
    return k - 1


def _undefined() -> Interval:
    return np.nan, np.nan, np.nan


def _check_window(start: float, stop: float) -> None:
    if not stop > start:
        raise ValueError(f"stop = {stop} s must lie after start = {start} s")


def _check_n_neurons(n_neurons: int) -> None:
    if n_neurons < 1:
        raise ValueError(f"n_neurons = {n_neurons} must be at least 1")


def _check_positive(name: str, value: float) -> None:
    if not value > 0:
        raise ValueError(f"{name} = {value} s must be positive")


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence = {confidence} must lie between 0 and 1")
