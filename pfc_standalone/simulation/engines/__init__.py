"""Engines: where the runs of an experiment are done."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from pfc_standalone.models import RunRequest
from pfc_standalone.results.raw import RunResult
from pfc_standalone.simulation.targets import Build, Progress

#: Builds, each with the runs of it that are wanted, by number. A request is asked for when it is
#: its turn, so that a mapping may make it then.
Work = Sequence[tuple[Build, Mapping[int, RunRequest]]]
#: What is made of a run where its results lie, before they are removed. Engines that run elsewhere
#: need a function that can be pickled.
Then = Callable[[RunRequest, RunResult], Any]


class Engine(Protocol):
    """Somewhere to run builds."""

    def run(
        self, work: Work, folder: Path, on_progress: Progress, then: Then | None = None
    ) -> Generator[tuple[int, Any]]:
        """Do every run.

        Parameters
        ----------
        folder : Path
            Where raw results come to lie, in folders that are named by the number.
        then : callable, optional
            What is made of each run, of which then nothing else is kept.

        Yields
        ------
        number, outcome
            As each run ends: what ``then`` made of it, by default its `RunResult`, or else the
            `TargetError` that it ended with.
        """
