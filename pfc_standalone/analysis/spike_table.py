"""Spike times of each population and replicate of a dataset, quick to look up by window."""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.errors import ResultsError
from pfc_standalone.record import Column, Labelled, Record

#: Position of a replicate in its dataset, start and stop in s.
Windows = list[tuple[int, float, float]]
#: How many spikes are sorted at once, so that a table takes little more memory than it keeps.
_SPIKES_AT_ONCE = 1_000_000


def _positions(numbers: NDArray[Any]) -> NDArray[np.int64]:
    """Position in a dataset of each replicate by its number; -1 for one that it lacks."""
    position = np.full(int(numbers.max(initial=-1)) + 2, -1, np.int64)
    position[numbers] = np.arange(numbers.size)
    return position


def mean_over(values: NDArray[np.float64], windows: Windows) -> float:
    """Mean of a value a window, each weighted by its window's length; NaN without any."""
    if not windows:
        return float("nan")
    return float(np.average(values, weights=[stop - start for _, start, stop in windows]))


def _recorded(dataset: Labelled) -> list[str]:
    """Populations whose spikes were recorded."""
    names = dataset["population_name"].values
    if "population_recorded" in dataset:
        names = names[dataset["population_recorded"].values]
    found: list[str] = names.tolist()
    return found


class SpikeTable:
    """Spike times of each population and replicate, quick to look up by window."""

    def __init__(self, dataset: Labelled) -> None:
        self.names: list[str] = dataset["population_name"].values.tolist()
        starts = dataset["population_start"].values
        self.sizes: NDArray[np.int64] = dataset["population_size"].values
        self._population = np.repeat(np.arange(len(self.names)), self.sizes)
        self._first = starts[self._population].astype(np.int32)
        self.recorded = _recorded(dataset)
        time, neuron = dataset["spike_time"].values, dataset["spike_neuron"].values
        replicate = dataset["spike_replicate"].values
        # spikes name their replicate by its number, which a selection of replicates keeps
        position = _positions(dataset["replicate"].values)
        n_groups = dataset.sizes["replicate"] * len(self.names)
        parts = [
            slice(start, start + _SPIKES_AT_ONCE) for start in range(0, time.size, _SPIKES_AT_ONCE)
        ]
        counts = np.zeros(n_groups + 1, np.int64)  # the last: spikes of no replicate here
        for part in parts:
            counts += np.bincount(
                self._groups(neuron[part], replicate[part], position), minlength=n_groups + 1
            )
        self._edges = np.concatenate([[0], np.cumsum(counts)])
        free = self._edges[:-1].copy()
        self._time, self._neuron = np.empty(time.size), np.empty(time.size, np.int32)
        for part in parts:
            group = self._groups(neuron[part], replicate[part], position)
            order = np.argsort(group, kind="stable")
            moved = time[part][order], (neuron[part] - self._first[neuron[part]])[order]
            stop = 0
            for number, count in enumerate(np.bincount(group).tolist()):
                if count:
                    here = slice(free[number], free[number] + count)
                    start, stop = stop, stop + count
                    self._time[here], self._neuron[here] = (x[start:stop] for x in moved)
                    free[number] += count
        self._sort()

    def _groups(
        self, neuron: NDArray[Any], replicate: NDArray[Any], position: NDArray[np.int64]
    ) -> NDArray[Any]:
        """Number of replicate and population of each spike; one past the last for none."""
        here = position[np.minimum(replicate, position.size - 1)]
        none = (position.max(initial=-1) + 1) * len(self.names)
        group = np.where(here < 0, none, here * len(self.names) + self._population[neuron])
        return group.astype(np.min_scalar_type(none))  # numpy sorts 16 bits by counting

    def _sort(self) -> None:
        """Put the spikes of each group in order of time, as those of a run are already."""
        for start, stop in pairwise(self._edges[:-1]):
            time = self._time[start:stop]
            if (np.diff(time) < 0).any():
                order = np.argsort(time, kind="stable")
                self._time[start:stop] = time[order]
                self._neuron[start:stop] = self._neuron[start:stop][order]

    def spikes(self, name: str, replicate: int) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Times (s) and neurons (within the population) of one population, in order of time.

        Raises
        ------
        ResultsError
            If its spikes were not recorded.
        """
        if name not in self.recorded:
            raise ResultsError(
                f"spikes of {name} were not recorded, only those of {', '.join(self.recorded)}: "
                "run again with network.record_outputs_only=false"
            )
        group = replicate * len(self.names) + self.names.index(name)
        part = slice(self._edges[group], self._edges[group + 1])
        return self._time[part], self._neuron[part]

    def rates(self, name: str, windows: Windows) -> NDArray[np.float64]:
        """Mean rate of a population in each window (position of the replicate, start, stop), Hz."""
        size = self.sizes[self.names.index(name)]
        found = []
        for replicate, start, stop in windows:
            time, _ = self.spikes(name, replicate)
            count = np.subtract(*np.searchsorted(time, [stop, start]))
            found.append(count / (size * (stop - start)))
        return np.array(found)

    def rate(self, name: str, windows: Windows) -> float:
        """Mean rate over all windows, Hz; NaN without any."""
        return mean_over(self.rates(name, windows), windows)


_OF_RECORDS: WeakKeyDictionary[Column, SpikeTable] = WeakKeyDictionary()


def spike_table(dataset: Labelled) -> SpikeTable:
    """The table of a dataset; of a record, whose columns never change, it is made once."""
    if not isinstance(dataset, Record):
        return SpikeTable(dataset)
    spikes = dataset["spike_time"]
    if spikes not in _OF_RECORDS:
        _OF_RECORDS[spikes] = SpikeTable(dataset)
    return _OF_RECORDS[spikes]
