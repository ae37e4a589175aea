"""What one benchmark case measures: time, memory, work done, and whether the answer is right."""

from __future__ import annotations

import hashlib
import math
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pfc_standalone.analysis import agreement
from pfc_standalone.analysis.spike_table import SpikeTable
from pfc_standalone.experiment import Point
from pfc_standalone.experiment.trials import one_of_each
from pfc_standalone.limits import memory_limit
from pfc_standalone.machine import available_cores
from pfc_standalone.models import get_model
from pfc_standalone.models.spiking.footprint import synapse_count
from pfc_standalone.models.spiking.populations import population_table
from pfc_standalone.models.spiking.tables import connection_mask
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.results.raw import RunResult
from pfc_standalone.simulation import Job, prepare, verify
from pfc_standalone.simulation.simulate import plan_runs, wall_phases
from pfc_standalone.simulation.targets import Target, get_target, silent, target_names

if TYPE_CHECKING:
    import xarray as xr

#: The target with which all others are compared, in speed and in spikes.
REFERENCE = "cpp"
#: Verdict where nothing differs, and too few spikes were there to show it.
TOO_FEW = "too few spikes"
#: Biological time of the trial run from which a case's duration is foreseen, s.
_TRIAL = 0.05
_CALIBRATION = b"\0" * 2**25


#: Options of the reference that promise speed or safety: each is measured beside it.
OPTIONS: dict[str, dict[str, Any]] = {
    "float32": {"network.precision": "float32"},
    "strict math": {"build.strict_math": True},
    "no SIMD": {"build.simd": False},
}


@dataclass(frozen=True)
class Case:
    """What is measured at once; an option is one of `OPTIONS`, or empty."""

    target: str
    n_per_unit: int
    replicates: int = 1
    connectivity: str = "pooled"
    option: str = ""

    @property
    def name(self) -> str:
        """The target, and the option."""
        return ", ".join(filter(None, (self.target, self.option)))

    @property
    def group(self) -> str:
        """Cases that are compared with each other."""
        return f"n_per_unit {self.n_per_unit}, replicates {self.replicates}, {self.connectivity}"

    def __str__(self) -> str:
        return f"{self.name} at {self.group}"


@dataclass
class Settings:
    """What the command line asks for, and what is measured once for several cases."""

    duration: float
    seeds: int
    rounds: int
    limit: float
    values: dict[str, Any]
    recorded: dict[Case, Recorded | str] = field(default_factory=dict)

    def parameters(self, case: Case, **values: Any) -> Parameters:
        """The case's parameters: one short trial of each condition, one after the other."""
        chosen = {
            "network.n_per_unit": case.n_per_unit,
            "network.connectivity": case.connectivity,
            "experiment.delays": ("0.75",),
            "timing.settle": 0.5,
            "timing.rest": 0.0,
        }
        option = OPTIONS.get(case.option, {})
        return with_values(Parameters(), chosen | self.values | option | values)

    def compared(self, case: Case) -> tuple[float, float]:
        """From when until when spikes are compared, s: the first trial."""
        trial = one_of_each(self.parameters(case))[0]
        return trial.start, trial.end


def replicates(parameters: Parameters, seed: int, count: int) -> list[Point]:
    """So many copies of one network under a seed, each with its own noise."""
    seeded = with_values(parameters, {"experiment.seed": seed})
    trials = one_of_each(seeded)
    return [Point(seeded, trials, replicate=k) for k in range(count)]


def calibrate() -> float:
    """Seconds that a fixed piece of work takes now: how fast the machine is at this moment."""
    began = time.perf_counter()
    for _ in range(4):
        hashlib.sha256(_CALIBRATION).hexdigest()
    return time.perf_counter() - began


