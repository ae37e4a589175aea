"""The values that a built network is given when it starts, by name; this needs no Brian2."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.experiment.changes import change_table
from pfc_standalone.models import RunRequest
from pfc_standalone.models.rate.stimulus import changes
from pfc_standalone.models.rate.trained import weights_of
from pfc_standalone.models.rate.units import SIGNS, weight_name


def run_values(request: RunRequest) -> dict[str, NDArray[np.generic]]:
    """Value of every run-time variable, as `models.ModelKind.values` describes them."""
    points, first = request.points, request.parameters
    dtype = np.dtype(first.network.precision)
    shown = [
        change_table(p.parameters, changes(p.parameters, p.trials, request.start)) for p in points
    ]
    weights = [weights_of(p) for p in points]
    first_step, n_steps = (
        round(time / first.si("rate.update")) for time in (request.start, request.duration)
    )
    values: dict[str, NDArray[np.generic]] = {
        "networks.first_step": np.array([first_step], np.int32),
        "networks.n_steps": np.array([n_steps], np.int32),
        "networks.rng_seed": np.array([p.parameters.experiment.seed for p in points], np.int32),
        "networks.noise_replicate": np.array([p.replicate for p in points], np.int32),
        "change_frame.values": np.stack([frames for frames, _ in shown], axis=1).ravel(),
        "change_pattern.values": np.stack([patterns for _, patterns in shown], axis=1).ravel(),
    }
    constants = {"gain": "memory.gain"} | {n: f"rate.{n}" for n in ("bias", "noise", "leak")}
    for name, parameter in constants.items():
        column = [p.parameters[parameter] for p in points]
        values[f"networks.{name}"] = np.array(column, dtype)
    for pair in SIGNS:
        values[f"networks.{weight_name(*pair)}"] = np.array([w[pair] for w in weights], dtype)
    return values
