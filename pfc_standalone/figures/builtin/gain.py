"""The paper's figure: errors and reaction times at normal and reduced gain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pfc_standalone.figures.style import UNIT_COLOURS, WIDTH
from pfc_standalone.record import Labelled, Record
from pfc_standalone.results import parameter_values

if TYPE_CHECKING:
    from pfc_standalone.analysis.answers import Cell
    from pfc_standalone.analysis.gain_effect import GainEffect

#: Colour of each gain, and how far its marks stand beside the condition.
_LOOKS = {"normal": (UNIT_COLOURS[0], -0.16), "reduced": (UNIT_COLOURS[1], 0.16)}


def draw(dataset: Labelled) -> dict[str, Figure]:
    """A column for each delay: errors above, reaction times below."""
    if "trial_response" not in dataset:
        return {}
    if len(set(parameter_values(dataset, "memory.gain").tolist())) != 2:
        return {}
    from pfc_standalone.analysis.answers import CONDITIONS
    from pfc_standalone.analysis.gain_effect import gain_effect
    from pfc_standalone.results import task_of

    if not set(CONDITIONS) <= {c.name for c in task_of(dataset).conditions}:
        return {}
    whole: Any = dataset.to_xarray() if isinstance(dataset, Record) else dataset
    effect = gain_effect(whole)
    delays = list(effect.normal)
    figure = Figure(figsize=(max(WIDTH, 2.4 * len(delays)), 4.4), layout="constrained")
    axes = figure.subplots(2, len(delays), squeeze=False, sharex=True, sharey="row")
    for column, delay in zip(axes.T, delays, strict=True):
        above, below = column
        for gain in _LOOKS:
            _errors(above, effect, gain, delay)
            _times(below, effect, gain, delay)
        above.set_title(f"delay {delay} s")
        below.set_xticks(range(len(CONDITIONS)), CONDITIONS)
        below.tick_params(axis="x", length=0)
    axes[0, 0].set_ylabel("fraction of errors")
    axes[0, 0].set_ylim(-0.03, 1.03)
    axes[1, 0].set_ylabel("reaction time from probe onset (ms)")
    axes[1, 0].set_ylim(bottom=0)
    _explain(figure, axes[1, 0], axes[0, 0])
    return {"gain": figure}


def _errors(ax: Axes, effect: GainEffect, gain: str, delay: str) -> None:
    colour, beside = _LOOKS[gain]
    cells = effect.by_gain[gain][delay].values()
    value, low, high = np.array([cell.errors for cell in cells]).T
    at = np.arange(value.size) + beside
    label = f"{gain} gain ({effect.gains[gain]:g})"
    ax.bar(at, value, width=0.3, color=colour, alpha=0.6, label=label)
    ax.errorbar(
        at, value, yerr=np.maximum([value - low, high - value], 0), fmt="none", ecolor="black",
        capsize=2, linewidth=0.8,
    )  # fmt: skip


def _times(ax: Axes, effect: GainEffect, gain: str, delay: str) -> None:
    from pfc_standalone.analysis.intervals import mean_interval

    colour, beside = _LOOKS[gain]
    cells: list[Cell] = list(effect.by_gain[gain][delay].values())
    for marker, filled, times in (
        ("o", True, [c.correct_times for c in cells]),
        ("x", False, [c.wrong_times for c in cells]),
    ):
        value, low, high = 1e3 * np.array([mean_interval(t) for t in times]).T
        bars = np.nan_to_num(np.maximum([value - low, high - value], 0))
        shift = 0.0 if filled else 0.07
        ax.errorbar(
            np.arange(value.size) + beside + shift, value, yerr=bars, fmt=marker, color=colour,
            markersize=4.5, capsize=2, linewidth=0.8,
        )  # fmt: skip


def _explain(figure: Figure, below: Axes, above: Axes) -> None:
    handles: list[Any] = above.get_legend_handles_labels()[0]
    handles += below.plot([], [], linestyle="none", marker="o", color="black", label="correct")
    handles += below.plot([], [], linestyle="none", marker="x", color="black", label="wrong")
    figure.legend(handles=handles, loc="outside right upper")
    figure.supxlabel(
        "bars: Wilson 95 % intervals of errors, 95 % intervals of mean reaction times", fontsize=8
    )


FIGURE = draw
