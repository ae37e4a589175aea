"""Sweeps on this machine: which points there are, what is kept of them, and that none is lost or
simulated twice.
"""

from __future__ import annotations

import csv
import json
import os
import signal
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest

from benchmarks.stub_target import StubBuild, StubTarget
from pfc_standalone import Parameters, interrupts, simulate, study, with_values
from pfc_standalone.analysis.activity import population_rates
from pfc_standalone.analysis.behaviour import reaction_time
from pfc_standalone.commands import sweeping
from pfc_standalone.commands.experiments import KIND, SWEEP
from pfc_standalone.commands.progress import Points
from pfc_standalone.commands.verbs import finish, reproduce, show
from pfc_standalone.commands.verbs import sweep as verb
from pfc_standalone.errors import TargetError
from pfc_standalone.experiment.sweep import make_sweep
from pfc_standalone.results import load_results, parameter_values
from pfc_standalone.results.dataset import write_dataset
from pfc_standalone.results.provenance import provenance
from pfc_standalone.results.rows import Rows
from pfc_standalone.results.sweep_table import describe_sweep
from pfc_standalone.simulation.sweeping import plan_groups

P = Parameters()
RATE = ("--model", "rate", "--trials", "1", "--delay", "0.5", "--no-figures")
OVER = ("--over", "memory.gain=0.5:0.9:0.2", "--seeds", "2")


def axes(*texts):
    return {name: list(values) for name, values in make_sweep(P, texts, 1).axes.items()}


# -------------------------------------------------------------------------------- points
def test_ranges_hold_both_ends_as_typed():
    assert axes("memory.gain=0.8:1:0.02")["memory.gain"] == [
        0.8, 0.82, 0.84, 0.86, 0.88, 0.9, 0.92, 0.94, 0.96, 0.98, 1.0
    ]  # fmt: skip
    assert axes("memory.gain=1:0.7:-0.1")["memory.gain"] == [1.0, 0.9, 0.8, 0.7]
    assert axes("memory.gain=0:1:0.4")["memory.gain"] == [0.0, 0.4, 0.8]
    assert axes("memory.gain=1:1:5")["memory.gain"] == [1.0]
    assert axes("network.n_per_unit=10:30:10,100")["network.n_per_unit"] == [10, 20, 30, 100]


