"""The examples do what they say."""

from __future__ import annotations

import importlib.util
import re
import runpy
import sys
from pathlib import Path

import pytest

from pfc_standalone import Parameters, deal, simulate, with_values
from pfc_standalone.analysis.bounds import BOUNDS

EXAMPLES = Path(__file__).parent.parent / "examples"


def load(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def lines_of_code(name):
    """Lines that are neither blank nor comment nor the module's docstring."""
    text = (EXAMPLES / f"{name}.py").read_text().partition('"""\n\nfrom __future__')[2]
    return [line for line in text.splitlines()[1:] if line.strip() and line.strip()[0] != "#"]


@pytest.mark.parametrize("name", ["gain_curve", "weight_search"])
def test_studies_are_short(name):
    assert 5 < len(lines_of_code(name)) <= 15


def test_gain_curve(capsys):
    load("gain_curve").main(n_per_unit=25, trials=1, gains=(1.0, 0.5))
    low, full = capsys.readouterr().out.splitlines()
    fractions = re.findall(r"(\d+)% of 4 after", full)
    assert [int(f) >= 75 for f in fractions] == [True, True]
    assert "gain 0.5: memory held 0% of 4 after 0.75 s, 0% of 4 after 5 s" in low


def test_weight_search(capsys):
    load("weight_search").main(n_per_unit=25, trials=4, tried=(10, 58.4))
    weak, right = capsys.readouterr().out.splitlines()
    found = [re.fullmatch(r"x_to_t (\S+) nS: (\d+)% correct", line) for line in (weak, right)]
    assert [m[1] for m in found] == ["10", "58.4"]
    # the target is never chosen where X does not drive it
    assert int(found[0][2]) <= 75 < int(found[1][2]) + 10


def test_match_to_sample_is_answered_from_memory_and_probe():
    values = {
        "network.task": str(EXAMPLES / "match_to_sample.toml"),
        "network.n_per_unit": 50,
        "experiment.trials": 5,
        "experiment.delays": "0.75",
    }
    data = simulate(deal(with_values(Parameters(), values)))
    assert data["trial_condition"].size == 20
    assert float(data["trial_correct"].mean()) >= 0.8  # one in four by chance


def test_activity_report(capsys):
    values = {"network.n_per_unit": 25, "experiment.trials": 1, "experiment.replicates": 2}
    load("activity_report").report(simulate(deal(with_values(Parameters(), values))))
    lines = capsys.readouterr().out.splitlines()
    pairs = [re.fullmatch(r"(\w+): winner (\S+) Hz, loser (\S+) Hz", line) for line in lines[:4]]
    assert [m[1] for m in pairs] == ["AX", "AY", "BX", "BY"]
    assert sum(float(m[2]) > float(m[3]) for m in pairs) >= 3
    said = r"([^,]+), .+: \S+( s| Hz)? \(.+\): (holds|OUT OF BOUNDS|not measured)"
    verdicts = [re.fullmatch(said, line) for line in lines[4:]]
    assert {m[1] for m in verdicts} == {b.name for b in BOUNDS if b.n_from <= 25}
    assert sum(m[3] == "holds" for m in verdicts) > 0.8 * len(verdicts)


def test_find_working_point(capsys, monkeypatch):
    arguments = ["--n-per-unit", "10", "--generations", "2", "--population", "4", "--trials", "1"]
    monkeypatch.setattr(sys, "argv", ["find_working_point.py", *arguments])
    load("find_working_point").main()
    out = capsys.readouterr().out
    losses = [float(x) for x in re.findall(r"best ([\d.]+)", out)]
    assert len(losses) == 2
    assert all(0 < x < 100 for x in losses)
    found = dict(re.findall(r"--set (\S+)=(\S+)", out))
    assert set(found) == set(load("find_working_point").NAMES)
    assert abs(float(found["axcpt.x_to_t"]) / Parameters().axcpt.x_to_t - 1) < 0.3


def run(name, *arguments, monkeypatch):
    monkeypatch.setattr(sys, "argv", [f"{name}.py", *map(str, arguments)])
    return runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")


def test_one_trial(tmp_path, capsys, monkeypatch):
    run("one_trial", tmp_path, monkeypatch=monkeypatch)
    answers = dict(line.split(": ") for line in capsys.readouterr().out.splitlines())
    assert list(answers) == ["AX", "AY", "BX", "BY"]
    assert answers["AX"] == "T"
    assert list(answers.values()).count("N") >= 2
    sizes = {p.name: p.stat().st_size for p in tmp_path.iterdir()}
    assert set(sizes) == {"raster.png", "rates.png"}
    assert min(sizes.values()) > 30_000


def test_own_task(capsys, monkeypatch):
    left = run("own_task", monkeypatch=monkeypatch)
    assert re.fullmatch(r"\d+% of 8 answered right\n", capsys.readouterr().out)
    answers = left["data"]["trial_response"].values
    right = left["data"]["trial_condition"].values
    assert (answers == right)[right != ""].sum() >= 7
    assert set(answers[right != ""]) == {"L", "R"}


def test_rate_gain(capsys, monkeypatch):
    run("rate_gain", monkeypatch=monkeypatch)
    said = r"gain 0.8: (\d+)% errors on BX after 5 s\ngain 1: (\d+)% errors on BX after 5 s\n"
    reduced, normal = map(int, re.fullmatch(said, capsys.readouterr().out).groups())
    assert normal < 20  # 4 % and 67 % of many (docs/rate-model.md)
    assert 40 < reduced < 90


@pytest.mark.parametrize(
    ("kind", "directives"),
    [
        ("slurm", ("#SBATCH -p normal", "#SBATCH --cpus-per-task=8", "#SBATCH -t 03:00:00")),
        ("pbs", ("#PBS -q normal", "#PBS -l select=1:ncpus=8", "#PBS -l walltime=03:00:00")),
        ("lsf", ("#BSUB -q normal", "#BSUB -n 8", "#BSUB -W 03:00")),
    ],
)
def test_sweep_on_jobs(kind, directives, capsys):
    options = ("--cores", "8", "--hours", "3", "--queue", "normal", "--print")
    assert load("sweep_on_jobs").main([kind, *options]) == 0
    script = capsys.readouterr().out
    assert all(line in script for line in directives)
    assert "--nworkers 8" in script
    assert "--lifetime 170m" in script
