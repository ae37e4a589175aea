"""Whatever depends on time follows from the number of the time step, however long a run lasts."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import quiet
from test_targets import STRICT as COARSE
from test_verify import FAULTS, Faulty
from test_verify import P as VERIFIED

from pfc_standalone.analysis.behaviour import add_responses
from pfc_standalone.analysis.spike_statistics import filtered_rate, population_rate
from pfc_standalone.commands.verbs import verify as verify_command
from pfc_standalone.errors import ParameterError
from pfc_standalone.experiment import Point, schedule
from pfc_standalone.experiment.trials import MAX_STEPS, longest_run
from pfc_standalone.models.spiking.populations import population_table
from pfc_standalone.models.spiking.run_values import refractory_steps
from pfc_standalone.models.spiking.stimulus import changes
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.results.dataset import describe_points
from pfc_standalone.simulation import prepare, verify
from pfc_standalone.simulation.simulate import describe_plan, plan_runs, read_plan
from pfc_standalone.simulation.targets import get_target

STRICT = with_values(COARSE, {"network.dt": 0.1})  # whose multiples are rounded
P = Parameters()
DT = P.si("network.dt")
#: How long the runs last, s: a reset, rest, and most of a cue.
LENGTH = 0.7
AT_THE_END = float(np.floor((longest_run(P) - LENGTH) * 100) / 100)
STARTS = {"after a minute": 71.5, "at the end of the longest run": AT_THE_END}


def one_trial(parameters, start, condition=0):
    """A trial whose cue comes half a second after the start."""
    conditions = parameters.network.task.conditions
    return schedule(parameters, [(conditions[condition], "0.75")], round(start + 0.5, 9))


def late(parameters, target, start):
    """The raw results of a run that begins late, and its dataset."""
    parameters = with_values(parameters, {"timing.rest": 0.0, "timing.settle": 0.5})
    points = [
        Point(parameters, one_trial(parameters, start, k), replicate=k)
        for k in range(max(parameters.network.batch, 1))
    ]
    job = prepare(points, target, quiet, LENGTH, start)
    runs = job.run()
    return runs[0], job.label(runs)


# -------------------------------------------------------------------------- same answer
@pytest.fixture(scope="module", params=STARTS.values(), ids=STARTS)
def start(request):
    return request.param


@pytest.fixture(scope="module")
def of_cpp(start):
    return late(STRICT, "cpp", start)


def test_targets_agree_however_late(target, start, of_cpp):
    """Spikes, traces and potentials, bit by bit."""
    expected, _ = of_cpp
    result, _ = late(STRICT, target, start)
    order, expected_order = (np.lexsort((r["spikes.i"], r["spikes.t"])) for r in (result, expected))
    assert order.size > 500
    np.testing.assert_array_equal(result["spikes.i"][order], expected["spikes.i"][expected_order])
    np.testing.assert_array_equal(result["spikes.t"][order], expected["spikes.t"][expected_order])
    for name in result.keys() - {"spikes.i", "spikes.t"}:
        np.testing.assert_array_equal(result[name], expected[name], err_msg=name)
    assert result["populations_traces.g_nmda"].max() > 0


def test_a_late_run_does_what_an_early_one_does(start, of_cpp):
    """The cue is shown when its time has come, and times are those of whole steps."""
    _, data = of_cpp
    spikes, traces = data["spike_time"].values, data["trace_time"].values
    assert data.attrs["start_s"] == start
    for times in (spikes, traces):
        step = np.rint(times / DT).astype(np.int64)
        np.testing.assert_array_equal(times, step * DT)
        assert step.min() - round(start / DT) in range(100)
        assert step.max() < round((start + LENGTH) / DT) <= MAX_STEPS
    assert len(traces) == round(LENGTH / STRICT.si("network.trace_dt"))
    cue = "input_A"
    first, n = (
        int(data[f"population_{name}"].values[data["population_name"].values == cue][0])
        for name in ("start", "size")
    )
    own = (data["spike_neuron"].values >= first) & (data["spike_neuron"].values < first + n)
    own &= data["spike_replicate"].values == 0
    onset = start + 0.5
    shown, before = (
        np.sum((spikes[own] >= t) & (spikes[own] < t + 0.2)) for t in (onset, onset - 0.2)
    )
    assert shown > 5 * max(before, 2)


def test_neurons_are_refractory_however_late_in_single_precision(start, of_cpp):
    """A float32 time of 2e5 s is known to 16 ms."""
    single = with_values(
        STRICT,
        {"network.precision": "float32", "network.batch": 1, "network.traces": False},
    )
    _, data = late(single, "cpp", start)
    step = np.rint(data["spike_time"].values / DT).astype(np.int64)
    neuron = data["spike_neuron"].values
    order = np.lexsort((step, neuron))
    intervals = np.diff(step[order])[np.diff(neuron[order]) == 0]
    assert intervals.size > 500
    assert intervals.min() >= refractory_steps(single, "inh") == 10
    double = np.sum(of_cpp[1]["spike_replicate"].values == 0)
    assert data.sizes["spike"] == pytest.approx(double, rel=0.1)


# ------------------------------------------------------------------------ what a run takes
@pytest.mark.parametrize(
    ("t_ref", "dt", "steps"),
    [(2.0, 0.1, 20), (0.7, 0.1, 7), (2.05, 0.1, 20), (2.06, 0.1, 21), (1.0, 0.25, 4)],
)
def test_refractory_steps(t_ref, dt, steps):
    assert refractory_steps(with_values(P, {"network.dt": dt, "exc.t_ref": t_ref}), "exc") == steps


def test_the_stimulus_of_a_late_run_is_that_of_an_early_one():
    early = changes(P, one_trial(P, 0.0))
    for start in STARTS.values():
        frames, patterns = changes(P, one_trial(P, start), start)
        np.testing.assert_array_equal(frames - round(start / P.si("network.stimulus_dt")), early[0])
        np.testing.assert_array_equal(patterns, early[1])


def test_an_interrupted_run_goes_on_where_it_began():
    start = STARTS["after a minute"]
    plan = plan_runs([Point(P, one_trial(P, start))], get_target("cpp"), 1.0, start)
    read = read_plan(describe_plan(plan, get_target("cpp")))
    assert (read.requests[0].start, read.requests[0].duration) == (start, 1.0)


@pytest.mark.parametrize(
    ("start", "duration", "message"),
    [
        (0.0, 214741.9, r"a run lasts 214741\.9 s, allowed is an end at 214741\.8112 s at the "),
        (
            214741.5,
            0.5,
            r"lasts 0\.5 s and begins at 214741\.5 s, allowed is an end at 214741\.8",
        ),
        (0.005, 1.0, r"start is 0\.005 s, allowed is a multiple of network\.stimulus_dt = 0\.01"),
        (-1.0, 1.0, "start is -1 s, allowed is from 0 to"),
    ],
)
def test_a_run_that_cannot_be_counted_is_one_sentence(start, duration, message):
    with pytest.raises(ParameterError, match=message) as said:
        plan_runs([Point(P)], get_target("cpp"), duration, start)
    assert "\n" not in str(said.value)


def test_trials_begin_in_the_run():
    with pytest.raises(ParameterError, match=r"start is 2 s, allowed is from 0 to 1\.5 s, the"):
        plan_runs([Point(P, one_trial(P, 1.0))], get_target("cpp"), None, 2.0)


# -------------------------------------------------------------------------------- analysis
@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_spikes_on_the_edge_of_a_bin_belong_to_it(start):
    """However much their times are rounded."""
    first = round(start / DT)
    spikes = (first + 10 * np.arange(300)) * DT
    stop = start + 0.3
    np.testing.assert_array_equal(population_rate(spikes, 1, start, stop, 1e-3)[1], 1000.0)
    rate = filtered_rate(spikes, 1, start, stop, 1e-3, 0.05)[1]
    expected = filtered_rate(10 * np.arange(300) * DT, 1, 0.0, 0.3, 1e-3, 0.05)[1]
    np.testing.assert_allclose(rate, expected, rtol=1e-6)


def responses(spikes, trials, begin):
    data = describe_points([Point(P, trials)])
    return add_responses(data.assign({n: ("spike", v) for n, v in spikes.items()}), begin)


def test_responses_are_those_of_an_early_run():
    (output,) = (p for p in population_table(P) if p.name == "output_T")
    steps = np.arange(0, 3000, 2)
    spikes = {
        "spike_neuron": output.start + steps.astype(np.int32) % output.size,
        "spike_replicate": np.zeros(steps.size, np.int32),
    }
    found = []
    for begin in (0.0, AT_THE_END):
        trials = one_trial(P, begin)
        time = (round(trials[0].probe_onset / DT) + steps) * DT
        found.append(responses(spikes | {"spike_time": time}, trials, begin))
    early, at_the_end = found
    assert early["trial_response"].item() == "T"
    for name in ("trial_response", "trial_reaction_time", "trial_premature", "trial_correct"):
        assert early[name].item() == at_the_end[name].item()


# ---------------------------------------------------------------------------------- verify
def test_late_starts_lie_where_times_part():
    for changed in ({}, {"network.stimulus_dt": 50.0}, {"network.dt": 0.25}):
        p = with_values(P, changed)
        minute, last = verify.late_starts(p)
        frame = p.si("network.stimulus_dt")
        assert 70 <= minute < 80
        for start in (minute, last):
            assert start / frame == pytest.approx(round(start / frame), abs=1e-6)
        length = verify.exact_point(p).trials[-1].end
        assert last + length <= longest_run(p) < last + length + frame + 1e-6
    cue = verify.exact_point(with_values(P, {"network.stimulus_dt": 50.0}), start=75.5).trials[0]
    assert cue.onset == 76.8
    assert 768000 * DT != 0.05 * 1536


def test_verify_compares_late_runs():
    _, start = verify.late_starts(VERIFIED)
    targets = [get_target("cpp"), Faulty("none"), FAULTS[2]]
    same, delayed = verify.verify_exact(VERIFIED, targets, quiet, start=start)
    assert same.agrees
    assert same.spikes >= 2000
    assert same.start == start < same.horizon <= longest_run(VERIFIED)
    assert delayed.cause == verify.REAL
    assert start <= delayed.horizon < start + 1


def test_verify_late(monkeypatch, tmp_path):
    """The option, and what is handed on."""
    asked = []

    def record(parameters, targets, seeds, report, weights, starts):
        asked.append(starts)
        raise ParameterError("enough")

    monkeypatch.setattr(verify_command, "verify", record)
    arguments = ["--targets", "cpp,numpy", "--output", str(tmp_path / "x.json")]
    assert verify_command.main(arguments) == 2
    assert verify_command.main([*arguments, "--late"]) == 2
    assert asked[0] == (0.0,)
    assert asked[1] == (0.0, *verify.late_starts(with_values(P, {"network.n_per_unit": 25})))
