"""The cpp target: Brian2's C++ standalone mode, compiled with CMake.

Run as a script, it builds the network, runs the task and reports: ``--help`` lists the options.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # importing all the rest takes a while
    from pfc_standalone.starting import start

    start()

from build_targets.building.cmake_build import compile_folder
from build_targets.building.compiler import compiler_requirement, native_toolchain
from build_targets.building.manifest import Manifest
from build_targets.building.standalone import write_network
from build_targets.building.target import CachedTarget
from build_targets.building.tools import cmake_requirements
from build_targets.running.launch import Program
from pfc_standalone.commands.run import main
from pfc_standalone.parameters import Parameters
from pfc_standalone.simulation.targets import Progress, Requirement


class CppTarget(CachedTarget):
    """Native code for the CPU, one process a core."""

    name = "cpp"

    def requirements(self) -> list[Requirement]:
        """A C++ compiler and CMake."""
        return [compiler_requirement(), *cmake_requirements()]

    def write_source(self, parameters: Parameters, folder: Path) -> Manifest:
        """C++ of our variant of Brian2's standalone device."""
        import brian2 as b2

        from build_targets.devices.cpp_device import device

        b2.prefs.devices.pfc_cpp_standalone.simd = parameters.build.simd
        return write_network(device, self.name, parameters, folder)

    def toolchain(self, parameters: Parameters) -> dict[str, Any]:
        """The compiler, and the processor where the binary is made for it alone."""
        return native_toolchain(parameters.build, parameters.build.simd)

    def compile_source(
        self, source: Path, folder: Path, parameters: Parameters, on_progress: Progress
    ) -> None:
        """Compile with the project's CMakeLists.txt."""
        toolchain = self.toolchain(parameters)
        options: dict[str, bool | str] = {
            "PFC_STRICT_MATH": parameters.build.strict_math,
            "PFC_SIMD": parameters.build.simd,
            "PFC_THREADS": toolchain["threads"],
            "PFC_PROCESSOR": toolchain["march"],
        }
        compile_folder(source, folder, options, lambda done: on_progress("compile", done))

    def program(self, source: Path, compiled: Path) -> Program:
        """The binary; it reads its static arrays from the generated folder."""
        return Program([str(compiled / "main")], source)


if __name__ == "__main__":
    sys.exit(main("cpp", lambda chosen: CppTarget()))
