"""Spike-train statistics against elephant, closed forms and published numbers."""

from __future__ import annotations

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import signal, stats

from pfc_standalone.analysis.spike_statistics import (
    count_correlation,
    filtered_rate,
    firing_rate,
    isi_cv,
    ks_distance,
    median_interval,
    population_rate,
    proportion_interval,
)

WINDOWS = [(2.0, 9.0), (10.0, 13.5), (20.0, 40.0)]
N_NEURONS = 12


def train(kind: str, rate: float = 20.0, stop: float = 50.0):
    """Renewal trains of N_NEURONS neurons, shuffled: spike times (s) and neurons."""
    rng = np.random.default_rng([7, len(kind)])
    shape = {"poisson": 1.0, "gamma": 4.0}[kind]
    isis = rng.gamma(shape, 1 / (shape * rate), (N_NEURONS, int(2 * rate * stop)))
    t = isis.cumsum(axis=1)
    assert t[:, -1].min() > stop
    neuron = np.repeat(np.arange(N_NEURONS), t.shape[1]).reshape(t.shape)
    inside = t < stop
    order = rng.permutation(inside.sum())
    return t[inside][order], neuron[inside][order].astype(np.int32)


@pytest.fixture(scope="module")
def elephant():
    """The same statistics by elephant, of spike times by neuron; its own warnings silenced."""

    def quiet(function):
        def wrapped(*arguments):
            with warnings.catch_warnings():
                for package in ("elephant", "neo", "quantities"):
                    warnings.filterwarnings("ignore", module=rf"{package}(\.|$)")
                return function(*arguments)

        return wrapped

    @quiet
    def load():
        import elephant.conversion
        import elephant.spike_train_correlation
        import elephant.statistics
        import neo
        import quantities

        return elephant, neo, quantities

    package, neo, pq = load()

    @quiet
    def isi(times):
        return package.statistics.isi(np.sort(times))

    @quiet
    def cv(isis):
        return package.statistics.cv(isis)

    @quiet
    def correlation(trains, stop, bin_width):
        trains = [neo.SpikeTrain(np.sort(x) * pq.s, t_stop=stop * pq.s) for x in trains]
        binned = package.conversion.BinnedSpikeTrain(trains, bin_size=bin_width * pq.s)
        return package.spike_train_correlation.correlation_coefficient(binned)

    return SimpleNamespace(isi=isi, cv=cv, correlation=correlation)


def in_window(t, start, stop):
    return (t >= start) & (t < stop)


# ------------------------------------------------------------------------------- rates
def test_firing_rate_counts_the_half_open_window():
    t = np.array([0.9, 1.0, 1.5, 2.0, 2.9, 3.0, np.nan])
    assert firing_rate(t, 4, 1.0, 3.0) == 4 / (4 * 2.0)
    assert firing_rate([], 4, 1.0, 3.0) == 0.0


def test_population_rate_is_the_histogram():
    t, _ = train("poisson")
    centres, rate = population_rate(t, N_NEURONS, 5.0, 45.0, 0.25)
    counts, edges = np.histogram(t, np.linspace(5.0, 45.0, 161))
    assert counts.sum() > 5000
    np.testing.assert_allclose(centres, (edges[1:] + edges[:-1]) / 2)
    np.testing.assert_allclose(rate, counts / (N_NEURONS * 0.25))
    assert rate.mean() == pytest.approx(firing_rate(t, N_NEURONS, 5.0, 45.0))


def test_spikes_on_bin_edges_belong_to_the_bin_that_begins():
    # 3*0.1 is 0.30000000000000004: rounding must not move a spike into its neighbour.
    _, rate = population_rate(np.arange(100) * 0.1, 1, 0.0, 10.0, 0.1)
    np.testing.assert_allclose(rate, np.full(100, 10.0))


def test_population_rate_drops_a_partial_bin():
    centres, rate = population_rate([0.05, 0.15, 0.22], 1, 0.0, 0.25, 0.1)
    np.testing.assert_allclose(centres, [0.05, 0.15])
    np.testing.assert_allclose(rate, [10.0, 10.0])
    centres, rate = population_rate([0.05], 1, 0.0, 0.06, 0.1)
    assert centres.shape == rate.shape == (0,)


