"""Sweeps: points made one by one, builds once each, and a row of numbers of each point."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pfc_standalone import interrupts
from pfc_standalone.errors import LostError, RequirementError, TargetError
from pfc_standalone.experiment.sweep import Sweep
from pfc_standalone.experiment.trials import MAX_STEPS
from pfc_standalone.models import RunRequest
from pfc_standalone.parameters import Parameters
from pfc_standalone.record import Record
from pfc_standalone.results.raw import RunResult
from pfc_standalone.results.rows import Row, Rows
from pfc_standalone.simulation.engines import Engine
from pfc_standalone.simulation.simulate import Plan, build_facts, check_whole, label_runs, lay_out
from pfc_standalone.simulation.targets import Build, Progress, Target, silent

#: A point that fails so often is given up.
ATTEMPTS = 3
#: Requests that are remembered, for who asks again when a run ends.
_REMEMBERED = 64


@dataclass(frozen=True)
class Group:
    """Points that share a build.

    Attributes
    ----------
    parameters : Parameters
        Of one of them, with all that is bound when a network is built.
    numbers : (n_points,) ndarray of int64
        Of the points, in order.
    """

    parameters: Parameters
    numbers: NDArray[np.int64]


def plan_groups(sweep: Sweep, target: Target, on_progress: Progress = silent) -> list[Group]:
    """The builds that a sweep needs.

    Raises
    ------
    ParameterError
        If the values of a point are not possible together.
    """
    n_combinations = len(sweep) // sweep.seeds
    known: dict[str, tuple[int, Parameters]] = {}
    group_of = np.empty(n_combinations, np.int64)
    for k in range(n_combinations):
        built = lay_out([sweep.point(k * sweep.seeds)], target).parameters
        key = json.dumps(built.bound_at("build"), sort_keys=True)
        group_of[k] = known.setdefault(key, (len(known), built))[0]
        on_progress("check", (k + 1) / n_combinations)
    seeds = np.arange(sweep.seeds)
    return [
        Group(built, (np.flatnonzero(group_of == g)[:, None] * sweep.seeds + seeds).ravel())
        for g, built in known.values()
    ]


class Requests(Mapping[int, RunRequest]):
    """Runs of a group's points that are left, made when they are asked for; each has the number of
    its first point.
    """

    def __init__(self, sweep: Sweep, target: Target, group: Group, left: NDArray[np.int64]) -> None:
        self._sweep, self._target, self.left = sweep, target, left
        self._batch = group.parameters.network.batch
        self._of = functools.lru_cache(_REMEMBERED)(self._make)

    def __len__(self) -> int:
        return -(-self.left.size // self._batch)

    def __iter__(self) -> Iterator[int]:
        return (int(number) for number in self.left[:: self._batch])

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and number in self.members(number)[:1]

    def members(self, number: int) -> list[int]:
        """Numbers of the points of a run."""
        first = int(np.searchsorted(self.left, number))
        return [int(n) for n in self.left[first : first + self._batch]]

    def __getitem__(self, number: int) -> RunRequest:
        return self._of(number)

    def _make(self, number: int) -> RunRequest:
        points = [self._sweep.point(n) for n in self.members(number)]
        return lay_out(points, self._target).requests[0]


@dataclass(frozen=True)
class Outcome:
    """What is kept of a run.

    Attributes
    ----------
    rows : list of Row
        Of each point.
    dataset : Record, optional
        All that the run left, spikes included.
    """

    rows: list[Row]
    dataset: Record | None = None


@dataclass(frozen=True)
class Summarise:
    """Makes an `Outcome` of a run, wherever it ended.

    Attributes
    ----------
    spikes : bool
        Whether the dataset is kept.
    """

    spikes: bool = False

    def __call__(self, request: RunRequest, run: RunResult) -> Outcome:
        """Label a run and take its numbers."""
        from pfc_standalone.analysis.point_values import point_values  # scipy takes long

        check_whole(request, run)
        points = [p for p in request.points if p.replicate != MAX_STEPS]
        dataset = label_runs(Plan(points, [request]), [run])
        if len(points) == 1:
            rows = [point_values(dataset)]
        else:
            whole = dataset.to_xarray()
            rows = [point_values(whole.isel(replicate=[k])) for k in range(len(points))]
        return Outcome(list(rows), dataset if self.spikes else None)


@dataclass(frozen=True)
class SweepJob:
    """A sweep whose networks are built.

    Attributes
    ----------
    groups, builds : sequence
        Of the same length.
    """

    sweep: Sweep
    target: Target
    groups: Sequence[Group]
    builds: Sequence[Build]

    def facts(self) -> dict[str, Any]:
        """What makes the results."""
        return build_facts(self.target, self.builds)

    def run(
        self,
        rows: Rows,
        engine: Engine,
        folder: Path,
        on_progress: Progress = silent,
        keep: Callable[[Sequence[int], Record], None] | None = None,
    ) -> dict[int, str]:
        """Simulate all points that have no row yet.

        Parameters
        ----------
        folder : Path
            Where raw results lie for the moment.
        keep : callable, optional
            Is given each run's dataset, and the numbers of its points, before they get rows.

        Returns
        -------
        dict
            From the number of a point that failed `ATTEMPTS` times to its error.

        Raises
        ------
        RequirementError
            If a machine lacks what every point needs.
        """
        failed: dict[int, str] = {}
        lost: dict[int, str] = {}
        for _ in range(ATTEMPTS):
            failed = self._attempt(rows, lost, engine, folder, on_progress, keep)
            if not failed:
                break
        return failed | lost

    def _attempt(
        self,
        rows: Rows,
        lost: dict[int, str],
        engine: Engine,
        folder: Path,
        on_progress: Progress,
        keep: Callable[[Sequence[int], Record], None] | None,
    ) -> dict[int, str]:
        failed: dict[int, str] = {}
        work = [
            (b, Requests(self.sweep, self.target, g, _left(g.numbers, rows, lost)))
            for g, b in zip(self.groups, self.builds, strict=True)
        ]
        n_left = sum(requests.left.size for _, requests in work)
        if not n_left:
            return {}
        n_before = len(self.sweep) - n_left

        def progress(phase: str, done: float) -> None:
            on_progress(phase, (n_before + done * n_left) / len(self.sweep))

        then = Summarise(keep is not None)
        with contextlib.closing(engine.run(work, folder, progress, then)) as ended:
            for number, outcome in ended:
                with interrupts.held():
                    points = next(r.members(number) for _, r in work if number in r)
                    if isinstance(outcome, RequirementError):
                        raise outcome
                    if isinstance(outcome, TargetError):
                        given_up = lost if isinstance(outcome, LostError) else failed
                        given_up |= dict.fromkeys(points, str(outcome))
                        continue
                    if keep is not None:
                        keep(points, outcome.dataset)
                    rows.add(dict(zip(points, outcome.rows, strict=True)))
        return failed


def _left(numbers: NDArray[np.int64], rows: Rows, lost: Mapping[int, str]) -> NDArray[np.int64]:
    return numbers[[n not in rows and n not in lost for n in numbers.tolist()]]
