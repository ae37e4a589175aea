"""A target whose program does nothing: what a sweep costs beside its simulations."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pfc_standalone.errors import TargetError
from pfc_standalone.models import RunRequest
from pfc_standalone.models.rate.units import FREE
from pfc_standalone.parameters import Parameters
from pfc_standalone.results.raw import RunResult
from pfc_standalone.simulation.targets import Progress, Requirement


@dataclass(frozen=True)
class StubBuild:
    """Leaves activities of the rate model that depend on gain and seed alone.

    Attributes
    ----------
    digest : str
    log : Path or None
        File that gets a line for each run that is done.
    """

    digest: str
    log: Path | None = None
    max_processes: int | None = None

    @property
    def phases(self) -> dict[str, float]:
        """Nothing is built."""
        return {"generate": 0.0, "compile": 0.0}

    @property
    def versions(self) -> dict[str, str]:
        """Of nothing."""
        return {}

    def pack(self) -> StubBuild:
        """Itself."""
        return self

    def unpack(self, root: Path) -> StubBuild:
        """Itself."""
        return self

    def before(self, request: RunRequest, on_progress: Progress) -> None:
        """What happens first in a run; for tests."""

    def run(
        self,
        requests: Mapping[int, RunRequest],
        folder: Path,
        processes: int,
        on_progress: Progress,
    ) -> Iterator[tuple[int, RunResult | TargetError]]:
        """Make the results of each request up, at once."""
        for done, number in enumerate(requests):
            request = requests[number]
            try:
                self.before(request, on_progress)
            except TargetError as error:
                yield number, error
                continue
            if self.log:
                with self.log.open("a") as file:
                    file.write(f"{number}\n")
            yield number, _made_up(request, folder / f"{number}")
            on_progress("simulate", (done + 1) / len(requests))


def _made_up(request: RunRequest, folder: Path) -> RunResult:
    parameters = request.parameters
    n_updates = round(request.duration / parameters.si("rate.update"))
    seed = parameters.experiment.seed, round(1e6 * parameters.memory.gain)
    values = np.random.default_rng(seed).random((len(FREE), n_updates * len(request.points)))
    arrays: dict[str, Any] = {"activities.t": np.arange(n_updates) * parameters.si("rate.update")}
    arrays |= {f"activities.y_{unit}": row for unit, row in zip(FREE, values, strict=True)}
    return RunResult.of_arrays(folder, arrays, dict.fromkeys(("start", "simulate", "write"), 0.0))


class StubTarget:
    """A target that builds nothing."""

    name = "stub"
    max_processes: int | None = None
    build_class = StubBuild

    def __init__(self, log: Path | None = None) -> None:
        self._log = log
        self.n_built = 0

    def requirements(self) -> list[Requirement]:
        """Nothing."""
        return []

    def default_batch(self, replicates: int) -> int:
        """One point a run."""
        return 1

    def generate(self, parameters: Parameters, on_progress: Progress) -> tuple[Path, float]:
        """Nothing."""
        return Path(os.devnull), 0.0

    def build(self, parameters: Parameters, on_progress: Progress) -> StubBuild:
        """A build that is named by what is bound when a network is built."""
        self.n_built += 1
        bound = json.dumps(parameters.bound_at("build"), sort_keys=True)
        return self.build_class(hashlib.sha256(bound.encode()).hexdigest()[:16], self._log)
