"""Bounds of the published rate model: of its trained networks, each by itself and together.

`analysis.sources` has the papers in full.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pfc_standalone.analysis.answers import Answers, answers
from pfc_standalone.analysis.bounds import Bound, Measured, Verdict, verdicts
from pfc_standalone.analysis.gain_effect import (
    ADULTS,
    DISSOCIATION,
    PUBLISHED,
    GainEffect,
    dissociates,
    gain_effect,
)
from pfc_standalone.analysis.spike_statistics import Interval, proportion_interval
from pfc_standalone.experiment.check_points import NOISE_FREE, PART
from pfc_standalone.results import parameter_values

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Networks:
    """What trained networks did, by training seed: without noise, and the effect of the gain."""

    noise_free: dict[int, Answers]
    effects: dict[int, GainEffect]


def _share(holds: list[bool]) -> Interval:
    return proportion_interval(sum(holds), len(holds))


def _learned(networks: Networks) -> Measured:
    """Share of networks without an error, by delay."""
    found = list(networks.noise_free.values())
    return {
        f"{delay} s": _share([all(c.n and not c.wrong for c in a[delay].values()) for a in found])
        for delay in found[0]
    }


def _dissociate(networks: Networks) -> Measured:
    found = [dissociates(e) for e in networks.effects.values()]
    if None in found:
        return {"all networks": float("nan")}
    return {"all networks": _share([f is True for f in found])}


def _ay_slower(networks: Networks) -> Measured:
    rows = [verdicts(e, PUBLISHED[:1]) for e in networks.effects.values()]
    delays = [v.where for v in rows[0]]
    return {delay: _share([row[k].holds is True for row in rows]) for k, delay in enumerate(delays)}


Row = Bound[Networks]
SHARES: tuple[Row, ...] = (
    Row(
        "networks without an error, no noise, normal gain", _learned, 1.0, 1.0, "", "B1995",
        "trained until all trials are right, noise-free",
    ),
    Row(
        "networks with the double dissociation", _dissociate, 0.8, 1.0, "", "B1995",
        "what the paper shows should not hang on the seed of the training; 80 % is the project's "
        "measure",
    ),
    Row(
        "networks that answer AY slower than BX, normal gain", _ay_slower, 0.8, 1.0, "", "B1995",
        "A's preparation must be undone; 80 % is the project's measure",
    ),
)  # fmt: skip


#: Of all networks together.
EFFECT_ROWS = (*DISSOCIATION, PUBLISHED[0], ADULTS[0])


def check_rate(dataset: xr.Dataset) -> list[Verdict]:
    """All bounds, of a dataset of `experiment.check_points.rate_points`."""
    part, seeds = dataset[PART].values, parameter_values(dataset, "rate.training_seed")
    noisy, silent = part != NOISE_FREE, part == NOISE_FREE
    every = sorted(set(seeds.tolist()))

    def of(mine: object) -> xr.Dataset:
        return dataset.isel(replicate=mine)

    networks = Networks(
        {s: answers(of(silent & (seeds == s))) for s in every},
        {s: gain_effect(of(noisy & (seeds == s))) for s in every},
    )
    pooled = gain_effect(of(noisy))
    return [
        *verdicts(networks, SHARES),
        *verdicts(pooled, EFFECT_ROWS),
    ]
