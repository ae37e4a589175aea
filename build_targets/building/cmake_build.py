"""Compilers, CMake, and compiling a generated folder with the project's CMakeLists.txt."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from build_targets.building import cache
from pfc_standalone.errors import RequirementError, TargetError
from pfc_standalone.simulation.targets import Requirement

_STEP = re.compile(r"\[(\d+)/(\d+)\]")


class CompileError(TargetError):
    """The compiler failed."""


def find_tool(name: str, what_to_do: str) -> str:
    """Path of a program.

    Raises
    ------
    RequirementError
        If it is not there.
    """
    path = shutil.which(name)
    if path is None:
        raise RequirementError(f"{name} was not found: {what_to_do}")
    return path


def cxx_compiler() -> str:
    """Path of the C++ compiler: $CXX, or g++, or c++."""
    given = os.environ.get("CXX")
    if given:
        return find_tool(given, "the variable CXX names it; set it to a C++ compiler")
    for name in ("g++", "c++", "clang++"):
        if path := shutil.which(name):
            return path
    raise RequirementError(
        "no C++ compiler was found: install one (Debian, Ubuntu: apt install g++; "
        "macOS: xcode-select --install) or name it in the variable CXX"
    )


def tool_version(tool: str) -> str:
    """What a program says of its version, in one line."""
    done = subprocess.run([tool, "--version"], capture_output=True, text=True, check=False)
    return done.stdout.partition("\n")[0]


def processor() -> str:
    """What a binary compiled for this processor depends on."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")


def compiler_requirement() -> Requirement:
    """The C++ compiler, found or not."""
    try:
        compiler = cxx_compiler()
    except RequirementError as error:
        return Requirement("C++ compiler", "", "compile", str(error))
    return Requirement("C++ compiler", f"{tool_version(compiler)} ({compiler})", "compile", "")


def cmake_requirements() -> list[Requirement]:
    """CMake and Ninja, found or not."""
    found = []
    for name in ("cmake", "ninja"):
        path = shutil.which(name)
        said = f"{tool_version(path)} ({path})" if path else ""
        found.append(Requirement(name, said, "compile", f"install it (pip install {name})"))
    return found


def compile_folder(
    source: Path, folder: Path, options: dict[str, bool | str], on_progress: Callable[[float], None]
) -> None:
    """Configure and build; leave the binary ``main`` in the folder.

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
    build = folder / "build"
    cmake = find_tool("cmake", "install it (pip install cmake)")
    ninja = find_tool("ninja", "install it (pip install ninja)")
    definitions = [f"-D{k}={_cmake_value(v)}" for k, v in options.items()]
    configure = [
        *(cmake, "-S", str(cache.cmake_lists().parent), "-B", str(build), "-G", "Ninja"),
        *(f"-DCMAKE_MAKE_PROGRAM={ninja}", f"-DCMAKE_CXX_COMPILER={cxx_compiler()}"),
        *(f"-DPFC_SOURCE_DIR={source}", *definitions),
    ]
    build.mkdir(parents=True, exist_ok=True)
    log = build / "build.log"
    try:
        with log.open("w") as out:
            _run(configure, out, lambda _: None)
            _run([cmake, "--build", str(build)], out, on_progress)
    except CompileError as error:
        kept = cache.cache_root() / "last-failed-build.log"
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(log, kept)
        raise CompileError(f"{error} (whole log: {kept})") from error
    shutil.move(build / "main", folder / "main")
    shutil.rmtree(build)


def _cmake_value(value: bool | str) -> str:
    return {True: "ON", False: "OFF"}[value] if isinstance(value, bool) else value


def _run(command: list[str], out: TextIO, on_progress: Callable[[float], None]) -> None:
    environment = os.environ | {"NINJA_STATUS": "[%f/%t] "}
    tail: deque[str] = deque(maxlen=2000)
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        env=environment,
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                out.write(line)
                tail.append(line.rstrip())
                if step := _STEP.match(line):
                    on_progress(int(step[1]) / int(step[2]))
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        raise CompileError(_first_error(tail))


def _first_error(lines: deque[str]) -> str:
    for marker in ("error:", "Error", "error"):
        for line in lines:
            if marker in line:
                return f"compilation failed: {line.strip()}"
    return f"compilation failed: {lines[-1] if lines else 'no output'}"
