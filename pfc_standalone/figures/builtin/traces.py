"""Recorded traces of one trial: two potentials, the conductances of one neuron, the response."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pfc_standalone.figures.style import DASHES, WIDTH, unit_colours
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
from pfc_standalone.results.dataset import parameters_of, task_of

_TRACED = 0  # number of the replicate whose traces are recorded
_SPIKE = 12  # mV, height of a drawn spike
_CONDUCTANCES = {
    "g_background": ("background", "#999999"),
    "g_ampa": ("AMPA", "#E69F00"),
    "g_nmda": ("NMDA", "#009E73"),
    "g_gaba": ("GABA", "#0072B2"),
}


def draw(dataset: Labelled) -> dict[str, Figure]:
    """A neuron that should remember, and one that answers."""
    if not {"trace_v", "spike_time"} <= set(dataset):
        return {}
    trials = [t for t in trial_rows(dataset) if t.replicate == _TRACED]
    if not trials:
        return {}
    task = task_of(dataset)
    colours, trial = unit_colours(task), example_trials(trials, task)[0]
    memory = task.memory_of_cue.get(trial.cue, task.units["memory"][0])
    answer = trial.response or trial.correct_response or task.units["output"][0]
    figure = Figure(figsize=(WIDTH, 5.2), layout="constrained")
    axes = figure.subplots(4, 1, sharex=True, height_ratios=[1, 1, 1.3, 0.25])
    for ax, layer, unit in ((axes[0], "memory", memory), (axes[1], "output", answer)):
        _potential(ax, dataset, trial, f"{layer}_{unit}", colours[unit])
        ax.set_ylabel(f"{layer} {unit}\nv (mV)")
    _conductances(axes[2], dataset, trial, f"memory_{memory}")
    axes[2].set_ylabel(f"memory {memory}\nconductance (nS)")
    show_response(axes[3], trial, colours)
    shade_phases(axes, trial)
    axes[0].set_title(title(trial), pad=24)
    figure.align_ylabels(axes[:3])
    return {"traces": figure}


def _part(dataset: Labelled, trial: TrialRow) -> slice:
    """Which samples belong to the trial."""
    return slice(*np.searchsorted(dataset["trace_time"].values, [trial.start, trial.end]))


def _column(dataset: Labelled, name: str) -> int:
    """Where the first neuron of a population is among the recorded ones."""
    at = dataset["population_name"].values.tolist().index(name)
    first = int(dataset["population_start"].values[at])
    return int(dataset["trace_neuron"].values.tolist().index(first))


def _potential(ax: Axes, dataset: Labelled, trial: TrialRow, name: str, colour: str) -> None:
    part = _part(dataset, trial)
    time = dataset["trace_time"].values[part] - trial.onset
    v = dataset["trace_v"].values[part, _column(dataset, name)]
    ax.plot(time, v, color=colour, linewidth=0.8)
    spikes, neuron = spikes_of(dataset, trial)[name]
    V_th = parameters_of(dataset, trial.position).membrane.V_th
    first = spikes[neuron == 0] - trial.onset
    ax.vlines(first, V_th, V_th + _SPIKE, color=colour, linewidth=0.8)
    ax.axhline(V_th, color="black", linewidth=0.6, linestyle=DASHES, zorder=-1)


def _conductances(ax: Axes, dataset: Labelled, trial: TrialRow, name: str) -> None:
    part, column, highest = _part(dataset, trial), _column(dataset, name), 1.0
    time = dataset["trace_time"].values[part] - trial.onset
    for variable, (label, colour) in _CONDUCTANCES.items():
        g = dataset[f"trace_{variable}"].values[part, column]
        ax.plot(time, g, color=colour, linewidth=0.8, label=label)
        highest = max(highest, float(g.max(initial=0.0)))
    ax.set_yscale("log", nonpositive="mask")  # the reset is ten times all else
    ax.set_ylim(0.1, 2 * highest)
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), handlelength=1.2, borderaxespad=0.2)


FIGURE = draw
