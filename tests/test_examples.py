"""The examples do what they say."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest

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
    load("weight_search").main(n_per_unit=25, trials=4, tried=(10, 48.5))
    weak, right = capsys.readouterr().out.splitlines()
    found = [re.fullmatch(r"x_to_t (\S+) nS: (\d+)% correct", line) for line in (weak, right)]
    assert [m[1] for m in found] == ["10", "48.5"]
    # the target is never chosen where X does not drive it
    assert int(found[0][2]) <= 75 < int(found[1][2]) + 10


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
    assert abs(float(found["axcpt.x_to_t"]) / 48.5 - 1) < 0.3
