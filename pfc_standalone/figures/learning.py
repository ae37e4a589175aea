"""Figures of what a network learned."""

from __future__ import annotations

import functools
from collections.abc import Collection
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.figure
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pfc_standalone.analysis import identification
from pfc_standalone.analysis.examined import Learned
from pfc_standalone.analysis.learning import curve, unit_rates
from pfc_standalone.experiment.curriculum import cues
from pfc_standalone.experiment.weights import images
from pfc_standalone.figures import write_figures
from pfc_standalone.figures.style import DASHES, WIDTH, unit_colours

_WEIGHTS = "magma"


def save_learning_figures(learned: Learned, folder: Path, only: Collection[str] = ()) -> list[Path]:
    """Draw and write all, or those of these names; see `figures.save_figures`."""
    draw = {
        "receptive_fields": _receptive_fields,
        "weights": _weights,
        "learning_curve": _learning_curve,
        "selectivity": _selectivity,
        "memory_input": _memory_input,
    }
    return write_figures(
        {
            name: functools.partial(make, learned)
            for name, make in draw.items()
            if not only or name in only
        },
        folder,
    )


def _fields(learned: Learned) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times, and mean weight by time, pixel and unit, units in the order of what they stand for."""
    task, n = learned.parameters.network.task, learned.parameters.network.n_per_unit
    over_time = learned.record["learned_input_over_time"].values[0].astype(float)
    last = learned.record["learned_input"].values
    means = (
        np.concatenate([over_time, last])
        .reshape(len(over_time) + 1, task.n_pixels, -1, len(task.units["input"]), n)
        .mean(axis=(2, 4))
    )
    times = np.append(learned.record["learned_time"].values, learned.course.lesson.duration)
    return times, means[:, :, np.argsort(learned.label)]


def _receptive_fields(learned: Learned) -> Figure:
    """Weights of pixels onto each unit as images: before, during and after; and the images."""
    task = learned.parameters.network.task
    names, shown = task.units["input"], images(task)
    times, fields = _fields(learned)
    end = _end_of_input(learned)
    wanted = [0.0, end / 4, end / 2, times[-1]]
    rows = [int(np.argmin(np.abs(times - t))) for t in wanted]
    largest = fields.max()
    figure = Figure(figsize=(WIDTH, 1.35 * len(names) + 0.4), layout="constrained")
    axes = figure.subplots(len(names), len(rows) + 1, squeeze=False)
    drawn: Any = None
    for i, unit in enumerate(names):
        axes[i, 0].imshow(shown[unit].reshape(task.shape), cmap="Greys", vmin=0, vmax=1.3)
        axes[i, 0].set_ylabel(unit, rotation=0, labelpad=10)
        for ax, row in zip(axes[i, 1:], rows, strict=True):
            field = fields[row, :, i].reshape(task.shape)
            drawn = ax.imshow(field, cmap=_WEIGHTS, vmin=0, vmax=largest)
        for ax in axes[i]:
            ax.set_xticks([])
            ax.set_yticks([])
    axes[0, 0].set_title("image")
    for ax, row in zip(axes[0, 1:], rows, strict=True):
        ax.set_title("at the end" if row == rows[-1] else f"{times[row]:.0f} s")
    figure.colorbar(drawn, ax=axes, label="mean weight of a fibre (nS)", shrink=0.6)
    return figure


def _end_of_input(learned: Learned) -> float:
    """When the last image was presented to learn pixels."""
    return float(learned.trained.onset[-1])


def _weights(learned: Learned) -> Figure:
    """Histogram of the weights of each synapse over time, of both projections."""
    panels = [
        (layer, title)
        for layer, title in (("input", "pixels onto input"), ("memory", "input onto memory"))
        if f"learned_{layer}_over_time" in learned.record
    ]
    figure = Figure(figsize=(WIDTH, 2.8), layout="constrained")
    for ax, (layer, title) in zip(
        figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True
    ):
        w = learned.record[f"learned_{layer}_over_time"].values[0].astype(float)
        w = np.concatenate([w, learned.record[f"learned_{layer}"].values])
        times = np.append(learned.record["learned_time"].values, learned.course.lesson.duration)
        edges = np.linspace(0, w.max() * 1.001, 41)
        counts = np.array([np.histogram(row, edges)[0] / row.size for row in w])
        at = np.append(times, 2 * times[-1] - times[-2])
        drawn = ax.pcolormesh(
            at, edges, counts.T, cmap="viridis",
            norm=mpl.colors.LogNorm(max(counts[counts > 0].min(), 1e-4), 1),
        )  # fmt: skip
        ax.set_title(title)
        ax.set_xlabel("time (s)")
        ax.set_ylabel("weight of a synapse (nS)")
        figure.colorbar(drawn, ax=ax, label="fraction of synapses")
    return figure


def _learning_curve(learned: Learned) -> Figure:
    """Identification without a teacher and without learning, in between; and at the end."""
    points = curve(learned)
    figure = Figure(figsize=(WIDTH * 0.6, 2.6), layout="constrained")
    ax = figure.subplots()
    done = [p["presentations"] for p in points]
    value, low, high = (np.array([p[k] for p in points]) for k in ("value", "low", "high"))
    ax.errorbar(
        done, value, yerr=np.maximum([value - low, high - value], 0), fmt="o-", capsize=2,
        markersize=4, clip_on=False,
    )  # fmt: skip
    n_units = learned.label.size
    ax.axhline(1 / n_units, color="#777777", linestyle=DASHES, linewidth=0.8)
    ax.text(done[-1], 1 / n_units, "chance", ha="right", va="bottom", color="#777777")
    ax.set_ylim(-0.03, 1.03)
    ax.set_xlabel("images presented to learn")
    ax.set_ylabel("identified")
    ax.set_title("Learning curve, 95 % Wilson interval")
    return figure


def _selectivity(learned: Learned) -> Figure:
    """Rates of units by image, and of each neuron at its own image and at others."""
    task = learned.parameters.network.task
    names, rates = task.units["input"], unit_rates(learned)
    figure = Figure(figsize=(WIDTH, 2.9), layout="constrained")
    left, right = figure.subplots(1, 2)
    matrix = np.array([[rates[image][unit] for unit in names] for image in names])
    drawn = left.imshow(matrix, cmap="viridis", vmin=0)
    for (i, k), value in np.ndenumerate(matrix):
        colour = "black" if value > 0.6 * matrix.max() else "white"
        left.text(k, i, f"{value:.1f}", ha="center", va="center", color=colour)
    left.set_xticks(range(len(names)), names)
    left.set_yticks(range(len(names)), names)
    left.set_xlabel("input unit")
    left.set_ylabel("image shown")
    figure.colorbar(drawn, ax=left, label="rate (Hz)")
    _neurons(learned, right)
    return figure


def _neurons(learned: Learned, ax: matplotlib.axes.Axes) -> None:
    task, colours = learned.parameters.network.task, unit_colours(learned.parameters.network.task)
    names, n = task.units["input"], learned.parameters.network.n_per_unit
    clean = next(iter(learned.tests.values()))
    mean = identification.mean_by_image(clean.counts, clean.unit, len(names)) / 0.3
    order = np.argsort(learned.label)
    for k, unit in enumerate(names):
        mine = mean[:, order[k] * n : (order[k] + 1) * n]
        others = np.delete(mine, k, axis=0)
        ax.plot(
            mine[k], others.max(axis=0), ".", color=colours[unit], label=unit, markersize=3,
            alpha=0.6,
        )  # fmt: skip
    top = 1.05 * max(mean.max(), 1.0)
    ax.plot([0, top], [0, top], color="#777777", linestyle=DASHES, linewidth=0.8)
    ax.set_xlim(-1, top)
    ax.set_ylim(-1, top)
    ax.set_xlabel("rate at the own image (Hz)")
    ax.set_ylabel("rate at the best other (Hz)")
    ax.set_title("Each neuron")
    ax.legend(title="unit", loc="upper left", markerscale=2)


def _memory_input(learned: Learned) -> Figure | None:
    """What each memory unit receives from each input unit; its delay activity by cue."""
    task, between = learned.parameters.network.task, learned.weights.projections
    if not between:
        return None
    colours, names = unit_colours(task), task.units["input"]
    figure = Figure(figsize=(WIDTH, 2.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    width = 0.8 / len(names)
    memory = task.units["memory"]
    for k, unit in enumerate(names):
        at = np.arange(len(memory)) + (k - (len(names) - 1) / 2) * width
        onto = [between[f"input_{unit}", f"memory_{m}"] for m in memory]
        left.bar(at, onto, width, color=colours[unit], label=unit)
        rates = learned.memory_rates[learned.memory_cues == k]
        if len(rates):
            right.bar(at, rates.mean(axis=0), width, color=colours[unit])
    for ax in (left, right):
        ax.set_xticks(range(len(memory)), [f"memory {m}" for m in memory])
    left.set_ylabel("sum of learned weights (nS)")
    left.set_title("What memory receives")
    right.set_ylabel("rate at the end of the delay (Hz)")
    held = ", ".join(names[k] for k in cues(task))
    right.set_title(f"What it then holds (cues of the task: {held})")
    figure.legend(title="input unit", loc="outside right upper")
    return figure
