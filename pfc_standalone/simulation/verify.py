"""Whether the targets compute the same. The first target is the reference of the others.

- *Exact*: strict math and one seed must give the same spikes on every target. Where they part,
  the first spike that differs is traced to rounding, the order of sums, or a real difference.
  A run may begin late, which shows whether targets part after hours without simulating them.
- *In distribution*: the default build, many seeds, other noise on each target. Rates, ISI CV and
  count correlations of every population must lie as close across targets as across seeds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.analysis import agreement
from pfc_standalone.analysis.statistics import STATISTICS
from pfc_standalone.experiment import Point, Weights, schedule
from pfc_standalone.experiment.trials import longest_run, one_of_each
from pfc_standalone.experiment.weights import BY_HAND
from pfc_standalone.machine import machine, versions
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.provenance import made_here
from pfc_standalone.simulation.simulate import simulate
from pfc_standalone.simulation.targets import Progress, Target, named, require

if TYPE_CHECKING:
    import xarray as xr

MIN_SEEDS = 10
#: Probability of any false alarm in all comparisons of a run.
ALPHA = 0.01
#: Fewer equal spikes than this are no proof of anything.
MIN_EXACT_SPIKES = 2000
#: Membrane potentials that differ by more than this many rounding errors (at 0.1 V) differ
#: really: until the first spike that differs, all input is the same, and errors die out with the
#: membrane time constant instead of growing.
ROUNDING_ERRORS = 1e4

#: What is late, s: from 64 s on, the rounding of times exceeds 1e-14 s.
_LATE = 70.0

EQUAL, ROUNDING, ORDER, REAL = "equal", "rounding", "order of sums", "a real difference"


# ------------------------------------------------------------------------- spike by spike
@dataclass(frozen=True)
class ExactResult:
    """How far two targets give the same spikes with strict math.

    Attributes
    ----------
    target, reference : str
    cause : str
        `EQUAL`, or why they part.
    spikes : int
        That are the same until they part, or in all.
    horizon : float
        Until when all spikes are the same, s.
    neuron, population, first_with : int, str, str
        Of the first spike that differs: who fires it, and on which target; None if equal.
    v : dict of float or None
        Membrane potential of that neuron one step before, by target, V.
    largest_difference : float or None
        Of the membrane potentials of all neurons one step before, V.
    start : float
        When the run began, s.
    """

    target: str
    reference: str
    cause: str
    spikes: int
    horizon: float
    neuron: int | None = None
    population: str | None = None
    first_with: str | None = None
    v: dict[str, float] | None = None
    largest_difference: float | None = None
    start: float = 0.0

    @property
    def agrees(self) -> bool:
        """Whether the targets compute the same, up to rounding, and enough was compared."""
        return self.cause != REAL and self.spikes >= MIN_EXACT_SPIKES


def exact_point(parameters: Parameters, weights: Weights = BY_HAND, start: float = 0.0) -> Point:
    """What is compared spike by spike: the task's first condition at the first delay."""
    condition = parameters.network.task.conditions[0]
    first = round(start + parameters.timing.settle, 9)
    trials = schedule(parameters, [(condition, parameters.experiment.delays[0])], first)
    return Point(parameters, trials, weights)


def late_starts(parameters: Parameters) -> tuple[float, float]:
    """When a run begins that shows what happens after a minute, and at the end of the longest.

    In the first, the cue comes with a frame whose time differs as a multiple of the frame and as
    one of the time step, where there is such a frame: what compares times parts there.

    Returns
    -------
    after_a_minute, last : float, s
        Multiples of the stimulus' frame, and of two time steps, for which noise is drawn at once.
    """
    frame, dt = (parameters.si(f"network.{name}") for name in ("stimulus_dt", "dt"))
    onset, late = (round(t / frame) for t in (exact_point(parameters).trials[0].onset, _LATE))
    every = 1 + round(frame / dt) % 2
    frames = onset + np.arange(every * late, 2 * every * late, every)
    differ = frames[frames * frame != frames * round(frame / dt) * dt]
    shown = int(differ[0] if differ.size else frames[0])
    end = exact_point(parameters).trials[-1].end
    last = math.floor((longest_run(parameters) - end) / (every * frame)) * every
    return round((shown - onset) * frame, 9), round(last * frame, 9)


