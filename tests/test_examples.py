"""The examples do what they say."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent / "examples"


def load(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_gain_and_memory(capsys):
    load("gain_and_memory").main(n_per_unit=25, trials=1, gains=(1.0, 0.5))
    full, low = capsys.readouterr().out.splitlines()
    fractions = re.findall(r"(\d+)% of 4 after", full)
    assert [int(f) >= 75 for f in fractions] == [True, True]
    assert "gain 0.5: memory held 0% of 4 after 0.75 s, 0% of 4 after 5 s" in low


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
