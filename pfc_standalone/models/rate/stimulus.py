"""What a list of trials shows at which update: patterns, and when each begins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.experiment.trials import Trial
from pfc_standalone.models.rate.units import INPUTS
from pfc_standalone.parameters import Parameters

#: Changes of pattern in a trial, at most: its first update, rest, on and off of cue and probe; and
#: in all, the first pattern.
PER_TRIAL, IN_ALL = 6, 1


def changes(
    parameters: Parameters, trials: Sequence[Trial], start: float = 0.0
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """When which pattern begins, counted in updates from time 0: distinct, in order, the first at
    the start of the run (s).

    `equations.update` says what the number of a pattern means.
    """
    dt = parameters.si("rate.update")
    number = {unit: 2 * k for k, unit in enumerate(INPUTS, start=1)}
    shown = {round(start / dt): 1}
    for trial in trials:
        at = {name: round(getattr(trial, name) / dt) for name in ("start", "onset", "cue_end")}
        shown |= {at["start"]: 1, at["start"] + 1: 0}
        if trial.cue is not None:
            first = 1 if at["onset"] == at["start"] else 0
            shown[at["onset"]] = number[f"input_{trial.cue}"] + first
            if first:
                shown[at["onset"] + 1] = number[f"input_{trial.cue}"]
            shown[at["cue_end"]] = 0
        if trial.probe is not None:
            onset = round(trial.probe_onset / dt)
            shown[onset] = number[f"input_{trial.probe}"]
            shown[onset + round(parameters.timing.probe / dt)] = 0
    frames = np.array(sorted(shown), np.int64)
    return frames, np.array([shown[f] for f in frames.tolist()], np.int64)