def verify_exact(
    parameters: Parameters,
    targets: Sequence[Target],
    on_progress: Progress,
    weights: Weights = BY_HAND,
    start: float = 0.0,
) -> list[ExactResult]:
    """Compare spikes of each target with those of the first, one seed, strict math.

    Parameters
    ----------
    start : float
        When the run begins, s.
    """
    strict = with_values(parameters, {"build.strict_math": True, "network.batch": 1})
    point = exact_point(strict, weights, start)
    found = [simulate([point], t, start=start, on_progress=named(t, on_progress)) for t in targets]
    return [
        _compare_exactly(point, start, (targets[0], found[0]), other)
        for other in zip(targets[1:], found[1:], strict=True)
    ]


def _compare_exactly(
    point: Point,
    start: float,
    reference: tuple[Target, xr.Dataset],
    other: tuple[Target, xr.Dataset],
) -> ExactResult:
    names = other[0].name, reference[0].name
    parameters = point.parameters
    dt = parameters.si("network.dt")
    trains = [_steps(dataset, dt) for _, dataset in (reference, other)]
    difference = agreement.first_difference(*trains)
    if difference is None:
        end = point.trials[-1].end
        return ExactResult(*names, EQUAL, trains[0][0].size, end, start=start)
    both = reference[0], other[0]
    at = _potentials(point, both, start, difference.step * dt - start)
    apart = float(np.abs(at[0] - at[1]).max())
    limit = ROUNDING_ERRORS * float(np.finfo(at[0].dtype).eps) * 0.1
    if apart > limit:
        cause = REAL
    else:
        # until the first spike has arrived, nothing is summed
        early = _potentials(point, both, start, parameters.si("network.synaptic_delay"))
        cause = ORDER if np.array_equal(*early) else ROUNDING
    starts = reference[1]["population_start"].values
    population = int(np.searchsorted(starts, difference.neuron, side="right")) - 1
    return ExactResult(
        *names,
        cause,
        difference.spikes_before,
        difference.step * dt,
        difference.neuron,
        str(reference[1]["population_name"].values[population]),
        names[1] if difference.first_has_it else names[0],
        {n: float(v[difference.neuron]) for n, v in zip(names[::-1], at, strict=True)},
        apart,
        start,
    )


