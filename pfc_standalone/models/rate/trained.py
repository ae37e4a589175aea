"""Weights of a point's network: trained from the seed that its parameters name."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

from pfc_standalone.errors import ParameterError
from pfc_standalone.experiment import Point
from pfc_standalone.experiment.trained import Networks, read_trained
from pfc_standalone.models.rate.units import SIGNS

#: Those that come with the program; the file says which command made it.
SHIPPED = Path(__file__).with_name("trained.json")


@functools.lru_cache(maxsize=1)
def shipped() -> Networks:
    """The networks that come with the program."""
    return read_trained(SHIPPED)[0]


def weights_of(point: Point) -> Mapping[tuple[str, str], float]:
    """Every weight of a point's network: one of its own, or of those that come along.

    Raises
    ------
    ParameterError
        If no network was trained from that seed, or it is none of this model.
    """
    networks = point.weights.networks or shipped()
    seed = point.parameters.rate.training_seed
    if seed not in networks:
        known = ", ".join(map(str, sorted(networks)))
        raise ParameterError(
            f"rate.training_seed is {seed}, allowed is the seed of a trained network: {known} "
            "(python -m pfc_standalone train-rate-model trains more)"
        )
    weights = networks[seed]
    if weights.keys() != SIGNS.keys():
        source, destination = sorted(weights.keys() ^ SIGNS.keys())[0]
        raise ParameterError(
            f"the trained network {seed} and the model rate disagree on the weight {source} -> "
            f"{destination}: train it anew with python -m pfc_standalone train-rate-model"
        )
    for (source, destination), sign in SIGNS.items():
        weight = weights[source, destination]
        if weight * sign < 0:
            raise ParameterError(
                f"the trained network {seed} has the weight {source} -> {destination} = "
                f"{weight:g}, allowed is one that {'excites' if sign > 0 else 'inhibits'}"
            )
    return weights
