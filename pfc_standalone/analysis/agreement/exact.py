"""Whether two spike trains are the same, spike by spike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Difference:
    """Where two spike trains part.

    Attributes
    ----------
    step : int
        Time step of the first spike that only one of them has.
    neuron : int
    first_has_it : bool
        Whether the first of the two trains has that spike.
    spikes_before : int
        Spikes that both have until then.
    """

    step: int
    neuron: int
    first_has_it: bool
    spikes_before: int


def first_difference(
    first: tuple[NDArray[np.int64], NDArray[np.int64]],
    second: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> Difference | None:
    """The first spike that two simulations do not share.

    Parameters
    ----------
    first, second : tuple of (n_spikes,) ndarray of int
        Time steps and neurons, in any order; no spike twice.

    Returns
    -------
    Difference or None
        None if all spikes are the same.
    """
    keys = [_keys(*train) for train in (first, second)]
    odd = np.setxor1d(keys[0], keys[1], assume_unique=True)
    if not odd.size:
        return None
    key = odd[0]
    before = int(np.searchsorted(np.sort(keys[0]), key))
    return Difference(int(key >> 32), int(key & 0xFFFFFFFF), bool(np.isin(key, keys[0])), before)


def _keys(step: NDArray[np.int64], neuron: NDArray[np.int64]) -> NDArray[np.int64]:
    """One number a spike, which sorts by step, then neuron."""
    return (np.asarray(step, np.int64) << 32) | np.asarray(neuron, np.int64)
