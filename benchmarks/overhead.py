"""What a run spends outside its simulation: ``python -m benchmarks.overhead --help``.

It measures seconds of CPU, which a busy machine stretches less than wall-clock time, child
processes included.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from pfc_standalone.experiment import deal
from pfc_standalone.models.spiking.populations import neurons_per_replicate, population_table
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.results.raw import RunResult
from pfc_standalone.simulation.simulate import Plan, plan_runs
from pfc_standalone.simulation.targets import get_target

_PROJECT = Path(__file__).parent.parent
_COMMAND = (
    "build_targets/cpp.py", "--n-per-unit", "25", "--trials", "1", "--delay", "0.75",
    "--replicates", "1",
)  # fmt: skip
#: Runs a script as the interpreter would, and tells what it and its children spent.
_TELLING = """
import atexit, os, runpy, sys
atexit.register(lambda: print("spent", *os.times()[:4], file=sys.stderr))
sys.argv = sys.argv[1:]
sys.path[0] = os.path.dirname(sys.argv[0])
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def start_up(options: list[str], rounds: int) -> list[float]:
    """CPU seconds of a small cached command, its simulation left out, in each of some rounds."""
    _one_command(options)  # builds, and warms the disk's cache
    return [_one_command(options) for _ in range(rounds)]


def _one_command(options: list[str]) -> float:
    # Python keeps modules compiled unless it is told not to, which would be measured here
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", _TELLING, *_COMMAND, "--output", f"{folder}/run", *options],
            cwd=_PROJECT, env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        summary = json.loads(Path(folder, "run", "summary.json").read_text())
    phases: dict[str, float] = summary["phases_s"]
    (told,) = (line for line in done.stderr.splitlines() if line.startswith("spent"))
    user, system, of_children, in_system = map(float, told.split()[1:])
    run = sum(phases[p] for p in ("start", "simulate", "write"))
    return user + system + (of_children + in_system) * (1 - phases["simulate"] / run)


def made_up_runs(parameters: Parameters, spikes: int, folder: Path) -> Plan:
    """Raw files as runs with so many spikes in all would leave them, at one rate everywhere."""
    plan = plan_runs(deal(parameters), get_target("cpp"))
    n, dt = neurons_per_replicate(population_table(parameters)), parameters.si("network.dt")
    steps = round(plan.requests[0].duration / dt)
    for k in range(len(plan.requests)):
        rng = np.random.default_rng(k)
        at = np.sort(rng.integers(0, steps * n, spikes // len(plan.requests)))
        RunResult.of_arrays(
            folder / str(k),
            {
                "spikes.t": at // n * dt,
                "spikes.i": (at % n).astype(np.int32),
                "spikes.N": np.array([at.size], np.int32),
                "neurons.v": np.full(n, -0.06),
            },
            {"start": 0.0, "simulate": 1.0, "write": 0.0},
        )
    return plan


@contextmanager
def _measured(what: str) -> Iterator[None]:
    before = resource.getrusage(resource.RUSAGE_SELF)
    yield
    after = resource.getrusage(resource.RUSAGE_SELF)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{what:<10} {spent:7.2f} s, peak until then {after.ru_maxrss / 1e6:.2f} GB", flush=True)


def conclude(parameters: Parameters, folder: Path) -> None:
    """Label, write, read and summarise made-up runs, each step measured."""
    from pfc_standalone.analysis.summary import summarise
    from pfc_standalone.results.dataset import load_results, with_facts, write_dataset
    from pfc_standalone.simulation.simulate import cost, label_runs, runs_in

    plan = plan_runs(deal(parameters), get_target("cpp"))
    with _measured("check"):
        runs = runs_in(plan, folder)
    with _measured("label"):
        facts = {"target": "cpp", "digest": "", **cost(plan, runs, {"generate": 0, "compile": 0})}
        record = with_facts(label_runs(plan, runs), facts)
    with _measured("write"):
        write_dataset(record, folder / "results.nc")
    with _measured("summarise"):
        summarise(record)
    del record
    with _measured("read"):
        load_results(folder / "results.nc")
    print(f"results.nc has {(folder / 'results.nc').stat().st_size / 1e6:.0f} MB")


def _large(spikes: int, n_per_unit: int, replicates: int) -> None:
    per_replicate = spikes / replicates / (28.75 * n_per_unit)  # of one neuron
    values: dict[str, Any] = {
        "network.n_per_unit": n_per_unit,
        "network.batch": 1,
        "experiment.delays": ("0.75",),
        "experiment.replicates": replicates,
        # about 4 Hz in trials of 2.25 s, four conditions
        "experiment.trials": max(round(per_replicate * replicates / 4 / 2.25 / 4), 1),
    }
    parameters = with_values(Parameters(), values)
    with tempfile.TemporaryDirectory() as folder:
        _apart(made_up_runs, parameters, spikes, Path(folder))
        _apart(conclude, parameters, Path(folder))


def _apart(function: Callable[..., Any], *arguments: Any) -> None:
    """Call a function in a process of its own, whose peak memory is its own too."""
    import multiprocessing

    process = multiprocessing.get_context("spawn").Process(target=function, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(f"error: {function.__name__} failed")


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="of the small command (default: 7)")
    parser.add_argument(
        "--spikes", type=float, default=0,
        help="also label, write, summarise and read so many made-up spikes, such as 1e8",
    )  # fmt: skip
    parser.add_argument("--n-per-unit", type=int, default=400, help="for --spikes (default: 400)")
    parser.add_argument("--replicates", type=int, default=4, help="for --spikes (default: 4)")
    asked = parser.parse_args()
    if asked.rounds:
        for options in ([], ["--no-figures"]):
            spent = start_up(options, asked.rounds)
            what = "without figures" if options else "with figures"
            print(
                f"cached small run {what}: median {statistics.median(spent):.2f} s of CPU outside "
                f"the simulation ({min(spent):.2f} to {max(spent):.2f})"
            )
    if asked.spikes:
        _large(int(asked.spikes), asked.n_per_unit, asked.replicates)


if __name__ == "__main__":
    main()
