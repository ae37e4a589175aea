"""The C++ compiler: which one it is, and what it can do, which a tiny program tells once."""

from __future__ import annotations

import errno
import functools
import json
import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from build_targets.building import cache
from build_targets.building.environment import COMPILER_VARIABLES, own_environment
from build_targets.building.processor import LEVELS, processor
from build_targets.building.sources import digest
from build_targets.building.tools import find_tool, first_error, tool_version, which
from pfc_standalone.errors import PFCError, RequirementError
from pfc_standalone.parameters.groups import BuildParameters
from pfc_standalone.simulation.targets import Requirement

_NAME_ANOTHER = "set the variable CXX to a C++ compiler, such as g++ 8 or newer"
_PROGRAM = """\
#if __cplusplus < 201703L
#error "C++17 is not known"
#endif
#include <string_view>
int main(int n, char **words) {
    if constexpr (sizeof(int) > 1) { std::string_view word(words[0]); return word.empty(); }
    return 0;
}
"""
#: Programs that stand before a compiler in CXX.
_LAUNCHERS = ("ccache", "sccache", "distcc", "icecc")


@dataclass(frozen=True)
class Compiler:
    """A C++ compiler as a command.

    Attributes
    ----------
    command : tuple of str
        Path of the program, and what CXX says beside it.
    """

    command: tuple[str, ...]

    def __str__(self) -> str:
        return shlex.join(self.command)

    @functools.cached_property
    def version(self) -> str:
        """What it says of its version."""
        return tool_version(*self.command)

    @property
    def alone(self) -> str:
        """Path of the compiler itself, where a launcher such as ccache stands before it."""
        word = next((w for w in self.command if Path(w).name not in _LAUNCHERS), self.command[0])
        return find_tool(word, _NAME_ANOTHER)

    def facts(self) -> dict[str, str]:
        """What decides compiled code: the compiler, and what the user adds to its work."""
        added = {n: os.environ[n] for n in COMPILER_VARIABLES if os.environ.get(n)}
        return {"compiler": f"{self}: {self.version}", **added}


@dataclass(frozen=True)
class Abilities:
    """What a compiler can do.

    Attributes
    ----------
    march : str
        Flag that compiles for this machine's processor, "" where none is known.
    simd : bool
        Whether it knows ``-fopenmp-simd``.
    threads : bool
        Whether it knows ``-fopenmp``, and has its library.
    """

    march: str
    simd: bool
    threads: bool


def find_compiler() -> Compiler:
    """The compiler that CXX names, or g++, c++ or clang++.

    Raises
    ------
    RequirementError
        If it is not there.
    """
    given = os.environ.get("CXX", "").strip()
    if given:
        try:
            name, *more = shlex.split(given)
        except ValueError as error:
            raise RequirementError(
                f"the variable CXX is {given}, which is no command ({error}): {_NAME_ANOTHER}"
            ) from error
        path = find_tool(name, "the variable CXX names it; set it to a C++ compiler")
        return Compiler((path, *more))
    for name in ("g++", "c++", "clang++"):
        if found := which(name):
            return Compiler((found,))
    raise RequirementError(
        "no C++ compiler was found: install one (Debian, Ubuntu: apt install g++; "
        "macOS: xcode-select --install) or name it in the variable CXX"
    )


def native_toolchain(build: BuildParameters, simd: bool) -> dict[str, Any]:
    """What decides code for this machine: compiler, flags, and the processor where it matters.

    Raises
    ------
    RequirementError
        If the compiler is missing or cannot do what is asked.
    """
    compiler = find_compiler()
    can = abilities(compiler)
    if simd and not can.simd:
        raise RequirementError(
            f"the C++ compiler {compiler} does not know -fopenmp-simd, which vectorised loops "
            f"need: add --no-simd, or {_NAME_ANOTHER}"
        )
    own = build.processor == "own"
    march = can.march if own else f"-march={build.processor}"
    return {
        **compiler.facts(),
        "march": march if build.native else "",
        "threads": can.threads and simd,
        "processor": processor() if build.native and own else "",
    }


