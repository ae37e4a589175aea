"""Results say where they come from, and are run again from what they say."""

from __future__ import annotations

import json
import shlex
import shutil
import sys

import numpy as np
import pytest

from build_targets.cpp import CppTarget
from build_targets.runtime import NumpyTarget
from pfc_standalone import load_results
from pfc_standalone.analysis.agreement import distribution
from pfc_standalone.commands import run
from pfc_standalone.commands.verbs.reproduce import main
from pfc_standalone.results.dataset import write_dataset
from pfc_standalone.simulation.reproduce import compare_again, trial_groups

SMALL = (
    *("--n-per-unit", "10", "--trials", "3", "--delay", "0.1", "--replicates", "2"),
    *("--set", "timing.settle=0.5", "--no-figures"),
)


@pytest.fixture(scope="module")
def folders(tmp_path_factory, build_cache):
    """Results of the command, of the default build and of strict math."""
    parent = tmp_path_factory.mktemp("reproduce")
    for name, more in {"default": (), "strict": ("--strict-math",)}.items():
        command = [*SMALL, *more, "--output", str(parent / name)]
        assert run.main("cpp", lambda chosen: CppTarget(), argv=command) == 0
    return parent


@pytest.fixture
def changed(folders, tmp_path):
    """A folder whose dataset was changed before it was written."""

    def make(name, change):
        write_dataset(change(load_results(folders / name)), tmp_path / "results.nc")
        return tmp_path

    return make


@pytest.fixture(autouse=True)
def fewer_divisions(monkeypatch):
    """Of trials into groups: enough for this file's verdicts, in a fraction of the time."""
    monkeypatch.setattr(distribution, "MAX_DIVISIONS", 10_000)


def verdict(folder, capsys, *options):
    code = main([str(folder), "--json", *options])
    return code, json.loads(capsys.readouterr().out)


# ------------------------------------------------------------------------------ provenance
def test_files_say_what_made_them(folders):
    said = json.loads((folders / "strict" / "summary.json").read_text())["provenance"]
    attrs = load_results(folders / "strict").attrs
    for name in ("command", "date", "digest", "processor", "system", "version", "target"):
        assert said[name] == attrs[name] != "", name
    assert shlex.split(said["command"])[1:] == sys.orig_argv[1:]
    assert "/" not in said["command"].split()[0]
    assert said["seed"] == 1
    built = said["built_with"]
    assert {"python", "brian2", "numpy", "compiler", "flags", "git_commit"} <= set(built)
    assert {"-O3", "-ffp-contract=off"} <= set(built["flags"].split())
    assert "-ffast-math" not in built["flags"]
    assert "-ffast-math" in load_results(folders / "default").attrs["built_with_flags"]


# ------------------------------------------------------------------------------ the verdict
@pytest.mark.parametrize("name", ["default", "strict"])
def test_the_same_comes_out(folders, name, capsys):
    code, found = verdict(folders / name, capsys)
    assert code == 0
    assert found["number"] > 5000
    assert found["equal"]
    assert found["reproduced"]
    assert found["changed"] == {}
    assert found["strict"] == (name == "strict")


def without_one(data):
    """One spike is gone."""
    return data.isel(spike=np.delete(np.arange(data.sizes["spike"]), 99))


def test_a_spike_that_is_gone_shows_with_strict_math(changed, capsys):
    code, found = verdict(changed("strict", without_one), capsys)
    assert code == 4
    assert not found["equal"]
    assert found["parts_at"]["spikes_before"] == 99


def later(data):
    """As another machine would leave it: the same until some time, then other noise."""
    spikes = data["spike_time"].values.copy()
    late = spikes > 1.0
    rng = np.random.default_rng(0)
    spikes[late] += 1e-4 * rng.integers(0, 3, late.sum())
    return data.assign(spike_time=("spike", spikes))


def sparse(data):
    """Most spikes are gone."""
    return data.isel(spike=slice(None, None, 8))


def test_spikes_that_part_must_agree_in_distribution(folders, changed, capsys):
    code, found = verdict(changed("default", later), capsys)
    assert (code, found["equal"]) == (0, False)
    assert 0.9 < found["parts_at"]["time"] < 1.1
    assert len(found["distribution"]["comparisons"]) > 14
    assert found["distribution"]["differing"] == []
    strict = load_results(folders / "strict")
    assert not compare_again(strict, later(strict))["reproduced"]


