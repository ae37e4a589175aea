"""Spike times of each population and replicate of a dataset, quick to look up by window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import xarray as xr

#: Position of a replicate in its dataset, start and stop in s.
Windows = list[tuple[int, float, float]]


class SpikeTable:
    """Spike times of each population and replicate, quick to look up by window."""

    def __init__(self, dataset: xr.Dataset) -> None:
        self.names: list[str] = dataset["population_name"].values.tolist()
        starts = dataset["population_start"].values
        self.sizes: NDArray[np.int64] = dataset["population_size"].values
        time, neuron = dataset["spike_time"].values, dataset["spike_neuron"].values
        # spikes name their replicate by its number, which a selection of replicates keeps
        numbers = dataset["replicate"].values
        replicate = dataset["spike_replicate"].values
        if (
            not np.array_equal(numbers, np.arange(numbers.size))
            or replicate.max(initial=-1) >= numbers.size
        ):
            kept = np.isin(replicate, numbers)
            time, neuron, replicate = time[kept], neuron[kept], replicate[kept]
            order = np.argsort(numbers)
            replicate = order[np.searchsorted(numbers[order], replicate)]
        population = np.searchsorted(starts, neuron, side="right") - 1
        order = np.lexsort((time, population, replicate))
        key = (replicate * len(self.names) + population)[order]
        self._time, self._neuron = time[order], (neuron - starts[population])[order]
        n_groups = dataset.sizes["replicate"] * len(self.names)
        self._edges = np.searchsorted(key, np.arange(n_groups + 1))

    def spikes(self, name: str, replicate: int) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Times (s) and neurons (within the population) of one population, in order of time."""
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
        if not windows:
            return float("nan")
        lengths = [stop - start for _, start, stop in windows]
        return float(np.average(self.rates(name, windows), weights=lengths))
