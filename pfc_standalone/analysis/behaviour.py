"""What the network answered: an online decision rule on the outputs, accuracy, reaction time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.analysis.spike_statistics import (
    filtered_rate,
    median_interval,
    proportion,
    proportion_interval,
)
from pfc_standalone.analysis.spike_table import SpikeTable, spike_table
from pfc_standalone.parameters.groups import DecisionParameters
from pfc_standalone.record import Labelled
from pfc_standalone.results import parameters_of, task_of

#: Grid on which the decision rule watches the output, s: the resolution of reaction times.
GRID = 1e-3


def falling_threshold(
    threshold: float, floor: float, fall: float, times: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Threshold of the decision at times since the probe's onset.

    It falls evenly to a part of itself: the longer an answer takes, the less evidence is waited
    for. Such a bound fits how people and monkeys decide under time pressure [1]_, and gains most
    when time costs [2]_.

    Parameters
    ----------
    threshold : float
        Until the probe.
    floor : float
        Part of it that is left in the end.
    fall : float
        Time until then, s.
    times : (n,) ndarray of float64
        Since the probe's onset, s.

    Returns
    -------
    (n,) ndarray of float64
        In units of ``threshold``.

    References
    ----------
    .. [1] Churchland AK, Kiani R, Shadlen MN (2008). Decision-making with multiple alternatives.
       Nat Neurosci 11:693-702. doi:10.1038/nn.2123
    .. [2] Drugowitsch J, Moreno-Bote R, Churchland AK, Shadlen MN, Pouget A (2012). The cost of
       accumulating evidence in perceptual decision making. J Neurosci 32:3612-3628.
       doi:10.1523/JNEUROSCI.4010-11.2012
    """
    return threshold * (1 - (1 - floor) * np.clip(times / fall, 0, 1))


def thresholds_in_window(rule: DecisionParameters) -> NDArray[np.float64]:
    """Threshold on the decision's grid, from the window's opening to its end, Hz."""
    times = np.arange(round(rule.window / GRID), dtype=np.float64) * GRID
    return falling_threshold(rule.threshold, rule.floor, rule.fall, times)