def test_another_network_does_not_agree(changed, capsys):
    code = main([str(changed("default", sparse))])
    said = capsys.readouterr().out
    assert code == 4
    assert "rate of " in said
    assert said.endswith("Verdict: NOT REPRODUCED, spikes are not equal and do not agree.\n")


def test_few_trials_decide_nothing(folders):
    data = load_results(folders / "default").isel(trial=slice(1))
    assert len(trial_groups(data)) == 2
    found = compare_again(data, later(data))
    assert not found["reproduced"]
    assert found["distribution"]["reason"] == "there are 2 trials, at least 10 are asked for"


def test_what_else_made_it_is_said(changed, capsys):
    other = {"built_with_compiler": "g++ 4.8", "processor": "abacus", "version": "0.0.1"}
    main([str(changed("strict", lambda data: data.assign_attrs(other)))])
    said = capsys.readouterr().out
    for name, value in {"compiler": "g++ 4.8", "processor": "abacus", "version": "0.0.1"}.items():
        assert f"Made with another {name}: then {value}, now " in said
    assert "all spikes are equal" in said.splitlines()[-1]


def test_the_new_run_is_kept(folders, tmp_path, capsys):
    code, _ = verdict(folders / "strict", capsys, "--output", str(tmp_path / "new"), "--no-figures")
    assert code == 0
    new, old = (load_results(f) for f in (tmp_path / "new", folders / "strict"))
    assert new.drop_attrs().identical(old.drop_attrs())
    assert new.attrs["parameters"] == old.attrs["parameters"]
    assert (tmp_path / "new" / "summary.json").is_file()


def test_models_without_spikes_and_other_targets(tmp_path, capsys):
    command = ["--model", "rate", "--trials", "2", "--delay", "0.75", "--replicates", "2"]
    command += ["--no-figures", "--output", str(tmp_path / "rate")]
    assert run.main("numpy", lambda chosen: NumpyTarget(), argv=command) == 0
    capsys.readouterr()
    code, found = verdict(tmp_path / "rate", capsys)
    assert (code, found["compared"], found["equal"]) == (0, "activities", True)
    assert found["number"] > 1000
    data = load_results(tmp_path / "rate")
    other = data.assign(activity=data["activity"] + 1e-5)
    assert not compare_again(data, other)["reproduced"]
    assert compare_again(data, data.assign(activity=data["activity"] + 1e-8))["reproduced"]
    answers = data.drop_dims(["activity_unit", "activity_time"])
    assert compare_again(answers, answers)["reproduced"]
    wrong = answers.assign(trial_response=answers["trial_response"].where(False, "T"))
    assert not compare_again(answers, wrong)["reproduced"]


# ------------------------------------------------------------------------------- bad input
def removed_parameter(data):
    return data.assign_attrs(parameters=data.attrs["parameters"].replace("memory.gain", "memory.g"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (removed_parameter, "no experiment that this version of the program can run"),
        (lambda data: data.assign_attrs(format_version=1), "is of format version 1"),
        (
            lambda data: data.assign_attrs(target="abacus"),
            "the target is abacus, allowed is one of",
        ),
        (lambda data: data.drop_attrs(), "is no result of this program"),
        (lambda data: data.isel(spike=slice(0)), "hold 0 spikes: nothing can be compared"),
        (lambda data: data[["weights", "trial_start"]], "hold neither spikes nor activities nor"),
    ],
)
def test_what_cannot_be_run_again_is_one_sentence(changed, change, said, capsys):
    assert main([str(changed("default", change))]) == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert said in sentence


def test_broken_and_missing_results(folders, tmp_path, capsys):
    shutil.copytree(folders / "default", tmp_path / "cut")
    raw = (tmp_path / "cut" / "results.nc").read_bytes()
    (tmp_path / "cut" / "results.nc").write_bytes(raw[:-100])
    assert main([str(tmp_path / "cut")]) == 2
    assert "cannot be read" in capsys.readouterr().err
    assert main([str(tmp_path / "nowhere")]) == 2
    assert "holds no results.nc" in capsys.readouterr().err
    assert main([str(folders / "default"), "--output", str(folders)]) == 2
    assert "exists already" in capsys.readouterr().err


def test_results_without_a_dataset_name_their_command(tmp_path, capsys):
    (tmp_path / "summary.json").write_text('{"provenance": {"command": "python -m x learn"}}')
    assert main([str(tmp_path)]) == 2
    assert capsys.readouterr().err.endswith(
        "run its own command again, and compare: python -m x learn\n"
    )
