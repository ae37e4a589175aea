"""What the network answered: an online decision rule on output spikes, accuracy, reaction time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.analysis.spike_statistics import (
    filtered_rate,
    median_interval,
    proportion_interval,
)
from pfc_standalone.analysis.spike_table import SpikeTable
from pfc_standalone.results import parameters_of, task_of

if TYPE_CHECKING:
    import xarray as xr

#: Grid on which the decision rule watches the output, s: the resolution of reaction times.
GRID = 1e-3


def decide(
    rates: NDArray[np.float64], threshold: float, before: slice, window: slice
) -> tuple[int, int, bool]:
    """First output unit whose rate crosses the threshold.

    Parameters
    ----------
    rates : (n_units, n_times) ndarray of float64, Hz
        Causally filtered, so each value depends on the past only.
    before, window : slice of times
        Where a crossing is premature, and where it is a response.

    Returns
    -------
    unit : int
        -1 if no unit crossed.
    step : int
        Crossing, counted from the window's start; -1 if premature or none.
    premature : bool
        Whether a unit crossed in ``before``.
    """
    for part, premature in ((before, True), (window, False)):
        above = rates[:, part] >= threshold
        if above.any():
            step = int(np.argmax(above.any(axis=0)))
            unit = int(np.argmax(np.where(above[:, step], rates[:, part][:, step], -1.0)))
            return unit, -1 if premature else step, premature
    return -1, -1, False


def add_responses(dataset: xr.Dataset, begin: float = 0.0) -> xr.Dataset:
    """Read the network's response to every trial from its output spikes.

    Adds ``trial_response`` (output unit, "" for none), ``trial_reaction_time`` (s from the
    opening of the decision window, NaN without a response in it), ``trial_premature`` (a unit
    crossed between the trial's start and the window) and ``trial_correct``, all on (replicate,
    trial). A premature response is an error.

    Parameters
    ----------
    begin : float
        When the runs began, s.
    """
    if "spike_time" not in dataset:
        return dataset
    units, table = task_of(dataset).units["output"], SpikeTable(dataset)
    shape = dataset["trial_onset"].shape
    response = np.full(shape, "", dtype="U16")
    reaction = np.full(shape, np.nan)
    premature = np.zeros(shape, dtype=bool)
    columns = {n: dataset[f"trial_{n}"].values for n in ("start", "window_start", "end")}
    for r in range(shape[0]):
        ends = columns["end"][r]
        if np.isnan(ends).all():
            continue
        rule = parameters_of(dataset, r).decision
        window = begin, float(np.nanmax(ends)) + rule.window
        rates = _output_rates(table, r, units, window, rule.tau)
        for k in np.flatnonzero(~np.isnan(ends)):
            start, opens = (
                round((columns[n][r, k] - begin) / GRID) for n in ("start", "window_start")
            )
            allowed = slice(opens, opens + round(rule.window / GRID))
            unit, step, early = decide(rates, rule.threshold, slice(start, opens), allowed)
            response[r, k] = units[unit] if unit >= 0 else ""
            reaction[r, k] = step * GRID if step >= 0 else np.nan
            premature[r, k] = early
    correct = (response == dataset["trial_correct_response"].values) & ~premature
    correct &= dataset["trial_condition"].values != ""
    dims = ("replicate", "trial")
    return dataset.assign(
        trial_response=(dims, response),
        trial_reaction_time=(dims, reaction, {"units": "s"}),
        trial_premature=(dims, premature),
        trial_correct=(dims, correct),
    )


def _output_rates(
    table: SpikeTable,
    replicate: int,
    units: tuple[str, ...],
    window: tuple[float, float],
    tau: float,
) -> NDArray[np.float64]:
    rates = []
    for unit in units:
        name = f"output_{unit}"
        size = int(table.sizes[table.names.index(name)])
        spikes, _ = table.spikes(name, replicate)
        rates.append(filtered_rate(spikes, size, *window, GRID, tau)[1])
    return np.array(rates)


def accuracy(dataset: xr.Dataset) -> dict[str, dict[str, dict[str, float]]]:
    """Fraction of correct trials by delay (as typed) and condition, Wilson 95 % interval.

    Returns
    -------
    dict
        delay -> condition -> ``value low high n``.
    """

    def entry(trials: NDArray[np.bool_]) -> tuple[float, float, float, int]:
        correct = dataset["trial_correct"].values[trials]
        return (*proportion_interval(int(correct.sum()), correct.size), correct.size)

    return _by_condition(dataset, entry)


def reaction_time(dataset: xr.Dataset) -> dict[str, dict[str, dict[str, float]]]:
    """Median reaction time (s) of correct trials by delay and condition, 95 % interval.

    Returns
    -------
    dict
        delay -> condition -> ``value low high n``; NaN where no trial was correct.
    """

    def entry(trials: NDArray[np.bool_]) -> tuple[float, float, float, int]:
        times = dataset["trial_reaction_time"].values[trials & dataset["trial_correct"].values]
        return (*median_interval(times), times.size)

    return _by_condition(dataset, entry)


def _by_condition(dataset: xr.Dataset, entry: Any) -> dict[str, dict[str, dict[str, float]]]:
    condition, delay = dataset["trial_condition"].values, dataset["trial_delay_text"].values
    found: dict[str, dict[str, dict[str, float]]] = {}
    present = condition != ""
    for d in _in_order(delay[present]):
        for c in sorted(set(condition[present].tolist())):
            values = entry((condition == c) & (delay == d))
            found.setdefault(d, {})[c] = dict(
                zip(("value", "low", "high", "n"), values, strict=True)
            )
    return found


def _in_order(texts: NDArray[np.str_]) -> list[str]:
    return sorted(set(texts.tolist()), key=float)


def premature_responses(dataset: xr.Dataset) -> dict[str, float]:
    """Fraction of trials with a response before the decision window: ``value low high n``."""
    present = dataset["trial_condition"].values != ""
    early = dataset["trial_premature"].values[present]
    value, low, high = proportion_interval(int(early.sum()), early.size)
    return {"value": value, "low": low, "high": high, "n": early.size}
