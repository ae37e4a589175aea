"""Rates of the selective units over a trial, condition by condition, as the decision sees them;
or activities, of a model whose units have these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pfc_standalone.analysis.behaviour import falling_threshold
from pfc_standalone.analysis.spike_statistics import filtered_rate
from pfc_standalone.analysis.spike_table import SpikeTable, spike_table
from pfc_standalone.figures.style import DASHES, WIDTH, only_outer_axes, unit_colours
from pfc_standalone.figures.trial import TrialRow, by_condition, shade_phases, trial_rows
from pfc_standalone.record import Labelled
from pfc_standalone.results.dataset import task_of
from pfc_standalone.tasks import LAYERS, Task

RATE_DT = 5e-3  # s, between the points of a rate
_NARROWEST = 1.2  # of a condition's column, inches
_LEGEND_LINE = 0.18  # inches


def draw(dataset: Labelled) -> dict[str, Figure]:
    """At the shortest delay, and at the longest if there are several: rates, or the activities of
    a model whose units have these.
    """
    if not {"spike_time", "activity"} & set(dataset):
        return {}
    trials = trial_rows(dataset)
    if not trials:
        return {}
    task, shown = task_of(dataset), _shown(dataset)
    delays = sorted({t.delay for t in trials})
    at = {"": delays[0]} | ({"_long": delays[-1]} if len(delays) > 1 else {})
    return {
        f"{shown.name}{suffix}": _at_delay(task, shown, [t for t in trials if t.delay == delay])
        for suffix, delay in at.items()
    }


@dataclass(frozen=True)
class _Shown:
    """What is drawn of units: for trials and a unit's name, times around cue onset and a row for
    each trial, masked outside it.
    """

    name: str
    layers: tuple[str, ...]
    unit: str
    aligned: Callable[[list[TrialRow], str], tuple[NDArray[Any], np.ma.MaskedArray[Any, Any]]]
    least: float  # top of a panel
    title: Callable[[list[TrialRow]], str]


def _shown(dataset: Labelled) -> _Shown:
    if "spike_time" not in dataset:
        return _activities(dataset)
    table = spike_table(dataset)
    return _Shown(
        "rates", LAYERS, " (Hz)", lambda trials, name: _aligned_rates(trials, table, name), 1.0,
        lambda some: f"Rates of selective units as the decision sees them (filter {_tau(some)})",
    )  # fmt: skip


def _activities(dataset: Labelled) -> _Shown:
    time, units = dataset["activity_time"].values, dataset["activity_unit"].values.tolist()
    step, activity = float(np.diff(time).mean()), dataset["activity"].values

    def aligned(
        trials: list[TrialRow], name: str
    ) -> tuple[NDArray[Any], np.ma.MaskedArray[Any, Any]]:
        before = max(round((t.onset - t.start) / step) for t in trials)
        after = max(round((t.end - t.onset) / step) for t in trials)
        rows = np.ma.masked_all((len(trials), before + after))
        for row, trial in zip(rows, trials, strict=True):
            first, onset, end = (
                round((x - time[0]) / step) for x in (trial.start, trial.onset, trial.end)
            )
            part = activity[trial.position, units.index(name), first:end]
            row[before + first - onset : before + first - onset + part.size] = part
        return step * (np.arange(before + after) - before), rows

    layers = tuple(layer for layer in LAYERS if any(u.startswith(f"{layer}_") for u in units))
    return _Shown("activities", layers, "", aligned, 1.0, lambda trials: "Activities of the units")


def _at_delay(task: Task, shown: _Shown, trials: list[TrialRow]) -> Figure:
    colours, groups = unit_colours(task), by_condition(trials, task)
    rows = len(shown.layers)
    entries = 1 + max(len(task.units[layer]) for layer in shown.layers)  # of a legend
    height = max(4.8 * (1 + rows) / 4, 1.2 + rows * _LEGEND_LINE * entries)
    size = max(WIDTH, _NARROWEST * len(groups)), height
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(rows, len(groups), sharex="col", sharey="row", squeeze=False)
    only_outer_axes(grid)
    for column, (condition, some) in zip(grid.T, groups.items(), strict=True):
        for ax, layer in zip(column, shown.layers, strict=True):
            for unit in task.units[layer]:
                times, rates = shown.aligned(some, f"{layer}_{unit}")
                _mean_and_spread(ax, times, rates, colours[unit], unit)
        _show_thresholds(column[-1], some, times[0])
        shade_phases(column, some[0], letters_only=True)
        column[0].set_xlim(times[0], times[-1])
        n = f"{len(some)} trial" + "s" * (len(some) != 1)
        column[0].set_title(f"{condition} ({n})", pad=14)
        column[-1].set_xlabel("")
    for row, layer in zip(grid, shown.layers, strict=True):
        row[0].set_ylabel(f"{layer}{shown.unit}")
        row[0].set_ylim(0, max(row[0].get_ylim()[1], shown.least))
        row[-1].legend(
            loc="upper left", bbox_to_anchor=(1.0, 1.0), handlelength=1.2, borderaxespad=0.2
        )
    figure.align_ylabels(grid[:, 0])
    figure.supxlabel("time from cue onset (s)", fontsize=8)
    figure.suptitle(_title(shown, groups), fontsize=9)
    return figure


def _aligned_rates(
    trials: list[TrialRow], table: SpikeTable, name: str
) -> tuple[NDArray[np.floating[Any]], np.ma.MaskedArray[Any, Any]]:
    """Causally filtered rates around cue onset: times (n,), rates (trial, n).

    Where trials differ in length, the times span all of them, and a rate is masked before its
    trial starts and after it ends.
    """
    size = int(table.sizes[table.names.index(name)])
    before = max(t.onset - t.start for t in trials)
    after = max(t.end - t.onset for t in trials)
    times = RATE_DT * np.arange(round((before + after) / RATE_DT) + 1) - before
    rates = np.ma.masked_all((len(trials), times.size))
    for row, trial in enumerate(trials):
        skipped = round(5 * trial.tau / RATE_DT)  # the filter forgets its start
        first = round((before - (trial.onset - trial.start)) / RATE_DT)
        n = round((trial.end - trial.start) / RATE_DT) + 1
        begin = trial.start - skipped * RATE_DT
        time, _ = table.spikes(name, trial.position)
        part = slice(*np.searchsorted(time, [begin, trial.end + RATE_DT]))
        filtered = filtered_rate(time[part], size, begin, trial.end, RATE_DT, trial.tau)[1]
        rates[row, first : first + n] = filtered[skipped : skipped + n]
    return times, rates


def _mean_and_spread(
    ax: Axes,
    times: NDArray[np.floating[Any]],
    rates: np.ma.MaskedArray[Any, Any],
    colour: str,
    unit: str,
) -> None:
    mean = rates.mean(axis=0)
    ax.plot(times, mean, color=colour, label=unit)
    if len(rates) > 1:
        sd = rates.std(axis=0, ddof=1)
        ax.fill_between(
            times, np.ma.maximum(mean - sd, 0), mean + sd, color=colour, alpha=0.25, linewidth=0,
            rasterized=times.size > 2000,
        )  # fmt: skip


def _show_thresholds(ax: Axes, trials: list[TrialRow], start: float) -> None:
    """A line for each threshold that decided any of the trials; one entry in the legend."""
    rules = {
        (t.threshold, t.floor, t.fall, t.window, round(t.window_start - t.onset, 6))
        for t in trials
    }  # fmt: skip
    for k, (threshold, floor, fall, window, opens) in enumerate(sorted(rules)):
        times = np.array([0.0, min(fall, window), window])
        fallen = falling_threshold(threshold, floor, fall, times)
        ax.plot(
            np.append(start, opens + times), np.append(threshold, fallen), color="black",
            linewidth=0.8, linestyle=DASHES, label="threshold" if k == 0 else "",
        )  # fmt: skip


def _title(shown: _Shown, groups: Mapping[str, list[TrialRow]]) -> str:
    trials = [t for some in groups.values() for t in some]
    spread = ", mean ± s.d. over trials" if max(map(len, groups.values())) > 1 else ""
    return f"{shown.title(trials)}, delay {trials[0].delay_text} s{spread}"


def _tau(trials: list[TrialRow]) -> str:
    taus = sorted({t.tau * 1e3 for t in trials})
    return (f"{taus[0]:.0f}" if len(taus) == 1 else f"{taus[0]:.0f} to {taus[-1]:.0f}") + " ms"


FIGURE = draw
