"""What of a dataset is exported, whatever the form: neurons with their spikes, trials, traces."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.errors import RequirementError, ResultsError
from pfc_standalone.record import Labelled

#: Columns of the table of trials, by the name in a dataset, and what they mean.
TRIAL_COLUMNS = {
    "condition": "condition of the trial, such as AX",
    "cue": "unit whose image is the cue, empty if none",
    "probe": "unit whose image is the probe, empty if none",
    "delay": "between cue and probe, s",
    "onset": "onset of the first image, s",
    "cue_end": "end of the cue, s",
    "probe_onset": "onset of the probe, s; NaN if none",
    "window_start": "from when on a response counts, s",
    "correct_response": "output unit that is right, empty if none",
    "response": "output unit that answered, empty if none",
    "reaction_time": "from window_start, s; NaN if none",
    "premature": "whether the response came before the window",
    "correct": "whether the response was right",
}


@dataclass(frozen=True)
class Neurons:
    """Every recorded neuron of every replicate, with its spikes.

    Attributes
    ----------
    columns : dict of (n_neurons,) ndarray
        ``replicate`` (its number), ``neuron`` (within the replicate), ``population``, ``layer``,
        ``selective_unit`` (empty if none) and ``cell_type``.
    stops : (n_neurons,) ndarray of int64
        One past the last spike of each in ``spike_times``.
    spike_times : (n_spikes,) ndarray of float64
        Sorted by neuron, then time, s.
    """

    columns: dict[str, NDArray[Any]]
    stops: NDArray[np.int64]
    spike_times: NDArray[np.float64]

    def trains(self) -> Iterator[tuple[dict[str, Any], NDArray[np.float64]]]:
        """Row of the columns and spike times of each."""
        lists = {name: values.tolist() for name, values in self.columns.items()}
        start = 0
        for k, stop in enumerate(self.stops.tolist()):
            yield {name: values[k] for name, values in lists.items()}, self.spike_times[start:stop]
            start = stop


def neurons_of(dataset: Labelled) -> Neurons:
    """The neurons of a dataset.

    Raises
    ------
    ResultsError
        If it has no spikes.
    """
    if "spike_time" not in dataset:
        raise ResultsError(
            "the results hold no spikes, allowed are those of a run of the spiking network (gain "
            "keeps answers alone, the model rate has activities)"
        )
    replicates, sizes = dataset["replicate"].values, dataset["population_size"].values
    recorded = np.ones(sizes.size, bool)
    if "population_recorded" in dataset:
        recorded = dataset["population_recorded"].values.astype(bool)
    population = np.repeat(np.arange(sizes.size), sizes)
    kept = np.flatnonzero(recorded[population])
    place = np.full(population.size, -1)
    place[kept] = np.arange(kept.size)
    row = np.searchsorted(replicates, dataset["spike_replicate"].values)
    unit = row * kept.size + place[dataset["spike_neuron"].values]
    order = np.argsort(unit, kind="stable")
    every = np.tile(kept, replicates.size)
    columns = {"replicate": np.repeat(replicates, kept.size), "neuron": every}
    for name, column in {
        "population": "name", "layer": "layer", "selective_unit": "unit", "cell_type": "type",
    }.items():  # fmt: skip
        columns[name] = dataset[f"population_{column}"].values[population[every]]
    stops = np.cumsum(np.bincount(unit, minlength=every.size))
    return Neurons(columns, stops, dataset["spike_time"].values[order])


def trials_of(dataset: Labelled) -> dict[str, NDArray[Any]]:
    """Columns of the table of all trials: ``replicate``, ``start``, ``end`` and `TRIAL_COLUMNS`."""
    condition = dataset["trial_condition"].values
    replicate, present = np.nonzero(condition != "")
    columns = {"replicate": dataset["replicate"].values[replicate]}
    for name in ("start", "end", *TRIAL_COLUMNS):
        if f"trial_{name}" in dataset:
            columns[name] = dataset[f"trial_{name}"].values[replicate, present]
    return columns


def traces_of(dataset: Labelled) -> dict[str, tuple[NDArray[Any], str]]:
    """Traces by name, each (n_times, n_neurons) with its unit; of the first replicate."""
    names = [str(n) for n in dataset if str(n).startswith("trace_") and str(n) != "trace_neuron"]
    units = {name: dataset.variables[name].attrs["units"] for name in names}
    return {name.removeprefix("trace_"): (dataset[name].values, units[name]) for name in names}


def span(dataset: Labelled) -> tuple[float, float]:
    """When runs begin and end, s."""
    start = float(dataset.attrs["start_s"])
    return start, start + float(dataset.attrs["duration_s"])


def made_on(dataset: Labelled) -> datetime:
    """When the results were made; raises `ResultsError` if they do not say."""
    try:
        return datetime.fromisoformat(dataset.attrs["date"])
    except (KeyError, ValueError, TypeError):
        raise ResultsError(
            "the results do not say when they were made: run the command again"
        ) from None


def needed(package: str, extra: str) -> Any:
    """A package that an extra installs.

    Raises
    ------
    RequirementError
        If it is not installed.
    """
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        raise RequirementError(
            f"the export needs the package {error.name}, which is not installed: python -m pip "
            f"install 'pfc-standalone[{extra}]'"
        ) from None
