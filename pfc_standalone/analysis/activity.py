"""Activity of the populations, when nothing is shown and while memory holds a cue: rates,
irregularity, correlation and selectivity.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.analysis.activity_table import table_of
from pfc_standalone.analysis.spike_statistics import (
    count_correlation,
    isi_cv,
    population_rate,
    proportion,
)
from pfc_standalone.analysis.spike_table import SpikeTable, Windows
from pfc_standalone.record import Labelled
from pfc_standalone.results import task_of

#: The delay activity is measured from this long after the cue's end, s: the cue itself has
#: decayed from the NMDA conductance (tau 100 ms) to 8 %.
AFTER_CUE = 0.25
#: A memory unit holds its cue if it fires above this in the last part of the delay, Hz: between
#: the rates of the other memory and of the remembered one (`bounds`).
HELD_HZ = 10.0
#: The same for a unit that has an activity from 0 to 1.
HELD_ACTIVITY = 0.5
#: That last part, s.
HELD_WINDOW = 0.25
#: Shorter windows have too few intervals for an ISI CV, s.
MIN_REGULARITY_WINDOW = 1.0
#: Width of a bin in which the largest rate of a population is looked for, s.
PEAK_BIN = 0.05
#: For how long after an answer output rates are compared, s.
ANSWER = 0.2


def rest_windows(dataset: Labelled) -> Windows:
    """From each trial's start to its cue."""
    return _windows(dataset, dataset["trial_start"].values, dataset["trial_onset"].values)


def delay_windows(dataset: Labelled, cue: str | None = None) -> Windows:
    """From `AFTER_CUE` after the cue's end to the delay's end; only trials with that cue."""
    start = dataset["trial_cue_end"].values + AFTER_CUE
    stop = dataset["trial_cue_end"].values + dataset["trial_delay"].values
    chosen = None if cue is None else dataset["trial_cue"].values == cue
    return _windows(dataset, start, stop, chosen)


def _windows(
    dataset: Labelled,
    start: NDArray[np.float64],
    stop: NDArray[np.float64],
    chosen: NDArray[np.bool_] | None = None,
) -> Windows:
    valid = stop - start > 1e-6  # False for NaN
    if chosen is not None:
        valid &= chosen
    return [(int(r), float(start[r, k]), float(stop[r, k])) for r, k in np.argwhere(valid)]


def population_rates(dataset: Labelled) -> dict[str, dict[str, float]]:
    """Rates by population, Hz; of a model whose units have activities, these.

    Returns
    -------
    dict
        Of each population ``spontaneous`` (before the cue) and ``delay``. For a memory unit
        ``delay`` is after its own cue and ``delay_other`` after another's.
    """
    table = table_of(dataset)
    task = task_of(dataset)
    cue_of = {f"memory_{memory}": cue for cue, memory in task.memory_of_cue.items()}
    rest = rest_windows(dataset)
    every = delay_windows(dataset)
    found = {}
    for name in table.names:
        rates = {"spontaneous": table.rate(name, rest)}
        if name in cue_of:
            own = delay_windows(dataset, cue_of[name])
            rates["delay"] = table.rate(name, own)
            rates["delay_other"] = table.rate(name, [w for w in every if w not in set(own)])
        else:
            rates["delay"] = table.rate(name, every)
        found[name] = rates
    return found


def _held_above(dataset: Labelled) -> float:
    return HELD_HZ if "spike_time" in dataset else HELD_ACTIVITY


def memory_held(dataset: Labelled) -> dict[str, dict[str, float]]:
    """Fraction of trials at whose delay's end memory held the cue, and only the cue, by delay.

    Returns
    -------
    dict
        delay (as typed) -> ``value low high n``, Wilson 95 % interval.
    """
    table = table_of(dataset)
    task = task_of(dataset)
    memories, least = [f"memory_{u}" for u in task.units["memory"]], _held_above(dataset)
    texts, cues = dataset["trial_delay_text"].values, dataset["trial_cue"].values
    ends = dataset["trial_cue_end"].values + dataset["trial_delay"].values
    found = {}
    for text in sorted(set(texts[texts != ""].tolist()), key=float):
        length = min(HELD_WINDOW, float(text))
        if length == 0:
            continue
        at = np.argwhere((texts == text) & np.isin(cues, list(task.memory_of_cue)))
        windows = [(int(r), ends[r, k] - length, ends[r, k]) for r, k in at]
        active = np.array([table.rates(m, windows) > least for m in memories])
        wanted = np.array(
            [[f"memory_{task.memory_of_cue[cues[r, k]]}" == m for r, k in at] for m in memories]
        )
        held = (active == wanted).all(axis=0)
        found[text] = proportion(int(held.sum()), held.size)
    return found


