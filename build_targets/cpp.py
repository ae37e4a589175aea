"""The cpp target: Brian2's C++ standalone mode, compiled with CMake.

Run as a script, it builds the network, runs the task and reports: ``--help`` lists the options.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from build_targets.base import CompiledTarget, processor
from build_targets.cmake_build import compile_folder, compiler_version, cxx_compiler
from pfc_standalone.cli import main
from pfc_standalone.experiment import Progress
from pfc_standalone.parameters import Parameters


class CppTarget(CompiledTarget):
    """Native code for the CPU, one process a core."""

    name = "cpp"

    def toolchain(self, parameters: Parameters) -> dict[str, Any]:
        """The compiler, and the processor where the binary is made for it alone."""
        compiler = cxx_compiler()
        return {
            "compiler": compiler,
            "version": compiler_version(compiler),
            "processor": processor() if parameters.build.native else "",
        }

    def compile(
        self, source: Path, build: Path, parameters: Parameters, progress: Progress
    ) -> Path:
        """Compile with the project's CMakeLists.txt."""
        options: dict[str, bool | str] = {
            "PFC_STRICT_MATH": parameters.build.strict_math,
            "PFC_SIMD": parameters.build.simd,
            "PFC_NATIVE": parameters.build.native,
        }
        return compile_folder(source, build, options, lambda done: progress("compile", done))


if __name__ == "__main__":
    sys.exit(main(CppTarget()))
