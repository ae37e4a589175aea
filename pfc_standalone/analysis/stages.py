"""Stages in which the network is built up: what each has, and what must hold before the next.

Rows of `bounds` where there are such, and rows of its own for what only a stage shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from pfc_standalone.analysis.bounds import BOUNDS, Bound, Measured, Verdict, verdicts
from pfc_standalone.analysis.spike_table import SpikeTable, Windows
from pfc_standalone.results import parameters_of, task_of

if TYPE_CHECKING:
    import xarray as xr

#: Source of a bound that the project chose, for the reason that stands beside it.
PROJECT = "project"
#: After an image's onset and after its end: when rates have settled, and when they must be gone, s.
SEEN, GONE = (0.1, 0.3), (0.15, 0.3)
#: From a run's beginning, s.
FIRST = 0.1


@dataclass(frozen=True)
class Stage:
    """One stage.

    Attributes
    ----------
    layers : str
        The last layer that it has.
    names : tuple of str
        The rows of `bounds.BOUNDS` that must hold; empty for all.
    own : tuple of Bound
        Rows of its own.
    """

    layers: str
    names: tuple[str, ...]
    own: tuple[Bound[Any], ...]

    def judge(self, dataset: Any, n_per_unit: int) -> list[Verdict]:
        """Every value that has a bound."""
        common = [b for b in BOUNDS if not self.names or b.name in self.names]
        return verdicts(dataset, (*self.own, *common), n_per_unit)


def _shown(dataset: xr.Dataset, unit: str) -> list[tuple[int, float, float]]:
    """Replicate, onset and end of every presentation of an image in trials."""
    found = []
    for cue, onset in (("cue", "onset"), ("probe", "probe_onset")):
        units, times = dataset[f"trial_{cue}"].values, dataset[f"trial_{onset}"].values
        for r, k in np.argwhere(units == unit):
            timing = parameters_of(dataset, int(r)).timing
            found.append((int(r), float(times[r, k]), float(times[r, k] + getattr(timing, cue))))
    return found


def _own_rate(dataset: xr.Dataset) -> Measured:
    rates = _rates(dataset)
    return {f"input_{u}": of_image[u] for u, of_image in rates.items()}


def _others(dataset: xr.Dataset) -> Measured:
    """The largest rate at another's image, as a part of the rate at the own one."""
    rates = _rates(dataset)
    return {
        f"input_{u}": max(r for image, r in of_image.items() if image != u) / max(of_image[u], 1e-9)
        for u, of_image in rates.items()
        if len(of_image) > 1
    }


def _rates(dataset: xr.Dataset) -> dict[str, dict[str, float]]:
    """Of each input unit, the rate at each image that trials show, Hz."""
    table, units = SpikeTable(dataset), task_of(dataset).units["input"]
    windows: dict[str, Windows] = {
        u: [(r, on + SEEN[0], on + SEEN[1]) for r, on, _ in _shown(dataset, u)] for u in units
    }
    return {
        u: {image: table.rate(f"input_{u}", w) for image, w in windows.items() if w}
        for u in units
        if windows[u]
    }


def _gone(dataset: xr.Dataset) -> Measured:
    table = SpikeTable(dataset)
    return {
        f"input_{u}": table.rate(
            f"input_{u}", [(r, end + GONE[0], end + GONE[1]) for r, _, end in _shown(dataset, u)]
        )
        for u in task_of(dataset).units["input"]
    }


def _first(dataset: xr.Dataset) -> Measured:
    table = SpikeTable(dataset)
    windows: Windows = [(r, 0.0, FIRST) for r in range(dataset.sizes["replicate"])]
    return {
        name: table.rate(name, windows)
        for name, kind in zip(table.names, dataset["population_type"].values.tolist(), strict=True)
        if kind == "exc"
    }


def _contest(dataset: xr.Dataset) -> Measured:
    """The loser's rate at the output as a part of the winner's."""
    from pfc_standalone.analysis.activity import output_contest

    return {
        name: found["loser"] / max(found["winner"], 1e-9)
        for name, found in output_contest(dataset).items()
    }


def _of_summary(key: str, unit: str | None = None) -> Callable[[Any], Measured]:
    """A value of the summary of learning, or several by what they are of."""

    def measure(summary: Any) -> Measured:
        found = summary[key] if unit is None else {unit: summary[key]}
        return {
            name: entry["value"] if isinstance(entry, dict) else entry
            for name, entry in found.items()
        }

    return measure


def _identified(flips: str) -> Callable[[Any], Measured]:
    return lambda summary: {
        f"{float(flips):.0%} flipped": summary["identification"][flips]["value"]
    }


_INPUT: tuple[Bound[Any], ...] = (
    Bound("rate in the first 100 ms", _first, 0.0, 5.0, "Hz", PROJECT,
          "as high as a spontaneous rate may be: an initial state that is spread out starts no "
          "volley"),
    Bound("rate at the own image", _own_rate, 10.0, 60.0, "Hz", PROJECT,
          "what comes after the input layer is tuned for 25 Hz"),
    Bound("largest rate at another's image, of the own", _others, 0.0, 0.35, "", PROJECT,
          "one unit wins"),
    Bound("rate 150 to 300 ms after an image", _gone, 0.0, 5.0, "Hz", PROJECT,
          "the input layer lets go of an image"),
)  # fmt: skip
_QUIET = ("spontaneous excitatory rate", "spontaneous inhibitory rate", "largest 50 ms rate")
_HOLDS = (
    *_QUIET, "delay rate of the remembered", "delay rate of the other", "selectivity",
    "memory held", "false memory", "ISI CV in the delay", "count correlation in the delay",
)  # fmt: skip

STAGES: dict[str, Stage] = {
    "input": Stage("input", _QUIET, _INPUT),
    "memory": Stage("memory", _HOLDS, _INPUT),
    "output": Stage(
        "output", (),
        (
            *_INPUT,
            Bound("rate of the losing output, of the one that answered", _contest, 0.0, 1.0, "",
                  PROJECT, "one output wins"),
            Bound("rate of the losing output, medium network", _contest, 0.0, 0.5, "",
                  PROJECT, "one output wins; in a small network the two compete for longer",
                  n_from=50),
        ),
    ),
    "learning": Stage(
        "memory", ("none of these",),
        (
            Bound("identification", _identified("0"), 0.99, inf, "", PROJECT,
                  "what a nearest-template reader does"),
            Bound("identification", _identified("0.1"), 0.97, inf, "", PROJECT,
                  "what a nearest-template reader does"),
            Bound("neurons that prefer their unit's image",
                  _of_summary("neurons_selective", "all"), 0.97, 1.0, "", PROJECT,
                  "units, not single neurons, stand for images"),
            Bound("memory's input from its own image", _of_summary("memory_share"), 0.95, 1.0, "",
                  PROJECT, "nothing else may load a memory"),
            Bound("memory held", _of_summary("memory_held"), 0.9, 1.0, "", PROJECT,
                  "of ten trials, without a teacher"),
        ),
    ),
}  # fmt: skip