def test_filtered_rate_of_one_spike_is_an_exponential():
    tau, spike, n = 0.05, 0.1234, 5
    times, rate = filtered_rate([spike], n, 0.0, 1.0, 1e-3, tau)
    expected = np.where(times >= spike, np.exp(-(times - spike) / tau) / (tau * n), 0.0)
    np.testing.assert_allclose(times, np.linspace(0, 1, 1001), atol=1e-12)
    np.testing.assert_allclose(rate, expected, rtol=1e-10, atol=1e-12)
    assert rate.max() > 3.9


def test_filtered_rate_counts_a_spike_on_the_grid_at_once():
    times, rate = filtered_rate(np.arange(1, 10) * 0.1, 1, 0.0, 1.0, 0.1, 1e-3)
    np.testing.assert_allclose(rate[1:10], 1000.0)
    assert rate[0] == 0 == pytest.approx(rate[10])
    assert times.size == 11


def test_filtered_rate_is_the_sum_over_spikes_even_after_1000_s():
    t = np.sort(np.random.default_rng(3).uniform(-1.0, 1000.0, 40_000))
    tau, n = 0.01, 4
    times, rate = filtered_rate(t[::-1], n, 0.0, 1000.0, 1e-3, tau)
    assert times.size == 1_000_001
    for k in (0, 1, 17, 500_000, 999_990, 1_000_000):
        past = t[t <= times[k]]
        expected = np.exp(-(times[k] - past) / tau).sum() / (tau * n)
        assert rate[k] == pytest.approx(expected, rel=1e-9)
    assert np.isfinite(rate).all()
    assert rate.mean() == pytest.approx(40_000 / 1001 / n, rel=0.01)


def test_filtered_rate_of_a_regular_train_averages_to_its_rate():
    # Spikes at all phases of the grid, after the filter has settled.
    t = np.arange(-1.0, 10.0, 0.0203)
    times, rate = filtered_rate(t, 1, 0.0, 10.0, 1e-3, 0.05)
    assert rate.mean() == pytest.approx(1 / 0.0203, rel=5e-3)
    assert times[-1] == pytest.approx(10.0)


def test_filtered_rate_has_the_bits_of_scipy():
    """Spikes on the grid, so that nothing of them has decayed."""
    dt, tau = 1e-3, 0.15
    steps = np.random.default_rng(5).integers(0, 5001, 3000)
    _, rate = filtered_rate(steps * dt, 1, 0.0, 5.0, dt, tau)
    inflow = np.bincount(steps, minlength=5001) / tau
    np.testing.assert_array_equal(rate, signal.lfilter([1.0], [1.0, -np.exp(-dt / tau)], inflow))


def test_filtered_rate_is_causal():
    t, _ = train("poisson")
    _, rate = filtered_rate(t, N_NEURONS, 0.0, 10.0, 1e-3, 0.05)
    _, past = filtered_rate(t[t <= 6.0], N_NEURONS, 0.0, 10.0, 1e-3, 0.05)
    np.testing.assert_array_equal(rate[:6001], past[:6001])
    assert np.all(rate[6100:] > past[6100:])


def test_filtered_rate_without_spikes_is_zero():
    for t in ([], [5.0], [np.nan]):
        _, rate = filtered_rate(t, 3, 0.0, 1.0, 0.01, 0.05)
        np.testing.assert_array_equal(rate, np.zeros(101))


# ------------------------------------------------------------------------ irregularity
@pytest.mark.parametrize(("kind", "expected"), [("poisson", 1.0), ("gamma", 0.5)])
def test_isi_cv_agrees_with_elephant(elephant, kind, expected):
    t, neuron = train(kind)
    assert t.size > 5000
    witness = []
    for i in range(N_NEURONS):
        mine = t[neuron == i]
        isis = [elephant.isi(mine[in_window(mine, *w)]) for w in WINDOWS]
        witness.append(elephant.cv(np.concatenate(isis)))
    cv = isi_cv(t, neuron, WINDOWS)
    np.testing.assert_allclose(cv, witness, rtol=1e-10)
    # A gamma process of shape k has CV 1/sqrt(k).
    assert cv.mean() == pytest.approx(expected, rel=0.05)


def test_isi_cv_of_regular_trains_is_zero():
    t = np.concatenate([np.arange(0, 10, 0.1), np.arange(0, 10, 0.07)])
    neuron = np.repeat([3, 8], [100, 143])
    np.testing.assert_allclose(isi_cv(t, neuron, [(0.0, 10.0)]), [0.0, 0.0], atol=1e-6)


