"""How long each target takes, interleaved with the reference, and whether it is still right.

One round of a case is one run of all its replicates, under a seed of its own. Before each, the
reference runs the same, so that a ratio compares neighbours in time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from benchmarks import measure
from benchmarks.measure import REFERENCE, Case, Settings, Speed
from benchmarks.outside import PLAIN, PlainBrian2, Program
from benchmarks.peers import PEERS, Peer, PeerProgram
from pfc_standalone.errors import RequirementError
from pfc_standalone.machine import THREADS, available_cores
from pfc_standalone.simulation.targets import get_target, require

#: Plain Brian2 stores every synapse: above this many, its set-up takes minutes.
_MOST_SYNAPSES = 6_000_000
#: Biological time of a scaling run, s.
_SCALING_DURATION = 0.2


def build(
    case: Case, settings: Settings, duration: float | None = None, patience: float = 1
) -> Speed:
    """The case, built; skips what this machine cannot run, or not within limit x patience."""
    try:
        require(get_target(case.target))
    except RequirementError as missing:
        pytest.skip(f"{case}: {missing}")
    speed = Speed.of(case, settings, duration)
    seconds = settings.rounds * speed.foresee() / patience
    skip_if_long(case, seconds, f"{settings.rounds} rounds", settings)
    return speed


def skip_if_long(case: Case, seconds: float, what: str, settings: Settings) -> None:
    """Skip a case that would take too long, and say why."""
    if seconds > settings.limit:
        pytest.skip(
            f"{case}: {what} would take about {seconds:.0f} s, --limit is {settings.limit:g} s"
        )


def timed(
    benchmark: Any,
    settings: Settings,
    run: Callable[[int], Any],
    reference: Callable[[int], Any] | None = None,
) -> tuple[list[tuple[Any, float]], dict[str, Any]]:
    """Time rounds of ``run(seed)``, each after one of ``reference(seed)``.

    Returns what each round left with its seconds, and facts about the rounds.
    """
    left: list[tuple[Any, float]] = []
    beside: list[float] = []
    calibrations: list[float] = []

    def prepare() -> tuple[tuple[int], dict[str, Any]]:
        seed = 1 + len(left)
        if reference is not None:
            began = time.perf_counter()
            reference(seed)
            beside.append(time.perf_counter() - began)
        calibrations.append(measure.calibrate())
        return (seed,), {}

    def one_round(seed: int) -> None:
        began = time.perf_counter()
        result = run(seed)
        left.append((result, time.perf_counter() - began))

    benchmark.pedantic(one_round, setup=prepare, rounds=settings.rounds, iterations=1)
    facts: dict[str, Any] = {"calibration_s": calibrations}
    if beside:
        ratios = [seconds / b for (_, seconds), b in zip(left, beside, strict=True)]
        facts["ratio"] = {
            "to": REFERENCE,
            "of": "whole runs, each after one of the reference",
            "rounds": ratios,
            "median": float(np.median(ratios)),
        }
    return left, facts


def conclude(
    benchmark: Any,
    case: Case,
    kind: str,
    agreement: dict[str, Any],
    recorded: Any,
    facts: dict[str, Any],
) -> None:
    """Put everything into the benchmark's record; fail unless spikes agree where compared."""
    benchmark.group = f"peers, {case.group}" if kind == "peers" else case.group
    benchmark.extra_info.update(
        target=case.name,
        n_per_unit=case.n_per_unit,
        replicates=case.replicates,
        connectivity=case.connectivity,
        kind=kind,
        agreement=agreement,
        spike_statistics=measure.statistics(recorded),
        **facts,
    )
    assert agreement["verdict"] not in ("differ", measure.TOO_FEW), agreement


def test_target(
    benchmark: Any, case: Case, settings: Settings, pytestconfig: pytest.Config
) -> None:
    """Speed of a target, memory, and agreement of its spikes with the reference's."""
    speed = build(case, settings)
    reference = None
    if case.target != REFERENCE:
        beside = Case(REFERENCE, case.n_per_unit, case.replicates)
        reference = Speed.of(beside, settings).run
    rounds, facts = timed(benchmark, settings, speed.run, reference)

    recorded = measure.record(case, settings)
    agreement = {"verdict": "reference"}
    if case.target != REFERENCE:
        agreement = measure.compare(case, recorded, settings)
    if pytestconfig.option.profile:
        facts["profile"] = measure.profile(case, settings)
    facts |= measure.speed_facts(speed, rounds, recorded)
    conclude(benchmark, case, "target", agreement, recorded, facts)


