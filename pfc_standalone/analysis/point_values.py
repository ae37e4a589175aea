"""What is known of one point of a sweep: the numbers of its summary, by name."""

from __future__ import annotations

import math

import numpy as np

from pfc_standalone.analysis import activity, behaviour
from pfc_standalone.record import Labelled


def point_values(dataset: Labelled) -> dict[str, float | None]:
    """Numbers of a dataset; None for one that there is not.

    Returns
    -------
    dict
        ``accuracy`` of all trials; ``accuracy_C_D`` and ``reaction_time_C_D`` (median, s) of
        condition C at delay D (s, as typed); ``premature``; ``memory_held_D``; of each population
        or unit P ``spontaneous_P``, ``delay_P`` and, of memory, ``delay_other_P`` (Hz, or
        activities). What a network without an output layer lacks is left out.
    """
    found: dict[str, float] = {}
    if "trial_correct" in dataset:
        present = dataset["trial_condition"].values != ""
        found["accuracy"] = float(np.mean(dataset["trial_correct"].values[present]))
        for name, measure in (
            ("accuracy", behaviour.accuracy), ("reaction_time", behaviour.reaction_time),
        ):  # fmt: skip
            for delay, conditions in measure(dataset).items():
                found |= {f"{name}_{c}_{delay}": v["value"] for c, v in conditions.items()}
        found["premature"] = behaviour.premature_responses(dataset)["value"]
    for delay, held in activity.memory_held(dataset).items():
        found[f"memory_held_{delay}"] = held["value"]
    for population, rates in activity.population_rates(dataset).items():
        found |= {f"{when}_{population}": float(rate) for when, rate in rates.items()}
    return {name: None if math.isnan(value) else value for name, value in found.items()}
