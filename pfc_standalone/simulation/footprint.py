"""Whether an experiment fits into this machine's memory and disk: found before it is laid out."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

from pfc_standalone.errors import ParameterError
from pfc_standalone.experiment.trials import mean_length
from pfc_standalone.limits import memory_limit
from pfc_standalone.models import Footprint, RunRequest, get_model
from pfc_standalone.parameters import Parameters, with_values

#: Bytes of memory of a trial and of a point: rows of tables, as objects and as columns of the
#: dataset, and what is read from them (700 and 700 measured for the first two).
_TRIAL, _POINT = 1500.0, 1500.0


def check_experiment(parameters: Parameters, batch: int) -> None:
    """Refuse an experiment that this machine cannot hold, by arithmetic, before it has trials.

    Parameters
    ----------
    batch : int
        Replicates that a process simulates.

    Raises
    ------
    ParameterError
        If it does not fit into memory, results included.
    """
    e = parameters.experiment
    n_trials = e.trials * len(e.delays) * len(parameters.network.task.conditions)
    built = with_values(parameters, {"network.batch": batch})
    one = get_model(built).footprint(built, mean_length(parameters))
    tables = n_trials * _TRIAL + e.replicates * _POINT
    _check_memory(one, math.ceil(e.replicates / batch), tables)


def check_footprint(request: RunRequest, n_runs: int, processes: int) -> int:
    """How many runs like this may go on at once.

    Raises
    ------
    ParameterError
        If not even one fits, results included.
    """
    one = get_model(request.parameters).footprint(request.parameters, request.duration)
    n_trials = sum(len(p.trials) for p in request.points)
    tables = n_runs * (n_trials * _TRIAL + len(request.points) * _POINT)
    free = _check_memory(one, n_runs, tables)
    return max(1, min(processes, n_runs, int(free // one.process)))


def _check_memory(one: Footprint, n_runs: int, tables: float) -> float:
    """Bytes that are left for processes that simulate; raises unless one of them fits."""
    limit = memory_limit()
    results = n_runs * one.results + one.analysis + tables
    if one.process + results > limit.amount:
        why = f" (limited by {limit.source})" if limit.source else ""
        raise ParameterError(
            f"this simulation needs about {_gb(one.process + results)} of memory "
            f"({_gb(one.process)} to simulate, {_gb(results)} for its results), and this machine "
            f"has {_gb(limit.amount)}{why}: use a smaller --n-per-unit or network.batch, "
            "pooled connectivity, fewer --trials, or a longer network.trace_dt"
        )
    return limit.amount - results


def check_disk(request: RunRequest, n_runs: int, folder: Path) -> None:
    """Refuse runs whose files find no room in a folder, which need not exist yet.

    Raises
    ------
    ParameterError
        If what they need is more than what is free.
    """
    one = get_model(request.parameters).footprint(request.parameters, request.duration)
    there = next((p for p in (folder, *folder.absolute().parents) if p.is_dir()), None)
    if there is None:
        return
    needed, free = n_runs * one.disk, shutil.disk_usage(there).free
    if needed > free:
        raise ParameterError(
            f"the results of this simulation need about {_gb(needed)} on disk, and {there} has "
            f"{_gb(free)} free: free space, name another folder with --output (TMPDIR for "
            "simulate), or use fewer --trials"
        )


def _gb(size: float) -> str:
    return f"{size / 1e9:.3g} GB"
