"""Weights that come with the program, of networks that were trained from different seeds."""

from __future__ import annotations

from collections.abc import Mapping

from pfc_standalone.experiment import Point
from pfc_standalone.models.rate.units import SIGNS


def weights_of(point: Point) -> Mapping[tuple[str, str], float]:
    """Every weight of a point's network."""
    return {pair: float(sign) for pair, sign in SIGNS.items()}
