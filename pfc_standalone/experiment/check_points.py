"""What is simulated to check a model: the task at normal and at reduced gain, and more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pfc_standalone.experiment.gain_points import GAIN, TRAINING_SEED, gain_points
from pfc_standalone.experiment.points import Point
from pfc_standalone.experiment.trials import schedule
from pfc_standalone.experiment.weights import BY_HAND, Weights
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.tasks import Condition

#: Label that says what a point is for.
PART = "part"
NORMAL, REDUCED, QUIET, NOISE_FREE = "normal", "reduced", "quiet", "noise-free"
#: Trials without a cue: replicates, trials of each, and how long each lasts, s.
_QUIET_REPLICATES, _QUIET_TRIALS, _QUIET_DELAY = 2, 5, "12"
_NOTHING = Condition("nothing")


def spiking_points(
    parameters: Parameters, gains: tuple[float, float], weights: Weights = BY_HAND
) -> list[Point]:
    """The experiment at normal and reduced gain, and at normal gain trials in which nothing is
    shown.
    """
    points = _labelled(gain_points(parameters, gains, weights=weights), gains)
    normal = with_values(parameters, {GAIN: gains[0]})
    nothing = schedule(normal, [(_NOTHING, _QUIET_DELAY)] * _QUIET_TRIALS)
    first = parameters.experiment.replicates  # whose noise is that of nobody else
    return points + [
        Point(normal, nothing, weights, {GAIN: gains[0], PART: QUIET}, first + k)
        for k in range(_QUIET_REPLICATES)
    ]


def rate_points(
    parameters: Parameters,
    gains: tuple[float, float],
    training_seeds: Sequence[int],
    weights: Weights = BY_HAND,
) -> list[Point]:
    """The experiment at normal and reduced gain by each network, and each kind of trial once by
    each at normal gain without noise.
    """
    points = _labelled(gain_points(parameters, gains, training_seeds, weights), gains)
    kinds = [
        (c, delay)
        for delay in parameters.experiment.delays
        for c in parameters.network.task.conditions
    ]
    for seed in training_seeds:
        values = {GAIN: gains[0], TRAINING_SEED: seed}
        silent = with_values(parameters, values | {"rate.noise": 0.0})
        labels = values | {PART: NOISE_FREE}
        points.append(Point(silent, schedule(silent, kinds), weights, labels))
    return points


def _labelled(points: list[Point], gains: tuple[float, float]) -> list[Point]:
    part = dict(zip(gains, (NORMAL, REDUCED), strict=True))
    return [replace(p, labels={**p.labels, PART: part[p.parameters.memory.gain]}) for p in points]
