"""Rates of every population, when nothing is shown and while memory holds a cue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.analysis.spike_statistics import proportion_interval
from pfc_standalone.analysis.spike_table import SpikeTable, Windows
from pfc_standalone.results import task_of

if TYPE_CHECKING:
    import xarray as xr

#: The delay activity is measured from this long after the cue's end, s: the cue itself has
#: decayed from the NMDA conductance (tau 100 ms) to 8 %.
AFTER_CUE = 0.25
#: A memory unit holds its cue if it fires above this in the last part of the delay, Hz: between
#: the spontaneous rate (below 2) and the delay rate (10 to 60, docs/model.md).
HELD_HZ = 10.0
#: That last part, s.
HELD_WINDOW = 0.25


def rest_windows(dataset: xr.Dataset) -> Windows:
    """From each trial's start to its cue."""
    return _windows(dataset, dataset["trial_start"].values, dataset["trial_onset"].values)


def delay_windows(dataset: xr.Dataset, cue: str | None = None) -> Windows:
    """From `AFTER_CUE` after the cue's end to the delay's end; only trials with that cue."""
    start = dataset["trial_cue_end"].values + AFTER_CUE
    stop = dataset["trial_cue_end"].values + dataset["trial_delay"].values
    chosen = None if cue is None else dataset["trial_cue"].values == cue
    return _windows(dataset, start, stop, chosen)


def _windows(
    dataset: xr.Dataset,
    start: NDArray[np.float64],
    stop: NDArray[np.float64],
    chosen: NDArray[np.bool_] | None = None,
) -> Windows:
    valid = stop - start > 1e-6  # False for NaN
    if chosen is not None:
        valid &= chosen
    return [(int(r), float(start[r, k]), float(stop[r, k])) for r, k in np.argwhere(valid)]


def population_rates(dataset: xr.Dataset) -> dict[str, dict[str, float]]:
    """Rates by population, Hz.

    Returns
    -------
    dict
        Of each population ``spontaneous`` (before the cue) and ``delay``. For a memory unit
        ``delay`` is after its own cue and ``delay_other`` after another's.
    """
    table = SpikeTable(dataset)
    task = task_of(dataset)
    cue_of = {f"memory_{memory}": cue for cue, memory in task.memory_of_cue.items()}
    rest = rest_windows(dataset)
    every = delay_windows(dataset)
    found = {}
    for name in table.names:
        rates = {"spontaneous": table.rate(name, rest)}
        if name in cue_of:
            own = delay_windows(dataset, cue_of[name])
            rates["delay"] = table.rate(name, own)
            rates["delay_other"] = table.rate(name, [w for w in every if w not in set(own)])
        else:
            rates["delay"] = table.rate(name, every)
        found[name] = rates
    return found


def memory_held(dataset: xr.Dataset) -> dict[str, dict[str, float]]:
    """Fraction of trials at whose delay's end memory held the cue, and only the cue, by delay.

    Returns
    -------
    dict
        delay (as typed) -> ``value low high n``, Wilson 95 % interval.
    """
    table = SpikeTable(dataset)
    task = task_of(dataset)
    memories = [f"memory_{u}" for u in task.units["memory"]]
    texts, cues = dataset["trial_delay_text"].values, dataset["trial_cue"].values
    ends = dataset["trial_cue_end"].values + dataset["trial_delay"].values
    found = {}
    for text in sorted(set(texts[texts != ""].tolist()), key=float):
        length = min(HELD_WINDOW, float(text))
        if length == 0:
            continue
        at = np.argwhere((texts == text) & np.isin(cues, list(task.memory_of_cue)))
        windows = [(int(r), ends[r, k] - length, ends[r, k]) for r, k in at]
        active = np.array([table.rates(m, windows) > HELD_HZ for m in memories])
        wanted = np.array(
            [[f"memory_{task.memory_of_cue[cues[r, k]]}" == m for r, k in at] for m in memories]
        )
        held = (active == wanted).all(axis=0)
        value, low, high = proportion_interval(int(held.sum()), held.size)
        found[text] = {"value": value, "low": low, "high": high, "n": held.size}
    return found
