"""What this machine is and has."""

from __future__ import annotations

import importlib.metadata
import platform
from pathlib import Path
from typing import Any

from pfc_standalone.limits import free_memory, memory_limit, processor_limit

#: Packages whose versions say what computed a result.
PACKAGES = (
    *("brian2", "brian2cuda", "cython", "numpy", "scipy", "sympy", "xarray", "h5netcdf"),
    *("matplotlib", "elephant", "pytest", "pytest-benchmark"),
)
#: Environment variable: how many threads a program may have at most. A user's own choice stays.
THREADS = "PFC_THREADS"


def machine() -> dict[str, Any]:
    """Processor, cores, memory and system.

    Returns
    -------
    dict
        ``processor`` and ``system`` in words, ``cores`` that this process may keep busy,
        ``memory_gb`` that it may use and ``memory_free_gb``; ``cores_limited_by`` and
        ``memory_limited_by`` say what leaves less than the machine has, "" if nothing does.
    """
    cores, memory = processor_limit(), memory_limit()
    return {
        "processor": processor_name(),
        "cores": cores.amount,
        "cores_limited_by": cores.source,
        "memory_gb": round(memory.amount / 1e9, 1),
        "memory_free_gb": round(free_memory() / 1e9, 1),
        "memory_limited_by": memory.source,
        "system": platform.platform(),
    }


def available_cores() -> int:
    """Cores that this process may keep busy."""
    return processor_limit().amount


def peak_memory(process: int | str = "self") -> int:
    """Peak resident bytes of a process, by its number; 0 where the system does not tell."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((1024 * int(x.split()[1]) for x in lines if x.startswith("VmHWM")), 0)


def versions() -> dict[str, str]:
    """Versions of Python and of the packages; "" for one that is not installed."""
    found = {"python": platform.python_version()}
    return found | {package: version_of(package) for package in PACKAGES}


def version_of(package: str) -> str:
    """Version of a package; "" if it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def processor_name() -> str:
    """What the processor is called."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (x.partition(":")[2].strip() for x in lines if x.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()