# ------------------------------------------------------------------------------- speed
@dataclass(frozen=True)
class Speed:
    """A case that has been built, without recording of spikes, ready to be timed."""

    case: Case
    job: Job
    duration: float

    @classmethod
    def of(
        cls, case: Case, settings: Settings, duration: float | None = None, **values: Any
    ) -> Speed:
        """Build a case."""
        parameters = settings.parameters(case, **{"network.record_spikes": False}, **values)
        points = replicates(parameters, parameters.experiment.seed, case.replicates)
        lasting = duration or settings.duration
        return cls(case, prepare(points, case.target, silent, lasting), lasting)

    @property
    def parameters(self) -> Parameters:
        """Those that were built, the batch among them."""
        return self.job.plan.parameters

    def run(self, seed: int, duration: float | None = None) -> list[RunResult]:
        """Simulate all replicates under a seed."""
        points = replicates(self.parameters, seed, self.case.replicates)
        plan = plan_runs(points, self.job.target, duration or self.duration)
        return Job(plan, self.job.target, self.job.build).run()

    def foresee(self) -> float:
        """Seconds that a run will take, from a short one."""
        began = time.perf_counter()
        runs = self.run(1, _TRIAL)
        took = time.perf_counter() - began
        simulate = wall_phases(runs, took)["simulate"]
        return took + simulate * (self.duration / _TRIAL - 1)


def largest_size(parameters: Parameters) -> int:
    """Largest n_per_unit that fits this machine's memory, as its model estimates it, up to 1e5."""
    total = memory_limit().amount

    def fits(n: int) -> bool:
        larger = with_values(parameters, {"network.n_per_unit": n})
        return bool(get_model(larger).footprint(larger, 1.0).process < total)

    low, high = 10, 100_000
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def work(parameters: Parameters, replicates: int) -> dict[str, Any]:
    """Neurons, and synapses as either connectivity stores them, over all replicates."""
    populations = population_table(parameters)
    counts = {
        f"synapses_{kind}": replicates
        * synapse_count(with_values(parameters, {"network.connectivity": kind}))
        for kind in ("pooled", "explicit")
    }
    return {"neurons": replicates * populations[-1].stop, **counts}


def events_per_second(parameters: Parameters, rates: dict[str, float]) -> dict[str, float]:
    """Synaptic events of one replicate in a biological second, from mean rates (Hz).

    Returns
    -------
    dict
        ``synaptic_events``: a spike counts once for each neuron that it reaches;
        ``pooled_events``: once for each population.
    """
    populations = population_table(parameters)
    sizes = np.array([p.size for p in populations])
    mask = connection_mask(parameters)[0]
    spikes = sizes * np.array([rates[p.name] for p in populations])
    return {
        "synaptic_events": float(spikes @ mask @ sizes),
        "pooled_events": float(spikes @ mask.sum(axis=1)),
    }


def phase_facts(
    parameters: Parameters,
    duration: float,
    replicates: int,
    phases: list[dict[str, float]],
    recorded: Recorded | str,
) -> dict[str, Any]:
    """What follows from a network's size, the phases of each round, and recorded spikes."""
    facts: dict[str, Any] = work(parameters, replicates)
    medians = {p: float(np.median([r[p] for r in phases])) for p in phases[0]}
    simulated = duration * replicates
    steps = round(duration / parameters.si("network.dt"))
    if not isinstance(recorded, str):
        scale = simulated / medians["simulate"]
        events = events_per_second(parameters, recorded.rates)
        facts |= {f"{name}_per_s": n * scale for name, n in events.items()}
    return facts | {
        "simulated_s": simulated,
        "steps": steps,
        "phases_s": medians,
        "phases_s_rounds": phases,
        "real_time_factor": [r["simulate"] / simulated for r in phases],
        "ns_per_neuron_step": medians["simulate"] / (facts["neurons"] * steps) * 1e9,
    }


def speed_facts(
    speed: Speed, rounds: list[tuple[list[RunResult], float]], recorded: Recorded | str
) -> dict[str, Any]:
    """Everything that follows from the timed rounds of a case.

    Parameters
    ----------
    rounds : list of (runs, seconds)
        What each round left, and its wall-clock time.
    recorded : Recorded or str
        From `record`.
    """
    phases = [speed.job.build.phases | wall_phases(runs, seconds) for runs, seconds in rounds]
    facts = phase_facts(speed.parameters, speed.duration, speed.case.replicates, phases, recorded)
    return facts | {
        "peak_memory_bytes": max(
            (r.memory.get("process", 0) for runs, _ in rounds for r in runs), default=0
        ),
        "device_memory_bytes": max(
            (r.memory.get("device", 0) for runs, _ in rounds for r in runs), default=0
        ),
    }


