"""Sweeps: every combination of values of parameters, under several seeds, a point at a time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np

from pfc_standalone.errors import ParameterError
from pfc_standalone.experiment.points import Label, Point, study
from pfc_standalone.experiment.weights import BY_HAND, Weights
from pfc_standalone.parameters import RENAMED, Parameters, parameter_fields, with_values
from pfc_standalone.parameters.fields import check, from_text

#: Points that a sweep may have.
MAX_POINTS = 1_000_000
#: Parameters that a sweep sets itself.
_OWN = {
    "experiment.seed": "use --seeds",
    "experiment.replicates": "a point is one replicate: use --seeds",
    "network.batch": "it makes no difference to results",
}


@dataclass(frozen=True)
class Sweep:
    """The points of `study`, made when they are asked for: as many as wanted take no memory.

    Attributes
    ----------
    parameters : Parameters
        Of all points, but for the axes.
    axes : mapping
        From parameters' names to the values that each takes; the last changes fastest.
    seeds : int
        How many, counted up from ``experiment.seed``; they change faster still.
    weights : Weights
        Of all points.
    """

    parameters: Parameters
    axes: Mapping[str, Sequence[Any]]
    seeds: int = 1
    weights: Weights = BY_HAND

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of values of each axis, then of seeds."""
        return (*(len(values) for values in self.axes.values()), self.seeds)

    def __len__(self) -> int:
        return math.prod(self.shape)

    def point(self, number: int) -> Point:
        """A point, labelled by its values and ``seed``.

        Raises
        ------
        ParameterError
            If its values are not possible together.
        """
        over, seed = self._at(number)
        single = {name: [value] for name, value in over.items()}
        (point,) = study(self.parameters, single, [seed], self.weights)
        return point

    def labels(self, number: int) -> dict[str, Label]:
        """What a point is called, without making it."""
        over, seed = self._at(number)
        return {**{name: shown(value) for name, value in over.items()}, "seed": seed}

    def _at(self, number: int) -> tuple[dict[str, Any], int]:
        *at, seed = (int(k) for k in np.unravel_index(number, self.shape))
        values = {n: v[k] for (n, v), k in zip(self.axes.items(), at, strict=True)}
        return values, self.parameters.experiment.seed + seed


def shown(value: Any) -> Label:
    """A value of an axis as a label."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(value)
    label: Label = getattr(value, "name", value)
    return label


def make_sweep(
    parameters: Parameters, over: Sequence[str], seeds: int, weights: Weights = BY_HAND
) -> Sweep:
    """The sweep that texts such as ``memory.gain=0.8:1:0.02`` describe.

    Parameters
    ----------
    over : sequence of str
        ``NAME=VALUES``; values are separated by commas, and ``START:STOP:STEP`` stands for all
        from start to stop, both included.

    Raises
    ------
    ParameterError
        If a name is unknown or given twice, a value is not allowed, or there are no points.
    """
    axes: dict[str, tuple[Any, ...]] = {}
    for text in over:
        name, values = _axis(text)
        if name in axes:
            raise ParameterError(f"--over {name} is given twice, allowed is once: join the values")
        axes[name] = values
    if seeds < 1:
        raise ParameterError(f"--seeds is {seeds}, allowed is a whole number from 1")
    first = with_values(parameters, {"experiment.replicates": 1})
    with_values(first, {"experiment.seed": first.experiment.seed + seeds - 1})
    sweep = Sweep(first, axes, seeds, weights)
    if len(sweep) > MAX_POINTS:
        raise ParameterError(
            f"the sweep has {len(sweep)} points, allowed are at most {MAX_POINTS}: use fewer values"
        )
    return sweep


def _axis(text: str) -> tuple[str, tuple[Any, ...]]:
    given, equals, said = text.partition("=")
    if not equals:
        raise ParameterError(
            f"--over is {text}, allowed is NAME=VALUES, such as memory.gain=0.8:1:0.02 or "
            "network.n_per_unit=100,400"
        )
    name = RENAMED.get(given.strip(), given.strip())
    with_known = dict(parameter_fields())
    if name not in with_known:
        with_values(Parameters(), {name: ""})  # says so
    if name in _OWN:
        raise ParameterError(f"--over {name} is given, which a sweep sets itself: {_OWN[name]}")
    f = with_known[name]
    values: list[Any] = []
    for part in said.split(","):
        texts = _range(name, part) if ":" in part and f.type in ("int", "float") else [part.strip()]
        for one in texts:
            value = from_text(f"--over {name}", one, f)
            check(f"--over {name}", value, f)
            values.append(value)
    labels = [shown(v) for v in values]
    if len(set(labels)) < len(labels):
        twice = next(v for v in labels if labels.count(v) > 1)
        raise ParameterError(f"--over {name} has {twice} twice, allowed are different values")
    return name, tuple(values)


def _range(name: str, text: str) -> list[str]:
    """All values of START:STOP:STEP, as exact as they were typed."""
    try:
        start, stop, step = (Decimal(part) for part in text.split(":"))
        if not (start.is_finite() and stop.is_finite() and step.is_finite()):
            raise ValueError
    except (ValueError, InvalidOperation):
        raise ParameterError(
            f"--over {name} is {text}, allowed is START:STOP:STEP, three numbers"
        ) from None
    if step == 0:
        raise ParameterError(f"--over {name} is {text}, allowed is a step other than 0")
    count = int((stop - start) / step) + 1 if (stop - start) * step >= 0 else 0
    if not count:
        raise ParameterError(
            f"--over {name} is {text}, which holds no value: from {start} to {stop} the step must "
            f"be {'above' if stop > start else 'below'} 0"
        )
    if count > MAX_POINTS:
        raise ParameterError(
            f"--over {name} is {text}, which holds {count} values, allowed are at most {MAX_POINTS}"
        )
    return [str(start + k * step) for k in range(count)]
