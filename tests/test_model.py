"""The science: does the network do what docs/model.md says it does?

Strict math makes these runs the same on every machine, so a bound that holds here holds there.
"""

from __future__ import annotations

import numpy as np
import pytest
from conftest import simulate

from pfc_standalone.analysis import activity, behaviour
from pfc_standalone.analysis.spike_statistics import count_correlation, isi_cv, population_rate
from pfc_standalone.experiment import deal, schedule
from pfc_standalone.models.spiking.populations import population_table
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.simulation import simulate as simulate_points
from pfc_standalone.tasks import Condition, find_task

STRICT = with_values(Parameters(), {"build.strict_math": True})


def experiment(**values):
    parameters = with_values(STRICT, {k.replace("__", "."): v for k, v in values.items()})
    return simulate_points(deal(parameters)), parameters


@pytest.fixture(scope="module")
def at_100():
    return experiment(experiment__trials=5)


@pytest.fixture(scope="module")
def at_25():
    return experiment(network__n_per_unit=25, experiment__trials=20)


def conditions(dataset):
    for delay, by_condition in behaviour.accuracy(dataset).items():
        for condition, entry in by_condition.items():
            yield delay, condition, entry


def test_the_task_is_done(at_100):
    dataset, _ = at_100
    entries = list(conditions(dataset))
    assert len(entries) == 8
    for delay, condition, entry in entries:
        assert entry["n"] == 5
        assert entry["value"] >= 0.95, (delay, condition)
    assert behaviour.premature_responses(dataset)["value"] < 0.05


def test_the_task_is_done_by_a_small_network(at_25):
    dataset, _ = at_25
    for delay, condition, entry in conditions(dataset):
        assert entry["n"] == 20
        assert entry["value"] >= 0.85, (delay, condition)
    assert behaviour.premature_responses(dataset)["value"] < 0.05


def test_reaction_times_are_those_of_a_decision(at_100):
    dataset, parameters = at_100
    times = dataset["trial_reaction_time"].values[dataset["trial_correct"].values]
    assert times.size >= 38
    assert np.min(times) > 0.03
    assert np.max(times) < parameters.decision.window


@pytest.mark.parametrize("network", ["at_25", "at_100"])
def test_rates_are_those_of_cortex(network, request):
    """Bounds of docs/model.md."""
    dataset, parameters = request.getfixturevalue(network)
    rates = activity.population_rates(dataset)
    for population in population_table(parameters):
        low, high = (0.3, 5.0) if population.type == "exc" else (4.0, 15.0)
        assert low <= rates[population.name]["spontaneous"] <= high, population.name
    for unit in ("A", "B"):
        preferred, other = (rates[f"memory_{unit}"][k] for k in ("delay", "delay_other"))
        assert 10 <= preferred <= 60
        assert other < 2
        assert (preferred - other) / (preferred + other) >= 0.8


@pytest.mark.parametrize("network", ["at_25", "at_100"])
def test_memory_lasts(network, request):
    dataset, _ = request.getfixturevalue(network)
    held = activity.memory_held(dataset)
    assert set(held) == {"0.75", "5"}
    for entry in held.values():
        assert entry["value"] >= 0.95


def test_no_runaway(at_100):
    dataset, parameters = at_100
    table = activity.SpikeTable(dataset)
    end = float(dataset["trial_end"].max())
    peak = 0.0
    for population in population_table(parameters):
        for replicate in range(dataset.sizes["replicate"]):
            t, _ = table.spikes(population.name, replicate)
            peak = max(peak, population_rate(t, population.size, 0.0, end, 0.05)[1].max())
    assert 40 < peak < 150


def test_irregularity_and_correlation(at_100):
    dataset, parameters = at_100
    table = activity.SpikeTable(dataset)
    n = parameters.network.n_per_unit
    cvs, correlations = [], []
    for replicate in range(dataset.sizes["replicate"]):
        windows = [
            (start, stop)
            for r, start, stop in activity.delay_windows(dataset, "A")
            if r == replicate and stop - start > 2
        ]
        t, neuron = table.spikes("memory_A", replicate)
        cvs.append(isi_cv(t, neuron, windows))
        correlations.append(count_correlation(t, neuron, n, windows))
    assert np.concatenate(cvs).size > 100
    assert np.concatenate(cvs).mean() >= 0.4
    assert np.mean(correlations) < 0.2


@pytest.fixture(scope="module")
def at_rest():
    """Twenty seconds with nothing shown."""
    parameters = with_values(STRICT, {})
    return simulate(parameters, [[]], duration=20.0), parameters


def test_spontaneous_irregularity(at_rest):
    spikes, parameters = at_rest
    memory = next(p for p in population_table(parameters) if p.name == "memory_nonselective")
    mine = (spikes["spike_neuron"] >= memory.start) & (spikes["spike_neuron"] < memory.stop)
    cv = isi_cv(spikes["spike_time"][mine], spikes["spike_neuron"][mine], [(1.0, 20.0)])
    assert cv.size > 100
    assert 0.6 <= cv.mean() <= 1.2


