"""What decides generated source: the project's own text, that of other packages, and versions."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import json
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from build_targets.building.environment import PROJECT
from pfc_standalone.errors import TargetError
from pfc_standalone.registry import entries

#: Doors through which another package may decide what is generated.
_DOORS = ("models", "connections", "learning_rules", "noise", "targets")


def digest(facts: dict[str, Any], with_source: bool = True) -> str:
    """Digest of facts and of the project's source text; needs no Brian2.

    Parameters
    ----------
    facts : dict
        Whatever decides what is built, ready for JSON.
    with_source : bool
        Whether the source text decides it too.

    Raises
    ------
    TargetError
        If a file of the source cannot be read.
    """
    h = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    try:
        for name, path in _all_sources() if with_source else ():
            h.update(name.encode() + b"\0" + path.read_bytes())
    except OSError as error:
        raise TargetError(
            f"{error.filename} decides what is built and cannot be read ({error.strerror}): make "
            "it readable, or move it away"
        ) from error
    return h.hexdigest()[:16]


@functools.cache
def program_digest() -> str:
    """Digest of all of this program's text, analysis and commands too."""
    h = hashlib.sha256(json.dumps(versions(), sort_keys=True).encode())
    for package in ("build_targets", "pfc_standalone"):
        for path in sorted(_files((PROJECT / package).rglob("*.py"))):
            h.update(path.relative_to(PROJECT).as_posix().encode() + b"\0" + path.read_bytes())
    return h.hexdigest()[:16]


def versions() -> dict[str, str]:
    """Of the packages that decide what is generated; "" for one that is not installed."""
    found = {}
    for package in ("brian2", "brian2cuda", "cython", "numpy", "sympy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = ""
    return found


def cmake_lists() -> Path:
    """The project's CMakeLists.txt: in a checkout, or where a wheel keeps it."""
    checkout = PROJECT / "CMakeLists.txt"
    return (
        checkout if checkout.is_file() else PROJECT / "build_targets" / "cmake" / "CMakeLists.txt"
    )


def _all_sources() -> Iterator[tuple[str, Path]]:
    for path in sorted(_source_files()):
        yield path.relative_to(PROJECT).as_posix(), path
    yield from _foreign_sources()


def _source_files() -> list[Path]:
    """What decides generated source: the rooms that generation imports, not those above them."""
    package, targets = PROJECT / "pfc_standalone", PROJECT / "build_targets"
    rooms = ("experiment", "models", "noise", "parameters", "tasks")
    templates = targets / "devices" / "templates"
    return [
        *_files(package.glob("*.py")),
        *(path for room in rooms for path in _files((package / room).rglob("*.py"))),
        *_files(targets.rglob("*.py")),
        *_files(p for p in templates.iterdir() if p.suffix in (".cpp", ".cu", ".h")),
        cmake_lists(),
    ]


def _files(paths: Iterator[Path]) -> Iterator[Path]:
    """Those that can be source: no folders, and none of the hidden files that editors leave."""
    return (p for p in paths if not p.name.startswith(".") and not p.is_dir())


def _foreign_sources() -> list[tuple[str, Path]]:
    """Source of what other packages bring through these doors, each with its entry point."""
    found = []
    for group in sorted(f"pfc_standalone.{door}" for door in _DOORS):
        for entry in entries(group):
            if entry.module.partition(".")[0] in ("pfc_standalone", "build_targets"):
                continue
            try:
                spec = importlib.util.find_spec(entry.module)
            except ImportError:  # of a package that is gone: nobody can choose it
                continue
            if spec is not None and spec.has_location and spec.origin:
                found.append((f"{group} {entry.name}={entry.value}", Path(spec.origin)))
    return sorted(found)
