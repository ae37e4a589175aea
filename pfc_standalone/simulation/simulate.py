"""Run an experiment on a target: trials in, labelled dataset out.

The target comes as an argument, so nothing here knows which one it is.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pfc_standalone.fields import ParameterError
from pfc_standalone.memory import check_memory
from pfc_standalone.parameters import Parameters
from pfc_standalone.run_values import RunRequest
from pfc_standalone.targets import Progress, RunResult, Target
from pfc_standalone.trials import Trial, trial_lists

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Experiment:
    """A finished experiment: its dataset, and what it cost.

    Attributes
    ----------
    phases : dict of float
        Wall-clock seconds by phase. Where several processes ran at once, the wall-clock time of
        running is shared among ``start``, ``simulate`` and ``write`` in proportion to theirs.
    simulated : float
        Biological time, s, summed over replicates.
    """

    dataset: xr.Dataset
    digest: str
    phases: dict[str, float]
    simulated: float


def requests_for(parameters: Parameters, trials: list[list[Trial]]) -> list[RunRequest]:
    """Divide replicates into runs of ``network.batch`` each; all run equally long.

    The last run is filled up with idle replicates where the number does not divide.
    """
    batch = parameters.network.batch
    duration = max((t[-1].end for t in trials if t), default=parameters.timing.settle)
    padded = trials + [[] for _ in range(-len(trials) % batch)]
    return [
        RunRequest((parameters,) * batch, tuple(padded[first : first + batch]), first, duration)
        for first in range(0, len(padded), batch)
    ]


def plan(parameters: Parameters) -> tuple[list[list[Trial]], list[RunRequest]]:
    """The trials of an experiment by replicate, and the runs that do them.

    Raises
    ------
    ParameterError
        If the trials do not fit a run, or a run does not fit this machine's memory.
    """
    if not parameters.network.record_spikes:
        raise ParameterError(
            "network.record_spikes is false, allowed is true: an experiment is read from its spikes"
        )
    trials = trial_lists(parameters)
    requests = requests_for(parameters, trials)
    check_memory(requests[0], len(requests), 1)
    return trials, requests


def run_experiment(
    parameters: Parameters, target: Target, on_progress: Progress = lambda phase, done: None
) -> Experiment:
    """Build the network, run all its trials, and label what came out."""
    trials, requests = plan(parameters)
    build = target.build(parameters, on_progress)
    began = time.perf_counter()
    runs = build.run(requests, on_progress)
    phases = build.phases | wall_phases(runs, time.perf_counter() - began)
    dataset = label(parameters, trials, requests, runs)
    dataset.attrs |= {"target": target.name, "digest": build.digest}
    dataset.attrs |= {f"version_{k}": v for k, v in build.versions.items()}
    simulated = requests[0].duration * len(trials)
    return Experiment(dataset, build.digest, phases, simulated)


def label(
    parameters: Parameters,
    trials: list[list[Trial]],
    requests: list[RunRequest],
    runs: list[RunResult],
) -> xr.Dataset:
    """One dataset from the results of all runs."""
    from pfc_standalone import results
    from pfc_standalone.behaviour import add_responses

    spikes = []
    for request, run in zip(requests, runs, strict=True):
        s = results.spikes_by_replicate(
            parameters, run.spike_index, run.spike_time, request.first_replicate
        )
        kept = s["spike_replicate"] < len(trials)  # not those of idle replicates
        spikes.append({k: v[kept] for k, v in s.items()})
    dataset = results.make_dataset(parameters, trials, spikes, runs[0].traces, {})
    return add_responses(dataset, parameters)


def wall_phases(runs: list[RunResult], wall: float) -> dict[str, float]:
    """Wall-clock seconds of ``start``, ``simulate`` and ``write`` of runs that went on at once.

    The time of all of them is shared among the phases in proportion to theirs.
    """
    sums = {p: sum(r.phases[p] for r in runs) for p in ("start", "simulate", "write")}
    total = sum(sums.values())
    return {p: wall * s / total for p, s in sums.items()}