def test_isis_do_not_cross_windows():
    # Regular within both windows, with a pause between them.
    t = np.concatenate([np.arange(10) * 0.1, 50 + np.arange(10) * 0.1])
    neuron = np.zeros(20, dtype=int)
    assert isi_cv(t, neuron, [(0.0, 1.0), (50.0, 51.0)]) == pytest.approx([0.0], abs=1e-6)
    assert isi_cv(t, neuron, [(0.0, 51.0)])[0] > 4


def test_isi_cv_leaves_out_neurons_with_few_intervals():
    # 5, 6 and 1 spikes: 4, 5 and 0 intervals.
    t = np.concatenate([np.arange(5) * 0.1, np.arange(6) ** 2 * 0.01, [0.2]])
    neuron = np.repeat([0, 1, 2], [5, 6, 1])
    odd = np.array([1, 3, 5, 7, 9])
    assert isi_cv(t, neuron, [(0.0, 1.0)]) == pytest.approx([odd.std() / odd.mean()])
    assert isi_cv(t, neuron, [(0.0, 1.0)], min_isis=4).shape == (2,)
    assert isi_cv(t, neuron, [(0.0, 1.0)], min_isis=6).shape == (0,)


@pytest.mark.parametrize(
    ("t", "windows"), [([], [(0.0, 1.0)]), ([0.5], [(0.0, 1.0)]), ([0.1] * 9, [(0.0, 1.0)])]
)
def test_isi_cv_of_nothing_is_empty(t, windows):
    neuron = np.zeros(len(t), dtype=int)
    assert isi_cv(t, neuron, windows).shape == (0,)
    assert isi_cv(t, neuron, []).shape == (0,)


# --------------------------------------------------------------------------- synchrony
def correlated(t, neuron):
    """Neurons 1 and 2 also fire whenever neuron 0 does."""
    shared = t[neuron == 0]
    t = np.concatenate([t, shared, shared])
    return t, np.concatenate([neuron, np.repeat([1, 2], shared.size)])


@pytest.mark.parametrize("kind", ["poisson", "gamma"])
@pytest.mark.parametrize("bin_width", [0.1, 0.02])
def test_count_correlation_agrees_with_elephant(elephant, kind, bin_width):
    t, neuron = correlated(*train(kind))
    assert t.size > 5000
    # Elephant has one window, so the windows are moved next to each other.
    trains, offset = [[] for _ in range(N_NEURONS)], 0.0
    for start, stop in WINDOWS:
        for i, moved in enumerate(trains):
            mine = t[neuron == i]
            moved.append(mine[in_window(mine, start, stop)] - start + offset)
        offset += stop - start
    matrix = elephant.correlation([np.concatenate(x) for x in trains], offset, bin_width)
    witness = matrix[np.triu_indices(N_NEURONS, k=1)].mean()
    found = count_correlation(t, neuron, N_NEURONS, WINDOWS, bin_width)
    assert found == pytest.approx(witness, abs=1e-10)
    assert found > 0.02


def test_count_correlation_of_independent_trains_is_near_zero():
    t, neuron = train("poisson")
    # 500 bins, 66 pairs: standard error of the mean near 1/sqrt(500*66) = 0.0055.
    assert abs(count_correlation(t, neuron, N_NEURONS, [(0.0, 50.0)])) < 0.02


def test_count_correlation_of_identical_trains_is_one():
    t = train("poisson")[0]
    both = np.concatenate([t, t])
    neuron = np.repeat([0, 3], t.size)
    assert t.size > 5000
    assert count_correlation(both, neuron, 4, WINDOWS) == pytest.approx(1.0)


def test_count_correlation_of_alternating_trains_is_minus_one():
    t = 0.05 + 0.1 * np.arange(100)
    assert count_correlation(t, np.arange(100) % 2, 2, [(0.0, 10.0)]) == pytest.approx(-1.0)


def test_count_correlation_drops_partial_bins():
    t = np.concatenate([0.05 + 0.1 * np.arange(100), np.full(50, 10.05)])
    neuron = np.concatenate([np.arange(100) % 2, np.arange(50) % 2])
    assert count_correlation(t, neuron, 2, [(0.0, 10.09)]) == pytest.approx(-1.0)
    assert count_correlation(t, neuron, 2, [(0.0, 10.1)]) > 0.5


