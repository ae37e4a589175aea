"""The cuda target: brian2cuda's source, compiled with CMake and nvcc for an NVIDIA GPU.

Run as a script, it builds the network, runs the task and reports: ``--help`` lists the options.
Without a GPU it generates and, where nvcc is, compiles.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # importing all the rest takes a while
    from pfc_standalone.starting import start

    start()

from build_targets.building.cmake_build import compile_folder
from build_targets.building.compiler import abilities, compiler_requirement, find_compiler
from build_targets.building.manifest import Manifest
from build_targets.building.nvidia import GPU, curand, find_gpus, nvcc_architectures, nvcc_version
from build_targets.building.sources import versions
from build_targets.building.standalone import write_network
from build_targets.building.target import CachedTarget
from build_targets.building.tools import cmake_requirements, find_tool
from build_targets.running.launch import Program
from pfc_standalone.commands.run import main
from pfc_standalone.errors import ParameterError, RequirementError
from pfc_standalone.parameters import Parameters
from pfc_standalone.simulation.targets import Progress, Requirement

#: Compute capability to compile for where there is neither a GPU nor a wish: data-centre GPUs.
DEFAULT_ARCHITECTURE = "90"
_INSTALL_NVCC = "install the CUDA toolkit, 12 or newer, and put nvcc on the PATH"
_INSTALL_GENERATOR = "install it (pip install brian2cuda==1.0b1, or this project's extra cuda)"
_NO_GPU = (
    "run it on a machine where the NVIDIA driver's nvidia-smi lists a GPU, or use another target"
)


class CudaTarget(CachedTarget):
    """Native code for one NVIDIA GPU; one process simulates all replicates.

    Parameters
    ----------
    gpu : str
        Number or UUID of the GPU; "" for the first that is visible.
    arch : str
        Compute capability to compile for, such as "90" or "9.0"; "" for the GPU's own.
    """

    name = "cuda"
    max_processes = 1

    def __init__(self, gpu: str = "", arch: str = "") -> None:
        if arch and not re.fullmatch(r"\d+\.?\d[af]?", arch):
            raise ParameterError(f"--arch is {arch}, allowed is a compute capability such as 9.0")
        self._gpu = gpu
        self._arch = arch.replace(".", "")

    def default_batch(self, replicates: int) -> int:
        """All of them: a GPU is filled by neurons."""
        return replicates

    def requirements(self) -> list[Requirement]:
        """brian2cuda, a C++ compiler, CMake, nvcc, cuRAND and a GPU."""
        nvcc = nvcc_version()
        library = curand()
        gpus = find_gpus()
        return [
            Requirement("brian2cuda", _brian2cuda(), "generate", _INSTALL_GENERATOR),
            compiler_requirement(),
            *cmake_requirements(),
            Requirement("nvcc", nvcc, "compile", _INSTALL_NVCC),
            Requirement(
                "cuRAND",
                str(library.library) if library else "",
                "compile",
                "install it with the CUDA toolkit, or pip install nvidia-curand "
                "(CUDA 12: nvidia-curand-cu12)",
            ),
            Requirement("NVIDIA GPU", "; ".join(str(g) for g in gpus), "run", _NO_GPU),
        ]

    def generate(self, parameters: Parameters, on_progress: Progress) -> tuple[Path, float]:
        """Folder of generated source; needs neither a GPU nor a toolkit."""
        if not _brian2cuda():
            raise RequirementError(f"Nothing was done: brian2cuda is missing: {_INSTALL_GENERATOR}")
        return super().generate(parameters, on_progress)

    def write_source(self, parameters: Parameters, folder: Path) -> Manifest:
        """CUDA source of our variant of brian2cuda's device."""
        from build_targets.devices.cuda_device import device

        device.set_preferences(strict=parameters.build.strict_math)
        return write_network(device, self.name, parameters, folder, ("brian2cuda",))

    def toolchain(self, parameters: Parameters) -> dict[str, Any]:
        """Compilers, cuRAND, and what is compiled for."""
        nvcc = find_tool("nvcc", _INSTALL_NVCC)
        library = curand()
        if library is None:
            found = {r.name: r.remedy for r in self.requirements()}
            raise RequirementError(f"cuRAND was not found: {found['cuRAND']}")
        compiler = find_compiler()
        abilities(compiler)  # C++17 is needed here too
        return {
            "nvcc": nvcc_version(),
            "nvcc_path": nvcc,
            **compiler.facts(),
            "curand_include": str(library.include),
            "curand_library": str(library.library),
            "architecture": self._architecture(),
        }

    def compile_source(
        self, source: Path, folder: Path, parameters: Parameters, on_progress: Progress
    ) -> None:
        """Compile with the project's CMakeLists.txt."""
        facts = self.toolchain(parameters)
        options: dict[str, bool | str] = {
            "PFC_STRICT_MATH": parameters.build.strict_math,
            "PFC_CUDA_ARCHITECTURES": facts["architecture"],
            "PFC_CURAND_INCLUDE_DIR": facts["curand_include"],
            "PFC_CURAND_LIBRARY": facts["curand_library"],
            "CMAKE_CUDA_COMPILER": facts["nvcc_path"],
            "CMAKE_CUDA_HOST_COMPILER": find_compiler().alone,
        }
        compile_folder(source, folder, options, lambda done: on_progress("compile", done))

    def program(self, source: Path, compiled: Path) -> Program:
        """The binary; it sees one GPU."""
        environment = os.environ | {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
        if self._gpu:
            environment["CUDA_VISIBLE_DEVICES"] = self._gpu
        return Program([str(compiled / "main")], source, environment)

    def check_runs(self) -> None:
        """Raise `RequirementError` without a GPU."""
        self._selected_gpu()

    def _selected_gpu(self) -> GPU:
        gpus = find_gpus()
        if not gpus:
            raise RequirementError(f"no NVIDIA GPU was found: {_NO_GPU}")
        chosen = self._gpu or os.environ.get("CUDA_VISIBLE_DEVICES", "").partition(",")[0]
        for gpu in gpus:
            if chosen in (gpu.number, gpu.uuid):
                return gpu
        if self._gpu and not self._gpu.startswith("MIG-"):
            known = ", ".join(f"{g.number} ({g.name})" for g in gpus)
            raise ParameterError(f"--gpu is {self._gpu}, allowed is the number or UUID of: {known}")
        return gpus[0]

    def _architecture(self) -> str:
        known = nvcc_architectures()
        if self._arch:
            if known and self._arch.rstrip("af") not in known:
                raise ParameterError(
                    f"--arch is {self._arch}, allowed is one of those that this nvcc knows: "
                    f"{', '.join(known)}"
                )
            return self._arch
        if find_gpus():
            return self._selected_gpu().compute_capability.replace(".", "")
        return DEFAULT_ARCHITECTURE


def _brian2cuda() -> str:
    return versions()["brian2cuda"]


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--gpu", default="", help="number or UUID (default: the first visible)")
    parser.add_argument(
        "--arch",
        default="",
        help="compute capability to compile for, such as 9.0 (default: the GPU's own, or "
        f"{DEFAULT_ARCHITECTURE} without one)",
    )


if __name__ == "__main__":
    sys.exit(main("cuda", lambda chosen: CudaTarget(chosen.gpu, chosen.arch), _options))
