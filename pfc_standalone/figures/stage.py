"""The figure of a stage: rates of all populations that there are, over the first trials."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib.figure
import numpy as np
from matplotlib.figure import Figure

from pfc_standalone.analysis.spike_statistics import population_rate
from pfc_standalone.analysis.spike_table import SpikeTable
from pfc_standalone.figures import write_figures
from pfc_standalone.figures.style import (
    DELAY,
    INHIBITORY,
    NONSELECTIVE,
    STIMULUS,
    WIDTH,
    unit_colours,
)
from pfc_standalone.results import parameters_of, task_of

if TYPE_CHECKING:
    import xarray as xr

_BIN = 0.025  # s
#: So many trials of the first replicate are shown, and at most so long.
_TRIALS, _LONGEST = 2, 12.0


def save_stage_figure(dataset: xr.Dataset, folder: Path) -> list[Path]:
    """Draw and write it; see `figures.save_figures`."""
    return write_figures({"stage": lambda: draw(dataset)}, folder)


def draw(dataset: xr.Dataset) -> matplotlib.figure.Figure:
    """Rates over time, a panel a layer, from the initial state on."""
    ends = dataset["trial_end"].values[0]
    stop = min(float(ends[min(_TRIALS, ends.size) - 1]), _LONGEST)
    layers = list(dict.fromkeys(dataset["population_layer"].values.tolist()))
    figure = Figure(figsize=(WIDTH, 1.5 * len(layers) + 0.5), layout="constrained")
    axes = figure.subplots(len(layers), 1, sharex=True, squeeze=False)[:, 0]
    for ax, layer in zip(axes, layers, strict=True):
        _layer(ax, dataset, layer, stop)
        _phases(ax, dataset, stop, names=ax is axes[0])
    axes[-1].set_xlabel("time (s)")
    axes[-1].set_xlim(0, stop)
    return figure


def _layer(ax: matplotlib.axes.Axes, dataset: xr.Dataset, layer: str, stop: float) -> None:
    table, colours = SpikeTable(dataset), unit_colours(task_of(dataset))
    columns = (
        dataset[f"population_{c}"].values.tolist() for c in ("name", "layer", "unit", "size")
    )
    for name, its_layer, unit, size in zip(*columns, strict=True):
        if its_layer != layer:
            continue
        at, rate = population_rate(table.spikes(name, 0)[0], size, 0.0, stop, _BIN)
        kind = name.removeprefix(f"{layer}_")
        other = INHIBITORY if kind == "inh" else NONSELECTIVE
        ax.plot(
            at, rate, color=colours[unit] if unit else other, label=kind,
            linewidth=1.2 if unit else 0.7,
        )  # fmt: skip
    ax.set_ylabel(f"{layer}\nrate (Hz)")
    ax.set_ylim(bottom=0)
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _phases(ax: matplotlib.axes.Axes, dataset: xr.Dataset, stop: float, names: bool) -> None:
    timing = parameters_of(dataset).timing
    for k in range(dataset.sizes["trial"]):
        cue, probe = (str(dataset[f"trial_{w}"].values[0, k]) for w in ("cue", "probe"))
        onset, end, second = (
            float(dataset[f"trial_{w}"].values[0, k]) for w in ("onset", "cue_end", "probe_onset")
        )
        if onset >= stop or np.isnan(onset):
            continue
        ax.axvspan(onset, end, color=STIMULUS, zorder=-2)
        if names:
            ax.text(onset, 1.0, cue, transform=ax.get_xaxis_transform(), va="bottom")
        if probe:
            ax.axvspan(end, second, color=DELAY, zorder=-2)
            ax.axvspan(second, second + timing.probe, color=STIMULUS, zorder=-2)
            if names:
                ax.text(second, 1.0, probe, transform=ax.get_xaxis_transform(), va="bottom")