def decide(
    rates: NDArray[np.float64], thresholds: NDArray[np.float64], before: slice, window: slice
) -> tuple[int, int, bool]:
    """First output unit whose rate crosses the threshold.

    Parameters
    ----------
    rates : (n_units, n_times) ndarray of float64, Hz
        Causally filtered, so each value depends on the past only.
    thresholds : (n_window,) ndarray of float64
        In the window; before it the first holds.
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
        seen = rates[:, part]
        above = seen >= (thresholds[:1] if premature else thresholds[: seen.shape[1]])
        if above.any():
            step = int(np.argmax(above.any(axis=0)))
            unit = int(np.argmax(np.where(above[:, step], seen[:, step], -1.0)))
            return unit, -1 if premature else step, premature
    return -1, -1, False


@dataclass(frozen=True)
class Evidence:
    """What the decision rule of one replicate watches.

    Attributes
    ----------
    rates : (n_units, n_times) ndarray of float64
        Filtered rates, Hz, or activities of the outputs.
    grid : float
        Time between two of them, s.
    begin : float
        Time of the first, s.
    thresholds : (n_window,) ndarray of float64
        What a response must reach, from the window's opening to its end.
    waits : bool
        No response is possible before the window: what is above the threshold then counts in
        the window's first moment at the earliest.
    """

    rates: NDArray[np.float64]
    grid: float
    begin: float
    thresholds: NDArray[np.float64]
    waits: bool

    def decide(self, start: float, opens: float) -> tuple[int, float, bool]:
        """Unit (-1: none), reaction time (s, NaN: none in the window), and whether a unit crossed
        between a trial's start and the opening of its window.
        """
        # a stimulus is seen at the first update after its onset
        first, shown = (round((time - self.begin) / self.grid) for time in (start, opens))
        allowed = shown + self.waits
        before = slice(first, allowed)
        window = slice(allowed, allowed + self.thresholds.size)
        unit, step, early = decide(self.rates, self.thresholds, before, window)
        if early and self.waits:
            unit, step, _ = decide(self.rates, self.thresholds, slice(0), window)
        return unit, (step + self.waits) * self.grid if step >= 0 else np.nan, early


def add_responses[Some: Labelled](dataset: Some, begin: float = 0.0) -> Some:
    """Read the network's response to every trial from its outputs.

    Adds ``trial_response`` (output unit, "" for none), ``trial_reaction_time`` (s from the
    opening of the decision window, NaN without a response in it), ``trial_premature`` (a unit
    crossed between the trial's start and the window) and ``trial_correct``, all on (replicate,
    trial). A premature response is an error; of a model that waits for the window there is none,
    and ``trial_early_crossing`` says where a unit crossed before it.

    Parameters
    ----------
    begin : float
        When the runs began, s.
    """
    if not {"spike_time", "activity"} & set(dataset):
        return dataset
    if parameters_of(dataset).network.layers != "output":  # nothing answers
        return dataset
    units = task_of(dataset).units["output"]
    waits = "spike_time" not in dataset
    evidence_of = _activities(dataset) if waits else _spike_evidence(dataset, begin)
    shape = dataset["trial_onset"].values.shape
    response = np.full(shape, "", dtype="U16")
    reaction = np.full(shape, np.nan)
    early = np.zeros(shape, dtype=bool)
    columns = {n: dataset[f"trial_{n}"].values for n in ("start", "window_start", "end")}
    for r in range(shape[0]):
        ends = columns["end"][r]
        if np.isnan(ends).all():
            continue
        evidence = evidence_of(r, float(np.nanmax(ends)))
        for k in np.flatnonzero(~np.isnan(ends)):
            unit, reaction[r, k], early[r, k] = evidence.decide(
                columns["start"][r, k], columns["window_start"][r, k]
            )
            response[r, k] = units[unit] if unit >= 0 else ""
    premature = np.zeros_like(early) if waits else early
    correct = (response == dataset["trial_correct_response"].values) & ~premature
    correct &= dataset["trial_condition"].values != ""
    dims = ("replicate", "trial")
    added = {
        "trial_response": (dims, response),
        "trial_reaction_time": (dims, reaction, {"units": "s"}),
        "trial_premature": (dims, premature),
        "trial_correct": (dims, correct),
    }
    if waits:
        added["trial_early_crossing"] = (dims, early)
    return dataset.assign(added)


def _spike_evidence(dataset: Labelled, begin: float) -> Callable[[int, float], Evidence]:
    """Of a replicate and the end of its last trial: filtered rates of the output units."""
    units, table = task_of(dataset).units["output"], spike_table(dataset)

    def evidence(replicate: int, end: float) -> Evidence:
        rule = parameters_of(dataset, replicate).decision
        watched = begin, end + rule.window
        rates = _output_rates(table, replicate, units, watched, rule.tau)
        return Evidence(rates, GRID, begin, thresholds_in_window(rule), waits=False)

    return evidence


def _activities(dataset: Labelled) -> Callable[[int, float], Evidence]:
    """The same of a model whose units have activities: they are what is watched."""
    wanted = [f"output_{u}" for u in task_of(dataset).units["output"]]
    known = dataset["activity_unit"].values.tolist()
    outputs = dataset["activity"].values[:, [known.index(name) for name in wanted]]
    begin = float(dataset["activity_time"].values[0])

    def evidence(replicate: int, end: float) -> Evidence:
        parameters = parameters_of(dataset, replicate)
        rule, rates = parameters.rate, outputs[replicate].astype(np.float64)
        grid = parameters.si("rate.update")
        thresholds = np.full(round(rule.window / grid), rule.threshold)
        return Evidence(rates, grid, begin, thresholds, waits=True)

    return evidence


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


def accuracy(dataset: Labelled) -> dict[str, dict[str, dict[str, float]]]:
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


def reaction_time(dataset: Labelled) -> dict[str, dict[str, dict[str, float]]]:
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


def _by_condition(dataset: Labelled, entry: Any) -> dict[str, dict[str, dict[str, float]]]:
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


def premature_responses(dataset: Labelled) -> dict[str, float]:
    """Fraction of trials with a response before the decision window: ``value low high n``."""
    return _fraction(dataset, "trial_premature")


def early_crossings(dataset: Labelled) -> dict[str, float]:
    """Of a model that waits for the window: fraction of trials in which an output was above the
    threshold at some time before, ``value low high n``.
    """
    return _fraction(dataset, "trial_early_crossing")


def _fraction(dataset: Labelled, name: str) -> dict[str, float]:
    present = dataset["trial_condition"].values != ""
    said = dataset[name].values[present]
    return proportion(int(said.sum()), said.size)
