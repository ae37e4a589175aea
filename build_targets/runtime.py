"""The numpy and cython targets: Brian2's runtime mode, in a Python process of its own.

Run as a script, ``--target`` chooses one of them: ``--help`` lists the options.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # importing all the rest takes a while
    from pfc_standalone.starting import start

    start()

from build_targets.building.cmake_build import FLAGS_FILE
from build_targets.building.compiler import compiler_requirement, find_compiler, native_toolchain
from build_targets.building.environment import python_command, python_environment
from build_targets.building.manifest import Manifest, describe
from build_targets.building.modules import compile_modules
from build_targets.building.sources import digest
from build_targets.building.target import CachedTarget, run_python
from build_targets.running.launch import Program
from pfc_standalone.commands.run import main
from pfc_standalone.machine import available_cores
from pfc_standalone.models import get_model
from pfc_standalone.parameters import Parameters
from pfc_standalone.simulation.targets import Progress, Requirement

#: In a build's folder: where its compiled modules are.
_MODULES = "modules"


class RuntimeTarget(CachedTarget):
    """What numpy and cython share."""

    def default_batch(self, replicates: int) -> int:
        """Replicates divided over the cores: a time step costs Python nearly as much for one
        replicate as for several.
        """
        return math.ceil(replicates / available_cores())

    def requirements(self) -> list[Requirement]:
        """Nothing beyond the packages that the project depends on."""
        return []

    def write_source(self, parameters: Parameters, folder: Path) -> Manifest:
        """Describe the network; its code is generated anew in each process that runs it."""
        from build_targets.running.runtime_process import set_preferences

        set_preferences("numpy", folder, parameters)
        model = get_model(parameters).create(parameters)
        return describe(self.name, parameters, model, lambda name, variable: name)

    def toolchain(self, parameters: Parameters) -> dict[str, Any]:
        """Nothing: the interpreter does it."""
        return {}

    def compile_source(
        self, source: Path, folder: Path, parameters: Parameters, on_progress: Progress
    ) -> None:
        """Nothing to do."""

    def program(self, source: Path, compiled: Path) -> Program:
        """Python, on the process that plays a binary."""
        module = "build_targets.running.runtime_process"
        command = python_command(module, self.name, source, compiled / _MODULES)
        return Program(command, source, python_environment())


class NumpyTarget(RuntimeTarget):
    """Vectorised numpy; compiles nothing."""

    name = "numpy"


class CythonTarget(RuntimeTarget):
    """Extension modules that Brian2 writes in Cython."""

    name = "cython"

    def requirements(self) -> list[Requirement]:
        """A C++ compiler."""
        return [compiler_requirement()]

    def toolchain(self, parameters: Parameters) -> dict[str, Any]:
        """The compiler, and the interpreter that loads what it makes."""
        return {
            **native_toolchain(parameters.build, simd=False),
            "interpreter": f"{sys.executable} {sys.version}",
            "strict_math": parameters.build.strict_math,
        }

    def compile_source(
        self, source: Path, folder: Path, parameters: Parameters, on_progress: Progress
    ) -> None:
        """Let Brian2 compile the modules that it finds nowhere."""
        facts = self.toolchain(parameters)

        def compile_in(work: Path) -> Iterable[str]:
            environment = self.program(source, folder).environment
            command = python_command(
                "build_targets.running.runtime_process", self.name, source, work,
                f"--march={facts['march']}",
            )  # fmt: skip
            said = run_python(command, environment, "compiling the modules", source)
            words = [line.partition(" ")[::2] for line in said.splitlines()]
            (flags,) = (value for name, value in words if name == "flags")
            (folder / FLAGS_FILE).write_text(f"{flags}\n")
            return [value for name, value in words if name == "module"]

        compile_modules(f"modules-{digest(facts, False)}", folder / _MODULES, compile_in)

    def program(self, source: Path, compiled: Path) -> Program:
        """As for numpy; the compiler is part of the names that Brian2 gives modules."""
        program = super().program(source, compiled)
        return replace(program, environment=program.environment | {"CXX": str(find_compiler())})


_TARGETS = {"numpy": NumpyTarget, "cython": CythonTarget}


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--target", choices=tuple(_TARGETS), default="cython", help="default: cython"
    )


if __name__ == "__main__":
    sys.exit(main("numpy or cython", lambda chosen: _TARGETS[chosen.target](), _options))
