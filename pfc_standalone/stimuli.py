"""Images, and what a list of trials sends down each afferent fibre over time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.parameters import Parameters
from pfc_standalone.tasks import get_task
from pfc_standalone.trials import Trial

N_PIXELS = 25
#: A channel is what a fibre belongs to: a pixel of the image, or the reset of memory.
RESET_CHANNEL = N_PIXELS
N_CHANNELS = N_PIXELS + 1


def images(parameters: Parameters) -> dict[str, NDArray[np.bool_]]:
    """The task's images by input unit, each (25,) of bool, rows top to bottom."""
    task = get_task(parameters.network.task)
    return {
        unit: np.array([c == "1" for row in rows for c in row])
        for unit, rows in task.images.items()
    }


def pixel_shares(parameters: Parameters) -> dict[str, NDArray[np.float64]]:
    """How much of an input unit's drive each pixel of its image carries.

    A pixel that other images have too says less: its weight falls with their number
    (``afferents.share_1``, ``share_2``, then 0); the weights of an image sum to 1.
    """
    shown = images(parameters)
    shared_by = np.sum(list(shown.values()), axis=0)
    a = parameters.afferents
    by_others = np.array([1.0, a.share_1, a.share_2] + [0.0] * len(shown))
    shares = {}
    for unit, image in shown.items():
        weight = image * by_others[np.maximum(shared_by - 1, 0)]
        shares[unit] = weight / weight.sum()
    return shares


def stimulus_frames(parameters: Parameters, duration: float) -> int:
    """Number of frames of ``network.stimulus_dt`` in a duration (s)."""
    return round(duration / (parameters.network.stimulus_dt * 1e-3))


def stimulus(
    parameters: Parameters, trials: list[Trial], n_frames: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rates and gate of one replicate over time.

    Parameters
    ----------
    trials : list of Trial
        In order of time; empty shows nothing.
    n_frames : int
        Length of the result; trials must end before it.

    Returns
    -------
    rates : (n_frames, 26) ndarray of float64, Hz
        Of one fibre of each pixel, and of the reset.
    gate : (n_frames,) ndarray of float64
        1 where projections from input to memory are open, 0 elsewhere.
    """
    a, timing = parameters.afferents, parameters.timing
    shown = images(parameters)
    rates = np.zeros((n_frames, N_CHANNELS))
    rates[:, :N_PIXELS] = a.rate_off
    gate = np.zeros(n_frames)

    def frames(start: float, length: float) -> slice:
        first = stimulus_frames(parameters, start)
        return slice(first, first + stimulus_frames(parameters, length))

    def show(unit: str | None, start: float, length: float) -> None:
        if unit is not None:
            rates[frames(start, length), :N_PIXELS] = np.where(shown[unit], a.rate_on, a.rate_off)

    rates[frames(0.0, timing.reset_duration), RESET_CHANNEL] = a.reset_rate
    for trial in trials:
        show(trial.cue, trial.onset, timing.cue)
        gate[frames(trial.onset, timing.cue + timing.gate_extra)] = 1.0
        if trial.probe is not None:
            show(trial.probe, trial.probe_onset, timing.probe)
        reset = trial.end - timing.interval + timing.reset_after
        rates[frames(reset, timing.reset_duration), RESET_CHANNEL] = a.reset_rate
    return rates, gate
