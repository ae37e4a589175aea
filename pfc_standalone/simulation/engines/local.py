"""Processes on this machine."""

from __future__ import annotations

import shutil
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pfc_standalone import interrupts
from pfc_standalone.errors import PFCError, TargetError
from pfc_standalone.machine import available_cores
from pfc_standalone.models import RunRequest
from pfc_standalone.results.raw import RunResult
from pfc_standalone.simulation.engines import Then, Work
from pfc_standalone.simulation.footprint import check_footprint
from pfc_standalone.simulation.targets import Progress


@dataclass(frozen=True)
class Local:
    """Processes on this machine, one build after the other.

    Attributes
    ----------
    processes : int or None
        How many at once; None for one a core, or fewer where memory or the target asks it.
    """

    processes: int | None = None

    def run(
        self, work: Work, folder: Path, on_progress: Progress, then: Then | None = None
    ) -> Generator[tuple[int, Any]]:
        """Do every run; `Engine` says what comes of it."""
        total, before = sum(len(requests) for _, requests in work), 0

        def progress(phase: str, done: float) -> None:
            on_progress(phase, (before + done * len(requests)) / total)

        for build, requests in work:
            if not requests:
                continue
            limit = self.processes or build.max_processes or available_cores()
            first = requests[next(iter(requests))]
            kept = len(requests) if then is None else min(len(requests), limit)
            processes = check_footprint(first, kept, limit)
            for number, run in build.run(requests, folder, processes, progress):
                yield number, run if then is None else outcome(then, requests[number], run)
            before += len(requests)


def outcome(then: Then, request: RunRequest, run: RunResult | TargetError) -> Any:
    """What is made of a run, or the error that it, or making something of it, ended with."""
    if isinstance(run, TargetError):
        return run
    try:
        with interrupts.held():
            return then(request, run)
    except (PFCError, ArithmeticError, LookupError, OSError, TypeError, ValueError) as error:
        said = " ".join(str(error).split()) or type(error).__name__
        return TargetError(f"nothing can be made of the results: {said}")
    finally:
        shutil.rmtree(run.folder, ignore_errors=True)
