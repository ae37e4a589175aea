"""What a sweep shows: each number over the values of one or two axes, with its interval."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.analysis.intervals import mean_interval
from pfc_standalone.analysis.spike_statistics import Interval
from pfc_standalone.parameters import parameter_field
from pfc_standalone.record import Labelled

#: Beginnings of the names of numbers that are drawn.
DRAWN = ("accuracy", "reaction_time", "memory_held")


@dataclass(frozen=True)
class Axis:
    """An axis of a sweep.

    Attributes
    ----------
    name : str
    values : list
        In order; texts in the order in which they were given.
    units : str
    """

    name: str
    values: list[Any]
    units: str

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return not isinstance(self.values[0], str)

    @property
    def label(self) -> str:
        """Name and units."""
        return f"{self.name} ({self.units})" if self.units else self.name


def axes_of(dataset: Labelled) -> list[Axis]:
    """The axes of a sweep that have several values; of what is no sweep, none."""
    found = []
    for name in json.loads(dataset.attrs.get("axes", "{}")):
        values = list(dict.fromkeys(dataset[name].values.tolist()))
        if len(values) > 1:
            ordered = values if isinstance(values[0], str) else sorted(values)
            found.append(Axis(name, ordered, parameter_field(name).metadata["unit"]))
    return found


def drawn(dataset: Labelled) -> list[str]:
    """Names of the numbers that are drawn."""
    return [str(name) for name in dataset if str(name).startswith(DRAWN)]


def means(dataset: Labelled, name: str, axes: list[Axis]) -> NDArray[np.float64]:
    """Mean of a number at every combination of values of axes, over seeds and all other axes, and
    its 95 % interval by Student's t: (n_values, ..., 3) ndarray of value, low, high.
    """
    found = np.full((*(len(a.values) for a in axes), 3), np.nan)
    for at, chosen in _combinations(dataset, axes):
        found[at] = mean_interval(dataset[name].values[chosen])
    return found


def _combinations(
    dataset: Labelled, axes: list[Axis]
) -> Iterator[tuple[tuple[int, ...], NDArray[np.int64]]]:
    """Positions on axes, and which points lie there."""
    shape = tuple(len(a.values) for a in axes)
    at = []
    for axis in axes:
        known, inverse = np.unique(dataset[axis.name].values, return_inverse=True)
        at.append(np.array([axis.values.index(v) for v in known.tolist()])[inverse])
    codes = np.ravel_multi_index(tuple(at), shape)
    order = np.argsort(codes, kind="stable")
    edges = np.searchsorted(codes[order], np.arange(np.prod(shape) + 1))
    for code, (start, stop) in enumerate(itertools.pairwise(edges.tolist())):
        yield tuple(int(k) for k in np.unravel_index(code, shape)), order[start:stop]


def sweep_means_csv(dataset: Labelled) -> str:
    """The data of the figure as CSV: a row for each number and combination of the first two axes,
    with mean, interval, and how many points have a value; empty where there is nothing to draw.
    """
    axes = axes_of(dataset)[:2]
    if not axes:
        return ""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow([*(a.name for a in axes), "number", "mean", "low", "high", "points"])
    for name in drawn(dataset):
        for at, chosen in _combinations(dataset, axes):
            values = dataset[name].values[chosen]
            interval: Interval = mean_interval(values)
            shown = ["" if np.isnan(x) else repr(float(x)) for x in interval]
            labels = [a.values[k] for a, k in zip(axes, at, strict=True)]
            table.writerow([*labels, name, *shown, int(np.count_nonzero(~np.isnan(values)))])
    return text.getvalue()
