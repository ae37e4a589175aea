"""What a target is: a way for the network to become something that runs.

The package never imports a target. Targets register themselves as entry points of the group of
`TARGETS` (``pyproject.toml``), each under its name.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from pfc_standalone.errors import RequirementError, TargetError
from pfc_standalone.models import RunRequest
from pfc_standalone.parameters import Parameters
from pfc_standalone.registry import Registry
from pfc_standalone.results.raw import RunResult

TARGETS = Registry("target", "", "", "pfc_standalone.targets")
#: Called with a phase's name and the fraction of it that is done.
Progress = Callable[[str, float], None]
Stage = Literal["generate", "compile", "run"]
STAGES: tuple[Stage, ...] = ("generate", "compile", "run")


@dataclass(frozen=True)
class Requirement:
    """Something that a target needs on the machine.

    Attributes
    ----------
    name : str
    found : str
        What was found (a version, a path), "" if it is missing.
    stage : {"generate", "compile", "run"}
        The first stage that needs it.
    remedy : str
        What to do where it is missing.
    """

    name: str
    found: str
    stage: Stage
    remedy: str


class Parcel(Protocol):
    """A build on its way to a machine that shares no files with this one; can be pickled."""

    @property
    def digest(self) -> str:
        """Of its content."""

    def unpack(self, root: Path) -> Build:
        """The build, in a folder below ``root``; written there unless it is there.

        Raises
        ------
        TargetError
            If it is not as it was packed; `RequirementError` if this machine cannot run it.
        """


class Build(Protocol):
    """A network that is ready to run, as often as wanted."""

    @property
    def digest(self) -> str:
        """Names what was built."""

    @property
    def phases(self) -> dict[str, float]:
        """Seconds of ``generate`` and ``compile``; 0 where the cache had it."""

    @property
    def max_processes(self) -> int | None:
        """How many runs may go on at once; None for one a core."""

    @property
    def versions(self) -> dict[str, str]:
        """Of what built it."""

    def pack(self) -> Parcel:
        """The build, as it goes to another machine."""

    def run(
        self,
        requests: Mapping[int, RunRequest],
        folder: Path,
        processes: int,
        on_progress: Progress,
    ) -> Iterator[tuple[int, RunResult | TargetError]]:
        """Run every request, ``processes`` at once; each result, or the error that the run ended
        with, as it comes, with its number.

        Raw results lie in ``folder``, in one folder each that is named by the number.
        """


class Target(Protocol):
    """A way for a network to become something that runs."""

    @property
    def name(self) -> str:
        """Short name, such as "cpp"."""

    @property
    def max_processes(self) -> int | None:
        """How many runs may go on at once; None for one a core."""

    def requirements(self) -> list[Requirement]:
        """What it needs on this machine, found or not."""

    def default_batch(self, replicates: int) -> int:
        """How many of the replicates one process simulates unless the user says."""

    def generate(self, parameters: Parameters, on_progress: Progress) -> tuple[Path, float]:
        """Folder of generated source, and the seconds it took; nothing is compiled."""

    def build(self, parameters: Parameters, on_progress: Progress) -> Build:
        """Build what the build-bound parameters describe."""


def stages_possible(target: Target) -> tuple[Stage, ...]:
    """The stages that a target can do on this machine."""
    missing = {r.stage for r in target.requirements() if not r.found}
    return tuple(itertools.takewhile(lambda stage: stage not in missing, STAGES))


def require(target: Target) -> None:
    """Raise `RequirementError` unless the target can run on this machine."""
    for requirement in target.requirements():
        if not requirement.found:
            raise RequirementError(
                f"the target {target.name} cannot run here, nothing was done: {requirement.name} "
                f"was not found: {requirement.remedy}"
            )


def target_names() -> list[str]:
    """Names of all registered targets, in the order in which they are registered."""
    return list(TARGETS.names())


def get_target(name: str) -> Target:
    """The registered target of that name.

    Raises
    ------
    ParameterError
        If there is none.
    """
    target: Target = TARGETS.get(name)()
    return target


def silent(phase: str, done: float) -> None:
    """Progress, for nobody."""


def named(target: Target, on_progress: Progress) -> Progress:
    """Progress of one target among several."""
    return lambda phase, done: on_progress(f"{target.name}: {phase}", done)
