"""What NVIDIA software and hardware this machine has: nvcc, cuRAND, GPUs."""

from __future__ import annotations

import functools
import importlib.metadata
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from build_targets.building.environment import own_environment
from build_targets.building.tools import which

#: Distributions of cuRAND on PyPI, by major version of CUDA.
_CURAND_WHEELS = {12: "nvidia-curand-cu12", 13: "nvidia-curand"}


@dataclass(frozen=True)
class GPU:
    """One GPU, as ``nvidia-smi`` describes it."""

    number: str
    name: str
    uuid: str
    compute_capability: str  # such as "9.0"
    memory: float  # bytes, 0 where unknown
    driver: str

    def __str__(self) -> str:
        return (
            f"{self.number}: {self.name}, {self.memory / 1e9:.0f} GB, compute capability "
            f"{self.compute_capability}, driver {self.driver}"
        )


@dataclass(frozen=True)
class CuRAND:
    """Where cuRAND's headers and its library are."""

    include: Path
    library: Path


def _output(*command: str) -> str:
    """What a program prints, "" if it is missing or fails."""
    program = which(command[0])
    if program is None:
        return ""
    try:
        done = subprocess.run(
            [program, *command[1:]],
            env=own_environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return "" if done.returncode else done.stdout + done.stderr


def find_gpus() -> list[GPU]:
    """GPUs that the driver lists, none without a driver."""
    fields = "index,name,uuid,compute_cap,memory.total,driver_version"
    query = ("nvidia-smi", f"--query-gpu={fields}", "--format=csv,noheader,nounits")
    gpus = []
    for line in _output(*query).splitlines():
        values = [v.strip() for v in line.split(",")]
        if len(values) == 6:
            number, name, uuid, capability, mib, driver = values
            memory = float(mib) * 2**20 if mib.replace(".", "").isdigit() else 0.0
            gpus.append(GPU(number, name, uuid, capability, memory, driver))
    return gpus


def nvcc_version() -> str:
    """Release of nvcc and its path, "" without one."""
    nvcc = which("nvcc")
    found = re.search(r"release ([\d.]+)", _output(nvcc, "--version")) if nvcc else None
    return f"{found[1]} ({nvcc})" if found else ""


def nvcc_architectures() -> list[str]:
    """Compute capabilities that nvcc compiles for, such as "90"."""
    return re.findall(r"compute_(\w+)", _output("nvcc", "--list-gpu-arch"))


@functools.cache
def curand() -> CuRAND | None:
    """The cuRAND of the toolkit that nvcc belongs to, or else of a wheel in this environment."""
    top = re.search(r"TOP=(\S+)", _output("nvcc", "--dryrun", "-x", "cu", "/dev/null"))
    if top:
        root = Path(top[1]).resolve()
        libraries = [p for d in ("lib64", "lib", "targets/*/lib") for p in root.glob(f"{d}/lib*")]
        found = _choose([*root.glob("include/curand.h"), *libraries])
        if found:
            return found
    release = nvcc_version()
    wheel = _CURAND_WHEELS.get(int(release.partition(".")[0]) if release else 13, "")
    try:
        files = importlib.metadata.files(wheel) or []
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return None
    return _choose([Path(str(f.locate())) for f in files])


def _choose(files: list[Path]) -> CuRAND | None:
    header = next((f for f in files if f.name == "curand.h"), None)
    library = next((f for f in files if f.name.startswith("libcurand.so")), None)
    return CuRAND(header.parent, library) if header and library else None
