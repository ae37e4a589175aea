"""What compiled targets have in common: generate once, compile once, run as often as wanted."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from build_targets import cache, launch
from build_targets.manifest import Manifest
from pfc_standalone.experiment import Progress, RunResult, TargetError
from pfc_standalone.memory import check_memory
from pfc_standalone.parameters import Parameters
from pfc_standalone.run_values import RunRequest

_PROJECT = Path(__file__).resolve().parent.parent


def processor() -> str:
    """What a binary compiled for this processor depends on."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")


def _cores() -> int:
    """Cores that this process may use (Linux), or that there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True)
class CompiledBuild:
    """A binary in the cache."""

    folder: Path
    manifest: Manifest
    phases: dict[str, float]

    @property
    def digest(self) -> str:
        """Name of the cache entry."""
        return self.folder.name

    @property
    def versions(self) -> dict[str, str]:
        """Of what built it, the project's commit among them."""
        return self.manifest.versions | {"git_commit": self.manifest.git_commit}

    def run(self, requests: list[RunRequest], on_progress: Progress) -> list[RunResult]:
        """Run the requests, one process a core."""
        processes = check_memory(requests[0], len(requests), _cores())
        return launch.run_all(
            self.folder / "main",
            self.folder / "source",
            self.manifest,
            requests,
            processes,
            lambda done: on_progress("simulate", done),
        )


class CompiledTarget(ABC):
    """A target that generates source and compiles it."""

    name: str

    @abstractmethod
    def toolchain(self, parameters: Parameters) -> dict[str, Any]:
        """What decides the binary beside the source; raises `TargetError` where it is missing."""

    @abstractmethod
    def compile(
        self, source: Path, build: Path, parameters: Parameters, progress: Progress
    ) -> Path:
        """Compile a generated folder; return the binary's path."""

    def build(self, parameters: Parameters, on_progress: Progress) -> CompiledBuild:
        """The binary for these parameters, from the cache where it has it."""
        toolchain = self.toolchain(parameters)
        phases = {"generate": 0.0, "compile": 0.0}

        def fill(folder: Path) -> None:
            source, build = folder / "source", folder / "build"
            began = time.perf_counter()
            on_progress("generate", 0.0)
            self.generate(parameters, source, toolchain)
            phases["generate"] = time.perf_counter() - began
            began = time.perf_counter()
            on_progress("compile", 0.0)
            try:
                binary = self.compile(source, build, parameters, on_progress)
            except TargetError as error:
                raise TargetError(_keep_log(str(error), build)) from error
            phases["compile"] = time.perf_counter() - began
            shutil.move(binary, folder / "main")
            shutil.rmtree(build)
            # The manifest is what makes the entry whole.
            shutil.move(source / "manifest.json", folder / "manifest.json")

        try:
            folder, _ = cache.entry(cache.digest(parameters, self.name, toolchain), fill)
        except OSError as error:
            raise TargetError(
                f"the build cache {cache.cache_root()} cannot be written ({error.strerror}): free "
                f"space, or name another folder in the variable {cache.CACHE_VARIABLE}"
            ) from error
        return CompiledBuild(folder, Manifest.read(folder), phases)

    def generate(self, parameters: Parameters, source: Path, toolchain: dict[str, Any]) -> None:
        """Generate source and manifest, in a process of its own."""
        source.mkdir(parents=True)
        values = source / "parameters.json"
        values.write_text(json.dumps(parameters.bound_at("build")))
        done = subprocess.run(
            [sys.executable, "-m", "build_targets.generate", str(source), str(values)],
            cwd=_PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise TargetError(f"generating the source failed: {last}")


def _keep_log(message: str, build: Path) -> str:
    """Move the compiler's log out of the folder that is about to vanish."""
    log = build / "build.log"
    if not log.is_file():
        return message
    kept = cache.cache_root() / "last-failed-build.log"
    shutil.copy(log, kept)
    return message.replace(str(log), str(kept))