def false_memory(dataset: Labelled) -> dict[str, float]:
    """Fraction of trials in which a memory unit is active before its cue: ``value low high n``."""
    table, windows = table_of(dataset), rest_windows(dataset)
    windows = [(r, max(start, stop - HELD_WINDOW), stop) for r, start, stop in windows]
    memories, least = (
        [f"memory_{u}" for u in task_of(dataset).units["memory"]],
        _held_above(dataset),
    )
    active = np.array([table.rates(m, windows) > least for m in memories]).any(axis=0)
    return proportion(int(active.sum()), active.size)


def selectivity(dataset: Labelled) -> dict[str, float]:
    """(own - other)/(own + other) of the delay rates of each memory unit that holds a cue."""
    return {
        name: (r["delay"] - r["delay_other"]) / (r["delay"] + r["delay_other"])
        for name, r in population_rates(dataset).items()
        if r.get("delay_other") is not None and r["delay"] + r["delay_other"] > 0
    }


def delay_regularity(dataset: Labelled) -> dict[str, dict[str, float]]:
    """How irregular and how correlated each memory unit is while it holds its own cue.

    Returns
    -------
    dict
        Of each memory unit ``isi_cv``, the mean over neurons, and ``count_correlation``, the mean
        over pairs (counts in 100 ms); NaN where no delay is longer than `MIN_REGULARITY_WINDOW`.
    """
    table = SpikeTable(dataset)
    found = {}
    for cue, unit in task_of(dataset).memory_of_cue.items():
        name, cvs, correlations = f"memory_{unit}", [np.empty(0)], []
        size = table.sizes[table.names.index(name)]
        windows = [w for w in delay_windows(dataset, cue) if w[2] - w[1] > MIN_REGULARITY_WINDOW]
        for replicate in sorted({r for r, _, _ in windows}):
            mine = [(start, stop) for r, start, stop in windows if r == replicate]
            t, neuron = table.spikes(name, replicate)
            cvs.append(isi_cv(t, neuron, mine))
            correlations.append(count_correlation(t, neuron, int(size), mine))
        cv = np.concatenate(cvs)
        found[name] = {
            "isi_cv": float(cv.mean()) if cv.size else np.nan,
            "count_correlation": float(np.mean(correlations)) if correlations else np.nan,
        }
    return found


def largest_rate(dataset: Labelled) -> dict[str, float]:
    """Largest rate of each population in any 50 ms of any replicate, Hz."""
    table, end = SpikeTable(dataset), float(np.nanmax(dataset["trial_end"].values))
    return {
        name: max(
            float(population_rate(t, int(size), 0.0, end, PEAK_BIN)[1].max())
            for t, _ in (table.spikes(name, r) for r in range(dataset.sizes["replicate"]))
        )
        for name, size in zip(table.names, table.sizes, strict=True)
    }


def output_contest(dataset: Labelled) -> dict[str, dict[str, float]]:
    """Rates of the outputs once one has answered, in the next 200 ms, by condition, Hz.

    Returns
    -------
    dict
        Of each condition that has a right answer and others, over its trials with an answer:
        ``winner``, the rate of the output that gave it, and ``loser``, the highest rate of another.
        NaN without such trials.
    """
    table, task = table_of(dataset), task_of(dataset)
    answered = dataset["trial_window_start"].values + dataset["trial_reaction_time"].values
    response = dataset["trial_response"].values
    outputs = task.units["output"]
    found = {}
    for condition in task.conditions:
        if condition.correct is None or len(outputs) == 1:
            continue  # nobody should win, or there is nobody to lose
        mine = dataset["trial_condition"].values == condition.name
        rates, weights = [], []
        for unit in outputs:
            at = np.argwhere(mine & (response == unit) & np.isfinite(answered))
            if not at.size:
                continue
            windows = [(int(r), answered[r, k], answered[r, k] + ANSWER) for r, k in at]
            others = [table.rate(f"output_{u}", windows) for u in outputs if u != unit]
            rates.append((table.rate(f"output_{unit}", windows), max(others)))
            weights.append(len(windows))
        winner, loser = np.average(rates, axis=0, weights=weights) if rates else (np.nan, np.nan)
        found[condition.name] = {"winner": float(winner), "loser": float(loser)}
    return found