def test_count_correlation_draws_the_same_neurons_for_the_same_seed():
    t, neuron = correlated(*train("poisson"))

    def some(seed):
        return count_correlation(t, neuron, N_NEURONS, WINDOWS, max_neurons=4, seed=seed)

    assert some(1) == some(1)
    assert len({some(seed) for seed in range(8)}) > 4


def test_silent_and_constant_neurons_have_no_correlation():
    t, neuron = train("poisson")
    everyone = count_correlation(t, neuron, N_NEURONS, WINDOWS)
    clock = np.arange(500) * 0.1 + 0.05
    t = np.concatenate([t, clock])
    neuron = np.concatenate([neuron, np.full(500, N_NEURONS)])
    assert count_correlation(t, neuron, N_NEURONS + 10, WINDOWS) == pytest.approx(everyone)


@pytest.mark.parametrize(
    ("t", "neuron", "windows"),
    [
        ([], [], [(0.0, 10.0)]),
        ([0.5], [0], [(0.0, 10.0)]),
        ([0.5, 0.7, 3.0], [1, 1, 1], [(0.0, 10.0)]),
        ([0.05, 0.05], [0, 1], [(0.0, 0.1)]),
        ([0.05, 0.05], [0, 1], [(0.0, 0.09), (1.0, 1.05)]),
        ([0.05, 0.05], [0, 1], [(2.0, 3.0)]),
        ([0.05, 0.05], [0, 1], []),
    ],
)
def test_count_correlation_without_two_neurons_or_two_bins_is_nan(t, neuron, windows):
    assert np.isnan(count_correlation(t, np.array(neuron, dtype=int), 2, windows))


def test_count_correlation_of_one_neuron_is_nan():
    t = train("poisson")[0]
    assert np.isnan(count_correlation(t, np.zeros(t.size, dtype=int), 1, WINDOWS))
    assert np.isnan(count_correlation(*train("poisson"), N_NEURONS, WINDOWS, max_neurons=1))


# ------------------------------------------------------------- comparison, uncertainty
def test_ks_distance_of_known_samples():
    assert ks_distance([1, 2, 3, 4], [1, 2, 3, 4]) == 0.0
    assert ks_distance([1, 2], [3, 4, 5]) == 1.0
    # At 2: all of the first, a quarter of the second.
    assert ks_distance([1, 2], [2, 3, 4, 5]) == pytest.approx(0.75)
    assert ks_distance([1.0], [1.0]) == 0.0
    assert np.isnan(ks_distance([1.0, np.nan], [1.0, 2.0]))


def test_ks_distance_is_the_gap_between_the_distribution_functions():
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=700), rng.normal(0.5, 2.0, size=450)
    gap = max(abs((a <= x).mean() - (b <= x).mean()) for x in np.concatenate([a, b]))
    assert ks_distance(a, b) == pytest.approx(gap)
    assert gap > 0.2


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    # Newcombe 1998, Stat Med 17:857-872, table I, method 3.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_proportion_interval_has_the_published_bounds(k, n, low, high):
    assert proportion_interval(k, n) == pytest.approx((k / n, low, high), abs=5e-5)


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.99])
@pytest.mark.parametrize(("k", "n"), [(0, 1), (3, 7), (500, 500), (123, 4567)])
def test_proportion_interval_solves_the_score_equation(k, n, confidence):
    value, low, high = proportion_interval(k, n, confidence)
    z = stats.norm.ppf((1 + confidence) / 2)
    for p in (low, high):
        assert (value - p) ** 2 == pytest.approx(z**2 * p * (1 - p) / n, abs=1e-9)
    assert 0 <= low <= value <= high <= 1
    assert low < high


def test_median_interval_lies_between_the_order_statistics():
    # Binomial(10, 1/2): at most 1 in 2.1 % of samples of 10, so values 2 and 9 bound 95 %.
    assert median_interval(np.arange(1.0, 11.0)[::-1]) == (5.5, 2.0, 9.0)
    # At most 5 in 2.1 % of samples of 20.
    assert median_interval(np.arange(1.0, 21.0)) == (10.5, 6.0, 15.0)