def test_option(benchmark: Any, option_case: Case, settings: Settings) -> None:
    """Speed of the reference with an option that promises speed or safety, and its spikes."""
    speed = build(option_case, settings)
    beside = Speed.of(Case(REFERENCE, option_case.n_per_unit), settings)
    rounds, facts = timed(benchmark, settings, speed.run, beside.run)
    recorded = measure.record(option_case, settings)
    agreement = measure.compare(option_case, recorded, settings)
    facts |= measure.speed_facts(speed, rounds, recorded)
    conclude(benchmark, option_case, "option", agreement, recorded, facts)


def test_threads(
    benchmark: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch, threads_size: int
) -> None:
    """One large network on one core, beside the reference, which has all."""
    if available_cores() == 1:
        pytest.skip("threads: this process may use one core")
    case = Case(REFERENCE, threads_size, option="one thread")
    speed = build(case, settings, patience=4)

    def on_one(seed: int) -> Any:
        with monkeypatch.context() as patch:
            patch.setenv(THREADS, "1")
            return speed.run(seed)

    rounds, facts = timed(benchmark, settings, on_one, speed.run)
    recorded = "any number of threads gives the same spikes, which the tests show"
    facts |= measure.speed_facts(speed, rounds, recorded)
    agreement = {"verdict": "not compared", "reason": recorded}
    conclude(benchmark, case, "threads", agreement, recorded, facts)


@pytest.mark.parametrize("device", list(PLAIN))
def test_plain_brian2(
    benchmark: Any,
    device: str,
    plain_size: int,
    settings: Settings,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """The same network as by the tutorial: how much faster is what this project does?"""
    case = Case(PLAIN[device], plain_size, 1, "explicit")
    parameters = settings.parameters(case)
    synapses = measure.work(parameters, 1)["synapses_explicit"]
    if synapses > _MOST_SYNAPSES:
        pytest.skip(
            f"{case}: {synapses:,} explicit synapses, set up one by one: more than is sensible"
        )
    # Its duration is part of the binary: long enough to compare spikes.
    end = settings.compared(case)[1]
    plain = PlainBrian2(device, parameters, tmp_path_factory.mktemp("plain"), end)
    seconds = plain.foresee() * settings.seeds / available_cores()
    skip_if_long(case, seconds, f"{settings.seeds} seeds", settings)
    measure_program(benchmark, case, "plain", plain, settings)


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name.replace(" ", "-"))
def test_peer(
    benchmark: Any,
    peer: Peer,
    peer_size: int,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """The same network in another simulator, beside the reference with as many threads."""
    if peer.missing:
        pytest.skip(peer.missing)
    if peer.threads > available_cores():
        pytest.skip(f"{peer.name}: this process may use {available_cores()} core")
    case = Case(peer.name, peer_size, 1, "explicit")
    end = settings.compared(case)[1]
    folder = tmp_path_factory.mktemp("peer")
    program = PeerProgram(peer, settings.parameters(case), folder, end)
    one = program.foresee()
    skip_if_long(case, settings.rounds * one, f"{settings.rounds} rounds", settings)
    monkeypatch.setenv(THREADS, str(peer.threads))
    measure_program(benchmark, case, "peers", program, settings, not_compared(peer, one, settings))


def not_compared(peer: Peer, one: float, settings: Settings) -> str:
    """Why spikes of a peer are not compared; "" if they are."""
    if peer.threads > 1:
        return "the network of one thread, with other random numbers"
    seconds = one * settings.seeds / available_cores()
    if seconds > settings.limit:
        return f"{settings.seeds} seeds would take about {seconds:.0f} s"
    return ""


def measure_program(
    benchmark: Any, case: Case, kind: str, program: Program, settings: Settings, reason: str = ""
) -> None:
    """Time a program beside the reference, and compare its spikes unless there is a reason."""
    start, end = settings.compared(case)
    beside = Speed.of(Case(REFERENCE, case.n_per_unit), settings, end)
    rounds, facts = timed(benchmark, settings, program.run, beside.run)
    recorded = reason or program.record(settings.seeds, rounds, start)
    agreement = measure.compare(case, recorded, settings)
    facts |= program.facts(rounds, recorded)
    conclude(benchmark, case, kind, agreement, recorded, facts)


def test_scaling(benchmark: Any, scaling_case: Case, settings: Settings) -> None:
    """Time and memory of cpp over three decades of size (--scaling)."""
    speed = build(scaling_case, settings, _SCALING_DURATION, patience=4)
    rounds, facts = timed(benchmark, settings, speed.run)
    facts["largest_n_in_memory"] = measure.largest_size(speed.parameters)
    recorded = "speed alone"
    facts |= measure.speed_facts(speed, rounds, recorded)
    agreement = {"verdict": "not compared", "reason": recorded}
    conclude(benchmark, scaling_case, "scaling", agreement, recorded, facts)
