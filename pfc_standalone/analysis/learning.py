"""The summary of what a network learned: what ``summary.json`` of the command ``learn`` holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.analysis import identification
from pfc_standalone.analysis.examined import Learned
from pfc_standalone.analysis.spike_statistics import proportion
from pfc_standalone.experiment import Weights
from pfc_standalone.experiment.curriculum import PROBES, SHOWN, cues
from pfc_standalone.experiment.weights import images

#: A memory unit holds its cue above the first rate, Hz, with all others below the second.
HELD, SILENT = 15.0, 5.0
Proportion = dict[str, float]


def summarise_learning(learned: Learned) -> dict[str, Any]:
    """What was learned, ready for JSON.

    Returns
    -------
    dict
        ``identification``, ``nearest_template``, ``linear_classifier``: by fraction of flipped
        pixels, as text, the fraction of presentations that were read rightly (``value low high
        n``); ``chance``; ``neurons_selective``; ``memory_share``: by memory unit, the part of its
        input that comes from its own image's unit; ``memory_held``: of trials without a teacher;
        ``rates_hz``: of each input unit at each image; ``curve``; where it comes from, and costs.
    """
    parameters, task = learned.parameters, learned.parameters.network.task
    network, names = parameters.network, task.units["input"]
    readers = {f"{flips:g}": _readers(learned, flips) for flips in learned.tests}
    clean = next(iter(learned.tests.values()))
    chosen = identification.selective(clean.counts, clean.unit, learned.label)
    summary: dict[str, Any] = {"experiment": "learn"} | {
        reader: {flips: found[reader] for flips, found in readers.items()}
        for reader in ("identification", "nearest_template", "linear_classifier")
    }
    return summary | {
        "chance": 1 / len(names),
        "neurons_selective": proportion(int(chosen.sum()), chosen.size),
        "memory_share": memory_share(learned),
        "memory_held": _held(learned),
        "rates_hz": unit_rates(learned),
        "curve": curve(learned),
        "rule": network.learning_rule,
        "teacher": "faded" if learned.syllabus.teacher else "none",
        "thresholds_mv": dict(learned.weights.thresholds),
        "stood_for": [names[k] for k in learned.label],
        "task": task.name,
        "seed": parameters.experiment.seed,
        "n_per_unit": network.n_per_unit,
        "presentations": learned.syllabus.presentations,
        "trials": learned.syllabus.trials if network.layers != "input" else 0,
        "flips": learned.syllabus.flips,
        "share_of_first": learned.syllabus.share,
        "phases_s": learned.phases,
        "provenance": _provenance(learned.weights),
    }


def _provenance(weights: Weights) -> dict[str, Any]:
    """Where weights come from, with what built the network as a table of its own."""
    said = dict(weights.provenance)
    return said | {"built_with": json.loads(said["built_with"])}


def _readers(learned: Learned, flips: float) -> dict[str, Proportion]:
    examined, n_units = learned.tests[flips], learned.label.size
    shown = images(learned.parameters.network.task)
    templates = np.array([shown[u] for u in learned.parameters.network.task.units["input"]])
    fired = identification.of_units(examined.counts, n_units)
    read = {
        "identification": identification.winners(fired, learned.label),
        "nearest_template": identification.nearest_template(examined.shown, templates),
        "linear_classifier": identification.linear_classifier(
            learned.trained.shown, learned.trained.unit, examined.shown
        ),
    }
    return {
        name: proportion(int((answers == examined.unit).sum()), examined.unit.size)
        for name, answers in read.items()
    }


def memory_share(learned: Learned) -> dict[str, float]:
    """By memory unit, the part of its input that comes from its own image's unit."""
    task, between = learned.parameters.network.task, learned.weights.projections
    shares = {}
    for cue, memory in cues(task).items() if between else ():
        onto = {s: g for (s, d), g in between.items() if d == f"memory_{memory}"}
        total = sum(onto.values())
        own = onto[f"input_{task.units['input'][cue]}"]
        shares[memory] = own / total if total else float("nan")
    return shares


def _held(learned: Learned) -> dict[str, Proportion]:
    """By cue, trials in which its memory, and no other, fired in the last 200 ms of the delay."""
    task, held = learned.parameters.network.task, {}
    for cue, memory in cues(task).items():
        rates = learned.memory_rates[learned.memory_cues == cue]
        if not len(rates):
            continue
        own = task.units["memory"].index(memory)
        others = np.delete(rates, own, axis=1)
        good = (rates[:, own] > HELD) & (others < SILENT).all(axis=1)
        held[task.units["input"][cue]] = proportion(int(good.sum()), good.size)
    return held


def unit_rates(learned: Learned) -> Mapping[str, Mapping[str, float]]:
    """By image, the rate of the unit that stands for each image, Hz."""
    names = learned.parameters.network.task.units["input"]
    clean, n_units = next(iter(learned.tests.values())), learned.label.size
    fired = identification.of_units(clean.counts, n_units)[:, np.argsort(learned.label)]
    mean = identification.mean_by_image(fired, clean.unit, n_units)
    rates = mean / (learned.parameters.network.n_per_unit * SHOWN)
    return {
        image: dict(zip(names, row, strict=True))
        for image, row in zip(names, rates.tolist(), strict=True)
    }


def curve(learned: Learned) -> list[Proportion]:
    """Presentations in between that were read rightly, in order, with how many images of each had
    been presented.
    """
    n_units, examined = learned.label.size, learned.probes
    each = n_units * PROBES
    fired = identification.of_units(examined.counts, n_units)
    right = identification.winners(fired, learned.label) == examined.unit
    trained: NDArray[np.float64] = learned.trained.onset
    points = []
    for first in range(0, right.size, each):
        done = int((trained < examined.onset[first]).sum())
        some = right[first : first + each]
        points.append(proportion(int(some.sum()), some.size) | {"presentations": done})
    return points
