"""Points: an experiment, a gain curve, a parameter search and a sweep are lists of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pfc_standalone.errors import ParameterError
from pfc_standalone.experiment.lessons import Lesson
from pfc_standalone.experiment.trials import Trial, trial_lists
from pfc_standalone.experiment.weights import BY_HAND, Weights
from pfc_standalone.parameters import RENAMED, Parameters, with_values
from pfc_standalone.tasks import Task

Label = float | int | str


@dataclass(frozen=True)
class Point:
    """One column of an experiment: a network, its trials, and what tells it from the others.

    Attributes
    ----------
    parameters : Parameters
        May differ from other points in values that are bound when a network is run.
    trials : tuple of Trial
        In order of time; empty shows nothing.
    weights : Weights
        What differs from the weights that the parameters describe.
    labels : mapping
        Coordinates of this point in the dataset, such as ``{"memory.gain": 0.8, "seed": 3}``.
    replicate : int
        Keys the noise, with ``experiment.seed``: points that share both share all random numbers.
    lesson : Lesson, optional
        What is shown instead of trials, of which there are none then.
    """

    parameters: Parameters
    trials: tuple[Trial, ...] = ()
    weights: Weights = BY_HAND
    labels: Mapping[str, Label] = field(default_factory=dict)
    replicate: int = 0
    lesson: Lesson | None = None


def deal(
    parameters: Parameters, weights: Weights = BY_HAND, labels: Mapping[str, Label] | None = None
) -> list[Point]:
    """The points of one experiment: its trials dealt out over ``experiment.replicates``.

    Raises
    ------
    ParameterError
        If the trials are too few or too long, or the weights are of another network.
    """
    weights.check(parameters)
    if parameters.network.learning_rule == "none":
        weights = weights.without_synapses()
    return [
        Point(parameters, trials, weights, labels or {}, replicate)
        for replicate, trials in enumerate(trial_lists(parameters))
    ]


def study(
    parameters: Parameters,
    over: Mapping[str, Iterable[Any]] | None = None,
    seeds: int | Sequence[int] | None = None,
    weights: Weights = BY_HAND,
) -> list[Point]:
    """Points at every combination of values, each under several seeds.

    Parameters
    ----------
    over : mapping, optional
        From parameters' names to the values that each takes; they become labels.
    seeds : int or sequence of int, optional
        How many seeds, counted up from ``experiment.seed``, or which. Each is one point that does
        all trials of the experiment, and is labelled ``seed``. By default the trials are dealt
        out over ``experiment.replicates`` under the one seed.
    weights : Weights, optional
        Of all points.

    Raises
    ------
    ParameterError
        If a name is unknown, a value not allowed, or no value is given.

    Examples
    --------
    >>> points = study(Parameters(), over={"memory.gain": [1.0, 0.9]}, seeds=2)
    >>> [dict(point.labels) for point in points][1]
    {'memory.gain': 1.0, 'seed': 2}
    """
    axes = {}
    for given, values in (over or {}).items():
        name = RENAMED.get(given, given)
        if isinstance(values, str | bytes) or not isinstance(values, Iterable):
            raise ParameterError(
                f"{given} takes {values!r} in this study, allowed is a list of values"
            )
        if seeds is not None and name in ("experiment.seed", "experiment.replicates"):
            raise ParameterError(
                f"{given} and seeds are both given, allowed is one of them: each seed is a point "
                "of one replicate"
            )
        axes[name] = list(values)
    if seeds is not None:
        first = parameters.experiment.seed
        chosen = list(range(first, first + seeds)) if isinstance(seeds, int) else list(seeds)
        if len(set(chosen)) < len(chosen):
            raise ParameterError(f"seeds is {chosen}, allowed are different ones")
        parameters = with_values(parameters, {"experiment.replicates": 1})
        axes["seed"] = chosen
    for name, values in axes.items():
        if not values:
            raise ParameterError(f"{name} takes no value in this study, allowed is at least one")
    points = []
    for combination in itertools.product(*axes.values()):
        setting = dict(zip(axes, combination, strict=True))
        named = {"experiment.seed" if n == "seed" else n: v for n, v in setting.items()}
        chosen_here = with_values(parameters, named, {"experiment.seed": "seed"})
        labels = {n: _label(chosen_here["experiment.seed" if n == "seed" else n]) for n in setting}
        points += deal(chosen_here, weights, labels)
    return points


def _label(value: Any) -> Any:
    if isinstance(value, Task):
        return value.name
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else value
