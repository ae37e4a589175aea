"""Mean activities of units in windows, as `spike_table` gives mean rates of populations."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.analysis.spike_table import SpikeTable, Windows, mean_over, spike_table
from pfc_standalone.record import Labelled


class ActivityTable:
    """Activities of each unit that has any, quick to look up by window."""

    def __init__(self, dataset: Labelled) -> None:
        self.names: list[str] = dataset["activity_unit"].values.tolist()
        self._time = dataset["activity_time"].values
        self._activity = dataset["activity"].values

    def rates(self, name: str, windows: Windows) -> NDArray[np.float64]:
        """Mean activity of a unit in each window (position of the replicate, start, stop)."""
        of_unit = self._activity[:, self.names.index(name)]
        slack = 1e-6  # times are rounded
        found = []
        for replicate, start, stop in windows:
            part = slice(*np.searchsorted(self._time, [start - slack, stop - slack]))
            found.append(of_unit[replicate, part].mean(dtype=np.float64))
        return np.array(found)

    def rate(self, name: str, windows: Windows) -> float:
        """Mean activity over all windows; NaN without any."""
        return mean_over(self.rates(name, windows), windows)


def table_of(dataset: Labelled) -> SpikeTable | ActivityTable:
    """The table of a dataset: of its spikes, or of its activities."""
    return spike_table(dataset) if "spike_time" in dataset else ActivityTable(dataset)
