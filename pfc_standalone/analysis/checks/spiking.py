"""Bounds of the spiking network beyond those of one run of the task.

`analysis.sources` has the papers in full.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.analysis import activity
from pfc_standalone.analysis.bounds import BOUNDS, Bound, Measured, Verdict, verdicts
from pfc_standalone.analysis.gain_effect import (
    DISSOCIATION,
    LONG,
    PUBLISHED,
    SHORT,
    gain_effect,
)
from pfc_standalone.analysis.spike_statistics import isi_cv, proportion_interval
from pfc_standalone.analysis.spike_table import SpikeTable
from pfc_standalone.experiment.check_points import NORMAL, PART, QUIET, REDUCED
from pfc_standalone.results import parameters_of, task_of

if TYPE_CHECKING:
    import xarray as xr

#: Without a cue, memory is looked at so long after the trial's beginning, s.
_FALSE_AFTER = 6.0
#: Populations slower than this have too few intervals for a CV in a trial, Hz.
_LEAST_RATE = 2.0


def _memories(dataset: xr.Dataset) -> list[str]:
    return [f"memory_{u}" for u in task_of(dataset).units["memory"]]


def _rates_late(dataset: xr.Dataset, after: float) -> dict[str, NDArray[np.float64]]:
    """Rate of each memory unit in each trial just before so many seconds from its start, Hz."""
    table, starts = SpikeTable(dataset), dataset["trial_start"].values
    windows = [
        (int(r), float(starts[r, k]) + after - activity.HELD_WINDOW, float(starts[r, k]) + after)
        for r, k in np.argwhere(~np.isnan(starts))
    ]
    return {name: table.rates(name, windows) for name in _memories(dataset)}


def _false_memory(dataset: xr.Dataset) -> Measured:
    rates = _rates_late(dataset, _FALSE_AFTER)
    active = np.array([r > activity.HELD_HZ for r in rates.values()]).any(axis=0)
    return {f"{_FALSE_AFTER:g} s": proportion_interval(int(active.sum()), active.size)}


def _end_rate(dataset: xr.Dataset) -> Measured:
    """The largest over trials."""
    end = float(dataset["trial_delay"].max())
    return {f"{name}, {end:g} s": r.max() for name, r in _rates_late(dataset, end).items()}


def _spontaneous_cv(dataset: xr.Dataset) -> Measured:
    table = SpikeTable(dataset)
    starts, ends = (dataset[f"trial_{n}"].values for n in ("start", "end"))
    here = np.argwhere(~np.isnan(ends))
    windows = [(int(r), float(starts[r, k]), float(ends[r, k])) for r, k in here]
    found = {}
    for name in table.names:
        if table.rate(name, windows) < _LEAST_RATE:
            continue
        cvs = [np.empty(0)]
        for replicate in sorted({r for r, _, _ in windows}):
            t, neuron = table.spikes(name, replicate)
            mine = [(start, stop) for r, start, stop in windows if r == replicate]
            cvs.append(isi_cv(t, neuron, mine))
        cv = np.concatenate(cvs)
        found[name] = float(cv.mean()) if cv.size else np.nan
    return found or {"all populations": np.nan}


def _inhibitory_over_excitatory(dataset: xr.Dataset) -> Measured:
    """Spontaneous rates, layer by layer: inhibitory less the fastest excitatory, Hz."""
    rates = activity.population_rates(dataset)
    columns = (dataset[f"population_{c}"].values.tolist() for c in ("name", "layer", "type"))
    exc: dict[str, float] = {}
    inh: dict[str, float] = {}
    for name, layer, kind in zip(*columns, strict=True):
        side = inh if kind == "inh" else exc
        side[layer] = max(side.get(layer, 0.0), rates[name]["spontaneous"])
    return {layer: inh[layer] - exc[layer] for layer in inh}


def _held(low: float, high: float) -> Callable[[xr.Dataset], Measured]:
    """Memory held after delays of such lengths, s."""

    def measure(dataset: xr.Dataset) -> Measured:
        return {
            f"{d} s": (e["value"], e["low"], e["high"])
            for d, e in activity.memory_held(dataset).items()
            if low <= float(d) <= high
        }

    return measure


Row = Bound[Any]
#: Of a run of the task at normal gain, beside `bounds.BOUNDS`.
TASK: tuple[Row, ...] = (
    Row(
        "inhibitory less excitatory spontaneous rate", _inhibitory_over_excitatory, 0.0, inf, "Hz",
        "W1994", "fast-spiking cells fire faster than regular-spiking ones", strict=True,
    ),
)  # fmt: skip
#: Of trials in which nothing is shown.
QUIET_ROWS: tuple[Row, ...] = (
    Row(
        "memory without a cue", _false_memory, 0.0, 0.05, "", "BW2001",
        "the spontaneous state is stable beside the memories",
    ),
    Row(
        "rate of memory at the end of a trial without a cue", _end_rate, 0.0, 5.0, "Hz", "BW2001",
        "the spontaneous state lies at a few Hz, and stays there",
    ),
    Row(
        "spontaneous ISI CV", _spontaneous_cv, 0.6, 1.2, "", "SK1993",
        "cortical cells are nearly as irregular as a Poisson process, whose CV is 1",
    ),
)  # fmt: skip
#: Of a run of the task at reduced gain.
REDUCED_ROWS: tuple[Row, ...] = (
    Row(
        "memory held at reduced gain, short delay", _held(0.0, SHORT), 0.8, 1.0, "", "B1995",
        "the short delay stays near normal; 80 % is the project's measure",
    ),
    Row(
        "memory held at reduced gain, long delay", _held(LONG, inf), 0.0, 0.25, "", "B1995",
        "the cue is lost in the long delay; 25 % is the project's measure",
    ),
)  # fmt: skip


#: Of both gains.
EFFECT_ROWS = (*DISSOCIATION, PUBLISHED[0])


def check_size(dataset: xr.Dataset) -> list[Verdict]:
    """All bounds of one size, of a dataset of `experiment.check_points.spiking_points`."""
    part = dataset[PART].values
    normal, reduced, quiet = (
        dataset.isel(replicate=part == name) for name in (NORMAL, REDUCED, QUIET)
    )
    n = parameters_of(dataset).network.n_per_unit
    effect = gain_effect(dataset.isel(replicate=part != QUIET))
    return [
        *verdicts(normal, (*BOUNDS, *TASK), n),
        *verdicts(quiet, QUIET_ROWS, n),
        *verdicts(reduced, REDUCED_ROWS, n),
        *verdicts(effect, EFFECT_ROWS, n),
    ]
