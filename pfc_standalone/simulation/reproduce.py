"""Whether an experiment, done again from its dataset, gives the same.

With strict math spikes must be equal. The default build lets the compiler rearrange arithmetic, so
on another machine spikes part some time, and what came out must agree in distribution then. A model
without spikes leaves activities, which are compared one by one; of an experiment that kept neither,
answers must be equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.analysis import agreement
from pfc_standalone.analysis.spike_table import SpikeTable
from pfc_standalone.analysis.statistics import STATISTICS
from pfc_standalone.errors import ResultsError
from pfc_standalone.results import parameters_of
from pfc_standalone.results.provenance import provenance
from pfc_standalone.simulation.verify import MIN_SEEDS, compare_samples
from pfc_standalone.simulation.verify_activities import TOLERANCE

if TYPE_CHECKING:
    import xarray as xr

Samples = dict[tuple[str, str], list[NDArray[np.float64]]]
#: What is compared of answers.
_ANSWERS = ("trial_response", "trial_reaction_time")


def check_comparable(dataset: xr.Dataset) -> None:
    """Raise `ResultsError` if a dataset holds nothing that could come out otherwise."""
    if "spike_time" in dataset and not dataset.sizes["spike"]:
        raise ResultsError("the results hold 0 spikes: nothing can be compared with them")
    if not {"spike_time", "activity", *_ANSWERS} & set(dataset):
        raise ResultsError(
            "the results hold neither spikes nor activities nor answers: nothing can be compared "
            "with them"
        )


def compare_again(before: xr.Dataset, again: xr.Dataset) -> dict[str, Any]:
    """Compare two datasets of one plan.

    Returns
    -------
    dict
        Ready for JSON: ``reproduced`` is the verdict, ``equal`` whether everything that was
        compared is the same, ``compared`` what that was and ``number`` how many, ``strict`` the
        build. ``parts_at`` says where spikes part (``time`` s, ``replicate``, ``neuron``), and
        ``distribution`` has the fields of `verify.DistributionResult` and ``reason`` why nothing
        is decided; None where not needed. ``changed`` has what made them, where that differs: by
        name, then and now.
    """
    strict = parameters_of(before).build.strict_math
    found: dict[str, Any] = {"strict": strict, "changed": changed(before, again)}
    if "spike_time" in before:
        return found | _spikes(before, again, strict)
    names = ("activity",) if "activity" in before else _ANSWERS
    apart = [_apart(before[name].values, again[name].values) for name in names]
    allowed = 0.0 if strict or names == _ANSWERS else TOLERANCE
    what = "activities" if names != _ANSWERS else "answers"
    return found | {
        "compared": what,
        "number": int(before[names[0]].size),
        "equal": not any(apart),
        "largest_difference": max(apart),
        "reproduced": max(apart) <= allowed,
        "parts_at": None,
        "distribution": None,
    }


def changed(before: xr.Dataset, again: xr.Dataset) -> dict[str, tuple[Any, Any]]:
    """What made two datasets, where it differs: program, build and machine; by name, both."""
    facts = []
    for dataset in (before, again):
        said = provenance(dataset)
        made = {name: said[name] for name in ("version", "digest", "processor", "system")}
        facts.append(made | said["built_with"])
    names = dict.fromkeys([*facts[0], *facts[1]])
    both = {name: (facts[0].get(name, ""), facts[1].get(name, "")) for name in names}
    return {name: (then, now) for name, (then, now) in both.items() if then != now}


def _apart(then: NDArray[Any], now: NDArray[Any]) -> float:
    """The largest difference of numbers; of texts, and where one of two is no number, infinity."""
    if then.dtype.kind not in "f":
        return 0.0 if np.array_equal(then, now) else np.inf
    if not np.array_equal(np.isnan(then), np.isnan(now)):
        return np.inf
    return float(np.nanmax(np.abs(then - now), initial=0.0))


# --------------------------------------------------------------------------------- spikes
def _spikes(before: xr.Dataset, again: xr.Dataset, strict: bool) -> dict[str, Any]:
    parting = _parting(before, again)
    distribution = None if strict or parting is None else _in_distribution(before, again)
    return {
        "compared": "spikes",
        "number": before.sizes["spike"],
        "equal": parting is None,
        "reproduced": parting is None or bool(distribution and distribution["agrees"]),
        "parts_at": parting,
        "distribution": distribution,
    }


def _parting(before: xr.Dataset, again: xr.Dataset) -> dict[str, Any] | None:
    """The first spike that only one of them has; None if all are the same."""
    dt = parameters_of(before).si("network.dt")
    n_neurons = int(before["population_size"].values.sum())

    def train(dataset: xr.Dataset) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        step = np.rint(dataset["spike_time"].values / dt).astype(np.int64)
        replicate = dataset["spike_replicate"].values.astype(np.int64)
        return step, replicate * n_neurons + dataset["spike_neuron"].values

    difference = agreement.first_difference(train(before), train(again))
    if difference is None:
        return None
    replicate, neuron = divmod(difference.neuron, n_neurons)
    return {
        "time": difference.step * dt,
        "replicate": replicate,
        "neuron": neuron,
        "spikes_before": difference.spikes_before,
    }


def _in_distribution(before: xr.Dataset, again: xr.Dataset) -> dict[str, Any]:
    """The verdict of `verify`, with groups of whole trials for its seeds."""
    groups = trial_groups(before)
    if len(groups) < MIN_SEEDS:
        reason = f"there are {len(groups)} trials, at least {MIN_SEEDS} are asked for"
        return {"agrees": False, "reason": reason, "differing": [], "silent": []}
    samples = [_samples(dataset, groups) for dataset in (before, again)]
    length = sum(stop - start for group in groups for _, start, stop in group) / len(groups)
    (result,) = compare_samples(["before", "again"], samples, length)
    missing = set(STATISTICS.names()) - {c["statistic"] for c in result.comparisons}
    reason = f"there are too few values of {', '.join(sorted(missing))}" if missing else ""
    agrees = not (result.differing or missing)
    return {"agrees": agrees, "reason": reason, "differing": result.differing, **asdict(result)}


def trial_groups(dataset: xr.Dataset) -> list[list[tuple[int, float, float]]]:
    """Trials in groups that are compared as seeds are: `MIN_SEEDS`, or fewer if there are fewer.

    Returns
    -------
    list of list of (position of the replicate, start, stop)
        Times in s. A replicate's trials are in few groups, since one depends on those before it.
    """
    starts, ends = (dataset[f"trial_{name}"].values for name in ("start", "end"))
    windows = [
        (replicate, float(start), float(end))
        for replicate in range(starts.shape[0])
        for start, end in zip(starts[replicate], ends[replicate], strict=True)
        if end > start
    ]
    parts = np.array_split(np.arange(len(windows)), min(MIN_SEEDS, len(windows)) or 1)
    return [[windows[k] for k in part] for part in parts if part.size]


def _samples(dataset: xr.Dataset, groups: Sequence[list[tuple[int, float, float]]]) -> Samples:
    """Statistics of every population, group by group, as `agreement.population_samples` has them
    replicate by replicate.
    """
    table, statistics = SpikeTable(dataset), STATISTICS.all()
    samples: Samples = {}
    for name in table.recorded:
        size = int(table.sizes[table.names.index(name)])
        for group in groups:
            by_replicate: dict[int, list[tuple[float, float]]] = {}
            for replicate, start, stop in group:
                by_replicate.setdefault(replicate, []).append((start, stop))
            spikes = {r: table.spikes(name, r) for r in by_replicate}
            for statistic, values_of in statistics.items():
                values = [values_of(*spikes[r], size, w) for r, w in by_replicate.items()]
                samples.setdefault((name, statistic), []).append(np.concatenate(values))
    return samples
