"""The values that a built network is given when it starts, by variable name.

These need no Brian2: a finished binary takes them from files, a running Python process from
memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.connectivity import weight_tables
from pfc_standalone.parameters import Parameters
from pfc_standalone.populations import Layout, population_table
from pfc_standalone.stimuli import stimulus, stimulus_frames
from pfc_standalone.trials import Trial


@dataclass(frozen=True)
class RunRequest:
    """One run of a built network: as many replicates as it was built for.

    Attributes
    ----------
    replicates : tuple of Parameters
        Of each replicate; they may differ in parameters bound at run time, not in the seed.
    trials : tuple of list of Trial
        Of each replicate; an empty list shows nothing.
    first_replicate : int
        Number of the first of them within the experiment: it keys their noise.
    duration : float
        Biological time, s.
    """

    replicates: tuple[Parameters, ...]
    trials: tuple[list[Trial], ...]
    first_replicate: int
    duration: float


def run_values(request: RunRequest) -> dict[str, NDArray[np.generic]]:
    """Value of every run-time variable.

    Returns
    -------
    dict
        From ``object.variable`` to its values in SI units, flat, of the dtype that the variable
        has in the simulation. Scalars are arrays of length 1.
    """
    first = request.replicates[0]
    dtype = np.dtype(first.network.precision)
    frames = stimulus_frames(first, first.network.block_duration)
    shown = [
        stimulus(p, trials, frames)
        for p, trials in zip(request.replicates, request.trials, strict=True)
    ]
    tables = [weight_tables(p) for p in request.replicates]
    values: dict[str, NDArray[np.generic]] = {
        "neurons.run_duration": np.array([request.duration], dtype),
        "stim.values": np.concatenate([rates for rates, _ in shown], axis=1).ravel(),
        "gate.values": np.stack([gate for _, gate in shown], axis=1).ravel(),
    }
    for group in ("neurons", "afferents"):
        values[f"{group}.rng_seed"] = np.array([first.experiment.seed], np.int32)
        values[f"{group}.first_replicate"] = np.array([request.first_replicate], np.int32)
    for name in ("ampa", "gated", "nmda", "gaba", "afferent"):
        table = np.concatenate([getattr(t, name) for t in tables], axis=1)
        values[f"weight_{name}.values"] = table.ravel()
    for name, per_neuron in _neuron_values(request.replicates).items():
        values[f"neurons.{name}"] = per_neuron.astype(dtype)
    return values


def _neuron_values(replicates: tuple[Parameters, ...]) -> dict[str, NDArray[np.float64]]:
    populations = population_table(replicates[0])
    layout = Layout.of([p.size for p in populations], len(replicates))
    rows = []
    for parameters in replicates:
        for population in populations:
            neuron = getattr(parameters, population.type)
            layer = getattr(parameters, population.layer)
            rate = layer.background_exc if population.type == "exc" else layer.background_inh
            mean = rate * parameters.network.dt  # kHz x ms
            rows.append(
                {
                    "C_m": neuron.C_m * 1e-9,
                    "g_L": neuron.g_L * 1e-9,
                    "t_ref": neuron.t_ref * 1e-3,
                    "w_background": neuron.g_background * 1e-9,
                    "background_mean": mean,
                    "exp_minus_background_mean": np.exp(-mean),
                }
            )
    row_of_neuron = layout.replicate * len(populations) + layout.population
    return {name: np.array([row[name] for row in rows])[row_of_neuron] for name in rows[0]}
