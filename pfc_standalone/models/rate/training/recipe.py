"""What networks are trained on and how: numbers, and the trials in updates.

The paper says: back-propagation through time under the constraints of sign, trials in the
proportion of the task, until all are right. The rest is ours; docs/rate-model.md gives reasons.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.errors import ParameterError
from pfc_standalone.models.rate.units import INPUTS, OUTPUTS, TASK
from pfc_standalone.parameters import Parameters
from pfc_standalone.parameters.fields import check_multiple

#: Lowest and highest value of the recipe's numbers.
_ALLOWED = {
    "rate": (1e-6, 1.0),
    "decay_1": (0.0, 0.9999),
    "decay_2": (0.0, 0.999999),
    "noise": (0.0, 20.0),
    "prepared": (0.01, 0.99),
    "self_decay": (0.0, 1.0),
    "target_from": (0.0, 10.0),
    "target_to": (0.0, 10.0),
    "patience": (1, 1_000_000),
    "max_epochs": (1, 1_000_000),
}


@dataclass(frozen=True)
class Recipe:
    """Numbers of a training.

    Attributes
    ----------
    rate, decay_1, decay_2 : float
        Of Adam: learning rate, and decay of the two moments.
    noise : float
        S.d. of the noise of each net input while training.
    prepared : float
        Activity up to which an output may prepare before the probe.
    self_decay : float
        Weight of the squared self-excitation in the loss.
    target_from, target_to : float
        When outputs must show the answer, s after the probe's onset.
    patience : int
        Epochs in a row in which all trials must be right.
    max_epochs : int
    delays : tuple of float
        s, all in every epoch.
    frequencies : tuple of float
        Of the conditions.
    """

    rate: float = 0.03
    decay_1: float = 0.9
    decay_2: float = 0.999
    noise: float = 1.0
    prepared: float = 0.45
    self_decay: float = 1e-4
    target_from: float = 0.15
    target_to: float = 0.6
    patience: int = 20
    max_epochs: int = 4000
    delays: tuple[float, ...] = (0.75, 5.0)
    frequencies: tuple[float, ...] = (0.7, 0.1, 0.1, 0.1)

    def __post_init__(self) -> None:
        for name, (low, high) in _ALLOWED.items():
            value = getattr(self, name)
            if not low <= value <= high:  # NaN too
                raise ParameterError(
                    f"the recipe's {name} is {value:g}, allowed is {low:g} to {high:g}"
                )
        if not self.target_from < self.target_to:
            raise ParameterError(
                f"the recipe's target_to is {self.target_to:g} s, allowed is more than "
                f"target_from = {self.target_from:g} s"
            )


@dataclass(frozen=True)
class Trials:
    """Every condition at every delay, side by side, each from its own beginning.

    Shapes are (update, trial, ...); shorter trials go on in silence.

    Attributes
    ----------
    shown : (n_updates, n_trials, n_inputs) ndarray of float64
        Activities of the input units.
    target : (n_trials, n_outputs) ndarray of float64
        1 for the right answer.
    asked, before : (n_updates, n_trials) ndarray of float64
        Weights of the loss of the state after an update: where the answer is asked for, and
        before the probe.
    waiting, window : (n_updates, n_trials) ndarray of bool
        After which updates a crossing is too early, and where it is a response.
    """

    shown: NDArray[np.float64]
    target: NDArray[np.float64]
    asked: NDArray[np.float64]
    before: NDArray[np.float64]
    waiting: NDArray[np.bool_]
    window: NDArray[np.bool_]


def make_trials(parameters: Parameters, recipe: Recipe) -> Trials:
    """The trials of an epoch, with the timing that experiments have.

    Raises
    ------
    ParameterError
        If the time of the target or a delay is no multiple of an update, or ends too late.
    """
    timing, update = parameters.timing, parameters.si("rate.update")
    times = [(f"the recipe's {n}", getattr(recipe, n)) for n in ("target_from", "target_to")]
    times += [("a delay of the recipe", delay) for delay in recipe.delays]
    for name, seconds in times:
        check_multiple(name, seconds, "s", "rate.update", update)
    if recipe.target_to > parameters.rate.window + 1e-9:
        raise ParameterError(
            f"the recipe's target_to is {recipe.target_to:g} s, allowed is at most rate.window = "
            f"{parameters.rate.window:g} s"
        )

    def steps(seconds: float) -> int:
        return round(seconds / update)

    kinds = [
        (condition, frequency, delay)
        for delay in recipe.delays
        for condition, frequency in zip(TASK.conditions, recipe.frequencies, strict=True)
    ]
    cue, window = steps(timing.rest), steps(parameters.rate.window)
    probes = [cue + steps(timing.cue) + steps(delay) for _, _, delay in kinds]
    shape = max(probes) + window, len(kinds)
    shown = np.zeros((*shape, len(INPUTS)))
    target = np.zeros((len(kinds), len(OUTPUTS)))
    asked, before = np.zeros(shape), np.zeros(shape)
    waiting, in_window = np.zeros(shape, bool), np.zeros(shape, bool)
    first, last = steps(recipe.target_from), steps(recipe.target_to)
    for k, ((condition, frequency, _), probe) in enumerate(zip(kinds, probes, strict=True)):
        weight = frequency / len(recipe.delays)
        shown[cue : cue + steps(timing.cue), k, INPUTS.index(f"input_{condition.cue}")] = 1
        shown[probe : probe + steps(timing.probe), k, INPUTS.index(f"input_{condition.probe}")] = 1
        target[k, OUTPUTS.index(f"output_{condition.correct}")] = 1
        asked[probe + first : probe + last, k] = weight / (last - first)
        before[cue:probe, k] = weight / (probe - cue)
        waiting[cue:probe, k] = True
        in_window[probe : probe + window, k] = True
    return Trials(shown, target, asked, before, waiting, in_window)


def logit(activity: float) -> float:
    """State of a unit of that activity."""
    return math.log(activity / (1 - activity))
