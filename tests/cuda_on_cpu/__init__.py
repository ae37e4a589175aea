"""Generated CUDA source, executed on the CPU: a check of its logic where there is no GPU.

`translate` turns kernel launches into loops and CUDA's headers into one of ours, which stands in
for a device whose blocks have one thread each. Nothing of the generated kernels changes.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from build_targets.building.cmake_build import compile_folder
from build_targets.cpp import CppTarget
from build_targets.cuda import CudaTarget

_HEADERS = (
    *("cuda.h", "curand.h", "curand_kernel.h", "cuda_profiler_api.h"),
    *(
        f"thrust/{name}.h"
        for name in (
            *("copy", "count", "device_ptr", "device_vector", "execution_policy", "host_vector"),
            *("reduce", "sort", "system_error", "unique"),
        )
    ),
)
_LAUNCH = re.compile(r"(\w+)\s*<<<(.*?)>>>\s*\(", re.DOTALL)


def translate(source: Path, folder: Path) -> None:
    """Write generated CUDA source as C++ into a new folder."""
    shutil.copytree(source, folder)
    shutil.copy(Path(__file__).parent / "cuda_on_cpu.h", folder)
    for name in _HEADERS:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text('#include "cuda_on_cpu.h"\n')
    for path in (*folder.rglob("*.cu"), *folder.rglob("*.h")):
        if path.name in {Path(h).name for h in _HEADERS} | {"cuda_on_cpu.h"}:
            continue
        text = path.read_text().replace('.cu"\n', '.cpp"\n')  # files that include others
        text = _LAUNCH.sub(r"for (Launch _l(\2); _l.next();) \1(", text)
        path.write_text('#include "cuda_on_cpu.h"\n' + text)
        if path.suffix == ".cu":
            path.rename(path.with_suffix(".cpp"))
    sources = folder / "sources.txt"
    sources.write_text(sources.read_text().replace(".cu\n", ".cpp\n"))


class CudaOnCpuTarget(CudaTarget):
    """The cuda target's source, compiled for and run on the CPU."""

    def requirements(self):
        return CppTarget().requirements()

    def toolchain(self, parameters):
        return {"on": "cpu"} | CppTarget().toolchain(parameters)

    def compile_source(self, source, folder, parameters, on_progress):
        translated = folder / "translated"
        translate(source, translated)
        options = {"PFC_STRICT_MATH": parameters.build.strict_math, "PFC_SIMD": False}
        compile_folder(translated, folder, options, lambda done: on_progress("compile", done))

    def check_runs(self):
        pass
