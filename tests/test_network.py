"""What the compiled network must do whatever its weights: the same spikes, however it is run."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import simulate

from pfc_standalone.experiment import Point, schedule
from pfc_standalone.models.spiking.populations import population_table
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.simulation import prepare
from pfc_standalone.simulation import simulate as simulate_points

STRICT = with_values(
    Parameters(),
    {"network.n_per_unit": 20, "build.strict_math": True},
)


def one_trial(parameters, condition, delay="0.75"):
    by_name = {c.name: c for c in parameters.network.task.conditions}
    return schedule(parameters, [(by_name[condition], delay)])


def sorted_spikes(spikes, replicate=0):
    mine = spikes["spike_replicate"] == replicate
    neuron, time = spikes["spike_neuron"][mine], spikes["spike_time"][mine]
    order = np.lexsort((neuron, time))
    return neuron[order], time[order]


def assert_same(one, other, at_least):
    assert one[0].size == other[0].size >= at_least
    np.testing.assert_array_equal(one[0], other[0])
    np.testing.assert_array_equal(one[1], other[1])


@pytest.fixture(scope="module")
def pooled_alone():
    return sorted_spikes(simulate(STRICT, [one_trial(STRICT, "AX")]))


def test_pooled_and_explicit_give_the_same_spikes(pooled_alone):
    explicit = with_values(STRICT, {"network.connectivity": "explicit"})
    other = sorted_spikes(simulate(explicit, [one_trial(explicit, "AX")]))
    # a cue, a delay and a probe are among them
    assert pooled_alone[1].max() > 2.0
    assert_same(pooled_alone, other, at_least=2000)


def test_pooled_and_explicit_agree_in_the_default_build():
    """Sums are added in other orders, so spikes part; the same noise leaves the same activity."""
    counts = {}
    for connectivity in ("pooled", "explicit"):
        values = {"network.n_per_unit": 10, "network.connectivity": connectivity}
        default = with_values(Parameters(), values)
        neuron, _ = sorted_spikes(simulate(default, [one_trial(default, "AX")]))
        ends = [p.stop for p in population_table(default)]
        counts[connectivity] = np.diff(np.searchsorted(np.sort(neuron), ends), prepend=0)
    pooled, explicit = counts["pooled"], counts["explicit"]
    assert pooled.sum() > 2000
    assert (pooled > 5).all()
    assert explicit.sum() == pytest.approx(pooled.sum(), rel=0.1)
    assert np.abs(explicit - pooled).max() < 0.1 * pooled.max()


def test_a_replicate_is_the_same_alone_and_in_a_batch(pooled_alone):
    three = with_values(STRICT, {"network.batch": 3})
    trials = [one_trial(three, c) for c in ("AX", "BY", "BX")]
    batch = simulate(three, trials)
    assert_same(pooled_alone, sorted_spikes(batch, 0), at_least=2000)
    alone = simulate(STRICT, [one_trial(STRICT, "BX")], first_replicate=2)
    assert_same(sorted_spikes(alone, 2), sorted_spikes(batch, 2), at_least=2000)
    # and replicates differ from each other
    first = [sorted_spikes(batch, r)[1][:100] for r in range(3)]
    assert not np.array_equal(first[0], first[1])
    assert not np.array_equal(first[1], first[2])


def test_points_of_one_run_may_differ_in_all_that_is_bound_at_run_time(pooled_alone):
    """Seed, replicate, parameters and trials; each is the same as alone."""
    three = with_values(STRICT, {"network.batch": 3})
    silent = with_values(three, {"memory.background_exc": 0.0})
    seeded = with_values(three, {"experiment.seed": 2})
    ax, bx = (one_trial(three, c) for c in ("AX", "BX"))
    data = simulate_points(
        [Point(three, ax), Point(silent, ax), Point(seeded, bx, replicate=5)], duration=ax[-1].end
    )
    spikes = {n: data[n].values for n in ("spike_time", "spike_neuron", "spike_replicate")}
    assert_same(pooled_alone, sorted_spikes(spikes, 0), at_least=2000)
    neuron, _ = sorted_spikes(spikes, 1)
    memory_exc = (neuron >= 120) & (neuron < 320)  # A, B, non-selective of n_per_unit 20
    assert memory_exc.sum() == 0
    assert neuron.size > 500
    alone = with_values(STRICT, {"experiment.seed": 2})
    expected = simulate(alone, [one_trial(alone, "BX")], first_replicate=5)
    assert_same(sorted_spikes(expected, 5), sorted_spikes(spikes, 2), at_least=2000)
    assert data["experiment.seed"].values.tolist() == [1, 1, 2]
    assert data["memory.background_exc"].values.tolist() == [2.31, 0.0, 2.31]


def test_the_seed_is_all_that_is_random(pooled_alone):
    again = sorted_spikes(simulate(STRICT, [one_trial(STRICT, "AX")]))
    assert_same(pooled_alone, again, at_least=2000)
    other = with_values(STRICT, {"experiment.seed": 2})
    different = sorted_spikes(simulate(other, [one_trial(other, "AX")]))
    assert not np.array_equal(different[1][:100], pooled_alone[1][:100])


def test_two_runs_of_one_binary_do_not_disturb_each_other(pooled_alone):
    trials = one_trial(STRICT, "AX")
    seeded = [with_values(STRICT, {"experiment.seed": seed}) for seed in (1, 2, 1)]
    one, two, three = prepare([Point(p, trials) for p in seeded]).run()
    assert one["spikes.t"].size == pooled_alone[0].size
    np.testing.assert_array_equal(one["spikes.i"], three["spikes.i"])
    np.testing.assert_array_equal(one["spikes.t"], three["spikes.t"])
    assert not np.array_equal(one["spikes.t"][:200], two["spikes.t"][:200])


def test_vectorised_and_stock_templates_give_the_same_spikes(pooled_alone):
    stock = with_values(STRICT, {"build.simd": False})
    assert_same(pooled_alone, sorted_spikes(simulate(stock, [one_trial(stock, "AX")])), 2000)


def test_the_outputs_do_not_start_together():
    """The modeller's first failure: all voltages equal, so both outputs spiked at t = 0."""
    neuron, time = sorted_spikes(simulate(STRICT, [[]], duration=1.0))
    output = (neuron >= 320) & (neuron < 460)
    assert output.sum() > 5
    assert (time[output] == 0.0).mean() < 0.5
    # at most a tenth of all neurons fire in any one step
    _, counts = np.unique(time, return_counts=True)
    assert counts.max() < 0.1 * 575


@pytest.mark.parametrize("precision", ["float32"])
def test_single_precision_has_the_same_rates(precision, pooled_alone):
    single = with_values(STRICT, {"network.precision": precision})
    neuron, time = sorted_spikes(simulate(single, [one_trial(single, "AX")]))
    assert neuron.size == pytest.approx(pooled_alone[0].size, rel=0.1)
    assert time.max() <= pooled_alone[1].max() + 0.05
