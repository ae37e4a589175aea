"""Agreement of targets: planted faults are caught, and nothing else is."""

from __future__ import annotations

import dataclasses
import json
import math
from types import MappingProxyType

import numpy as np
import pytest
from conftest import quiet
from scipy import stats

from pfc_standalone.analysis import agreement
from pfc_standalone.analysis.agreement import distribution
from pfc_standalone.commands.verbs import verify as verify_command
from pfc_standalone.experiment import Weights
from pfc_standalone.experiment.weights import BY_HAND
from pfc_standalone.models.spiking.populations import population_table
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.results.raw import RunResult
from pfc_standalone.simulation import verify
from pfc_standalone.simulation.targets import get_target

P = with_values(Parameters(), {"network.n_per_unit": 25})


# ---------------------------------------------------------------------- pure functions
def train(*spikes):
    step, neuron = zip(*spikes, strict=True) if spikes else ((), ())
    return np.array(step, dtype=np.int64), np.array(neuron, dtype=np.int64)


def test_first_difference():
    spikes = [(1, 5), (2, 0), (2, 7), (9, 3)]
    assert agreement.first_difference(train(*spikes), train(*spikes[::-1])) is None
    assert agreement.first_difference(train(), train()) is None
    missing = agreement.first_difference(train(*spikes), train(*spikes[:2], spikes[3]))
    assert missing == agreement.Difference(2, 7, True, 2)
    more = agreement.first_difference(train(*spikes), train((0, 9), *spikes))
    assert more == agreement.Difference(0, 9, False, 0)
    late = agreement.first_difference(train((1, 1), (4, 2)), train((1, 1), (5, 2)))
    assert late == agreement.Difference(4, 2, True, 1)


def test_the_distance_is_that_of_kolmogorov_and_smirnov():
    rng = np.random.default_rng(1)
    first, second = ([rng.poisson(mean, 8) for _ in range(4)] for mean in (3.0, 5.0))
    found = agreement.compare_seeds("p", "rate", first, second)
    expected = stats.ks_2samp(np.concatenate(first), np.concatenate(second)).statistic
    assert found.distance == pytest.approx(expected, abs=1e-6)
    assert found.distance > 0.1


def test_divisions_that_were_drawn_do_not_stay(monkeypatch):
    first, second = ([[float(k + shift)] for k in range(8)] for shift in (0, 9))
    with monkeypatch.context() as few:
        few.setattr(distribution, "MAX_DIVISIONS", 100)
        drawn = agreement.compare_seeds("p", "rate", first, second).p
    assert drawn >= 1 / 100
    every = agreement.compare_seeds("p", "rate", first, second).p
    assert every == pytest.approx(2 / math.comb(16, 8))


def test_p_is_that_of_a_permutation_test():
    rng = np.random.default_rng(2)
    first = [rng.normal(0.6, 1, 30) for _ in range(5)]
    second = [rng.normal(0.0, 1, 30) for _ in range(5)]

    def distance(one, other):
        return stats.ks_2samp(
            np.concatenate([seeds[int(i)] for i in one]),
            np.concatenate([seeds[int(i)] for i in other]),
        ).statistic

    seeds = first + second
    expected = stats.permutation_test(
        (np.arange(5), np.arange(5, 10)), distance, alternative="greater", vectorized=False
    )
    found = agreement.compare_seeds("p", "rate", first, second)
    assert found.p == pytest.approx(expected.pvalue, abs=1e-9)
    assert 0 < found.p < 0.1
    null = np.quantile(expected.null_distribution, [0.5, 0.95])
    assert [found.null_median, found.null_95] == pytest.approx(null, abs=1e-6)


def test_false_alarms_are_as_rare_as_promised():
    """Values of a seed depend on each other; seeds do not."""
    rng = np.random.default_rng(3)

    def seeds():
        return [rng.normal(rng.normal(0, 1), 1, 20) for _ in range(6)]

    p = np.array([agreement.compare_seeds("p", "rate", seeds(), seeds()).p for _ in range(300)])
    assert stats.kstest(p, "uniform").pvalue > 0.01
    naive = [stats.ks_2samp(*map(np.concatenate, (seeds(), seeds()))).pvalue for _ in range(300)]
    assert np.mean(np.array(naive) < 0.05) > 0.5  # as if every value were independent