def test_no_memory_without_a_cue(at_rest):
    spikes, parameters = at_rest
    for name in ("memory_A", "memory_B", "output_T", "output_N"):
        p = next(q for q in population_table(parameters) if q.name == name)
        mine = (spikes["spike_neuron"] >= p.start) & (spikes["spike_neuron"] < p.stop)
        assert mine.sum() > 50
        _, rate = population_rate(spikes["spike_time"][mine], p.size, 1.0, 20.0, 0.5)
        assert rate.max() < 5


def test_a_trial_without_cue_starts_no_memory():
    nothing = Condition("nothing", cue=None, probe="X", correct=None)
    trials = schedule(STRICT, [(nothing, "5")] * 2)
    spikes = simulate(STRICT, [trials])
    for p in population_table(STRICT):
        if p.layer == "memory" and p.unit:
            for trial in trials:
                inside = (spikes["spike_time"] > trial.probe_onset - 1) & (
                    spikes["spike_time"] < trial.probe_onset
                )
                mine = (spikes["spike_neuron"] >= p.start) & (spikes["spike_neuron"] < p.stop)
                assert 0 < (inside & mine).sum() / p.size < 5


def test_the_reset_ends_a_memory_and_only_the_reset(at_100):
    def rates_at_the_end(dataset):
        table = activity.SpikeTable(dataset)
        ends = [
            (r, float(t) - 0.2, float(t))
            for r in range(dataset.sizes["replicate"])
            for t in dataset["trial_end"].values[r]
            if np.isfinite(t)
        ]
        return np.array([table.rates(unit, ends) for unit in ("memory_A", "memory_B")])

    assert (rates_at_the_end(at_100[0]) < activity.HELD_HZ).all()
    without, _ = experiment(
        experiment__trials=1, experiment__delays="0.75", experiment__replicates=4,
        afferents__reset_rate=0.0,
    )  # fmt: skip
    assert (rates_at_the_end(without).max(axis=0) > activity.HELD_HZ).mean() > 0.7


def test_low_gain_loses_memory():
    """Reduced gain forgets (B1995); the full gain of the same network does not."""
    held = {}
    for gain in (1.0, 0.7):
        dataset, _ = experiment(
            experiment__trials=2, experiment__delays="5", memory__gain=gain,
            experiment__replicates=2,
        )  # fmt: skip
        held[gain] = activity.memory_held(dataset)["5"]
    assert held[0.7]["n"] == held[1.0]["n"] == 8
    assert held[0.7]["value"] <= 0.25
    assert held[1.0]["value"] >= 0.75


def test_layers_build_up_in_stages():
    """Input alone sees; memory alone holds; without the weights nothing reaches the output."""
    cut = {f"axcpt.{name}": 0.0 for name in ("x_to_t", "x_to_n", "y_to_n", "y_to_t", "a_to_t")}
    parameters = with_values(STRICT, cut | {"axcpt.b_to_n": 0.0})
    ax = find_task("ax-cpt").conditions[0]
    (trial,) = trials = schedule(parameters, [(ax, "0.75")])
    spikes = simulate(parameters, [trials])

    def rate(name, start, stop):
        p = next(q for q in population_table(parameters) if q.name == name)
        mine = (spikes["spike_neuron"] >= p.start) & (spikes["spike_neuron"] < p.stop)
        inside = (spikes["spike_time"] >= start) & (spikes["spike_time"] < stop)
        return (mine & inside).sum() / p.size / (stop - start)

    cue, probe = trial.onset, trial.probe_onset
    assert rate("input_A", cue, cue + 0.3) > 10 > 5 > rate("input_B", cue, cue + 0.3)
    assert rate("input_X", probe, probe + 0.3) > 5 > 3 > rate("input_B", probe, probe + 0.3)
    assert rate("memory_A", cue + 0.6, probe) > 10 > 2 > rate("memory_B", cue + 0.6, probe)
    for unit in ("T", "N"):
        assert rate(f"output_{unit}", cue, probe + 0.6) < 2


def test_shapes_have_one_winner():
    dataset, _ = experiment(network__task="shapes", experiment__trials=10, experiment__delays="1")
    accuracy = behaviour.accuracy(dataset)["1"]
    assert set(accuracy) == {"circle", "cross"}
    for entry in accuracy.values():
        assert entry["n"] == 10
        assert entry["value"] >= 0.9
    table = activity.SpikeTable(dataset)
    for shape, other in (("circle", "cross"), ("cross", "circle")):
        onset = dataset["trial_onset"].values
        shown = np.argwhere(dataset["trial_condition"].values == shape)
        windows = [(int(r), onset[r, k], onset[r, k] + 0.4) for r, k in shown]
        winner, loser = (table.rate(f"output_{s}", windows) for s in (shape, other))
        assert winner > 15
        assert loser < winner / 4
    assert activity.memory_held(dataset)["1"]["value"] >= 0.95
