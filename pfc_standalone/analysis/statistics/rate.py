"""Mean rate of each neuron, Hz."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.analysis.spike_statistics import Windows


def rate(
    t: NDArray[np.float64], neuron: NDArray[np.int32], n_neurons: int, windows: Windows
) -> NDArray[np.float64]:
    """One value a neuron, over all windows."""
    inside = np.any([(t >= start) & (t < stop) for start, stop in windows], axis=0)
    length = sum(stop - start for start, stop in windows)
    return np.asarray(np.bincount(neuron[inside], minlength=n_neurons) / length)


STATISTIC = rate
