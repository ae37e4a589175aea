"""The summary of an experiment: what ``summary.json`` holds."""

from __future__ import annotations

import json
import math
from typing import Any

from pfc_standalone.analysis import activity, behaviour
from pfc_standalone.record import Labelled
from pfc_standalone.results import parameter_values, parameters_of
from pfc_standalone.results.raw import PHASES


def summarise(dataset: Labelled) -> dict[str, Any]:
    """The summary of a dataset, ready for JSON: NaN is null."""
    parameters = parameters_of(dataset)
    network, phases = parameters.network, json.loads(dataset.attrs["phases_s"])
    simulated = float(dataset.attrs["simulated_s"])
    summary = {
        "target": dataset.attrs["target"],
        "model": network.model,
        "task": network.task.name,
        "n_per_unit": network.n_per_unit,
        "seed": parameters.experiment.seed,
        "replicates": dataset.sizes["replicate"],
        "connectivity": network.connectivity,
        "precision": network.precision,
        "digest": dataset.attrs["digest"],
        "accuracy": behaviour.accuracy(dataset),
        "reaction_time_s": behaviour.reaction_time(dataset),
        "premature_responses": behaviour.premature_responses(dataset),
        "memory_held": activity.memory_held(dataset),
        "population_rates_hz": activity.population_rates(dataset),
        "phases_s": {phase: phases[phase] for phase in PHASES},
        "simulated_s": simulated,
        "real_time_factor": phases["simulate"] / simulated,
    }
    if "spike_time" in dataset:
        summary["spikes"] = dataset.sizes["spike"]
    else:
        summary = _of_activities(dataset, summary)
    return {key: _without_nan(value) for key, value in summary.items()}


def _of_activities(dataset: Labelled, summary: dict[str, Any]) -> dict[str, Any]:
    """The summary of a model whose units have activities: without what only populations have."""
    populations = ("n_per_unit", "connectivity")
    kept = {key: value for key, value in summary.items() if key not in populations}
    kept["training_seeds"] = sorted(set(parameter_values(dataset, "rate.training_seed").tolist()))
    kept["unit_activities"] = kept.pop("population_rates_hz")
    kept["early_crossings"] = behaviour.early_crossings(dataset)
    return kept


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_nan(v) for k, v in value.items()}
    if isinstance(value, float) and math.isnan(value):
        return None
    return value