def _steps(dataset: xr.Dataset, dt: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    step = np.rint(dataset["spike_time"].values / dt).astype(np.int64)
    return step, dataset["spike_neuron"].values.astype(np.int64)


def _potentials(
    point: Point, targets: tuple[Target, Target], start: float, duration: float
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Membrane potentials of all neurons on both targets at the end of a run."""
    one, other = (
        simulate([point], t, duration=duration, start=start)["final_v"].values[0] for t in targets
    )
    return one, other


# ------------------------------------------------------------------------ in distribution
@dataclass(frozen=True)
class DistributionResult:
    """Comparisons of one target with the reference.

    Attributes
    ----------
    comparisons : list of dict
        Of every population and statistic that could be compared: the fields of
        `agreement.Comparison`, and ``p_corrected`` for the number of all comparisons.
    not_compared : list of str
        What had too few values, and how many.
    silent : list of str
        Populations with too few spikes on either target: nothing can be said of them.
    """

    target: str
    reference: str
    comparisons: list[dict[str, Any]]
    not_compared: list[str]
    silent: list[str]

    @property
    def differing(self) -> list[dict[str, Any]]:
        """Comparisons in which the targets differ."""
        return [c for c in self.comparisons if c["p_corrected"] < ALPHA]

    @property
    def agrees(self) -> bool:
        """Whether nothing differs, no population is silent, and every statistic was compared."""
        compared = {c["statistic"] for c in self.comparisons}
        return not (self.differing or self.silent) and compared == set(STATISTICS.names())


def simulate_seeds(
    parameters: Parameters,
    target: Target,
    n_seeds: int,
    seed: int,
    on_progress: Progress,
    duration: float | None = None,
    weights: Weights = BY_HAND,
) -> xr.Dataset:
    """One trial of each condition under as many seeds, each a replicate with its own noise.

    Parameters
    ----------
    seed : int
        Different for each target, so that no two share their noise.
    duration : float, optional
        When to stop, s; the end of the trials by default.
    """
    asked = with_values(parameters, {"experiment.seed": seed})
    trials = one_of_each(asked)
    points = [Point(asked, trials, weights, replicate=k) for k in range(n_seeds)]
    return simulate(points, target, duration=duration, on_progress=on_progress)


def verify_distributions(
    parameters: Parameters,
    targets: Sequence[Target],
    n_seeds: int,
    on_progress: Progress,
    weights: Weights = BY_HAND,
) -> list[DistributionResult]:
    """Compare distributions of each target with those of the first, default build."""
    samples = []
    start = parameters.timing.settle
    stop = one_of_each(parameters)[-1].end
    for k, target in enumerate(targets):
        seed = parameters.experiment.seed + k
        said = named(target, on_progress)
        dataset = simulate_seeds(parameters, target, n_seeds, seed, said, weights=weights)
        samples.append(agreement.population_samples(dataset, start, stop))
    on_progress("compare", 0.0)
    return compare_samples([t.name for t in targets], samples, stop - start)


def compare_samples(
    names: Sequence[str],
    samples: list[dict[tuple[str, str], list[NDArray[np.float64]]]],
    duration: float,
) -> list[DistributionResult]:
    """Compare the samples of each target with those of the first.

    Parameters
    ----------
    samples : list of dict
        Of each target, from `agreement.population_samples`.
    duration : float
        For which each seed was sampled, s.
    """
    found: list[tuple[list[agreement.Comparison], list[str], list[str]]] = []
    for other in samples[1:]:
        comparisons, not_compared, silent = [], [], []
        for (population, statistic), values in samples[0].items():
            both = values, other[population, statistic]
            counts = [sum(v.size for v in seeds) for seeds in both]
            if statistic == "rate":
                spikes = [round(sum(v.sum() for v in seeds) * duration) for seeds in both]
                if min(spikes) < agreement.MIN_SPIKES:
                    silent.append(f"{population}: {min(spikes)} spikes")
            if min(counts) < agreement.MIN_VALUES:
                not_compared.append(f"{statistic} of {population}: {min(counts)} values")
                continue
            comparisons.append(agreement.compare_seeds(population, statistic, *both))
        found.append((comparisons, not_compared, silent))
    corrected = iter(agreement.holm([c.p for comparisons, _, _ in found for c in comparisons]))
    return [
        DistributionResult(
            name,
            names[0],
            [asdict(c) | {"p_corrected": float(next(corrected))} for c in comparisons],
            not_compared,
            silent,
        )
        for name, (comparisons, not_compared, silent) in zip(names[1:], found, strict=True)
    ]


# ---------------------------------------------------------------------------------- both
def verify(
    parameters: Parameters,
    targets: Sequence[Target],
    n_seeds: int,
    on_progress: Progress,
    weights: Weights = BY_HAND,
    starts: Sequence[float] = (0.0,),
) -> dict[str, Any]:
    """Compare targets both ways.

    Parameters
    ----------
    starts : sequence of float
        When the runs begin that are compared spike by spike, s.

    Returns
    -------
    dict
        Ready for JSON: ``agree`` is the verdict, ``exact`` and ``distributions`` have the fields
        of `ExactResult` and `DistributionResult`, one entry for each target but the first (and
        each start).

    Raises
    ------
    RequirementError
        If one of the targets cannot run on this machine.
    """
    for target in targets:
        require(target)
    exact = [
        result
        for start in starts
        for result in verify_exact(parameters, targets, on_progress, weights, start)
    ]
    distributions = verify_distributions(parameters, targets, n_seeds, on_progress, weights)
    return {
        "agree": all(r.agrees for r in exact) and all(r.agrees for r in distributions),
        "n_per_unit": parameters.network.n_per_unit,
        "seeds": n_seeds,
        "alpha": ALPHA,
        "exact": [asdict(r) | {"agrees": r.agrees} for r in exact],
        "distributions": [asdict(r) | {"agrees": r.agrees} for r in distributions],
        **what_was_compared(parameters, targets),
    }


def what_was_compared(parameters: Parameters, targets: Sequence[Target]) -> dict[str, Any]:
    """What every verdict says of where it comes from."""
    return {
        "targets": [t.name for t in targets],
        "seed": parameters.experiment.seed,
        "parameters": parameters.as_dict(),
        **made_here(),
        "machine": machine(),
        "versions": versions(),
    }
