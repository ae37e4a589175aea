"""Whether the targets compute the same, for a model whose units have activities and no spikes.

The noise is the same on every target, so activities are compared one by one: with strict math they
must be the same bits, with the default build the same but for rounding.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.experiment import Point, Trial, Weights, schedule
from pfc_standalone.experiment.trials import longest_run
from pfc_standalone.experiment.weights import BY_HAND
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.simulation.simulate import prepare
from pfc_standalone.simulation.targets import Progress, Target, named, require
from pfc_standalone.simulation.verify import what_was_compared

#: Networks that do a trial of every kind, each with its own noise.
NETWORKS = 16
#: Activities of the default build may differ by this: rounding grows while a memory decides, and
#: a difference of this size moves a response in one trial of a million.
TOLERANCE = 1e-6


@dataclass(frozen=True)
class ActivityResult:
    """How far the activities of two targets are the same.

    Attributes
    ----------
    target, reference, build : str
        The build is "strict" or "default".
    start : float
        When the run began, s.
    compared : int
        Activities in all.
    equal : int
        That have the same bits.
    largest_difference : float
    agrees : bool
        Whether that is allowed, and units were at work.
    """

    target: str
    reference: str
    build: str
    start: float
    compared: int
    equal: int
    largest_difference: float
    agrees: bool


def verify_activities(
    parameters: Parameters,
    targets: Sequence[Target],
    on_progress: Progress,
    weights: Weights = BY_HAND,
    starts: Sequence[float] = (0.0,),
) -> dict[str, Any]:
    """Compare activities of each target with those of the first, in both builds.

    Parameters
    ----------
    starts : sequence of float
        When the runs begin that are compared with strict math, s; they begin at a whole update
        before, and early enough to end.

    Returns
    -------
    dict
        Ready for JSON: ``agree`` is the verdict, ``activities`` has the fields of
        `ActivityResult`, an entry for each build and each target but the first.

    Raises
    ------
    RequirementError
        If one of the targets cannot run on this machine.
    """
    for target in targets:
        require(target)
    found: list[ActivityResult] = []
    names = [t.name for t in targets]
    update = parameters.si("rate.update")
    latest = longest_run(parameters) - _trials(parameters, 0.0)[-1].end
    aligned = [
        round(math.floor(min(start, latest) / update + 1e-6) * update, 9) for start in starts
    ]
    compared = [("strict", True, start) for start in aligned] + [("default", False, 0.0)]
    for build, strict, start in compared:
        built = {"build.strict_math": strict, "network.batch": NETWORKS}
        asked = with_values(parameters, built)
        of_target = [_activities(asked, t, on_progress, weights, start) for t in targets]
        found += [
            _compare((name, names[0], build, start), other, of_target[0])
            for name, other in zip(names[1:], of_target[1:], strict=True)
        ]
    return {
        "agree": all(r.agrees for r in found),
        "tolerance": TOLERANCE,
        "activities": [asdict(r) for r in found],
        **what_was_compared(parameters, targets),
    }


def _activities(
    parameters: Parameters,
    target: Target,
    on_progress: Progress,
    weights: Weights,
    start: float,
) -> NDArray[Any]:
    """Everything that monitors recorded, in every bit."""
    trials = _trials(parameters, start)
    points = [Point(parameters, trials, weights, replicate=k) for k in range(NETWORKS)]
    report = named(target, on_progress)
    (run,) = prepare(points, target, report, start=start).run(report)
    return np.stack([run[name] for name in sorted(run) if name.startswith("activities.y_")])


def _trials(parameters: Parameters, start: float) -> tuple[Trial, ...]:
    """One of every kind, in a run that begins then."""
    conditions, delays = parameters.network.task.conditions, parameters.experiment.delays
    kinds = [(c, delay) for delay in delays for c in conditions]
    return schedule(parameters, kinds, round(start + parameters.timing.settle, 9))


def _compare(
    what: tuple[str, str, str, float], found: NDArray[Any], expected: NDArray[Any]
) -> ActivityResult:
    """The result for a target, a reference, a build and a start."""
    apart = float(np.abs(found - expected).max())
    allowed = 0.0 if what[2] == "strict" else TOLERANCE
    at_work = bool(expected.std() > 0.1)
    equal = int((found == expected).sum())
    return ActivityResult(*what, found.size, equal, apart, apart <= allowed and at_work)
