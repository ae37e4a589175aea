"""The decision rule, on spikes whose right answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import dataset_of_spikes
from scipy.optimize import brentq

from pfc_standalone.analysis import activity, behaviour
from pfc_standalone.experiment import schedule
from pfc_standalone.models.spiking.populations import population_table
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.tasks import find_task

P = with_values(Parameters(), {"network.n_per_unit": 10})
POPULATIONS = {p.name: p for p in population_table(P)}


def burst(name, start, stop, rate=60.0):
    """Every neuron of a population fires regularly, one after the other."""
    population = POPULATIONS[name]
    times = np.arange(start, stop, 1 / rate)
    late = np.arange(population.size) / (population.size * rate)
    neuron = np.repeat(np.arange(population.start, population.stop), times.size)
    return neuron, (times + late[:, None]).ravel()


def dataset_of(conditions, bursts, parameters=P):
    by_name = {c.name: c for c in find_task("ax-cpt").conditions}
    trials = schedule(parameters, [(by_name[c], "0.75") for c in conditions])
    parts = [burst(*b(trials)) for b in bursts]
    neuron, time = (np.concatenate(x) for x in zip(*parts, strict=True))
    spikes = {
        "spike_time": time,
        "spike_neuron": neuron.astype(np.int32),
        "spike_replicate": np.zeros(time.size, np.int32),
    }
    return dataset_of_spikes(parameters, [trials], spikes), trials


def test_the_first_unit_to_cross_responds():
    data, _ = dataset_of(
        ["AX", "BX"],
        [
            lambda t: ("output_T", t[0].probe_onset + 0.1, t[0].probe_onset + 0.4),
            lambda t: ("output_N", t[0].probe_onset + 0.3, t[0].probe_onset + 0.5),
            lambda t: ("output_T", t[1].probe_onset + 0.2, t[1].probe_onset + 0.4),
        ],
    )
    assert data["trial_response"].values.tolist() == [["T", "T"]]
    assert data["trial_correct"].values.tolist() == [[True, False]]
    np.testing.assert_allclose(
        data["trial_reaction_time"].values[0], [crossing(0.1), crossing(0.2)], atol=0.02
    )


def crossing(begins: float) -> float:
    """Time after the probe at which the filtered 60 Hz that begin then reach the threshold."""
    rule = P.decision

    def missing(time: float) -> float:
        left = 1 - (1 - rule.floor) * min(time / rule.fall, 1)
        return 60 * -np.expm1(-(time - begins) / rule.tau) - rule.threshold * left

    return brentq(missing, begins, begins + 1)


@pytest.mark.parametrize("floor", [0.25, 1.0])
def test_weak_evidence_is_enough_once_the_threshold_has_fallen(floor):
    def weak(t):
        return ("output_N", t[0].probe_onset - 0.5, t[0].probe_onset + 0.6, 12.0)

    data, _ = dataset_of(["BX"], [weak], with_values(P, {"decision.floor": floor}))
    steady, rule = 12.0, P.decision
    assert rule.floor * rule.threshold < steady < rule.threshold
    assert data["trial_response"].values.tolist() == [["N" if floor < 1 else ""]]
    assert not data["trial_premature"].values.any()
    if floor < 1:
        expected = rule.fall * (1 - steady / rule.threshold) / (1 - floor)
        np.testing.assert_allclose(data["trial_reaction_time"].values, expected, atol=0.03)


def test_a_response_before_the_probe_is_an_error():
    data, _ = dataset_of(
        ["AX"],
        [
            lambda t: ("output_T", t[0].probe_onset - 0.3, t[0].probe_onset + 0.3),
        ],
    )
    assert data["trial_premature"].values.tolist() == [[True]]
    assert data["trial_correct"].values.tolist() == [[False]]
    assert np.isnan(data["trial_reaction_time"].values).all()
    assert behaviour.premature_responses(data)["value"] == 1.0


def test_no_response_is_an_error_and_says_so():
    data, _ = dataset_of(["AX"], [lambda t: ("output_T", 0.0, 0.2)])
    assert data["trial_response"].values.tolist() == [[""]]
    assert data["trial_correct"].values.tolist() == [[False]]
    assert np.isnan(behaviour.reaction_time(data)["0.75"]["AX"]["value"])


def test_a_response_after_the_window_does_not_count():
    data, _ = dataset_of(
        ["AX"],
        [lambda t: ("output_T", t[0].probe_onset + 0.65, t[0].probe_onset + 0.8)],
    )
    assert data["trial_response"].values.tolist() == [[""]]


def test_simultaneous_crossings_go_to_the_larger_rate():
    rates = np.array([[0.0, 25.0, 30.0], [0.0, 40.0, 10.0]])
    for threshold, parts, expected in (
        (20.0, (slice(0, 1), slice(1, 3)), (1, 0, False)),
        (50.0, (slice(0, 1), slice(1, 3)), (-1, -1, False)),
        (20.0, (slice(0, 2), slice(2, 3)), (1, -1, True)),
    ):
        assert behaviour.decide(rates, np.full(2, threshold), *parts) == expected
    falling = np.array([50.0, 29.0])  # what is too little at first
    assert behaviour.decide(rates, falling, slice(0, 1), slice(1, 3)) == (0, 1, False)


def test_accuracy_counts_trials_of_a_condition():
    data, _ = dataset_of(
        ["AX", "AX", "BY"],
        [
            lambda t: ("output_T", t[0].probe_onset, t[0].probe_onset + 0.3),
            lambda t: ("output_N", t[2].probe_onset, t[2].probe_onset + 0.3),
        ],
    )
    accuracy = behaviour.accuracy(data)["0.75"]
    assert (accuracy["AX"]["value"], accuracy["AX"]["n"]) == (0.5, 2)
    assert (accuracy["BY"]["value"], accuracy["BY"]["n"]) == (1.0, 1)
    assert accuracy["AX"]["low"] < 0.5 < accuracy["AX"]["high"]


@pytest.mark.parametrize(("unit", "held"), [("memory_A", 1.0), ("memory_B", 0.0)])
def test_rates_and_memory(unit, held):
    data, _ = dataset_of(["AX"], [lambda t: (unit, t[0].onset, t[0].probe_onset + 0.1)])
    rates = activity.population_rates(data)
    assert activity.memory_held(data)["0.75"]["value"] == held
    key = "delay" if unit == "memory_A" else "delay_other"
    assert rates[unit][key] == pytest.approx(60, rel=0.1)
    assert rates[unit]["spontaneous"] == 0
    assert rates["input_X"]["delay"] == 0


def test_both_memories_active_is_not_held():
    both = [
        lambda t: ("memory_A", t[0].onset, t[0].probe_onset),
        lambda t: ("memory_B", t[0].onset, t[0].probe_onset),
    ]
    data, _ = dataset_of(["AX"], both)
    assert activity.memory_held(data)["0.75"]["value"] == 0.0