def test_median_interval_covers_the_median():
    rng = np.random.default_rng(11)
    intervals = [median_interval(x)[1:] for x in rng.exponential(size=(400, 25))]
    covered = np.mean([low <= np.log(2) <= high for low, high in intervals])
    # 95.7 % for 25 values; four standard errors of 400 samples are 4 %.
    assert 0.917 < covered < 0.997


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.99])
@pytest.mark.parametrize("n", [1, 2, 5, 6, 7, 40, 101, 1500])
def test_median_interval_agrees_with_scipy(n, confidence):
    x = np.random.default_rng(n).normal(size=n)
    low, high = stats.quantile_test(x, p=0.5).confidence_interval(confidence)
    expected = x.min() if np.isnan(low) else low, x.max() if np.isnan(high) else high
    assert median_interval(x, confidence) == (np.median(x), *expected)


def test_median_interval_ignores_nan():
    values = np.append(np.arange(1.0, 11.0), [np.nan, np.nan])
    assert median_interval(values) == (5.5, 2.0, 9.0)


def test_median_interval_of_a_small_sample_is_its_range():
    assert median_interval([3.0]) == (3.0, 3.0, 3.0)
    assert median_interval([2.0, 9.0, 3.0, 1.0, 4.0]) == (3.0, 1.0, 9.0)


@pytest.mark.parametrize("interval", [proportion_interval(0, 0), median_interval([np.nan])])
def test_intervals_of_nothing_are_nan(interval):
    assert len(interval) == 3
    assert np.isnan(interval).all()
    assert np.isnan(median_interval([])).all()


def test_intervals_are_python_floats():
    for value in (*proportion_interval(np.int64(3), np.int32(7)), *median_interval(range(9))):
        assert type(value) is float


# ------------------------------------------------------------------------------ errors
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: firing_rate([], 3, 1.0, 1.0), "stop = 1.0 s must lie after start = 1.0 s"),
        (lambda: firing_rate([], 3, 1.0, np.nan), "stop = nan s must lie after"),
        (lambda: firing_rate([], 0, 0.0, 1.0), "n_neurons = 0 must be at least 1"),
        (lambda: population_rate([], 0, 0.0, 1.0, 0.1), "n_neurons = 0"),
        (lambda: population_rate([], 1, 2.0, 1.0, 0.1), "stop = 1.0 s"),
        (lambda: population_rate([], 1, 0.0, 1.0, 0.0), "bin_width = 0.0 s must be positive"),
        (lambda: filtered_rate([], 1, 2.0, 1.0, 0.1, 0.1), "stop = 1.0 s"),
        (lambda: filtered_rate([], -1, 0.0, 1.0, 0.1, 0.1), "n_neurons = -1"),
        (lambda: filtered_rate([], 1, 0.0, 1.0, -0.1, 0.1), "dt = -0.1 s must be positive"),
        (lambda: filtered_rate([], 1, 0.0, 1.0, 0.1, 0.0), "tau = 0.0 s must be positive"),
        (lambda: isi_cv([], [], [(1.0, 0.0)]), "stop = 0.0 s"),
        (lambda: isi_cv([0.1], [0, 1], [(0.0, 1.0)]), r"one shape, got \(1,\) and \(2,\)"),
        (lambda: count_correlation([0.1], [4], 4, WINDOWS), r"neuron must lie in 0\.\.3"),
        (lambda: count_correlation([0.1], [-1], 4, WINDOWS), r"got -1\.\.-1"),
        (lambda: count_correlation([], [], 0, WINDOWS), "n_neurons = 0"),
        (lambda: count_correlation([], [], 1, WINDOWS, bin_width=0.0), "bin_width = 0.0 s"),
        (lambda: count_correlation([], [], 1, [(1.0, 0.0)]), "stop = 0.0 s"),
        (lambda: ks_distance([], [1.0]), "sample a is empty"),
        (lambda: ks_distance([1.0], []), "sample b is empty"),
        (lambda: proportion_interval(8, 7), "k = 8 must lie in 0..n, with n = 7"),
        (lambda: proportion_interval(-1, 7), "k = -1"),
        (lambda: proportion_interval(1, 7, 1.0), "confidence = 1.0 must lie between 0 and 1"),
        (lambda: median_interval([1.0], 95), "confidence = 95 must lie between 0 and 1"),
    ],
)
def test_bad_input_raises_and_names_the_value(call, message):
    with pytest.raises(ValueError, match=message):
        call()
