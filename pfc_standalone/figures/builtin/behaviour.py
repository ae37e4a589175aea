"""Accuracy and reaction times by condition and delay."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pfc_standalone.analysis import behaviour
from pfc_standalone.figures.style import WIDTH
from pfc_standalone.figures.trial import TrialRow, by_condition, trial_rows
from pfc_standalone.record import Labelled
from pfc_standalone.results.dataset import task_of

_MARKERS = "osD^v"
_NARROWEST = 0.45  # of a condition, inches
_Look = tuple[NDArray[np.float64], str]  # colour and marker of a delay


def draw(dataset: Labelled) -> dict[str, Figure]:
    """What was answered, and how fast."""
    trials = trial_rows(dataset) if "trial_response" in dataset else []
    if not trials:
        return {}
    conditions = list(by_condition(trials, task_of(dataset)))
    accuracy = behaviour.accuracy(dataset)
    colours = mpl.colormaps["viridis"](np.linspace(0.0, 0.7, len(accuracy)))
    width = max(WIDTH, 2 * _NARROWEST * len(conditions))
    figure = Figure(figsize=(width, 2.9), layout="constrained")
    left, right = figure.subplots(1, 2)
    step = 0.8 / len(accuracy)
    for d, (text, entries) in enumerate(accuracy.items()):
        x = np.arange(len(conditions)) + (d - (len(accuracy) - 1) / 2) * step
        look = colours[d], _MARKERS[d % len(_MARKERS)]
        _accuracy(left, x, [entries[c] for c in conditions], f"{text} s", look)
        at_delay = [t for t in trials if t.delay_text == text]
        _reaction_times(right, x, at_delay, conditions, look, step)
    left.set_ylim(-0.03, 1.03)
    left.set_ylabel("fraction correct")
    left.set_title("Accuracy, 95 % Wilson interval")
    slowest = np.nanmax([0.1, *(t.reaction_time for t in trials)])
    right.set_ylim(0, 1.1e3 * slowest)
    right.set_ylabel(f"reaction time from {_answered_from(trials)} onset (ms)")
    right.set_title("Reaction times; bar: median of correct trials")
    for ax in (left, right):
        ax.set_xticks(range(len(conditions)), conditions)
        ax.set_xlim(-0.6, len(conditions) - 0.4)
        ax.tick_params(axis="x", length=0)
    _explain(figure, left, right, trials)
    return {"behaviour": figure}


def _answered_from(trials: list[TrialRow]) -> str:
    kinds = {t.answered_from for t in trials}
    return " or ".join(kind for kind in ("probe", "cue") if kind in kinds)


def _explain(figure: Figure, left: Axes, right: Axes, trials: list[TrialRow]) -> None:
    """The legend, and below the panels what they do not show."""
    handles, _ = left.get_legend_handles_labels()
    if any(t.reaction_time >= 0 and not t.correct for t in trials):
        handles += right.plot([], [], linestyle="none", marker="x", color="black", label="wrong")
    figure.legend(handles=handles, loc="outside right upper", title="delay")
    early = sum(t.premature for t in trials)
    missing = sum(not t.response for t in trials)
    figure.supxlabel(
        f"{len(trials)} trials: {early} premature, {missing} without response", fontsize=8
    )


def _accuracy(
    ax: Axes, x: NDArray[np.floating[Any]], entries: list[dict[str, float]], label: str, look: _Look
) -> None:
    found = [(at, entry) for at, entry in zip(x, entries, strict=True) if entry["n"]]
    value, low, high = (np.array([e[k] for _, e in found]) for k in ("value", "low", "high"))
    ax.errorbar(
        [at for at, _ in found], value, yerr=np.maximum([value - low, high - value], 0),
        fmt=look[1], color=look[0], markersize=4.5, capsize=2, linewidth=1, label=label,
        clip_on=False,
    )  # fmt: skip


def _reaction_times(
    ax: Axes, x: NDArray[np.floating[Any]], trials: list[TrialRow], conditions: list[str],
    look: _Look, step: float,
) -> None:  # fmt: skip
    rng = np.random.default_rng(0)  # sideways scatter only
    for at, condition in zip(x, conditions, strict=True):
        for correct in (True, False):
            some = [t for t in trials if t.condition == condition and t.correct == correct]
            times: NDArray[Any] = np.array([t.reaction_time for t in some]) * 1e3
            times = times[~np.isnan(times)]
            if not times.size:
                continue
            ax.plot(
                at + rng.uniform(-0.3, 0.3, times.size) * step, times, linestyle="none",
                marker=look[1] if correct else "x", markersize=3, alpha=0.5, color=look[0],
                markeredgewidth=0 if correct else 1, rasterized=times.size > 1000,
            )  # fmt: skip
            if correct:
                ends = [at - 0.4 * step, at + 0.4 * step]
                ax.plot(ends, [np.median(times)] * 2, color=look[0], linewidth=2)


FIGURE = draw
