"""How a run is told what it is shown: when which pattern of the stimulus begins.

A model numbers its patterns and its frames (time steps of the stimulus) as it likes. A build has
room for so many changes of pattern, and a run is given a table of them, filled up with what never
begins: as large as what is shown, not as long.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.errors import ParameterError
from pfc_standalone.experiment.points import Point
from pfc_standalone.experiment.trials import Trial
from pfc_standalone.parameters import Parameters

#: Frames, distinct and in order, and the pattern that begins at each: (n_changes,) each.
Changes = tuple[NDArray[np.int64], NDArray[np.int64]]
#: Changes that every build has room for: more than 120 trials. More are built for when needed.
LEAST_CHANGES = 1024
#: A frame that no run reaches.
NEVER = 2**31 - 1


def room_for(
    parameters: Parameters,
    points: Sequence[Point],
    changes: Callable[[Parameters, Sequence[Trial]], Changes],
    per_trial: int,
    in_all: int,
) -> dict[str, int]:
    """``network.stimulus_changes`` that points need: 0 where every build has room for them, or else
    a power of two, so that builds are few; nothing to set where the user has chosen.

    Parameters
    ----------
    changes : callable
        The changes that a model makes of trials.
    per_trial, in_all : int
        How many there are of a trial, at most, and beside those of trials.

    Raises
    ------
    ParameterError
        If the user has asked for too little.
    """
    longest = max((p.trials for p in points), key=len, default=())
    if parameters.network.stimulus_changes:
        _check_room(parameters, changes(parameters, longest))
        return {}
    needed = per_trial * len(longest) + in_all + 1
    rows = 0 if needed <= LEAST_CHANGES else 1 << (needed - 1).bit_length()
    return {"network.stimulus_changes": rows}


def change_rows(parameters: Parameters) -> int:
    """Rows of the table of changes."""
    return max(parameters.network.stimulus_changes, LEAST_CHANGES)


def change_table(
    parameters: Parameters, changes: Changes
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Changes as columns of the tables that a run is given, filled up with what never begins.

    Raises
    ------
    ParameterError
        If there are more changes than rows.
    """
    _check_room(parameters, changes)
    frame, pattern = changes
    rows = change_rows(parameters)
    frames, patterns = np.full(rows, float(NEVER)), np.zeros(rows)
    frames[: frame.size], patterns[: frame.size] = frame, pattern
    return frames, patterns


def _check_room(parameters: Parameters, changes: Changes) -> None:
    """Raise `ParameterError` if there are more changes than a build has room for."""
    n_changes, rows = changes[0].size, change_rows(parameters)
    if n_changes >= rows:
        raise ParameterError(
            f"the trials change the stimulus {n_changes} times, allowed in this build is at most "
            f"{rows - 1}: set network.stimulus_changes to 0, so that it is chosen"
        )
