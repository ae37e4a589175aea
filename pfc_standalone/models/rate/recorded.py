"""From the raw arrays that runs leave to labelled variables of a dataset."""

from __future__ import annotations

from typing import Any

import numpy as np

from pfc_standalone.errors import ResultsError
from pfc_standalone.models import Arrays, RunRequest
from pfc_standalone.models.rate.units import FREE, UNITS

Runs = list[tuple[int, int, Arrays]]


def population_variables() -> dict[str, Any]:
    """The table of units, each a population of its own, on ``population``."""
    layers, units = zip(*(unit.split("_") for unit in UNITS), strict=True)
    columns = {
        "name": UNITS,
        "layer": layers,
        "unit": units,
        "type": ["unit"] * len(UNITS),
        "start": np.arange(len(UNITS)),
        "size": np.ones(len(UNITS), np.int64),
    }
    return {f"population_{n}": ("population", np.array(column)) for n, column in columns.items()}


def label(runs: Runs) -> dict[str, Any]:
    """Activities of all units that integrate, at every update."""
    time = runs[0][2]["activities.t"]
    n_replicates = sum(count for _, count, _ in runs)
    activity = np.empty((n_replicates, len(FREE), time.size), np.float32)
    for first, count, arrays in runs:
        for k, unit in enumerate(FREE):
            recorded = arrays[f"activities.y_{unit}"].reshape(time.size, -1)
            activity[first : first + count, k] = recorded[:, :count].T
    dims = ("replicate", "activity_unit", "activity_time")
    return {
        "activity": (dims, activity),
        "activity_unit": ("activity_unit", np.array(FREE)),
        "activity_time": ("activity_time", time, {"units": "s"}),
    }


def check_whole(request: RunRequest, arrays: Arrays) -> None:
    """Raise `ResultsError` unless every activity was recorded at every update."""
    parameters = request.parameters
    updates = round(request.duration / parameters.si("rate.update"))
    expected = {"activities.t": updates} | {
        f"activities.y_{unit}": updates * len(request.points) for unit in FREE
    }
    for name, size in expected.items():
        if arrays[name].size != size:
            raise ResultsError(f"{name} has {arrays[name].size} values, expected are {size}")
