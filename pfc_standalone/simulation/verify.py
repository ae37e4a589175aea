"""Whether the targets compute the same. The first target is the reference of the others.

- *Exact*: strict math and one seed must give the same spikes on every target. Where they part,
  the first spike that differs is traced to rounding, the order of sums, or a real difference.
- *In distribution*: the default build, many seeds, other noise on each target. Rates, ISI CV and
  count correlations of every population must lie as close across targets as across seeds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pfc_standalone import agreement
from pfc_standalone.experiment import label, requests_for
from pfc_standalone.machine import machine, versions
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.populations import Layout, population_table
from pfc_standalone.run_values import RunRequest
from pfc_standalone.targets import Build, Progress, RunResult, Target, require
from pfc_standalone.tasks import get_task
from pfc_standalone.trials import Trial, schedule

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

    @property
    def agrees(self) -> bool:
        """Whether the targets compute the same, up to rounding, and enough was compared."""
        return self.cause != REAL and self.spikes >= MIN_EXACT_SPIKES


def one_of_each(parameters: Parameters) -> list[Trial]:
    """A trial of every condition at the first delay."""
    conditions = get_task(parameters.network.task).conditions
    delay = parameters.experiment.delays[0]
    return schedule(parameters, [(condition, delay) for condition in conditions])


def exact_request(parameters: Parameters) -> RunRequest:
    """The run that is compared spike by spike: the task's first condition at the first delay."""
    condition = get_task(parameters.network.task).conditions[0]
    trials = schedule(parameters, [(condition, parameters.experiment.delays[0])])
    return RunRequest((parameters,), (trials,), 0, trials[-1].end)


def _strict(parameters: Parameters) -> Parameters:
    return with_values(parameters, {"build.strict_math": True, "network.batch": 1})


def verify_exact(
    parameters: Parameters, targets: Sequence[Target], on_progress: Progress
) -> list[ExactResult]:
    """Compare spikes of each target with those of the first, one seed, strict math."""
    strict = _strict(parameters)
    request = exact_request(strict)
    builds, runs = [], []
    for target in targets:
        build = target.build(strict, _named(target, on_progress))
        (run,) = build.run([request], _named(target, on_progress))
        builds.append(build)
        runs.append(run)
    return [
        _compare_exactly(strict, request, (targets[0], builds[0], runs[0]), other)
        for other in zip(targets[1:], builds[1:], runs[1:], strict=True)
    ]


def _compare_exactly(
    parameters: Parameters,
    request: RunRequest,
    reference: tuple[Target, Build, RunResult],
    other: tuple[Target, Build, RunResult],
) -> ExactResult:
    names = other[0].name, reference[0].name
    dt = parameters.network.dt * 1e-3
    trains = [_steps(parameters, run) for _, _, run in (reference, other)]
    difference = agreement.first_difference(*trains)
    if difference is None:
        return ExactResult(*names, EQUAL, trains[0][0].size, request.duration)
    at = _potentials(parameters, request, reference, other, difference.step * dt)
    apart = float(np.abs(at[0] - at[1]).max())
    limit = ROUNDING_ERRORS * float(np.finfo(at[0].dtype).eps) * 0.1
    if apart > limit:
        cause = REAL
    else:
        # until the first spike has arrived, nothing is summed
        early = _potentials(parameters, request, reference, other, parameters.network.delay * 1e-3)
        cause = ORDER if np.array_equal(*early) else ROUNDING
    populations = population_table(parameters)
    index = int(
        np.flatnonzero(Layout.of([p.size for p in populations], 1).neuron == difference.neuron)[0]
    )
    return ExactResult(
        *names,
        cause,
        difference.spikes_before,
        difference.step * dt,
        difference.neuron,
        next(p.name for p in populations if p.start <= difference.neuron < p.stop),
        names[1] if difference.first_has_it else names[0],
        {name: float(v[index]) for name, v in zip(names[::-1], at, strict=True)},
        apart,
    )


def _steps(parameters: Parameters, run: RunResult) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    layout = Layout.of([p.size for p in population_table(parameters)], 1)
    step = np.rint(run.spike_time / (parameters.network.dt * 1e-3)).astype(np.int64)
    return step, layout.neuron[run.spike_index].astype(np.int64)


def _potentials(
    parameters: Parameters,
    request: RunRequest,
    one: tuple[Target, Build, RunResult],
    other: tuple[Target, Build, RunResult],
    time: float,
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Membrane potentials of all neurons on both targets after the last step before a time."""
    short = RunRequest(request.replicates, request.trials, request.first_replicate, time)
    first, second = (build.run([short], _quiet)[0].final_v for _, build, _ in (one, other))
    return first, second


def _quiet(phase: str, done: float) -> None:
    pass


def _named(target: Target, on_progress: Progress) -> Progress:
    return lambda phase, done: on_progress(f"{target.name}: {phase}", done)


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
        return not (self.differing or self.silent) and compared == set(agreement.STATISTICS)


def simulate_seeds(
    parameters: Parameters,
    target: Target,
    n_seeds: int,
    seed: int,
    on_progress: Progress,
    duration: float | None = None,
) -> xr.Dataset:
    """One trial of each condition under as many seeds, each a replicate with its own noise.

    Parameters
    ----------
    seed : int
        Different for each target, so that no two share their noise.
    duration : float, optional
        When to stop, s; the end of the trials by default.
    """
    batch = target.default_batch(n_seeds)
    asked = with_values(parameters, {"experiment.seed": seed, "network.batch": batch})
    trials = [one_of_each(asked) for _ in range(n_seeds)]
    requests = [replace(r, duration=duration or r.duration) for r in requests_for(asked, trials)]
    build = target.build(asked, on_progress)
    return label(asked, trials, requests, build.run(requests, on_progress))


def verify_distributions(
    parameters: Parameters,
    targets: Sequence[Target],
    n_seeds: int,
    on_progress: Progress,
) -> list[DistributionResult]:
    """Compare distributions of each target with those of the first, default build."""
    samples = []
    start = parameters.timing.settle
    stop = one_of_each(parameters)[-1].end
    for k, target in enumerate(targets):
        seed = parameters.experiment.seed + k
        dataset = simulate_seeds(parameters, target, n_seeds, seed, _named(target, on_progress))
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
    parameters: Parameters, targets: Sequence[Target], n_seeds: int, on_progress: Progress
) -> dict[str, Any]:
    """Compare targets both ways.

    Returns
    -------
    dict
        Ready for JSON: ``agree`` is the verdict, ``exact`` and ``distributions`` have the fields
        of `ExactResult` and `DistributionResult`, one entry for each target but the first.

    Raises
    ------
    RequirementError
        If one of the targets cannot run on this machine.
    """
    for target in targets:
        require(target)
    # builds that hold no longer stimulus than is needed
    block = math.ceil(one_of_each(parameters)[-1].end / 20) * 20.0
    parameters = with_values(parameters, {"network.block_duration": block})
    exact = verify_exact(parameters, targets, on_progress)
    distributions = verify_distributions(parameters, targets, n_seeds, on_progress)
    return {
        "agree": all(r.agrees for r in exact) and all(r.agrees for r in distributions),
        "targets": [t.name for t in targets],
        "n_per_unit": parameters.network.n_per_unit,
        "seed": parameters.experiment.seed,
        "seeds": n_seeds,
        "alpha": ALPHA,
        "exact": [asdict(r) | {"agrees": r.agrees} for r in exact],
        "distributions": [asdict(r) | {"agrees": r.agrees} for r in distributions],
        "parameters": parameters.as_dict(),
        "machine": machine(),
        "versions": versions(),
    }
