"""Builds addressed by content: the same request twice is built once.

A cache entry is a folder named by a digest over everything that decides the binary. It appears
whole (built elsewhere, then renamed) or not at all, and is built by one process at a time.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path
from typing import Any

import platformdirs
from filelock import FileLock

#: Environment variable that overrides where builds are kept.
CACHE_VARIABLE = "PFC_CACHE_DIR"
_PROJECT = Path(__file__).resolve().parent.parent.parent


def cache_root() -> Path:
    """Folder of all cache entries: $PFC_CACHE_DIR, or the user's cache folder."""
    given = os.environ.get(CACHE_VARIABLE)
    return (
        Path(given).expanduser().absolute()
        if given
        else platformdirs.user_cache_path("pfc_standalone")
    )


def digest(facts: dict[str, Any], with_source: bool = True) -> str:
    """Digest of facts and of the project's source text; needs no Brian2.

    Parameters
    ----------
    facts : dict
        Whatever decides what is built, ready for JSON.
    with_source : bool
        Whether the source text decides it too.
    """
    h = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for path in sorted(_source_files()) if with_source else ():
        h.update(path.relative_to(_PROJECT).as_posix().encode() + b"\0" + path.read_bytes())
    for entry, source in _foreign_sources() if with_source else ():
        h.update(entry.encode() + b"\0" + source)
    return h.hexdigest()[:16]


#: Doors through which another package may decide what is generated.
_DOORS = ("models", "connections", "learning_rules", "noise", "targets")


def _foreign_sources() -> list[tuple[str, bytes]]:
    """Source text of what other packages bring through these doors, each with its entry point."""
    found = []
    for group in sorted(f"pfc_standalone.{door}" for door in _DOORS):
        for entry in entry_points(group=group):
            if entry.module.partition(".")[0] not in ("pfc_standalone", "build_targets"):
                spec = importlib.util.find_spec(entry.module)
                if spec is not None and spec.origin:
                    text = f"{group} {entry.name}={entry.value}"
                    found.append((text, Path(spec.origin).read_bytes()))
    return sorted(found)


def versions() -> dict[str, str]:
    """Of the packages that decide what is generated; "" for one that is not installed."""
    found = {}
    for package in ("brian2", "brian2cuda", "cython", "numpy", "sympy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = ""
    return found


def _source_files() -> list[Path]:
    """What decides generated source: the rooms that generation imports, not those above them."""
    package, targets = _PROJECT / "pfc_standalone", _PROJECT / "build_targets"
    rooms = ("experiment", "models", "noise", "parameters", "tasks")
    return [
        *package.glob("*.py"),
        *(path for room in rooms for path in (package / room).rglob("*.py")),
        *targets.rglob("*.py"),
        *(p for p in (targets / "devices" / "templates").iterdir() if p.suffix in (".cpp", ".cu")),
        cmake_lists(),
    ]


def cmake_lists() -> Path:
    """The project's CMakeLists.txt: in a checkout, or where a wheel keeps it."""
    checkout = _PROJECT / "CMakeLists.txt"
    return (
        checkout if checkout.is_file() else _PROJECT / "build_targets" / "cmake" / "CMakeLists.txt"
    )


def entry(name: str, marker: str, build: Callable[[Path], None]) -> tuple[Path, bool]:
    """The cache entry of that name, built first where it is missing.

    Parameters
    ----------
    marker : str
        File without which an entry is not whole.
    build : callable
        Fills an empty folder; the entry is that folder once it returns.

    Returns
    -------
    folder : Path
    built : bool
        Whether this call built it.
    """
    root = cache_root()
    final = root / name
    if (final / marker).is_file():
        return final, False
    root.mkdir(parents=True, exist_ok=True)
    with FileLock(root / f".{name}.lock"):
        if (final / marker).is_file():  # somebody else built it while we waited
            return final, False
        partial = Path(tempfile.mkdtemp(prefix=f".{name}.", suffix=".partial", dir=root))
        try:
            build(partial)
            shutil.rmtree(final, ignore_errors=True)
            partial.rename(final)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return final, True
