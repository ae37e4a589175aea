"""The values that a built network is given when it starts, by name.

These need no Brian2: a finished binary takes them from files, a running Python process from
memory.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.experiment.changes import change_table
from pfc_standalone.experiment.points import Point
from pfc_standalone.models import RunRequest
from pfc_standalone.models.spiking import plastic
from pfc_standalone.models.spiking.equations import NEURON_PARAMETERS
from pfc_standalone.models.spiking.populations import Layout, population_table
from pfc_standalone.models.spiking.stimulus import images_of, pattern_rates, point_changes
from pfc_standalone.models.spiking.tables import fibres, weight_tables
from pfc_standalone.noise.functions.poisson_pair import poisson_thresholds
from pfc_standalone.parameters import Parameters
from pfc_standalone.parameters.fields import check_multiple


def run_values(request: RunRequest) -> dict[str, NDArray[np.generic]]:
    """Value of every run-time variable, as `models.ModelKind.values` describes them.

    Raises
    ------
    ParameterError
        If the run begins at an odd time step.
    """
    points, first = request.points, request.parameters
    # noise is drawn for two steps at once
    check_multiple("start", request.start, "s", "two time steps", 2 * first.si("network.dt"))
    dtype = np.dtype(first.network.precision)
    shown = [change_table(p.parameters, point_changes(p, request.start)) for p in points]
    tables = [weight_tables(p.parameters, p.weights) for p in points]
    rates = [pattern_rates(p.parameters, images_of(p)) for p in points]
    first_step, n_steps = (
        round(time / first.si("network.dt")) for time in (request.start, request.duration)
    )
    first_frame = round(request.start / first.si("network.stimulus_dt"))
    values: dict[str, NDArray[np.generic]] = {
        "schedule.first_step": np.array([first_step], np.int32),
        "schedule.n_steps": np.array([n_steps], np.int32),
        # the first update of the stimulus makes it the first frame
        "schedule.frame": np.full(len(points), first_frame - 1, np.int32),
        "change_frame.values": np.stack([frames for frames, _ in shown], axis=1).ravel(),
        "change_pattern.values": np.stack([patterns for _, patterns in shown], axis=1).ravel(),
        "pattern_rate.values": np.concatenate(rates, axis=1).ravel(),
    }
    for name in ("ampa", "gated", "nmda", "gaba", "fibre"):
        table = np.concatenate([getattr(t, name) for t in tables], axis=1)
        values[f"weight_{name}.values"] = table.ravel()
    for name, column in _population_values(points).items():
        kept = column.dtype if column.dtype.kind == "i" else dtype
        values[f"populations.{name}"] = column.astype(kept)
    replicate = Layout.of(fibres(first), len(points)).replicate
    for name, keys in _noise_keys(points).items():
        values[f"fibres.{name}"] = np.array(keys, np.int32)[replicate]
    if plastic.get_rule(first) is not None:
        for name, learned in plastic.values(points, request.start).items():
            stored = learned.dtype.kind == "f" and not name.endswith(".values")
            values[name] = learned.astype(dtype) if stored else learned
    return values


def _noise_keys(points: tuple[Point, ...]) -> dict[str, list[int]]:
    return {
        "rng_seed": [p.parameters.experiment.seed for p in points],
        "noise_replicate": [p.replicate for p in points],
    }


def _population_values(points: tuple[Point, ...]) -> dict[str, NDArray[Any]]:
    """A value for each point and population, point by point."""
    rows = []
    for point, seed, replicate in zip(points, *_noise_keys(points).values(), strict=True):
        parameters = point.parameters
        for population in population_table(parameters):
            layer = getattr(parameters, population.layer)
            rate = layer.background_exc if population.type == "exc" else layer.background_inh
            above = poisson_thresholds(rate * parameters.network.dt)  # kHz x ms
            rows.append(
                {
                    **{n: parameters.si(f"{population.type}.{n}") for n in NEURON_PARAMETERS},
                    "refractory_steps": refractory_steps(parameters, population.type),
                    "w_background": parameters.si(f"{population.type}.g_background"),
                    "rng_seed": np.int32(seed),
                    "noise_replicate": np.int32(replicate),
                    **{f"background_above_{k}": t for k, t in enumerate(above)},
                }
            )
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def refractory_steps(parameters: Parameters, kind: str) -> np.int32:
    """Steps from a spike on in which a neuron of a type is held: ``t_ref``, to the nearest; where
    two are as near, the fewer.
    """
    steps = parameters[f"{kind}.t_ref"] / parameters.network.dt
    return np.int32(math.ceil(round(steps - 0.5, 6)))
