"""How much of this machine is ours: what a container, a scheduler or an affinity leaves of it.

The kernel tells a process how much memory and how many processors the machine has, not how much of
them it may use. Control groups of version 1 and 2 are read at every level above this process, since
a parent's limit holds for its children; SLURM's variables count too, since not every cluster makes
control groups of them.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

#: Limits of more than this stand for none (version 1 says 2**63 less a page).
_NO_LIMIT = 2**60
_MB = 2**20
_CGROUPS, _PROC = Path("/sys/fs/cgroup"), Path("/proc")


@dataclass(frozen=True)
class Limit:
    """How much there is of something, and who says so: "" for the machine itself."""

    amount: int
    source: str = ""


def memory_limit(
    cgroups: Path = _CGROUPS, proc: Path = _PROC, environment: Mapping[str, str] | None = None
) -> Limit:
    """Bytes of memory that all processes of this job may use together.

    Parameters
    ----------
    cgroups : Path
        Where control groups are mounted.
    proc : Path
        Where the kernel tells of processes.
    environment : mapping, optional
        Variables, instead of those of this process.
    """
    return _least(
        Limit(psutil.virtual_memory().total),
        *(Limit(amount, source) for amount, _, source in _memory_groups(cgroups, proc)),
        *_slurm_memory(os.environ if environment is None else environment),
    )


def free_memory(
    cgroups: Path = _CGROUPS, proc: Path = _PROC, environment: Mapping[str, str] | None = None
) -> int:
    """Bytes that are free within `memory_limit`; file caches, which give way, count as free."""
    free: list[int] = [
        psutil.virtual_memory().available,
        memory_limit(cgroups, proc, environment).amount,
    ]
    free += [limit - used for limit, used, _ in _memory_groups(cgroups, proc)]
    return max(min(free), 0)


def processor_limit(
    cgroups: Path = _CGROUPS, proc: Path = _PROC, environment: Mapping[str, str] | None = None
) -> Limit:
    """How many processors this process may keep busy; a part of one counts as one."""
    return _least(
        Limit(os.cpu_count() or 1),
        *_affinity(),
        *_quotas(cgroups, proc),
        *_slurm_processors(os.environ if environment is None else environment),
    )


def _least(*limits: Limit) -> Limit:
    return min(limits, key=lambda limit: limit.amount)


# ------------------------------------------------------------------------- control groups
def _groups(controller: str, cgroups: Path, proc: Path) -> Iterator[tuple[int, Path]]:
    """Version and folder of each control group that this process is in, and of those above it."""
    try:
        lines = (proc / "self" / "cgroup").read_text().splitlines()
    except (OSError, ValueError):
        return
    for line in lines:
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            mounts, version = (cgroups / "unified", cgroups), 2
        elif controller in controllers.split(","):
            mounts, version = (cgroups / controllers, cgroups / controller), 1
        else:
            continue
        mount = next((m for m in mounts if m.is_dir()), None)
        if mount is None:
            continue
        # a container may see its own group as the mount, under a path that is the host's
        folder = mount if ".." in path else mount / path.lstrip("/")
        while folder != mount and mount in folder.parents:
            if folder.is_dir():
                yield version, folder
            folder = folder.parent
        yield version, mount


def _memory_groups(cgroups: Path, proc: Path) -> Iterator[tuple[int, int, str]]:
    """Limit, bytes in use, and name of the file, of each control group with a limit."""
    for version, folder in _groups("memory", cgroups, proc):
        limit, usage, cache = (
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            if version == 1
            else ("memory.max", "memory.current", "inactive_file")
        )
        amount = _number(folder / limit)
        if amount is None or amount >= _NO_LIMIT:
            continue
        used = (_number(folder / usage) or 0) - _statistic(folder / "memory.stat", cache)
        yield int(amount), max(int(used), 0), f"control group, {limit}"


def _quotas(cgroups: Path, proc: Path) -> Iterator[Limit]:
    for version, folder in _groups("cpu", cgroups, proc):
        if version == 1:
            name = "cpu.cfs_quota_us"
            quota, period = _number(folder / name), _number(folder / "cpu.cfs_period_us")
        else:
            name = "cpu.max"
            quota, period = _quota_and_period(folder / name)
        if quota is not None and period is not None and quota > 0 and period > 0:
            yield Limit(max(math.ceil(quota / period), 1), f"control group, {name}")


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, ValueError):
        return ""


def _number(path: Path) -> float | None:
    """The number in a file; None without one ("max" among others)."""
    return _as_number(_read(path))


def _as_number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"-?\d{1,30}", text) else None


def _quota_and_period(path: Path) -> tuple[float | None, float | None]:
    quota, _, period = _read(path).partition(" ")
    return _as_number(quota), _as_number(period)


def _statistic(path: Path, name: str) -> float:
    for line in _read(path).splitlines():
        key, _, value = line.partition(" ")
        if key == name:
            return _as_number(value) or 0.0
    return 0.0


# ------------------------------------------------------------------ affinity and scheduler
def _affinity() -> Iterator[Limit]:
    if hasattr(os, "sched_getaffinity"):
        yield Limit(len(os.sched_getaffinity(0)), "processor affinity")


def _slurm_processors(environment: Mapping[str, str]) -> Iterator[Limit]:
    """SLURM counts the processors of a task, or else those that a job has on this machine."""
    for name in ("SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE"):
        count = _as_number(environment.get(name, ""))
        if count is not None and count > 0:
            yield Limit(int(count), name)
            return


def _slurm_memory(environment: Mapping[str, str]) -> Iterator[Limit]:
    """SLURM gives MB, of the machine (0 for all of it) or of each processor."""
    whole = _as_number(environment.get("SLURM_MEM_PER_NODE", ""))
    if whole is not None and whole > 0:
        yield Limit(int(whole) * _MB, "SLURM_MEM_PER_NODE")
    each = _as_number(environment.get("SLURM_MEM_PER_CPU", ""))
    processors = next(
        (
            count
            for name in ("SLURM_CPUS_ON_NODE", "SLURM_CPUS_PER_TASK")
            if (count := _as_number(environment.get(name, ""))) and count > 0
        ),
        None,
    )
    if each is not None and each > 0 and processors:
        yield Limit(int(each * processors) * _MB, "SLURM_MEM_PER_CPU")
