"""Compiling a generated folder with the project's CMakeLists.txt."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

from build_targets.building import cache
from build_targets.building.compiler import find_compiler
from build_targets.building.environment import own_environment
from build_targets.building.sources import cmake_lists
from build_targets.building.tools import child, find_tool, first_error
from pfc_standalone.errors import RequirementError, TargetError

#: Beside what was compiled: the flags that it was compiled with, in one line.
FLAGS_FILE = "flags.txt"
_STEP = re.compile(r"\[(\d+)/(\d+)\]")
#: Names that CMake, Ninja, Cython and compilers all take as they stand.
_HARMLESS = re.compile(r"[\w./+-]+", re.ASCII)


class CompileError(TargetError):
    """The compiler failed."""


def compile_folder(
    source: Path, folder: Path, options: dict[str, bool | str], on_progress: Callable[[float], None]
) -> None:
    """Configure and build; leave the binary ``main`` and its flags in the folder.

    Parameters
    ----------
    source, folder : Path
        Generated folder; where to build, and the binary's place.
    options : dict
        CMake cache variables.
    on_progress : callable
        Called with the fraction that is done.

    Raises
    ------
    CompileError
        With the compiler's first error and the place of its log, which is kept in the cache.
    """
    cmake = find_tool("cmake", "install it (pip install cmake)")
    ninja = find_tool("ninja", "install it (pip install ninja)")
    compiler = ";".join(find_compiler().command)
    folder.mkdir(parents=True, exist_ok=True)
    with workshop(folder) as work:
        (work / "source").symlink_to(source.absolute())
        shutil.copy(cmake_lists(), work / "CMakeLists.txt")
        configure = [
            *(cmake, "-S", str(work), "-B", str(work / "build"), "-G", "Ninja"),
            *(f"-DCMAKE_MAKE_PROGRAM={ninja}", f"-DCMAKE_CXX_COMPILER={compiler}"),
            *(f"-DPFC_SOURCE_DIR={work / 'source'}", *_definitions(options)),
            "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON",
        ]
        log = work / "build.log"
        try:
            with log.open("w", encoding="utf-8") as out:
                _run(configure, out, lambda _: None)
                _run([cmake, "--build", str(work / "build")], out, on_progress)
        except CompileError as error:
            raise CompileError(f"{error}{_keep(log)}") from error
        shutil.move(work / "build" / "main", folder / "main")
        (folder / FLAGS_FILE).write_text(_flags(work / "build" / "compile_commands.json") + "\n")


@contextlib.contextmanager
def workshop(folder: Path) -> Iterator[Path]:
    """An empty folder to build in, whose name no tool misreads; removed in the end.

    It lies in the folder given, or, where that has a name such as ``builds [1]``, among temporary
    files.
    """
    places = [folder, Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]
    place = next((p for p in places if _HARMLESS.fullmatch(str(p)) and p.is_dir()), None)
    if place is None:
        raise RequirementError(
            f"nothing can be compiled below {folder}, whose name may hold ASCII letters, digits, "
            f"_ . + - only: name another folder in the variable {cache.CACHE_VARIABLE} or TMPDIR"
        )
    with tempfile.TemporaryDirectory(prefix="pfc-build-", dir=place) as work:
        yield Path(work)


def _keep(log: Path) -> str:
    """Keep a log in the cache; where it is, in brackets, or nothing where it cannot be kept."""
    kept = cache.cache_root() / "last-failed-build.log"
    partial = kept.with_name(f".{kept.name}.{os.getpid()}")
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(log, partial)
        partial.replace(kept)
    except OSError:
        partial.unlink(missing_ok=True)
        return ""
    return f" (whole log: {kept})"


def _flags(commands: Path) -> str:
    """Flags of the time step, as CMake lists them; none that name a file or folder."""
    listed = json.loads(commands.read_text())
    words = shlex.split(next(c["command"] for c in listed if Path(c["file"]).stem != "objects"))
    about_files = {"-c", "-o", "-x", "-isystem"}
    return shlex.join(
        w for w in words if w.startswith("-") and "/" not in w and w not in about_files
    )


def _definitions(options: dict[str, bool | str]) -> list[str]:
    words = {True: "ON", False: "OFF"}
    return [f"-D{k}={words[v] if isinstance(v, bool) else v}" for k, v in options.items()]


def _run(command: list[str], out: TextIO, on_progress: Callable[[float], None]) -> None:
    environment = own_environment() | {"NINJA_STATUS": "[%f/%t] "}
    tail: deque[str] = deque(maxlen=2000)
    with child(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
        errors="replace",
        env=environment,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            out.write(line)
            tail.append(line.rstrip())
            if step := _STEP.match(line):
                on_progress(int(step[1]) / int(step[2]))
    if process.returncode:
        raise CompileError(f"compilation failed: {first_error(list(tail))}")