def compiler_requirement() -> Requirement:
    """The C++ compiler, found and able or not."""
    try:
        compiler = find_compiler()
        abilities(compiler)
    except PFCError as error:
        return Requirement("C++ compiler", "", "compile", str(error))
    return Requirement("C++ compiler", f"{compiler.version} ({compiler})", "compile", "")


def abilities(compiler: Compiler) -> Abilities:
    """What the compiler can do; tried once, then read from the cache.

    Raises
    ------
    RequirementError
        If it cannot compile what the targets generate.
    """
    asked = {"processor": processor(), "abilities": [f.name for f in fields(Abilities)]}
    name = f"compiler-{digest(compiler.facts() | asked, with_source=False)}"

    def fill(folder: Path) -> None:
        found = asdict(_try(compiler, folder))
        (folder / "abilities.json").write_text(json.dumps(found) + "\n")

    try:
        folder, _ = cache.entry(name, fill)
        return Abilities(**json.loads((folder / "abilities.json").read_text()))
    except OSError:  # a cache that cannot be written; what needs it will say so
        with tempfile.TemporaryDirectory(prefix="pfc-compiler-") as scratch:
            return _try(compiler, Path(scratch))


def _try(compiler: Compiler, folder: Path) -> Abilities:
    """Compile tiny programs, each asking for more."""
    (folder / "empty.cpp").write_text("int main() { return 0; }\n")
    (folder / "probe.cpp").write_text(_PROGRAM)
    if reason := _fails(compiler, folder, "empty.cpp"):
        added = " ".join(f"{n}={os.environ[n]}" for n in COMPILER_VARIABLES if os.environ.get(n))
        said, remedy = (f" with {added}", "change or unset them") if added else ("", _NAME_ANOTHER)
        raise RequirementError(
            f"the C++ compiler {compiler}{said} compiles no program ({reason}): {remedy}"
        )
    standard = ["-std=c++17", "-O3"]
    if reason := _fails(compiler, folder, "probe.cpp", *standard):
        raise RequirementError(
            f"the C++ compiler {compiler} does not know C++17 ({reason}): {_NAME_ANOTHER}"
        )
    march = next(f for f in _marches() if not _fails(compiler, folder, "probe.cpp", *standard, f))
    simd = not _fails(compiler, folder, "probe.cpp", *standard, "-fopenmp-simd")
    threads = not _fails(compiler, folder, "probe.cpp", *standard, "-fopenmp")
    return Abilities(march, simd, threads)


def _marches() -> Iterator[str]:
    """Flags that compile for this processor, the closest first.

    A compiler that is older than the processor refuses the first.
    """
    has = set(processor().split())
    yield "-march=native"
    for level in ("x86-64-v4", "x86-64-v3"):
        if LEVELS[level] <= has:
            yield f"-march={level}"
    yield from ("-mcpu=native", "")


def _fails(compiler: Compiler, folder: Path, source: str, *flags: str) -> str:
    """Why no program came out that runs, "" where one did."""
    program = folder / "program"
    program.unlink(missing_ok=True)
    before, after = _words("CXXFLAGS"), _words("LDFLAGS")
    command = [*compiler.command, *before, *filter(None, flags), source, "-o", program.name, *after]
    reason = _run(command, folder)
    if reason or not program.is_file():
        return reason or "it ends well and writes nothing"
    reason = _run([str(program)], folder)
    if reason == os.strerror(errno.EACCES):
        raise RequirementError(
            f"programs cannot be started in {folder.parent} ({reason}): mount it without noexec, "
            f"or name another folder in the variable {cache.CACHE_VARIABLE}"
        )
    return f"what it compiles does not run here: {reason}" if reason else ""


def _words(name: str) -> list[str]:
    """The words of a variable."""
    try:
        return shlex.split(os.environ.get(name, ""))
    except ValueError as error:
        raise RequirementError(
            f"the variable {name} is {os.environ[name]}, which cannot be divided into words "
            f"({error}): write it as in a shell, or unset it"
        ) from error


def _run(command: list[str], folder: Path) -> str:
    """Why a command fails, in a line; "" where it does not."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=own_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "it does not end"
    except OSError as error:
        return str(error.strerror)
    lines = (done.stderr + done.stdout).decode(errors="replace").splitlines()
    said = first_error(lines) if lines else f"exit code {done.returncode}"
    return said if done.returncode else ""
