"""What all targets have in common: generate once, compile once, run as often as wanted."""

from __future__ import annotations

import json
import platform
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from build_targets.building import cache
from build_targets.building.cmake_build import FLAGS_FILE
from build_targets.building.environment import (
    COMPILER_VARIABLES,
    python_command,
    python_environment,
)
from build_targets.building.manifest import Manifest
from build_targets.building.parcel import Parcel
from build_targets.building.processor import lacking
from build_targets.building.sources import digest, versions
from build_targets.building.tools import child
from build_targets.running import launch
from build_targets.running.ending import how_it_failed
from pfc_standalone.errors import RequirementError, TargetError
from pfc_standalone.models import RunRequest
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.results.raw import RunResult
from pfc_standalone.simulation.targets import Progress, Requirement


def run_python(command: list[str], environment: dict[str, str], what: str, folder: Path) -> str:
    """Run a Python process in a folder; what it prints, or `TargetError` with its last words."""
    with child(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    ) as process:
        printed, said = process.communicate()
    if process.returncode:
        last = said.strip().splitlines()[-1:]
        raise TargetError(f"{what} failed: {how_it_failed(process.returncode, last)}")
    return printed


@dataclass(frozen=True)
class CachedBuild:
    """A network in the cache, ready to run."""

    target: CachedTarget
    source: Path
    compiled: Path
    manifest: Manifest
    phases: dict[str, float]

    @property
    def digest(self) -> str:
        """Name of the cache entry."""
        return self.compiled.name

    @property
    def versions(self) -> dict[str, str]:
        """Of what built it, compiler, flags and the project's commit among them."""
        facts = self.toolchain
        told = ("compiler", "nvcc", "march", *COMPILER_VARIABLES)
        compilers = {name: facts[name] for name in told if name in facts}
        flags = self.compiled / FLAGS_FILE
        if flags.is_file():
            compilers["flags"] = flags.read_text().strip()
        return self.manifest.versions | compilers | {"git_commit": self.manifest.git_commit}

    @property
    def toolchain(self) -> dict[str, Any]:
        """What compiled it."""
        file = self.compiled / _TOOLCHAIN
        facts: dict[str, Any] = json.loads(file.read_text()) if file.is_file() else {}
        return facts

    @property
    def max_processes(self) -> int | None:
        """How many runs may go on at once; None for one a core."""
        return self.target.max_processes

    def pack(self) -> Parcel:
        """The build, as it goes to another machine."""
        return Parcel.pack(self)

    def run(
        self,
        requests: Mapping[int, RunRequest],
        folder: Path,
        processes: int,
        on_progress: Progress,
    ) -> Iterator[tuple[int, RunResult | TargetError]]:
        """Run the requests, several at once; each result or error with its number, as it comes."""
        if missing := lacking(self.toolchain):
            raise RequirementError(
                f"the build {self.digest} needs the instructions {', '.join(sorted(missing))}, "
                f"which the processor of {platform.node()} lacks: build for any processor with "
                "--set build.native=false, or for a level that all machines have, such as --set "
                "build.processor=x86-64-v3"
            )
        try:
            self.target.check_runs()
        except RequirementError as error:
            raise RequirementError(
                f"Generated {self.source} and compiled {self.compiled}; nothing was run: {error}"
            ) from error
        yield from launch.run_all(
            self.target.program(self.source, self.compiled),
            self.manifest,
            requests,
            folder,
            processes,
            lambda done: on_progress("simulate", done),
        )


class CachedTarget(ABC):
    """A target that keeps generated source and compiled code in the cache.

    Attributes
    ----------
    name : str
        By which the entry point in ``pyproject.toml`` registers it.
    max_processes : int or None
        How many runs may go on at once; None for one a core.
    """

    name: str
    max_processes: int | None = None

    @abstractmethod
    def requirements(self) -> list[Requirement]:
        """What it needs on this machine, found or not."""

    def default_batch(self, replicates: int) -> int:
        """How many of the replicates one process simulates unless the user says."""
        return 1

    @abstractmethod
    def write_source(self, parameters: Parameters, folder: Path) -> Manifest:
        """Write source into a folder; runs in a process of its own, which may import Brian2."""

    @abstractmethod
    def toolchain(self, parameters: Parameters) -> dict[str, Any]:
        """What decides compiled code beside the source; raises `TargetError` where missing."""

    @abstractmethod
    def compile_source(
        self, source: Path, folder: Path, parameters: Parameters, on_progress: Progress
    ) -> None:
        """Compile generated source into an empty folder."""

    @abstractmethod
    def program(self, source: Path, compiled: Path) -> launch.Program:
        """How a finished build is started."""

    def check_runs(self) -> None:  # noqa: B027
        """Raise `TargetError` if what is compiled cannot run on this machine."""

    def generate(self, parameters: Parameters, on_progress: Progress) -> tuple[Path, float]:
        """Folder of generated source, from the cache where it has it, and the seconds it took."""
        parameters = _complete(parameters)

        def fill(folder: Path) -> None:
            on_progress("generate", 0.0)
            values = folder / "parameters.json"
            values.write_text(json.dumps(parameters.bound_at("build")))
            command = python_command(
                "build_targets.generate", folder, values, "--target", self.name
            )
            run_python(command, python_environment(), "generating the source", folder)

        return _cached(self.source_digest(parameters), fill)

    def source_digest(self, parameters: Parameters) -> str:
        """Name of the cache entry of the generated source."""
        facts = {
            "target": self.name,
            "parameters": parameters.bound_at("build"),
            "versions": versions(),
        }
        return digest(facts)

    def compile(
        self, source: Path, parameters: Parameters, on_progress: Progress
    ) -> tuple[Path, float]:
        """Folder of compiled code, from the cache where it has it, and the seconds it took."""
        try:
            toolchain = self.toolchain(parameters)
        except RequirementError as error:
            raise RequirementError(f"Generated {source}; it was not compiled: {error}") from error

        def fill(folder: Path) -> None:
            on_progress("compile", 0.0)
            self.compile_source(source, folder, parameters, on_progress)
            (folder / _TOOLCHAIN).write_text(json.dumps(toolchain, indent=1) + "\n")

        name = digest({"source": source.name, "toolchain": toolchain})
        return _cached(name, fill)

    def build(self, parameters: Parameters, on_progress: Progress) -> CachedBuild:
        """Generate and compile what the build-bound parameters describe."""
        parameters = _complete(parameters)
        source, generated = self.generate(parameters, on_progress)
        compiled, took = self.compile(source, parameters, on_progress)
        phases = {"generate": generated, "compile": took}
        return CachedBuild(self, source, compiled, Manifest.read(source), phases)


_TOOLCHAIN = "toolchain.json"


def _complete(parameters: Parameters) -> Parameters:
    """Parameters with one replicate a process, where nobody chose a number."""
    if parameters.network.batch:
        return parameters
    return with_values(parameters, {"network.batch": 1})


def _cached(name: str, fill: Callable[[Path], None]) -> tuple[Path, float]:
    """A cache entry, and the seconds that this call spent on filling it."""
    seconds = 0.0

    def timed(folder: Path) -> None:
        nonlocal seconds
        began = time.perf_counter()
        fill(folder)
        seconds = time.perf_counter() - began

    try:
        folder, _ = cache.entry(name, timed)
    except OSError as error:
        raise TargetError(
            f"the build cache {cache.cache_root()} does not hold this build and cannot be written "
            f"({error.strerror or error}): free space, or name another folder in the variable "
            f"{cache.CACHE_VARIABLE}"
        ) from error
    return folder, seconds
