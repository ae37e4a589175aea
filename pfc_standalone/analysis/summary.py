"""The summary of an experiment: what ``summary.json`` holds."""

from __future__ import annotations

import json
import math
from typing import Any

from pfc_standalone.analysis import activity, behaviour
from pfc_standalone.record import Labelled
from pfc_standalone.results import parameter_values, parameters_of
from pfc_standalone.results.provenance import provenance
from pfc_standalone.results.raw import PHASES


def summarise(dataset: Labelled) -> dict[str, Any]:
    """The summary of a dataset, ready for JSON: NaN is null."""
    spikes = "spike_time" in dataset
    rates = activity.population_rates(dataset)
    summary = {
        **network_of(dataset),
        "accuracy": behaviour.accuracy(dataset),
        "reaction_time_s": behaviour.reaction_time(dataset),
        "premature_responses": behaviour.premature_responses(dataset),
        "memory_held": activity.memory_held(dataset),
        "population_rates_hz" if spikes else "unit_activities": rates,
        **cost_of(dataset),
    }
    if spikes:
        summary["spikes"] = dataset.sizes["spike"]
    else:
        summary["early_crossings"] = behaviour.early_crossings(dataset)
    summary["provenance"] = provenance(dataset)
    return {key: without_nan(value) for key, value in summary.items()}


def network_of(dataset: Labelled) -> dict[str, Any]:
    """What was simulated, and on which target; without what only populations have where units have
    activities.
    """
    parameters = parameters_of(dataset)
    network = parameters.network
    if "activity_unit" in dataset or "trial_early_crossing" in dataset:
        seeds = parameter_values(dataset, "rate.training_seed")
        of_kind: dict[str, Any] = {"training_seeds": sorted(set(seeds.tolist()))}
    else:
        of_kind = {"n_per_unit": network.n_per_unit, "connectivity": network.connectivity}
    return {
        "target": dataset.attrs["target"],
        "model": network.model,
        "task": network.task.name,
        "seed": parameters.experiment.seed,
        "replicates": dataset.sizes["replicate"],
        **of_kind,
        "precision": network.precision,
        "digest": dataset.attrs["digest"],
    }


def cost_of(dataset: Labelled) -> dict[str, Any]:
    """What an experiment cost."""
    phases, simulated = json.loads(dataset.attrs["phases_s"]), float(dataset.attrs["simulated_s"])
    return {
        "phases_s": {phase: phases[phase] for phase in PHASES},
        "simulated_s": simulated,
        "real_time_factor": phases["simulate"] / simulated,
        "peak_memory_bytes": int(dataset.attrs["peak_memory_bytes"]),
    }


def without_nan(value: Any) -> Any:
    """The value with null for every NaN in it, as JSON wants it."""
    if isinstance(value, dict):
        return {k: without_nan(v) for k, v in value.items()}
    if isinstance(value, list):
        return [without_nan(v) for v in value]
    if isinstance(value, float) and math.isnan(value):
        return None
    return value
