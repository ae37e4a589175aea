"""Every numeric parameter at its bounds, alone and in random combinations.

    uv run python -m tests.sweep_parameters [--combinations N] [--seed N] [--bound build|run]

A case is a run with finite results, or one sentence that says which values do not go together.
Anything else is printed, and the exit code is 1. What is bound when a network is built runs on
numpy, which compiles nothing; all the rest shares one build for cpp. ``test_sweep`` runs a few.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from pfc_standalone.analysis.summary import summarise
from pfc_standalone.commands.report import print_report
from pfc_standalone.errors import PFCError, TargetError
from pfc_standalone.experiment import Point, deal, schedule
from pfc_standalone.figures import save_figures
from pfc_standalone.parameters import Parameters, parameter_field, parameter_fields, with_values
from pfc_standalone.simulation import simulate
from pfc_standalone.simulation.footprint import check_experiment
from pfc_standalone.simulation.simulate import plan_runs
from pfc_standalone.simulation.targets import get_target

#: A network that takes a second, with traces, so that there is something to be finite. The tests
#: have the same build.
BASE = {
    "network.n_per_unit": 10,
    "network.batch": 1,
    "network.traces": True,
    "experiment.trials": 1,
    "experiment.replicates": 1,
    "experiment.delays": "0.2",
}
#: Of what is built for numpy, which takes milliseconds a step.
SHORT = 0.15
#: Too large to run for a test; that they fit or are refused is seen by arithmetic.
LARGE = {
    ("network.n_per_unit", "high"), ("network.batch", "high"),
    ("network.stimulus_changes", "high"), ("experiment.trials", "high"),
    ("experiment.replicates", "high"),
}  # fmt: skip
#: What figures show.
SHOWN = ("timing.", "decision.", "experiment.", "network.trace")
LIMIT_S = 120


@dataclass(frozen=True)
class Outcome:
    """What became of a case: ``ran``, ``refused``, ``fits`` or ``wrong``, and why."""

    kind: str
    said: str = ""


def numeric() -> dict[str, Any]:
    """Numeric parameters by name, delays among them."""
    return {n: f for n, f in parameter_fields() if f.metadata["low"] is not None}


def bounds(name: str) -> dict[str, Any]:
    """A parameter's lower and upper bound."""
    f = parameter_field(name)
    found = {end: f.metadata[end] for end in ("low", "high")}
    return {end: str(v) if f.type == "tuple[str, ...]" else v for end, v in found.items()}


def is_build_bound(values: dict[str, Any]) -> bool:
    """Whether values need a build of their own."""
    return any(parameter_field(name).metadata["binding"] == "build" for name in values)


def attempt(values: dict[str, Any], large: bool = False, figures: bool = True) -> Outcome:
    """Try a combination as a command would, all but the writing of files.

    Parameters
    ----------
    large : bool
        Too large to run: only see whether it fits.
    figures : bool
        Draw figures of what they show.
    """
    try:
        parameters = with_values(Parameters(), BASE | values)
        check_experiment(parameters, parameters.network.batch or 1)
        build_bound = is_build_bound(values)
        target = get_target("numpy" if build_bound else "cpp")
        if large:
            plan_runs(deal(parameters), target)
            return Outcome("fits")
        task = parameters.network.task
        trials = schedule(parameters, [(task.conditions[0], parameters.experiment.delays[0])])
        duration = SHORT if build_bound else None
        dataset = simulate([Point(parameters, trials)], target, duration=duration)
        figures &= not build_bound and any(n.startswith(SHOWN) for n in values)
        return _judge(dataset, figures)
    except PFCError as error:
        said = str(error)
        whole = "\n" not in said and any(name.rpartition(".")[2] in said for name in values)
        refused = not isinstance(error, TargetError) and (whole or "GB of" in said)
        return Outcome("refused" if refused else "wrong", said)
    except Exception as error:  # that there is none is what is tested
        return Outcome("wrong", f"{type(error).__name__}: {error}")


def _judge(dataset: xr.Dataset, figures: bool) -> Outcome:
    for name in ("spike_time", "final_v", *(n for n in dataset if str(n).startswith("trace_"))):
        if not np.isfinite(dataset[name].values.astype(float)).all():
            return Outcome("wrong", f"{name} is not finite")
    if not dataset.sizes["trace_time"]:
        return Outcome("wrong", "no trace was recorded")
    summary = summarise(dataset)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        print_report(summary, Path("nowhere"))
    if "nan" in printed.getvalue() or not summary["accuracy"] or "inf " in printed.getvalue():
        return Outcome("wrong", "the report has NaN, or nothing")
    if figures:
        with tempfile.TemporaryDirectory() as folder:
            save_figures(dataset, Path(folder))
    return Outcome("ran", f"{dataset.sizes['spike']} spikes")


def one_by_one() -> list[tuple[str, dict[str, Any], bool]]:
    """Every parameter at each of its bounds: a name, values, and whether it is too large to run."""
    return [
        (f"{name} {end}", {name: value}, (name, end) in LARGE)
        for name in numeric()
        for end, value in bounds(name).items()
    ]


def drawn(rng: random.Random, build_bound: bool) -> dict[str, Any]:
    """A few parameters, each at a bound or somewhere between, small enough to run."""
    left_out = {name for name, _ in LARGE}
    names = [
        name
        for name, f in numeric().items()
        if name not in left_out and (build_bound or f.metadata["binding"] == "run")
    ]
    return {name: value_of(name, rng) for name in rng.sample(names, rng.randint(2, 6))}


def value_of(name: str, rng: random.Random) -> Any:
    """A value that is allowed for one parameter by itself."""
    f, (low, high) = parameter_field(name), bounds(name).values()
    if rng.random() < 0.5:
        return rng.choice([low, high])
    if f.type == "int":
        return rng.randint(low, high)
    value = rng.uniform(float(low), float(high))
    if f.metadata["unit"] == "s" and not name.startswith("decision."):
        value = max(round(value, 2), float(low))  # most are multiples of 10 ms
    return str(value) if isinstance(low, str) else value


def main() -> int:
    """Run the sweep; 1 if anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--combinations", type=int, default=100, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=1, help="default: %(default)s")
    parser.add_argument("--bound", choices=("build", "run"), help="default: both")
    chosen = parser.parse_args()
    rng = random.Random(chosen.seed)
    cases = one_by_one()
    for k in range(chosen.combinations):
        values = drawn(rng, build_bound=k % 2 == 1)
        cases.append((f"combination {k}", values, False))
    if chosen.bound:
        cases = [c for c in cases if is_build_bound(c[1]) == (chosen.bound == "build")]
    counts: Counter[str] = Counter()
    began = time.perf_counter()
    for name, values, large in cases:
        outcome = _limited(values, large)
        counts[outcome.kind] += 1
        print(f"{name}: {outcome.kind}: {outcome.said}", flush=True)
        if outcome.kind == "wrong":
            print(f"  {values}", flush=True)
    print(f"{len(cases)} cases in {time.perf_counter() - began:.0f} s: {dict(counts)}")
    return 1 if counts["wrong"] else 0


def _limited(values: dict[str, Any], large: bool) -> Outcome:
    def late(*_: Any) -> None:
        raise TimeoutError(f"not done after {LIMIT_S} s")

    signal.signal(signal.SIGALRM, late)
    signal.alarm(LIMIT_S)
    try:
        return attempt(values, large)
    finally:
        signal.alarm(0)


if __name__ == "__main__":
    sys.exit(main())
