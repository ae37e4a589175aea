"""Rasters of two example trials: every layer, population by population, and the response."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pfc_standalone.figures.style import (
    INHIBITORY,
    NONSELECTIVE,
    WIDTH,
    only_outer_axes,
    unit_colours,
)
from pfc_standalone.figures.trial import (
    TrialRow,
    example_trials,
    shade_phases,
    show_response,
    spikes_of,
    title,
    trial_rows,
)
from pfc_standalone.record import Labelled
from pfc_standalone.results.dataset import task_of
from pfc_standalone.tasks import LAYERS

ROWS_SHOWN = 40  # neurons of a population, at most
#: Trials with more spikes are drawn as pixels, which a PDF shows faster; 30 bytes a mark else.
_MARKS = 20_000


@dataclass(frozen=True)
class _Rows:
    """One population's part of a raster."""

    name: str
    layer: str
    label: str
    colour: str
    shown: int  # neurons


def draw(dataset: Labelled) -> dict[str, Figure]:
    """Two trials side by side, which differ in what is to be remembered if they can."""
    trials = trial_rows(dataset) if "spike_time" in dataset else []
    if not trials:
        return {}
    task = task_of(dataset)
    colours, shown = unit_colours(task), example_trials(trials, task)
    rows = _rows(dataset, colours)
    of_layer = {layer: [r for r in rows if r.layer == layer] for layer in LAYERS}
    heights = [sum(r.shown for r in of_layer[layer]) for layer in LAYERS]
    figure = Figure(figsize=(WIDTH, 7.5), layout="constrained")
    grid = figure.subplots(
        4, len(shown), sharex="col", sharey="row", squeeze=False,
        height_ratios=[*heights, 0.05 * sum(heights)],
    )  # fmt: skip
    only_outer_axes(grid)
    for column, trial in zip(grid.T, shown, strict=True):
        _column(column, dataset, trial, of_layer)
        show_response(column[3], trial, colours)
        shade_phases(column, trial)
        column[0].set_title(title(trial), pad=24)
    for ax, layer in zip(grid[:3, 0], LAYERS, strict=True):
        ax.set_ylabel(f"{layer} layer")
        _name_rows(ax, of_layer[layer])
    for ax in grid[3, 1:]:
        ax.set_ylabel("")
    figure.align_ylabels(grid[:3, 0])
    labels = _labels(dataset, shown[0])
    if labels:
        figure.suptitle(labels, fontsize=8)
    return {"raster": figure}


def _rows(dataset: Labelled, colours: dict[str, str]) -> list[_Rows]:
    columns = (dataset[f"population_{n}"].values for n in ("name", "layer", "unit", "type", "size"))
    found = []
    for name, layer, unit, kind, size in zip(*(c.tolist() for c in columns), strict=True):
        rest = ("inh.", INHIBITORY) if kind == "inh" else ("non-sel.", NONSELECTIVE)
        label, colour = (unit, colours[unit]) if unit else rest
        found.append(_Rows(name, layer, label, colour, min(size, ROWS_SHOWN)))
    return found


def _column(
    axes: NDArray[Any], dataset: Labelled, trial: TrialRow, of_layer: dict[str, list[_Rows]]
) -> None:
    spikes = spikes_of(dataset, trial)
    rasterized = sum(time.size for time, _ in spikes.values()) > _MARKS
    for ax, layer in zip(axes[:3], LAYERS, strict=True):
        base = 0
        for rows in of_layer[layer]:
            time, neuron = spikes[rows.name]
            few = neuron < rows.shown
            ax.plot(
                time[few] - trial.onset, base + neuron[few], linestyle="none", marker="|",
                markersize=1.6, markeredgewidth=0.5, color=rows.colour, rasterized=rasterized,
            )  # fmt: skip
            base += rows.shown
        edges = np.cumsum([rows.shown for rows in of_layer[layer]])[:-1] - 0.5
        ax.hlines(  # above all marks: these are one image then, not one a population
            edges, 0, 1, transform=ax.get_yaxis_transform(), color="white", linewidth=1.2,
            zorder=2.1,
        )  # fmt: skip
        ax.set_ylim(base - 0.5, -0.5)
        ax.tick_params(axis="y", length=0)


def _name_rows(ax: Axes, rows: list[_Rows]) -> None:
    sizes = np.array([r.shown for r in rows])
    ax.set_yticks(np.cumsum(sizes) - sizes / 2, [r.label for r in rows])
    for text, row in zip(ax.get_yticklabels(), rows, strict=True):
        text.set_color(row.colour)


def _labels(dataset: Labelled, trial: TrialRow) -> str:
    """The labels of the replicate of a trial, "" without any."""
    parts = []
    for name in json.loads(dataset.attrs["labels"]):
        value = dataset[name].values[trial.position].item()
        if value not in ("", None) and value == value:  # NaN: this point has no such label
            parts.append(f"{name} = {value:g}" if isinstance(value, float) else f"{name} = {value}")
    return textwrap.fill(", ".join(parts), 100).replace("$", r"\$")  # which begins a formula


FIGURE = draw
