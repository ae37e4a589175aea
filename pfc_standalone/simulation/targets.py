"""What a target is: a way for the network to become something that runs.

The package never imports a target. Targets register themselves as entry points of the group
`GROUP` (``pyproject.toml``), each under its name.
"""

from __future__ import annotations

import importlib.metadata
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.fields import ParameterError
from pfc_standalone.parameters import Parameters
from pfc_standalone.run_values import RunRequest

GROUP = "pfc_standalone.targets"
#: Called with a phase's name and the fraction of it that is done.
Progress = Callable[[str, float], None]
PHASES = ("generate", "compile", "start", "simulate", "write")
Stage = Literal["generate", "compile", "run"]
STAGES: tuple[Stage, ...] = ("generate", "compile", "run")


class TargetError(RuntimeError):
    """A target cannot build or run; the message says what is missing or went wrong."""


class RequirementError(TargetError):
    """A target did what it could do on this machine, which lacks something for the rest."""


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


@dataclass(frozen=True)
class RunResult:
    """What one run left.

    Attributes
    ----------
    spike_index : (n_spikes,) ndarray of int32
        Neuron in the simulation. Empty without ``network.record_spikes``.
    spike_time : (n_spikes,) ndarray of float64, s
    final_v : (n_neurons,) ndarray of float64 or float32, V
        Membrane potential of every neuron after the last time step.
    traces : dict of ndarray, optional
        ``t`` (n_samples,) in s and, by variable, (n_samples, n_recorded) in SI units.
    phases : dict of float
        Seconds of ``start``, ``simulate`` and ``write``.
    profile : dict of float
        Seconds of each part of the time step, with ``build.profile``.
    memory : dict of int
        Peak bytes of the ``process``, where the system tells, and in use on the ``device``.
    """

    spike_index: NDArray[np.int32]
    spike_time: NDArray[np.float64]
    final_v: NDArray[Any]
    traces: dict[str, NDArray[Any]] | None
    phases: dict[str, float]
    memory: dict[str, int]
    profile: dict[str, float]


class Build(Protocol):
    """A network that is ready to run, as often as wanted."""

    @property
    def digest(self) -> str:
        """Names what was built."""

    @property
    def phases(self) -> dict[str, float]:
        """Seconds of ``generate`` and ``compile``; 0 where the cache had it."""

    @property
    def versions(self) -> dict[str, str]:
        """Of what built it."""

    def run(self, requests: list[RunRequest], on_progress: Progress) -> list[RunResult]:
        """Run every request, at once where the target can; results in the same order."""


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
    return list(dict.fromkeys(e.name for e in importlib.metadata.entry_points(group=GROUP)))


def get_target(name: str) -> Target:
    """The registered target of that name.

    Raises
    ------
    ParameterError
        If there is none.
    """
    for entry in importlib.metadata.entry_points(group=GROUP):
        if entry.name == name:
            target: Target = entry.load()()
            return target
    known = ", ".join(target_names()) or "none: install the project (pip install -e .)"
    raise ParameterError(f"the target is {name}, allowed is one of: {known}")
