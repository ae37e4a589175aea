"""The one verb: points in, labelled dataset out.

The target comes as an argument, so nothing here knows which one it is.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pfc_standalone.analysis.behaviour import add_responses
from pfc_standalone.errors import ParameterError, ResultsError, TargetError
from pfc_standalone.experiment import Point
from pfc_standalone.experiment.trials import MAX_STEPS, longest_run
from pfc_standalone.models import Arrays, RunRequest, get_model
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.parameters.fields import check_multiple
from pfc_standalone.provenance import made_here
from pfc_standalone.record import Labelled, Record
from pfc_standalone.results.dataset import (
    points_of,
    record_of,
    shared_and_varying,
    with_facts,
)
from pfc_standalone.results.provenance import BUILT_WITH
from pfc_standalone.results.raw import RunResult
from pfc_standalone.simulation.engines import Engine
from pfc_standalone.simulation.engines.local import Local
from pfc_standalone.simulation.footprint import check_disk, check_footprint
from pfc_standalone.simulation.targets import Build, Progress, Target, get_target, silent

if TYPE_CHECKING:
    import xarray as xr


def simulate(
    points: Sequence[Point],
    target: str | Target = "cpp",
    engine: Engine | None = None,
    *,
    duration: float | None = None,
    start: float = 0.0,
    on_progress: Progress = silent,
) -> xr.Dataset:
    """Build the network that the points share, run them all, and label what came out.

    Parameters
    ----------
    points : sequence of Point
        From `study`, or made one by one; they share what is bound when a network is built.
    target : str or Target
        What the network becomes: "cpp", "cuda", "cython", "numpy", or a target of your own.
    engine : Engine, optional
        Where it runs; processes on this machine by default.
    duration : float, optional
        How long every run lasts, s; by default until the end of the last trial of all.
    start : float
        When every run begins, s. Trials are laid out in the same time, and time steps counted from
        0: a late start shows what a long run does at its end.
    on_progress : callable
        Called with a phase's name and the fraction of it that is done.

    Returns
    -------
    Dataset
        `results.dataset` says what it holds; each point is one ``replicate``.

    Raises
    ------
    ParameterError
        If the points are not possible together, or not on this machine.
    TargetError
        If the target cannot build or run them.
    """
    job = prepare(points, target, on_progress, duration, start)
    with tempfile.TemporaryDirectory(prefix="pfc-run-") as folder:
        began = time.perf_counter()
        runs = job.run(on_progress, engine, Path(folder))
        return job.label(runs, time.perf_counter() - began)


@dataclass(frozen=True)
class Plan:
    """Points, divided into runs.

    Attributes
    ----------
    points : list of Point
        With all build-bound values chosen.
    requests : list of RunRequest
        Of ``network.batch`` points each, the last filled up with idle ones.
    """

    points: list[Point]
    requests: list[RunRequest]

    @property
    def parameters(self) -> Parameters:
        """Those of the first point."""
        return self.points[0].parameters

    @property
    def start(self) -> float:
        """When all runs begin, s."""
        return self.requests[0].start


def plan_runs(
    points: Sequence[Point], target: Target, duration: float | None = None, start: float = 0.0
) -> Plan:
    """Divide points into runs; all begin at once and run equally long.

    Raises
    ------
    ParameterError
        If there is no point, they differ in what is bound when a network is built, a run lasts
        longer than time steps can be counted, or it does not fit this machine.
    """
    if not points:
        raise ParameterError("there are 0 points to simulate, allowed is at least one")
    plan = lay_out(points, target, duration, start)
    check_footprint(plan.requests[0], len(plan.requests), 1)
    return plan


def lay_out(
    points: Sequence[Point], target: Target, duration: float | None = None, start: float = 0.0
) -> Plan:
    """The same, whether it fits this machine or not; of at least one point."""
    shared_and_varying(points)
    first = points[0].parameters
    chosen = get_model(first).fit(first, list(points))
    if not first.network.batch:
        chosen["network.batch"] = target.default_batch(len(points))
    made: dict[int, Parameters] = {}
    for p in points:
        if id(p.parameters) not in made:
            made[id(p.parameters)] = with_values(p.parameters, chosen)
    ready = [replace(p, parameters=made[id(p.parameters)]) for p in points]
    for p in ready:
        p.weights.check(p.parameters)
    if duration is None:
        ends = [p.trials[-1].end for p in points if p.trials]
        ends += [start + p.lesson.duration for p in points if p.lesson]
        duration = round(max(ends, default=start + first.timing.settle) - start, 9)
    _check_times(points, start, duration)
    return Plan(ready, _requests(ready, duration, start))


def _check_times(points: Sequence[Point], start: float, duration: float) -> None:
    """Refuse runs whose time steps cannot be counted, and trials before the start."""
    p = points[0].parameters
    check_multiple("start", start, "s", "network.stimulus_dt", p.si("network.stimulus_dt"))
    first = min((q.trials[0].start for q in points if q.trials), default=start)
    if not 0 <= start <= first + 1e-9:
        raise ParameterError(
            f"start is {start:g} s, allowed is from 0 to {first:g} s, the start of the first trial"
        )
    if round((start + duration) / p.si("network.dt")) > MAX_STEPS:
        late = f" and begins at {start:.10g} s" if start else ""
        raise ParameterError(
            f"a run lasts {duration:.10g} s{late}, allowed is an end at {longest_run(p):.10g} s at "
            f"the latest ({MAX_STEPS} time steps): use shorter or fewer trials"
        )


def describe_plan(plan: Plan, target: Target) -> Record:
    """The plan as a dataset without results; `read_plan` reads it back."""
    described = record_of(plan.points)
    facts = {"duration_s": plan.requests[0].duration, "start_s": plan.start}
    return with_facts(described, {"target": target.name, **facts})


def read_plan(described: Labelled) -> Plan:
    """The plan that `describe_plan` wrote."""
    points = points_of(described)
    duration = float(described.attrs["duration_s"])
    start = float(described.attrs.get("start_s", 0.0))
    return Plan(points, _requests(points, duration, start))


def runs_in(plan: Plan, folder: Path) -> list[RunResult]:
    """All runs of a plan, from the folder of their raw results.

    Raises
    ------
    ResultsError
        If one is missing or not whole.
    """
    return [read_run(request, folder / str(k)) for k, request in enumerate(plan.requests)]


def read_run(request: RunRequest, folder: Path) -> RunResult:
    """The results of a run from their folder; raises `ResultsError` unless they are whole."""
    run = RunResult.read(folder)
    check_whole(request, run)
    return run


def check_whole(request: RunRequest, run: RunResult) -> None:
    """Raise `ResultsError` unless a run left all that it should."""
    try:
        get_model(request.parameters).check_whole(request, run)
    except (OSError, ValueError) as error:
        raise ResultsError(f"{run.folder} holds no whole run ({error})") from None


def _requests(points: list[Point], duration: float, start: float) -> list[RunRequest]:
    batch = points[0].parameters.network.batch
    idle = Point(points[0].parameters, replicate=MAX_STEPS)
    requests = []
    for k in range(0, len(points), batch):
        members = points[k : k + batch]
        requests.append(RunRequest((*members, *[idle] * (batch - len(members))), duration, start))
    return requests


@dataclass(frozen=True)
class Job:
    """A plan whose network is built."""

    plan: Plan
    target: Target
    build: Build

    @property
    def requests(self) -> list[RunRequest]:
        """The runs."""
        return self.plan.requests

    def run(
        self,
        on_progress: Progress = silent,
        engine: Engine | None = None,
        folder: Path | None = None,
    ) -> list[RunResult]:
        """Do all runs that have not been done in the folder yet; in the order of the points.

        Parameters
        ----------
        folder : Path, optional
            Where raw results are kept. Without, they are read and their files removed.
        """
        if folder is None:
            with tempfile.TemporaryDirectory(prefix="pfc-run-") as scratch:
                return [in_memory(run) for run in self.run(on_progress, engine, Path(scratch))]
        done: dict[int, RunResult] = {}
        for number, request in enumerate(self.requests):
            with contextlib.suppress(ResultsError):
                done[number] = read_run(request, folder / str(number))
        left = {k: r for k, r in enumerate(self.requests) if k not in done}
        if left:
            check_disk(next(iter(left.values())), len(left), folder)
            work = [(self.build, left)]
            # closed at once if a run fails: the others end
            with contextlib.closing((engine or Local()).run(work, folder, on_progress)) as runs:
                for number, run in runs:
                    if isinstance(run, TargetError):
                        raise run
                    try:
                        check_whole(left[number], run)
                    except ResultsError as error:
                        run.disown()
                        raise TargetError(f"the results of a run are not whole: {error}") from None
                    done[number] = run
        return [done[k] for k in range(len(self.requests))]

    def label(self, runs: Sequence[RunResult], wall: float | None = None) -> xr.Dataset:
        """One dataset from the results of all runs."""
        facts = made_here() | self.facts() | cost(self.plan, runs, self.build.phases, wall)
        return with_facts(label_runs(self.plan, runs), facts).to_xarray()

    def facts(self) -> dict[str, Any]:
        """What made the results."""
        return build_facts(self.target, [self.build])


def prepare(
    points: Sequence[Point],
    target: str | Target = "cpp",
    on_progress: Progress = silent,
    duration: float | None = None,
    start: float = 0.0,
) -> Job:
    """Plan the runs of points and build their network."""
    chosen = get_target(target) if isinstance(target, str) else target
    plan = plan_runs(points, chosen, duration, start)
    return Job(plan, chosen, chosen.build(plan.parameters, on_progress))


def label_runs(plan: Plan, runs: Sequence[RunResult]) -> Record:
    """Results of all runs, labelled, with the responses of the network."""
    dataset = record_of(plan.points)
    batch = plan.parameters.network.batch
    parts: list[tuple[int, int, Arrays]] = []
    for number, run in enumerate(runs):
        first = number * batch
        parts.append((first, min(batch, len(plan.points) - first), run))
    dataset = dataset.assign(get_model(plan.parameters).label(plan.parameters, parts))
    return add_responses(dataset, plan.start)


def build_facts(target: Target, builds: Sequence[Build]) -> dict[str, Any]:
    """What a dataset says of the builds that made it."""
    return {
        "target": target.name,
        "digest": ",".join(b.digest for b in builds),
        **{f"{BUILT_WITH}{name}": v for b in builds for name, v in b.versions.items()},
    }


def cost(
    plan: Plan,
    runs: Sequence[RunResult],
    built: Mapping[str, float],
    wall: float | None = None,
) -> dict[str, Any]:
    """Attributes of a dataset that say what it cost."""
    seconds = sum(sum(r.phases.values()) for r in runs) if wall is None else wall
    return {
        "phases_s": {**built, **wall_phases(runs, seconds)},
        "start_s": plan.start,
        "duration_s": plan.requests[0].duration,
        "simulated_s": plan.requests[0].duration * len(plan.points),
        "peak_memory_bytes": max((r.memory.get("process", 0) for r in runs), default=0),
    }


def in_memory(run: RunResult) -> RunResult:
    """The run with its arrays read, so that its files may go."""
    arrays = {name: np.array(run[name]) for name in run}
    return _Read(run.folder, run.files, run.phases, run.memory, run.profile, arrays)


@dataclass(frozen=True, eq=False)
class _Read(RunResult):
    arrays: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.arrays[name]


def wall_phases(runs: Sequence[RunResult], wall: float) -> dict[str, float]:
    """Wall-clock seconds of ``start``, ``simulate`` and ``write`` of runs that went on at once.

    The time of all of them is shared among the phases in proportion to theirs.
    """
    sums = {p: sum(r.phases[p] for r in runs) for p in ("start", "simulate", "write")}
    total = sum(sums.values()) or 1.0
    return {p: wall * s / total for p, s in sums.items()}
