"""What learning leaves, as values: presentations with what fired, and weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.experiment import Weights
from pfc_standalone.experiment.curriculum import Course, Syllabus
from pfc_standalone.parameters import Parameters

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Examined:
    """What presentations of one kind gave.

    Attributes
    ----------
    unit : (n_presentations,) ndarray of int64
        Which image.
    shown : (n_presentations, n_pixels) ndarray of bool
        As it was shown, with flipped pixels.
    onset : (n_presentations,) ndarray of float64, s
    counts : (n_presentations, n_neurons) ndarray of int64
        Spikes of each neuron of the input units meanwhile.
    """

    unit: NDArray[np.int64]
    shown: NDArray[np.bool_]
    onset: NDArray[np.float64]
    counts: NDArray[np.int64]


@dataclass(frozen=True)
class Learned:
    """What came out of learning.

    Attributes
    ----------
    parameters : Parameters
    syllabus : Syllabus
    weights : Weights
        Means and synapses, units in the order of what they stand for.
    label : (n_units,) ndarray of int64
        The image for which each input unit stood while it learned.
    course : Course
    record : Dataset
        Of the training run.
    probes, labelling, trained : Examined
        What was presented in between, afterwards to find labels, and in training.
    tests : dict of Examined
        By fraction of flipped pixels.
    memory_rates : (n_trials, n_units) ndarray of float64
        Rates of memory's units, Hz, in the last 200 ms of the delay of ``memory_cues``.
    digest : str
        Of the build.
    phases : dict
        Seconds of each phase: generation, compilation, training, examination.
    """

    parameters: Parameters
    syllabus: Syllabus
    weights: Weights
    label: NDArray[np.int64]
    course: Course
    record: xr.Dataset
    probes: Examined
    labelling: Examined
    trained: Examined
    tests: dict[float, Examined]
    memory_cues: NDArray[np.int64]
    memory_rates: NDArray[np.float64]
    digest: str
    phases: dict[str, float]
