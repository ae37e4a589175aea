"""What this machine is and has."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any

import psutil

#: Packages whose versions say what computed a result.
PACKAGES = (
    *("brian2", "brian2cuda", "cython", "numpy", "scipy", "sympy", "xarray", "h5netcdf"),
    *("matplotlib", "elephant", "pytest", "pytest-benchmark"),
)


def machine() -> dict[str, Any]:
    """Processor, cores, memory and system.

    Returns
    -------
    dict
        ``processor`` and ``system`` in words, ``cores`` that this process may use,
        ``memory_gb`` in all and ``memory_free_gb``.
    """
    memory = psutil.virtual_memory()
    return {
        "processor": _processor(),
        "cores": available_cores(),
        "memory_gb": round(memory.total / 1e9, 1),
        "memory_free_gb": round(memory.available / 1e9, 1),
        "system": platform.platform(),
    }


def available_cores() -> int:
    """Cores that this process may use (Linux), or that there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


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
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = ""
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (x.partition(":")[2].strip() for x in lines if x.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()