def test_holm_by_hand():
    assert agreement.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert agreement.holm([0.6, 0.5]).tolist() == [1.0, 1.0]
    assert agreement.holm([]).size == 0


# ----------------------------------------------------------------------- planted faults
class Faulty:
    """A target that computes something else than it is asked to."""

    def __init__(self, name, **changes):
        self.name = name
        self._right = get_target("cpp")
        self._changes = {k.replace("__", "."): v for k, v in changes.items()}

    def __getattr__(self, name):
        return getattr(self._right, name)

    def _wrong(self, parameters):
        return with_values(parameters, self._changes)

    def build(self, parameters, on_progress):
        return FaultyBuild(self._right.build(self._wrong(parameters), on_progress), self._wrong)


class FaultyBuild:
    """Runs what was asked for with other parameters."""

    def __init__(self, right, wrong):
        self._right, self._wrong_parameters = right, wrong

    def __getattr__(self, name):
        return getattr(self._right, name)

    def run(self, requests, folder, processes, on_progress):
        def wrong(request):
            points = (
                dataclasses.replace(p, parameters=self._wrong_parameters(p.parameters))
                for p in request.points
            )
            return dataclasses.replace(request, points=tuple(points))

        changed = {k: wrong(r) for k, r in requests.items()}
        return self._right.run(changed, folder, processes, on_progress)


FAULTS = [
    Faulty("weight", axcpt__x_to_t=P["axcpt.x_to_t"] * 1.1),
    Faulty("nmda jump", receptors__nmda_alpha=0.3),
    Faulty("delay", network__synaptic_delay=0.6),
]


def test_faults_are_caught_spike_by_spike():
    cpp = get_target("cpp")
    found = verify.verify_exact(P, [cpp, Faulty("none"), *FAULTS], quiet)
    none, *faulty = found
    assert none.agrees
    assert none.cause == verify.EQUAL
    assert none.spikes >= 2000
    assert none.horizon > 2
    for result in faulty:
        assert result.cause == verify.REAL, result
        assert not result.agrees
        assert result.horizon < 1
        assert set(result.v) == {"cpp", result.target}
        one, other = result.v.values()
        assert -0.08 < one != other < -0.04
        assert abs(one - other) <= result.largest_difference
    weight = next(r for r in faulty if r.target == "weight")
    # the cue's image shares pixels with X's: T is the first to notice
    assert weight.population == "output_T"


def test_faults_are_caught_in_distribution():
    cpp = get_target("cpp")
    faulty = Faulty("weight", recurrent__nmda_exc=P["recurrent.nmda_exc"] * 1.1), FAULTS[1]
    found = verify.verify_distributions(P, [cpp, Faulty("none"), *faulty], 10, quiet)
    none, *wrong = found
    assert none.agrees, none.differing
    assert len(none.comparisons) == 3 * len(population_table(P))
    for result in wrong:
        assert not result.agrees
        assert {"memory_A", "memory_B"} <= {c["population"] for c in result.differing}
        assert not result.silent


def test_weights_decide_what_is_compared(tmp_path):
    """``--weights`` is used: two other weights give other spikes than those by hand."""
    cpp, weights = get_target("cpp"), Weights({("input_A", "memory_A"): 0.0})
    hand, file = (
        verify.verify_exact(P, [cpp, Faulty("none")], quiet, w)[0] for w in (BY_HAND, weights)
    )
    assert hand.agrees
    assert file.cause == verify.EQUAL
    assert file.spikes < hand.spikes
    bad = tmp_path / "w.nc"
    Weights({("input_Q", "memory_A"): 1.0}).save(bad)
    assert verify_command.main(["--targets", "cpp,numpy", "--weights", str(bad)]) == 2


def test_silence_is_no_agreement():
    silent = with_values(P, {f"{layer}.background_exc": 0.0 for layer in ("input", "memory")})
    target = get_target("cpp")
    (exact,) = verify.verify_exact(
        with_values(silent, {"output.background_exc": 0.0, "output.background_inh": 0.0}),
        [target, Faulty("none")],
        quiet,
    )
    assert exact.cause == verify.EQUAL
    (found,) = verify.verify_distributions(silent, [target, Faulty("none")], 10, quiet)
    assert not found.differing
    assert not found.agrees
    assert any(text.startswith("memory_nonselective: 0 spikes") for text in found.silent)


