"""Learning from random weights, and the examination of what was learned: one build.

Training is one run. The learned weights are then examined in runs of their own, whose noise and
flipped pixels were in none before.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.analysis import identification
from pfc_standalone.analysis.examined import Examined, Learned
from pfc_standalone.errors import ParameterError
from pfc_standalone.experiment import Point, Weights
from pfc_standalone.experiment.curriculum import (
    SHOWN,
    Course,
    Syllabus,
    cues,
    examination,
    initial_weights,
    training,
)
from pfc_standalone.models.spiking.populations import population_table
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.provenance import made_here
from pfc_standalone.results.folder import Workplace
from pfc_standalone.simulation.engines import Engine
from pfc_standalone.simulation.engines.local import Local
from pfc_standalone.simulation.simulate import Job, build_facts, plan_runs
from pfc_standalone.simulation.targets import Build, Progress, Target, silent

if TYPE_CHECKING:
    import xarray as xr

#: Fractions of flipped pixels at which identification is examined.
FLIPS = (0.0, 0.1, 0.2)
#: Presentations of each image that decide which one a unit stands for.
LABELLING = 10
#: Trials of each image, in which memory's gate is open.
MEMORY_TRIALS = 10


def learn(
    parameters: Parameters,
    syllabus: Syllabus,
    target: Target,
    tests: int = 200,
    on_progress: Progress = silent,
    engine: Engine | None = None,
    place: Workplace | None = None,
) -> Learned:
    """Train a network and examine it.

    Parameters
    ----------
    tests : int
        Presentations at each fraction of flipped pixels, at least; as many of each image.
    place : Workplace, optional
        Where runs are kept as they end; those that are there are not done again.

    Raises
    ------
    ParameterError
        If the network cannot learn.
    TargetError
        If the target cannot build or run it.
    """
    parameters = with_values(parameters, {"network.batch": 1})
    if parameters.network.learning_rule in ("none", "fixed"):
        raise ParameterError(
            f"the rule is {parameters.network.learning_rule}, which learns nothing: choose another"
        )
    course = training(parameters, syllabus)
    exams = _examinations(parameters, syllabus, tests)
    begin = initial_weights(parameters, syllabus)
    first = Point(parameters, weights=begin, lesson=course.lesson)
    later = [Point(parameters, replicate=k, lesson=exam.lesson) for k, exam in enumerate(exams, 1)]
    # planned together, so that one build has room for all
    shared = plan_runs([first, *later], target).parameters
    build = target.build(shared, on_progress)
    made = made_here()
    if place:
        place.note_build(build_facts(target, [build]), build.phases, made)
        made = {name: said for name, said in place.notes()[0].items() if name in made}

    def run(points: list[Point], phase: str) -> tuple[xr.Dataset, float]:
        plan = plan_runs([replace(p, parameters=shared) for p in points], target)
        job = Job(plan, target, build)
        began = time.perf_counter()
        runs = job.run(
            lambda _, done: on_progress(phase, done), engine or Local(),
            place.runs / phase if place else None,
        )  # fmt: skip
        data, spent = job.label(runs), time.perf_counter() - began
        # what was done before took its time too
        return data, max(spent, *(sum(r.phases.values()) for r in runs))

    record, train_s = run([first], "train")
    weights = _learned_weights(record, parameters)
    examined, test_s = run([replace(p, weights=weights) for p in later], "examine")
    found = _collect(parameters, exams, examined)
    n_units = len(parameters.network.task.units["input"])
    label = np.arange(n_units)
    if not syllabus.teacher:
        counts = identification.of_units(found["label"].counts, n_units)
        label = identification.labels(counts, found["label"].unit)
    memory_cues, memory_rates = _memory(parameters, exams[-1], examined, len(exams) - 1)
    weights = replace(
        in_order(weights, label, parameters),
        provenance=_provenance(parameters, syllabus, target, build, made),
    )
    return Learned(
        parameters, syllabus, weights, label, course, record,
        _examined(parameters, course, record, 0, "probe"), found["label"],
        _examined(parameters, course, record, 0, "train"),
        {flips: found[f"test {flips:g}"] for flips in FLIPS}, memory_cues, memory_rates,
        build.digest, {**build.phases, "train": train_s, "examine": test_s},
    )  # fmt: skip


def _provenance(
    parameters: Parameters, syllabus: Syllabus, target: Target, build: Build, made: dict[str, Any]
) -> dict[str, str]:
    network = parameters.network
    return {
        "made": "learned",
        **made,
        "rule": network.learning_rule,
        "teacher": "faded" if syllabus.teacher else "none",
        "seed": str(parameters.experiment.seed),
        "n_per_unit": str(network.n_per_unit),
        "presentations": str(syllabus.presentations),
        "task": network.task.name,
        "images": json.dumps({unit: list(rows) for unit, rows in network.task.images.items()}),
        "target": target.name,
        "digest": build.digest,
        "built_with": json.dumps(build.versions),
    }


def n_runs(parameters: Parameters) -> int:
    """How many runs there are: training, and examinations."""
    return 1 + len(FLIPS) + _has_memory(parameters)


def _has_memory(parameters: Parameters) -> bool:
    return parameters.network.layers != "input" and bool(cues(parameters.network.task))


def _examinations(parameters: Parameters, syllabus: Syllabus, tests: int) -> list[Course]:
    """Four lessons of about the same length: they may go on at once."""
    each = -(-tests // len(parameters.network.task.units["input"]))
    parts: list[Iterable[tuple[str, float, int]]] = [
        [("label", 0.0, LABELLING), ("test", FLIPS[0], each)],
        *([("test", flips, each)] for flips in FLIPS[1:]),
    ]
    if _has_memory(parameters):
        parts.append([("test-memory", 0.0, MEMORY_TRIALS)])
    return [
        examination(parameters, 1000 * syllabus.seed + k, part) for k, part in enumerate(parts, 1)
    ]


def _learned_weights(record: xr.Dataset, parameters: Parameters) -> Weights:
    """Each synapse, and thresholds, as they were at the end."""
    synapses = {
        layer: record[f"learned_{layer}"].values[0].astype(np.float64)
        for layer in ("input", "memory")
        if f"learned_{layer}" in record
    }
    raised = record["learned_threshold"].values[0].tolist()
    names = record["population_name"].values.tolist()
    thresholds = {n: mv for n, mv in zip(names, raised, strict=True) if mv}
    return Weights(synapses=synapses, thresholds=thresholds)


def in_order(weights: Weights, label: NDArray[np.int64], parameters: Parameters) -> Weights:
    """Weights of synapses with their means, and each input unit where the image belongs for which
    it stands.
    """
    network = parameters.network
    task, n = network.task, network.n_per_unit
    names, inputs = task.units["input"], len(task.units["input"])
    order = np.argsort(label)  # the unit that stands for each image
    neurons = (order[:, None] * n + np.arange(n)).ravel()
    w_input = weights.synapses["input"][:, neurons]
    synapses = {"input": w_input}
    fibres = parameters.afferents.fibres_per_pixel
    means = w_input.reshape(task.n_pixels, fibres, inputs, n).mean(axis=(1, 3))
    projections = {}
    if "memory" in weights.synapses:
        w_memory = synapses["memory"] = weights.synapses["memory"][neurons]
        sums = w_memory.reshape(inputs, n, -1, n).sum(axis=1).mean(axis=2)
        projections = {
            (f"input_{u}", f"memory_{m}"): float(sums[i, k])
            for i, u in enumerate(names)
            for k, m in enumerate(task.units["memory"])
        }
    moved = {f"input_{names[unit]}": f"input_{names[k]}" for k, unit in enumerate(order)}
    return Weights(
        projections, {u: means[:, k] for k, u in enumerate(names)}, synapses=synapses,
        thresholds={moved.get(name, name): mv for name, mv in weights.thresholds.items()},
    )  # fmt: skip


def _input_units(parameters: Parameters) -> range:
    mine = [p for p in population_table(parameters) if p.layer == "input" and p.unit]
    return range(mine[0].start, mine[-1].stop)


def _examined(
    parameters: Parameters, course: Course, data: xr.Dataset, replicate: int, kind: str,
    flips: float | None = None,
) -> Examined:  # fmt: skip
    some = [p for p in course.of_kind(kind) if flips is None or p.flips == flips]
    onsets = np.array([p.onset for p in some])
    mine = data["spike_replicate"].values == data["replicate"].values[replicate]
    counts = identification.spike_counts(
        data["spike_time"].values[mine], data["spike_neuron"].values[mine], onsets, SHOWN,
        _input_units(parameters),
    )  # fmt: skip
    unit = np.array([p.unit for p in some], np.int64)
    shown = course.lesson.images[[p.image for p in some]] > 0
    return Examined(unit, shown, onsets, counts)


def _collect(parameters: Parameters, exams: list[Course], data: xr.Dataset) -> dict[str, Examined]:
    """What was found, by kind and fraction of flipped pixels."""
    found = {"label": _examined(parameters, exams[0], data, 0, "label")}
    for k, flips in enumerate(FLIPS):
        found[f"test {flips:g}"] = _examined(parameters, exams[k], data, k, "test", flips)
    return found


def _memory(
    parameters: Parameters, course: Course, data: xr.Dataset, replicate: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Cues, and rates of memory's units in the last 200 ms of the delay; none without memory."""
    trials = course.of_kind("test-memory")
    units = [p for p in population_table(parameters) if p.layer == "memory" and p.unit]
    if not trials or not units:
        return np.zeros(0, np.int64), np.zeros((0, len(units)))
    last = 0.2
    onsets = np.array([p.onset for p in trials]) + 0.3 + 0.5 - last
    mine = data["spike_replicate"].values == data["replicate"].values[replicate]
    counts = identification.spike_counts(
        data["spike_time"].values[mine], data["spike_neuron"].values[mine], onsets, last,
        range(units[0].start, units[-1].stop),
    )  # fmt: skip
    rates = identification.of_units(counts, len(units)) / (parameters.network.n_per_unit * last)
    return np.array([p.unit for p in trials]), rates
