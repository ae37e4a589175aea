"""What is made of benchmark results: words, comparison, report."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import compare, measure, records, report, words
from benchmarks.measure import Case, Settings
from pfc_standalone.experiment import Point
from pfc_standalone.experiment.trials import one_of_each
from pfc_standalone.models.spiking.populations import population_table
from pfc_standalone.parameters import Parameters
from pfc_standalone.results.dataset import describe_points
from pfc_standalone.simulation.verify import DistributionResult

PROJECT = Path(__file__).parent.parent


def record(target, n, run_s, simulate, *, seed=0, replicates=1, kind="target", rate=5.0, **facts):
    """One case as pytest-benchmark writes it, with three rounds and ten seeds."""
    rng = np.random.default_rng(seed)
    noise = 1 + 0.01 * rng.standard_normal(3)
    rates = (rate + 0.2 * np.random.default_rng(seed + 1).standard_normal(10)).tolist()
    phases = {"generate": 1.0, "compile": 4.0, "start": 0.1, "simulate": simulate, "write": 0.01}
    verdict = {"verdict": "reference"} if target == "cpp" else {
        "verdict": "agree",
        "comparisons": [
            {"population": "memory_A", "statistic": s, "distance": 0.1, "null_median": 0.1,
             "null_95": 0.2, "p": 0.5, "p_corrected": 1.0}
            for s in ("rate", "isi_cv", "count_correlation")
        ],
    }  # fmt: skip
    extra = {
        "target": target, "n_per_unit": n, "replicates": replicates, "connectivity": "pooled",
        "kind": kind, "agreement": verdict, "neurons": 719, "simulated_s": 1.0 * replicates,
        "steps": 10_000,
        "phases_s": phases, "phases_s_rounds": [phases | {"simulate": simulate * x} for x in noise],
        "real_time_factor": (simulate * noise).tolist(), "ns_per_neuron_step": 9.0,
        "peak_memory_bytes": 10**7, "device_memory_bytes": 0, "synaptic_events_per_s": 1e7,
        "calibration_s": [0.05] * 3,
        "spike_statistics": {"memory_A": {"rate": rates, "isi_cv": [None] * 10}},
    } | facts  # fmt: skip
    return {"stats": {"median": run_s, "data": (run_s * noise).tolist()}, "extra_info": extra}


def results(*benchmarks):
    machine = {
        "processor": "P", "compiler": "g++ 12", "cores": 2, "memory_gb": 8, "system": "Linux",
        "nvcc": "", "gpus": [], "versions": {"brian2": "2.10.1"}, "command": "pytest benchmarks/",
    }  # fmt: skip
    return {
        "machine_info": {"pfc": machine},
        "commit_info": {"id": "abc"},
        "datetime": "2026-11-24T10:00:00.0",
        "benchmarks": list(benchmarks),
        "skipped": [],
    }


@pytest.fixture
def two_targets():
    return results(
        record("cpp", 25, 0.2, 0.1, seed=1),
        record("cpp", 100, 0.4, 0.3, seed=2),
        record("numpy", 25, 10.0, 9.0, seed=3, ratio={"median": 50.0}),
        record("numpy", 100, 11.0, 10.0, seed=4, ratio={"median": 27.5}),
    )


# ------------------------------------------------------------------------------- words
def test_break_even():
    assert words.break_even(10, 1, 0, 3) == 6  # after 5 runs both took 15 s
    assert words.break_even(10, 1, 0, 100) == 1
    assert words.break_even(10, 3, 0, 3) is None
    for build, run, other in ((7.5, 0.3, 1.1), (40, 2, 2.5)):
        n = words.break_even(build, run, 0, other)
        assert build + n * run < n * other
        assert build + (n - 1) * run >= (n - 1) * other


def test_advice_names_the_quickest_and_when_compiling_pays(two_targets):
    numpy = [b["extra_info"] for b in two_targets["benchmarks"][2:]]
    for facts in numpy:
        facts["phases_s"] |= {"compile": 0.0, "generate": 0.0}
    two_targets["benchmarks"][3]["extra_info"]["agreement"]["verdict"] = "not compared"
    best, other, spikes = words.advice(records.table(two_targets))
    assert best == (
        "cpp is the quickest in every case measured: a run of 1 s of biological time takes 0.2 to "
        "0.4 s, after 5 s to build it once."
    )
    # 5 s over 9.0 - 0.1 and 10.0 - 0.3 s for each biological second
    assert other == (
        "numpy takes 28 to 50 times as long; building cpp instead pays from run 1 on, or once 0.52 "
        "to 0.56 s of biological time are simulated."
    )
    assert spikes == (
        "Spike statistics agree with those of cpp in 1 of 1 cases compared; 1 would have taken too "
        "long to compare."
    )
    # nothing differs, but nobody could have seen it
    two_targets["benchmarks"][3]["extra_info"]["agreement"]["verdict"] = measure.TOO_FEW
    *_, spikes = words.advice(records.table(two_targets))
    assert spikes.endswith("in 1 of 1 cases compared; 1 had too few spikes.")
    two_targets["benchmarks"][3]["stats"]["median"] = 0.3
    sentences = words.advice(records.table(two_targets))
    assert sentences[0].startswith("cpp is the quickest at n_per_unit 25 with 1 replicate: a ")
    assert sentences[2].startswith("numpy is the quickest at n_per_unit 100 with 1 replicate")


def test_a_comparison_of_few_spikes_is_not_called_a_difference(monkeypatch):
    found = DistributionResult("numpy", "cpp", [], [], ["memory_B: 42 spikes"])
    monkeypatch.setattr(measure.verify, "compare_samples", lambda *given: [found])
    some = measure.Recorded({}, {})
    monkeypatch.setattr(measure, "record", lambda *given: some)
    settings = Settings(duration=0.1, seeds=10, rounds=1, limit=1e3, values={})
    verdict = measure.compare(Case("numpy", 10), some, settings)["verdict"]
    assert verdict == measure.TOO_FEW


def test_a_peer_is_told_in_words_and_on_the_page(tmp_path):
    peer = record("NEST", 25, 8.0, 7.0, kind="peers", connectivity="explicit")
    peer["extra_info"]["ratio"] = {"median": 38.6}
    (tmp_path / "peers.json").write_text(json.dumps(results(peer)))
    text = report.write_report(tmp_path / "peers.json", tmp_path / "out").read_text()
    assert (
        "NEST takes 39 times as long as cpp at n_per_unit 25, with rates, ISI CV and count "
        "correlations that cannot be told from those of cpp." in text
    )
    assert "<em>NEST</em> and <em>GeNN</em> are other simulators" in text
    peer["extra_info"]["kind"] = "plain"
    (tmp_path / "plain.json").write_text(json.dumps(results(peer)))
    plain = report.write_report(tmp_path / "plain.json", tmp_path / "out").read_text()
    assert "other simulators" not in plain


# -------------------------------------------------------------------------- comparison
def test_nothing_changed(two_targets):
    again = copy.deepcopy(two_targets)
    assert {c.verdict for c in compare.compare_speed(two_targets, again)} == {"no change shown"}
    assert {c.verdict for c in compare.compare_spikes(two_targets, again)} == {"same"}


def test_a_busier_machine_is_no_change(two_targets):
    busy = copy.deepcopy(two_targets)
    for b in busy["benchmarks"]:
        b["extra_info"]["calibration_s"] = [0.1] * 3
        for r in b["extra_info"]["phases_s_rounds"]:
            r["simulate"] *= 2
            r["start"] *= 2
            r["write"] *= 100  # the disk's affair
    assert {c.verdict for c in compare.compare_speed(two_targets, busy)} == {"no change shown"}


def test_a_slower_build_and_a_wrong_weight_are_seen(tmp_path, capsys):
    before = results(record("cpp", 25, 0.2, 0.1, seed=1), record("numpy", 25, 10.0, 9.0, seed=2))
    after = results(
        record("cpp", 25, 0.8, 0.7, seed=1), record("numpy", 25, 10.0, 9.0, seed=2, rate=6.0)
    )
    for name, data in (("before", before), ("after", after)):
        (tmp_path / f"{name}.json").write_text(json.dumps(data))
    code = compare.main([str(tmp_path / "before.json"), str(tmp_path / "after.json")])
    shown = " ".join(capsys.readouterr().out.split())
    assert code == 4
    assert "Verdict: time cpp slower, numpy no change shown; spikes different." in shown
    assert "numpy, n_per_unit 25, 1 replicates: spikes differ: rate of memory_A." in shown
    assert compare.main([str(tmp_path / "before.json")] * 2) == 0
    faster = compare.compare_speed(after, before)
    assert next(c for c in faster if c.target == "cpp").verdict == "faster"


def test_other_spikes_with_the_same_statistics(two_targets):
    other = copy.deepcopy(two_targets)
    rates = other["benchmarks"][0]["extra_info"]["spike_statistics"]["memory_A"]["rate"]
    rates[:] = rates[::-1]
    changes = compare.compare_spikes(two_targets, other)
    assert [c.verdict for c in changes] == ["agree", "same", "same", "same"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read as JSON"),
        ("{}", "is not a result of this project's benchmarks"),
        (json.dumps(results()), "holds no measurement"),
    ],
)
def test_unusable_files_are_one_sentence(tmp_path, capsys, text, message):
    path = tmp_path / "x.json"
    path.write_text(text)
    for command in (
        lambda: compare.main([str(path), str(path)]),
        lambda: report.main([str(path), "--output", str(tmp_path / "out")]),
    ):
        assert command() == 2
        said = capsys.readouterr().err
        assert message in said
        assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()


# ------------------------------------------------------------------------------ report
def test_the_page_needs_no_network(two_targets, tmp_path):
    scaling = [
        record(
            "cpp",
            n,
            1.0,
            1e-3 * n**0.9,
            kind="scaling",
            peak_memory_bytes=1000 * n,
            largest_n_in_memory=100_000,
        )
        for n in (25, 250, 2500, 25000)
    ]
    two_targets["benchmarks"] += scaling
    two_targets["benchmarks"][0]["extra_info"]["profile"] = {"a_codeobject": 0.75, "b": 0.25}
    two_targets["skipped"] = ["numpy at n_per_unit 400: too long"]
    path = tmp_path / "b.json"
    path.write_text(json.dumps(two_targets))
    page = report.write_report(path, tmp_path / "out")
    text = page.read_text()
    assert "http" not in text
    assert text.count("data:image/png;base64,") == 6
    assert "cpp is the quickest" in text
    assert "<li>numpy at n_per_unit 400: too long</li>" in text
    assert "time grows as n<sup>0.90</sup>" in text
    assert "memory as n<sup>1.00</sup>; measured up to n_per_unit 25000" in " ".join(text.split())
    names = {p.name for p in (tmp_path / "out").iterdir()}
    assert {"report.html", "benchmarks.csv", "speed.png", "agreement.png"} <= names
    rows = (tmp_path / "out" / "benchmarks.csv").read_text().splitlines()
    assert len(rows) == 1 + 4 + 4


# ------------------------------------------------------------------------- the command
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--seeds 2", "--seeds is 2, allowed is 10 or more"),
        ("--replicates 1,0", "--replicates is 0, allowed is 1 or more"),
        ("--duration -1", "--duration is -1, allowed is 0.0001 or more"),
        ("--task chess", "the task is chess, allowed is one of: ax-cpt, shapes; or a task file"),
        ("--sizes 3", "--sizes is 3, allowed is a whole number from 10"),
    ],
)
def test_bad_options_are_one_sentence(options, message):
    command = [sys.executable, "-m", "pytest", "benchmarks/", "--benchmark-only"]
    done = subprocess.run(
        [*command, *options.split()], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert done.stderr.strip().startswith(f"ERROR: {message}")
    assert done.stderr.strip().count("\n") == 0


# ------------------------------------------------------------------------- measurement
def test_events_are_counted_by_hand():
    parameters = Parameters()
    populations = population_table(parameters)
    rates = {p.name: 0.0 for p in populations} | {"memory_A": 10.0}
    events = measure.events_per_second(parameters, rates)
    memory = sum(p.size for p in populations if p.layer == "memory")
    output_t = next(p.size for p in populations if p.name == "output_T")
    assert events["synaptic_events"] == pytest.approx(1000 * (memory + output_t))
    assert events["pooled_events"] == pytest.approx(1000 * 5)


def test_a_case_is_measured():
    settings = Settings(duration=0.1, seeds=10, rounds=1, limit=1e3, values={})
    speed = measure.Speed.of(Case("cpp", 10, 2), settings)
    assert 0 < speed.foresee() < 60
    runs = speed.run(1)
    assert len(runs) == 2
    assert not any("spikes.i" in run for run in runs)  # none are recorded
    sizes = {p.name: p.size for p in population_table(speed.parameters)}
    recorded = measure.Recorded({}, dict.fromkeys(sizes, 0.0) | {"memory_inh": 5.0})
    facts = measure.speed_facts(speed, [(runs, 2.0)], recorded)
    simulate = facts["phases_s"]["simulate"]
    assert facts["neurons"] == 2 * population_table(speed.parameters)[-1].stop
    assert facts["real_time_factor"] == [pytest.approx(simulate / 0.2)]
    assert facts["ns_per_neuron_step"] == pytest.approx(simulate / (facts["neurons"] * 1e3) * 1e9)
    pooled_events = 5.0 * sizes["memory_inh"] * 4 * 0.2
    assert facts["pooled_events_per_s"] == pytest.approx(pooled_events / simulate)
    assert facts["synapses_explicit"] > 10 * facts["synapses_pooled"] > 0
    assert facts["peak_memory_bytes"] > 1e6
    shares = measure.profile(Case("cpp", 10), settings)
    assert (
        100
        < measure.largest_size(settings.parameters(Case("cpp", 10, 1, "explicit")))
        < measure.largest_size(speed.parameters)
    )
    assert sum(shares.values()) == pytest.approx(1)
    assert "neurons_stateupdater_codeobject" in list(shares)[:4]


def test_events_are_those_of_the_time_that_is_timed():
    settings = Settings(duration=0.5, seeds=10, rounds=1, limit=1e3, values={})
    parameters = settings.parameters(Case("cpp", 10))
    first = population_table(parameters)[0]
    dataset = describe_points([Point(parameters, one_of_each(parameters))]).assign(
        spike_time=("spike", np.array([0.1, 0.2, 0.9])),
        spike_neuron=("spike", np.zeros(3, np.int32)),
        spike_replicate=("spike", np.zeros(3, np.int32)),
    )
    recorded = measure.Recorded.of(dataset, 0.0, 1.0, settings.duration)
    assert recorded.rates[first.name] == pytest.approx(2 / (first.size * 0.5))
    assert sum(recorded.rates.values()) == recorded.rates[first.name]
    assert recorded.samples[first.name, "rate"][0].max() == pytest.approx(3.0)


def test_a_recording_that_would_take_too_long_says_so():
    settings = Settings(duration=0.1, seeds=10, rounds=1, limit=1e-6, values={})
    said = measure.record(Case("cpp", 10), settings)
    assert said.startswith("10 seeds would take about")
    assert measure.compare(Case("cpp", 10), said, settings) == {
        "verdict": "not compared",
        "reason": said,
    }
    assert measure.statistics(said) == {}
