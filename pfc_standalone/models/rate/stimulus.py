"""What a list of trials shows at which update: patterns, and when each begins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.errors import ParameterError
from pfc_standalone.experiment.trials import Trial
from pfc_standalone.models.rate.units import INPUTS
from pfc_standalone.parameters import Parameters

#: Changes that every build has room for: about 150 trials. More are built for when needed.
LEAST_CHANGES = 1024
#: Changes of pattern in a trial, at most: its first update, rest, on and off of cue and probe.
_PER_TRIAL = 6
#: An update that no run reaches.
NEVER = 2**31 - 1


def changes_needed(n_trials: int) -> int:
    """``network.stimulus_changes`` for so many trials: 0, or a power of two."""
    needed = _PER_TRIAL * n_trials + 2
    return 0 if needed <= LEAST_CHANGES else 1 << (needed - 1).bit_length()


def change_rows(parameters: Parameters) -> int:
    """Rows of the table of changes."""
    return max(parameters.network.stimulus_changes, LEAST_CHANGES)


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


def change_table(
    parameters: Parameters, trials: Sequence[Trial], start: float = 0.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`changes` as columns of the tables that a run is given, filled up with what never begins.

    Raises
    ------
    ParameterError
        If there are more changes than rows.
    """
    frame, pattern = changes(parameters, trials, start)
    rows = change_rows(parameters)
    if frame.size >= rows:
        raise ParameterError(
            f"the trials change the stimulus {frame.size} times, allowed in this build is at most "
            f"{rows - 1}: set network.stimulus_changes to 0, so that it is chosen"
        )
    frames, patterns = np.full(rows, float(NEVER)), np.zeros(rows)
    frames[: frame.size], patterns[: frame.size] = frame, pattern
    return frames, patterns
