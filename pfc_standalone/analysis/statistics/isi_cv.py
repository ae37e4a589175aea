"""Coefficient of variation of inter-spike intervals of each neuron with enough of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.analysis.spike_statistics import Windows
from pfc_standalone.analysis.spike_statistics import isi_cv as of_spikes


def isi_cv(
    t: NDArray[np.float64], neuron: NDArray[np.int32], n_neurons: int, windows: Windows
) -> NDArray[np.float64]:
    """One value a neuron, as `spike_statistics.isi_cv` gives it."""
    return of_spikes(t, neuron, windows)


STATISTIC = isi_cv