def test_lists_of_any_kind_of_value():
    assert axes("network.connectivity=pooled, explicit") == {
        "network.connectivity": ["pooled", "explicit"]
    }
    assert axes("build.strict_math=true,false") == {"build.strict_math": [True, False]}
    assert axes("experiment.delays=0.75,5") == {"experiment.delays": [("0.75",), ("5",)]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("memory.gian=1", "memory.gian is not a parameter: did you mean memory.gain"),
        ("memory.gain", "--over is memory.gain, allowed is NAME=VALUES"),
        ("memory.gain=", "--over memory.gain is , allowed is a number from 0 to 10"),
        ("memory.gain=0.8:1:0", "allowed is a step other than 0"),
        ("memory.gain=0.8:1:-0.1", "holds no value: from 0.8 to 1 the step must be above 0"),
        ("memory.gain=1:0.8:0.1", "holds no value: from 1 to 0.8 the step must be below 0"),
        ("memory.gain=0.8:1", "allowed is START:STOP:STEP, three numbers"),
        ("memory.gain=0:nan:1", "allowed is START:STOP:STEP, three numbers"),
        ("memory.gain=0:1e9:1e-9", "allowed are at most 1000000"),
        ("memory.gain=0.8:11:5", "--over memory.gain is 10.8, allowed is a number from 0 to 10"),
        ("network.n_per_unit=10:11:0.5", "is 10.5, allowed is a whole number from 10"),
        ("memory.gain=1,0.5:1:0.5", "has 1.0 twice, allowed are different values"),
        ("experiment.seed=1,2", "use --seeds"),
    ],
)
def test_what_is_no_axis_is_one_sentence(text, said, capsys, tmp_path):
    code = verb.main([*RATE, "--over", text, "--output", str(tmp_path / "out")])
    error = capsys.readouterr().err
    assert code == 2
    assert said in error
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--over", "memory.gain=1"), "--over memory.gain is given twice"),
        (("--set", "memory.gain=1"), "memory.gain has a value and is in --over too"),
        (("--seeds", "0"), "--seeds is 0, allowed is a whole number from 1"),
        (("--seed", "2147483647", "--seeds", "2"), "experiment.seed is 2147483648"),
        (("--over", "network.n_per_unit=10"), "the model rate makes no use of it"),
        (("--over", "network.stimulus_dt=7"), "allowed is a multiple of"),
    ],
)
def test_what_does_not_go_together_is_one_sentence(more, said, capsys, tmp_path):
    out = str(tmp_path / "out")
    assert verb.main([*RATE, "--over", "memory.gain=0.5", *more, "--output", out]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert not list(tmp_path.iterdir())


def test_a_sweep_has_the_points_of_a_study():
    base = with_values(P, {"experiment.trials": 1})
    over = {"memory.gain": [0.5, 1.0], "network.connectivity": ["pooled", "explicit"]}
    sweep = make_sweep(base, ["memory.gain=0.5,1", "network.connectivity=pooled,explicit"], 3)
    expected = study(base, over, seeds=3)
    assert [sweep.point(k) for k in range(len(sweep))] == expected
    assert [sweep.labels(k) for k in range(len(sweep))] == [dict(p.labels) for p in expected]


def test_points_are_grouped_by_build():
    base = with_values(P, {"experiment.trials": 1, "network.batch": 1})
    sweep = make_sweep(base, ["memory.gain=0.5,1", "network.n_per_unit=10,12"], 2)
    groups = plan_groups(sweep, StubTarget())
    assert {g.parameters.network.n_per_unit: g.numbers.tolist() for g in groups} == {
        10: [0, 1, 4, 5], 12: [2, 3, 6, 7]
    }  # fmt: skip


# ---------------------------------------------------------------------------------- rows
def test_rows_outlive_a_torn_line(tmp_path):
    path = tmp_path / "rows"
    rows = Rows(path, 5)
    rows.add({3: {"a": 1.5}})
    rows.add({0: {"a": None, "b": 0.1}, 1: {"b": 2.0}})
    with path.open("ab") as file:
        file.write(b'[2, {"a": 1')
    again = Rows(path, 5)
    again.add({4: {"a": 4.0}})
    assert [n in Rows(path, 5) for n in range(5)] == [True, True, False, True, True]
    assert list(Rows(path, 5)) == [
        (0, {"a": None, "b": 0.1}), (1, {"b": 2.0}), (2, None), (3, {"a": 1.5}), (4, {"a": 4.0}),
    ]  # fmt: skip
    assert again.names() == ["a", "b"]


def test_the_expected_end_leaves_out_what_was_done_before(monkeypatch):
    now = 0.0
    monkeypatch.setattr("time.time", lambda: now)
    monkeypatch.setattr("time.strftime", lambda shape, when: str(when))
    monkeypatch.setattr("time.localtime", lambda end: round(end))
    points = Points(100)
    assert points.words(0.5) == "50 of 100 points"
    now = 60.0  # a tenth took a minute, four are left
    assert points.words(0.6) == "60 of 100 points, expected end 300"


# ------------------------------------------------------------------------------ the verb
@pytest.fixture
def use(monkeypatch):
    """Let the commands find a target under any name."""

    def chosen(target):
        for module in (verb, sweeping):
            monkeypatch.setattr(module, "get_target", lambda name: target)
        return target

    return chosen


def table(folder):
    with (folder / "sweep.csv").open() as file:
        return list(csv.DictReader(file))


def simulated(log):
    return Counter(map(int, log.read_text().split()))


def test_a_row_is_what_simulate_gives(tmp_path):
    """On numpy, several points in a run, beside the verb with one in each."""
    out = tmp_path / "out"
    small = ("--target", "numpy", "--set", "network.batch=2")
    over = ("--over", "memory.gain=0.5,1", "--seeds", "1")
    assert verb.main([*RATE, *small, *over, "--output", str(out)]) == 0
    base = with_values(
        P, {"network.model": "rate", "experiment.trials": 1, "experiment.delays": ("0.5",)}
    )
    data = simulate(study(base, {"memory.gain": [0.5, 1.0]}, seeds=1), "numpy")
    rows = table(out)
    assert [float(row["memory.gain"]) for row in rows] == data["memory.gain"].values.tolist()
    assert [int(row["seed"]) for row in rows] == data["seed"].values.tolist()
    for k, row in enumerate(rows):
        one = data.isel(replicate=[k])
        assert float(row["accuracy"]) == one["trial_correct"].values.mean()
        for condition, found in reaction_time(one)["0.5"].items():
            assert row[f"reaction_time_{condition}_0.5"] == (
                "" if np.isnan(found["value"]) else repr(found["value"])
            )
        for unit, found in population_rates(one).items():
            assert float(row[f"spontaneous_{unit}"]) == found["spontaneous"]
    made = json.loads((out / "summary.json").read_text())["provenance"]
    own = {name: made[name] for name in ("command", "date", "digest")}
    assert made == provenance(data) | own
    assert all(own.values())
    assert made["built_with"]["numpy"] == np.__version__


def test_the_folder_of_a_sweep(use, tmp_path, capsys):
    target, out = use(StubTarget()), tmp_path / "out"
    over = ("--over", "memory.gain=0.5:0.9:0.2", "--over", "rate.update=25,50", "--spikes")
    assert verb.main([*RATE[:-1], *over, "--output", str(out)]) == 0
    assert target.n_built == 2
    assert {p.name for p in out.iterdir()} == {
        "report.html", "results.nc", "summary.json", "points",
        "sweep.csv", "sweep.png", "sweep-means.csv",
    }  # fmt: skip
    rows = table(out)
    loaded = load_results(out)
    assert loaded["accuracy"].values.tolist() == [float(r["accuracy"]) for r in rows]
    assert len(set(loaded["accuracy"].values.tolist())) > 1
    assert [float(r["rate.update"]) for r in rows] == parameter_values(
        loaded, "rate.update"
    ).tolist()
    means = (out / "sweep-means.csv").read_text().splitlines()
    assert means[0] == "memory.gain,rate.update,number,mean,low,high,points"
    assert means[4] == f"0.7,50.0,accuracy,{rows[3]['accuracy']},,,1"
    kept = [load_results(out / "points" / f"{k:07}.nc") for k in range(len(rows))]
    assert [k["memory.gain"].item() for k in kept] == [float(r["memory.gain"]) for r in rows]
    assert [k["trial_correct"].values.mean() for k in kept] == [float(r["accuracy"]) for r in rows]
    assert kept[0]["activity"].size > 100

    page = (out / "report.html").read_text()
    assert "6 of 6 points are whole" in page
    assert page.count('src="data:image/png;base64,') == 1
    capsys.readouterr()
    assert show.main([str(out), "--print"]) == 0
    assert capsys.readouterr().out == f"6 of 6 points are in {out / 'sweep.csv'}\n"
    assert reproduce.main([str(out)]) == 2
    said = capsys.readouterr().err
    assert "holds a sweep" in said
    assert said.strip().endswith(loaded.attrs["command"].strip())


@dataclass(frozen=True)
class Failing(StubBuild):
    """A build whose point of gain 0.7 and seed 2 fails, and leaves a line each time."""

    def before(self, request, on_progress):
        p = request.parameters
        if (p.memory.gain, p.experiment.seed) == (0.7, 2):
            with self.log.with_name("failed").open("a") as file:
                file.write("x")
            raise TargetError("the program\nis ill")


def test_a_point_that_always_fails_costs_itself(use, tmp_path, capsys):
    target = use(StubTarget(tmp_path / "log"))
    target.build_class = Failing
    assert verb.main([*RATE, *OVER, "--output", str(tmp_path / "out")]) == 1
    assert "1 of 6 points failed three times" in (said := capsys.readouterr().err)
    assert "the first, point 3: the program" in said
    assert (tmp_path / "failed").read_text() == "xxx"
    assert simulated(tmp_path / "log") == dict.fromkeys((0, 1, 2, 4, 5), 1)
    assert [bool(row["accuracy"]) for row in table(tmp_path / "out")] == [1, 1, 1, 0, 1, 1]
    assert load_results(tmp_path / "out")["failed"].values.tolist() == [0, 0, 0, 1, 0, 0]
    (failure,) = json.loads((tmp_path / "out" / "summary.json").read_text())["failures"]
    assert failure == {"point": 3, "memory.gain": 0.7, "seed": 2, "error": "the program\nis ill"}


@dataclass(frozen=True)
class Interrupting(StubBuild):
    """A build that gets a Ctrl-C in the middle, once."""

    def before(self, request, on_progress):
        mark = self.log.with_name("interrupted")
        if request.parameters.memory.gain == 0.7 and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("again", ["sweep", "finish"])
def test_interrupted_and_gone_on_with(use, tmp_path, capsys, again):
    target = use(StubTarget(tmp_path / "log"))
    whole, out = tmp_path / "whole", tmp_path / "out"
    assert verb.main([*RATE, *OVER, "--output", str(whole)]) == 0
    (tmp_path / "log").unlink()
    target.build_class = Interrupting
    command = [*RATE, *OVER, "--output", str(out)]
    assert verb.main(command) == 130
    assert "of 6 points are done and kept: go on with" in capsys.readouterr().err
    assert 0 < sum(simulated(tmp_path / "log").values()) < 6
    if again == "sweep":
        assert verb.main([*command[:-3], "3", *command[-2:]]) == 2  # another sweep
        assert "holds finished runs of another command" in capsys.readouterr().err
        assert verb.main(command) == 0
    else:
        assert finish.main([str(out), "--no-figures"]) == 0
    assert simulated(tmp_path / "log") == dict.fromkeys(range(6), 1)
    assert (out / "sweep.csv").read_bytes() == (whole / "sweep.csv").read_bytes()
    found, expected = load_results(out), load_results(whole)
    assert found.drop_attrs().identical(expected.drop_attrs())
    differing = {n for n in expected.attrs if found.attrs[n] != expected.attrs[n]}
    assert differing <= {"date"}  # what made it, otherwise
    assert not np.isnan(load_results(out)["accuracy"]).any()
    assert not out.with_name("out.partial").exists()


def test_a_signal_waits_until_what_is_held_is_done():
    done = []

    def work():
        with interrupts.held():
            signal.raise_signal(signal.SIGINT)
            done.append("by half")
            with interrupts.held():
                done.append("whole")
        done.append("more")

    with interrupts.raised(), pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["by half", "whole"]


def test_a_plan_of_another_version_is_one_sentence(tmp_path, capsys):
    place = sweeping.SweepPlace(tmp_path / "out")
    plan = describe_sweep(make_sweep(P, ["memory.gain=0.9,1"], 2))
    plan = plan.assign_attrs({KIND: SWEEP, "target": "cpp", "spikes": 0})
    del plan.attrs["seeds"]
    place.folder.mkdir()
    (place.folder / ".lock").touch()
    write_dataset(plan, place.plan)
    assert finish.main([str(place.output)]) == 2
    said = capsys.readouterr().err
    assert "is no plan that this version of the program can go on with ('seeds')" in said
    assert said.count("\n") == 1
