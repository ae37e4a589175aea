"""Engines: where the runs of an experiment are done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pfc_standalone.machine import available_cores
from pfc_standalone.models import RunRequest
from pfc_standalone.results.raw import RunResult
from pfc_standalone.simulation.footprint import check_footprint
from pfc_standalone.simulation.targets import Build, Progress


class Engine(Protocol):
    """Somewhere to run a build."""

    def run(
        self, build: Build, requests: dict[int, RunRequest], folder: Path, on_progress: Progress
    ) -> Iterator[tuple[int, RunResult]]:
        """Run every request; each result with its number, as it ends."""


@dataclass(frozen=True)
class Local:
    """Processes on this machine.

    Attributes
    ----------
    processes : int or None
        How many at once; None for one a core, or fewer where memory or the target asks it.
    """

    processes: int | None = None

    def run(
        self, build: Build, requests: dict[int, RunRequest], folder: Path, on_progress: Progress
    ) -> Iterator[tuple[int, RunResult]]:
        """Run every request; each result with its number, as it ends."""
        limit = self.processes or build.max_processes or available_cores()
        processes = check_footprint(next(iter(requests.values())), len(requests), limit)
        yield from build.run(requests, folder, processes, on_progress)