def test_too_few_spikes_prove_nothing():
    few = verify.ExactResult("a", "b", verify.EQUAL, verify.MIN_EXACT_SPIKES - 1, 1.0)
    assert not few.agrees


# ------------------------------------------------------------------ why two targets part
class Played:
    """A target whose runs are made up: a spike more at step 30, potentials off by some volts."""

    def __init__(self, name, extra, off, off_early):
        self.name, self._extra, self._off, self._off_early = name, extra, off, off_early

    max_processes = 1
    digest = "0"
    phases = MappingProxyType({"generate": 0.0, "compile": 0.0})
    versions = MappingProxyType({})

    def default_batch(self, replicates):
        return 1

    def build(self, parameters, on_progress):
        return self

    def run(self, requests, folder, processes, on_progress):
        ((number, request),) = requests.items()
        last = round(request.duration / 1e-4)
        n_neurons = population_table(request.parameters)[-1].stop
        spikes = [(s, s % n_neurons) for s in range(2, last)] + self._extra
        spikes = sorted(s for s in spikes if s[0] < last)
        step, neuron = (np.array(x) for x in zip(*spikes, strict=True))
        v = np.full(n_neurons, -0.06)
        v[3] += self._off if last > 5 else self._off_early
        arrays = {"spikes.i": neuron.astype(np.int32), "spikes.t": step * 1e-4, "neurons.v": v}
        phases = {"start": 0.0, "simulate": 1.0, "write": 0.0}
        yield number, RunResult.of_arrays(folder / str(number), arrays, phases)


@pytest.mark.parametrize(
    ("off", "off_early", "cause"),
    [
        (1e-16, 1e-17, verify.ROUNDING),
        (1e-16, 0.0, verify.ORDER),
        (1e-9, 0.0, verify.REAL),
    ],
)
def test_the_cause_is_found(off, off_early, cause):
    reference, other = Played("one", [], 0.0, 0.0), Played("two", [(3000, 700)], off, off_early)
    (found,) = verify.verify_exact(P, [reference, other], quiet)
    assert found.cause == cause
    assert found.agrees == (cause != verify.REAL)
    assert (found.horizon, found.neuron, found.population) == (0.3, 700, "output_inh")
    assert found.first_with == "two"
    assert found.spikes == 2999  # those before it, and one of another neuron in its step
    assert found.largest_difference == pytest.approx(off, rel=0.5)


# ------------------------------------------------------------------------- command line
def test_the_verdict_is_printed_and_written(tmp_path, monkeypatch, capsys):
    targets = {"cpp": get_target("cpp"), "same": Faulty("same"), "wrong": FAULTS[2]}
    monkeypatch.setattr(verify_command, "get_target", targets.get)
    monkeypatch.setattr(verify, "machine", dict)
    small = ["--n-per-unit", "20", "--output"]
    good = verify_command.main(["--targets", "cpp,same", *small, str(tmp_path / "good.json")])
    shown = capsys.readouterr().out
    assert good == 0, shown
    assert "Verdict: cpp, same agree." in shown
    written = json.loads((tmp_path / "good.json").read_text())
    assert written["agree"] is True
    assert written["exact"][0]["spikes"] > 2000
    bad = verify_command.main(["--targets", "cpp,wrong", *small, str(tmp_path / "bad.json")])
    shown = " ".join(capsys.readouterr().out.split())
    assert bad == 4
    assert "Verdict: cpp, delay DO NOT AGREE." in shown
    assert "Likely cause: a real difference." in shown
    assert "One step before, its membrane potential was -" in shown
    assert json.loads((tmp_path / "bad.json").read_text())["agree"] is False


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--targets", "cpp"], "--targets is cpp, allowed are two or more different ones"),
        (["--targets", "cpp,cpp"], "--targets is cpp,cpp, allowed are two or more different"),
        (["--targets", "cpp,fpga"], "the target is fpga, allowed is one of"),
        (["--seeds", "3"], "--seeds is 3, allowed is 10 or more"),
        (["--n-per-unit", "1"], "--n-per-unit is 1, allowed is a whole number from 10"),
        (["--output", "/proc/nowhere/x.json"], "cannot be written"),
    ],
)
def test_bad_requests_are_one_sentence(arguments, message, capsys):
    assert verify_command.main(arguments) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
