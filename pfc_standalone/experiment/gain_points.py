"""The points of the gain experiment: one network or several, at normal and at reduced gain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pfc_standalone.errors import ParameterError
from pfc_standalone.experiment.points import Point, deal
from pfc_standalone.experiment.reduced_gain import reduced_gain
from pfc_standalone.experiment.weights import BY_HAND, Weights
from pfc_standalone.parameters import Parameters, with_values

GAIN, TRAINING_SEED = "memory.gain", "rate.training_seed"


def both_gains(parameters: Parameters, reduced: float | None = None) -> tuple[float, float]:
    """Normal and reduced gain: that of the parameters, and the one asked for or else the default
    of the model and its size.

    Raises
    ------
    ParameterError
        If the reduced one is not the lower.
    """
    chosen = reduced_gain(parameters) if reduced is None else reduced
    if not 0 <= chosen < parameters.memory.gain:
        raise ParameterError(
            f"--gain is {chosen:g}, allowed is from 0 to less than the normal gain, memory.gain = "
            f"{parameters.memory.gain:g}"
        )
    return parameters.memory.gain, chosen


def gain_points(
    parameters: Parameters,
    gains: Sequence[float],
    training_seeds: Sequence[int] = (),
    weights: Weights = BY_HAND,
) -> list[Point]:
    """All trials of the experiment at each gain, by each network.

    Networks have noise of their own, the same at all gains, so that what differs between gains is
    the gain, and what differs between networks is independent.

    Parameters
    ----------
    training_seeds : sequence of int
        Networks of the rate model, which become labels; without, the one network that the
        parameters describe.

    Raises
    ------
    ParameterError
        If a gain is not allowed, or the trials are too few or too long.
    """
    points = []
    for gain in gains:
        for k, seed in enumerate(training_seeds or (None,)):
            values: dict[str, float] = {GAIN: gain}
            if seed is not None:
                values[TRAINING_SEED] = seed
            dealt = deal(with_values(parameters, values), weights, values)
            first = k * len(dealt)
            points += [replace(point, replicate=first + point.replicate) for point in dealt]
    return points
