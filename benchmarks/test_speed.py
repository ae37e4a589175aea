"""How long each target takes, interleaved with the reference, and whether it is still right.

One round of a cell is one run of all its replicates, under a seed of its own. Before each, the
reference runs the same, so that a ratio compares neighbours in time.
"""

from __future__ import annotations

import time

import numpy as np
import pytest

from benchmarks import measure
from benchmarks.baseline import PLAIN, PlainBrian2
from benchmarks.measure import REFERENCE, Cell, Speed
from pfc_standalone.targets import RequirementError, get_target, require

#: Plain Brian2 stores every synapse: above this many, its set-up takes minutes.
_MOST_SYNAPSES = 6_000_000
#: Biological time of a scaling run, s.
_SCALING_DURATION = 0.2


def build(cell, settings, duration=None, patience=1):
    """The cell, built; skips what this machine cannot run, or not within limit x patience."""
    try:
        require(get_target(cell.target))
    except RequirementError as missing:
        pytest.skip(f"{cell}: {missing}")
    speed = Speed.of(cell, settings, duration)
    seconds = settings.rounds * speed.foresee() / patience
    skip_if_long(cell, seconds, f"{settings.rounds} rounds", settings)
    return speed


def skip_if_long(cell, seconds, what, settings):
    """Skip a cell that would take too long, and say why."""
    if seconds > settings.limit:
        pytest.skip(
            f"{cell}: {what} would take about {seconds:.0f} s, --limit is {settings.limit:g} s"
        )


def timed(benchmark, settings, run, reference=None):
    """Time rounds of ``run(seed)``, each after one of ``reference(seed)``.

    Returns what each round left with its seconds, and facts about the rounds.
    """
    left, beside, calibrations = [], [], []

    def prepare():
        seed = 1 + len(left)
        if reference is not None:
            began = time.perf_counter()
            reference(seed)
            beside.append(time.perf_counter() - began)
        calibrations.append(measure.calibrate())
        return (seed,), {}

    def one_round(seed):
        began = time.perf_counter()
        result = run(seed)
        left.append((result, time.perf_counter() - began))

    benchmark.pedantic(one_round, setup=prepare, rounds=settings.rounds, iterations=1)
    facts = {"calibration_s": calibrations}
    if beside:
        ratios = [seconds / b for (_, seconds), b in zip(left, beside, strict=True)]
        facts["ratio"] = {
            "to": REFERENCE,
            "of": "whole runs, each after one of the reference",
            "rounds": ratios,
            "median": float(np.median(ratios)),
        }
    return left, facts


def conclude(benchmark, cell, kind, agreement, recorded, facts):
    """Put everything into the benchmark's record; fail where spikes differ."""
    benchmark.group = cell.group
    benchmark.extra_info.update(
        target=cell.target,
        n_per_unit=cell.n_per_unit,
        replicates=cell.replicates,
        connectivity=cell.connectivity,
        kind=kind,
        agreement=agreement,
        spike_statistics=measure.statistics(recorded),
        **facts,
    )
    assert agreement["verdict"] != "differ", agreement


def test_target(benchmark, cell, settings, pytestconfig):
    """Speed of a target, memory, and agreement of its spikes with the reference's."""
    speed = build(cell, settings)
    reference = None
    if cell.target != REFERENCE:
        beside = Cell(REFERENCE, cell.n_per_unit, cell.replicates)
        reference = Speed.of(beside, settings).run
    rounds, facts = timed(benchmark, settings, speed.run, reference)

    recorded = measure.record(cell, settings)
    agreement = {"verdict": "reference"}
    if cell.target != REFERENCE:
        agreement = measure.compare(cell, recorded, settings)
    if pytestconfig.option.profile:
        facts["profile"] = measure.profile(cell, settings)
    facts |= measure.speed_facts(speed, rounds, recorded)
    conclude(benchmark, cell, "target", agreement, recorded, facts)


@pytest.mark.parametrize("device", list(PLAIN))
def test_plain_brian2(benchmark, device, plain_size, settings, tmp_path_factory):
    """The same network as by the tutorial: how much faster is what this project does?"""
    cell = Cell(PLAIN[device], plain_size, 1, "explicit")
    ours = Cell(REFERENCE, plain_size)
    parameters = settings.parameters(cell)
    synapses = measure.work(parameters, 1)["synapses_explicit"]
    if synapses > _MOST_SYNAPSES:
        pytest.skip(
            f"{cell}: {synapses:,} explicit synapses, set up one by one: more than is sensible"
        )
    # Its duration is part of the binary: long enough to compare spikes.
    start, end = settings.compared(cell)
    plain = PlainBrian2(device, parameters, tmp_path_factory.mktemp("plain"), end)
    skip_if_long(cell, plain.foresee(settings.seeds), f"{settings.seeds} seeds", settings)
    rounds, facts = timed(benchmark, settings, plain.run, Speed.of(ours, settings, end).run)
    recorded = plain.record(settings.seeds, rounds, start)
    agreement = measure.compare(cell, recorded, settings)
    facts |= plain.facts(rounds, recorded)
    conclude(benchmark, cell, "plain", agreement, recorded, facts)


def test_scaling(benchmark, scaling_cell, settings):
    """Time and memory of cpp over three decades of size (--scaling)."""
    speed = build(scaling_cell, settings, _SCALING_DURATION, patience=4)
    rounds, facts = timed(benchmark, settings, speed.run)
    facts["largest_n_in_memory"] = measure.largest_size(speed.parameters)
    recorded = "speed alone"
    facts |= measure.speed_facts(speed, rounds, recorded)
    agreement = {"verdict": "not compared", "reason": recorded}
    conclude(benchmark, scaling_cell, "scaling", agreement, recorded, facts)