def profile(case: Case, settings: Settings, duration: float | None = None) -> dict[str, float]:
    """Share of each code object in the time of all, largest first."""
    speed = Speed.of(case, settings, duration, **{"build.profile": True})
    total: dict[str, float] = {}
    for run in speed.run(1):
        for name, seconds in run.profile.items():
            total[name] = total.get(name, 0.0) + seconds
    whole = sum(total.values())
    return {n: s / whole for n, s in sorted(total.items(), key=lambda item: -item[1])}


# ---------------------------------------------------------------------------- accuracy
@dataclass(frozen=True)
class Recorded:
    """What runs with recorded spikes tell.

    Attributes
    ----------
    samples : dict
        Statistics of every population under each seed, from `agreement.population_samples`.
    rates : dict
        Mean rate of each population, Hz, in what a timed run covers, as far as it was recorded.
    """

    samples: dict[tuple[str, str], list[np.ndarray]]
    rates: dict[str, float]

    @classmethod
    def of(cls, dataset: xr.Dataset, start: float, end: float, timed: float) -> Recorded:
        """Of spikes recorded until ``end``, compared from ``start`` on (s)."""
        table = SpikeTable(dataset)
        windows = [(k, 0.0, min(timed, end)) for k in range(dataset.sizes["replicate"])]
        rates = {name: table.rate(name, windows) for name in table.names}
        return cls(agreement.population_samples(dataset, start, end), rates)


def record(case: Case, settings: Settings) -> Recorded | str:
    """Spikes of a case under every seed, or why they were not recorded."""
    key = replace(case, replicates=1)
    if key not in settings.recorded:
        settings.recorded[key] = _record(case, settings)
    return settings.recorded[key]


def _record(case: Case, settings: Settings) -> Recorded | str:
    target = get_target(case.target)
    parameters = settings.parameters(case)
    foreseen = _foresee_accuracy(case, settings, target)
    if foreseen > settings.limit:
        return f"{settings.seeds} seeds would take about {foreseen:.0f} s"
    # other noise in every case: none may agree thanks to the same numbers
    cases = [*target_names(), *OPTIONS]
    seed = parameters.experiment.seed + cases.index(case.option or case.target)
    start, end = settings.compared(case)
    dataset = verify.simulate_seeds(parameters, target, settings.seeds, seed, silent, end)
    return Recorded.of(dataset, start, end, settings.duration)


def _foresee_accuracy(case: Case, settings: Settings, target: Target) -> float:
    batch = target.default_batch(settings.seeds)
    parameters = settings.parameters(case, **{"network.batch": batch})
    points = replicates(parameters, parameters.experiment.seed, batch)
    (run,) = prepare(points, target, silent, _TRIAL).run()
    end = settings.compared(case)[1]
    at_once = target.max_processes or available_cores()
    turns = math.ceil(settings.seeds / batch / at_once)
    return turns * run.phases["simulate"] * end / _TRIAL


def compare(case: Case, recorded: Recorded | str, settings: Settings) -> dict[str, Any]:
    """Verdict on a case's spikes and the reference's, as `verify.DistributionResult` has it."""
    reference = record(Case(REFERENCE, case.n_per_unit), settings)
    if isinstance(reference, str) or isinstance(recorded, str):
        reason = reference if isinstance(reference, str) else recorded
        return {"verdict": "not compared", "reason": reason}
    start, end = settings.compared(case)
    (result,) = verify.compare_samples(
        [REFERENCE, case.name], [reference.samples, recorded.samples], end - start
    )
    return {
        "verdict": "agree" if result.agrees else "differ" if result.differing else TOO_FEW,
        "reference": REFERENCE,
        "comparisons": result.comparisons,
        "not_compared": result.not_compared,
        "silent": result.silent,
    }


def statistics(recorded: Recorded | str) -> dict[str, dict[str, list[float | None]]]:
    """Mean of each statistic under each seed, by population; None where there are no values."""
    found: dict[str, dict[str, list[float | None]]] = {}
    if not isinstance(recorded, str):
        for (population, statistic), seeds in recorded.samples.items():
            found.setdefault(population, {})[statistic] = [
                float(values.mean()) if values.size else None for values in seeds
            ]
    return found
