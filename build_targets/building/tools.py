"""Programs that building needs: where they are, and what they say of themselves and of errors."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from build_targets.building.environment import own_environment
from pfc_standalone.errors import RequirementError
from pfc_standalone.simulation.targets import Requirement


@contextlib.contextmanager
def child(command: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A process that is left with all that it has started, however it is left.

    It leads a group of its own, so that a compiler that it started goes with it.
    """
    with subprocess.Popen(command, start_new_session=True, **options) as process:
        try:
            yield process
        except BaseException:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            raise


def which(name: str) -> str | None:
    """Path of a program: beside Python, where an environment has its own even if nobody activated
    it, then on the PATH, then where ``pip install --user`` puts programs.
    """
    beside = [str(Path(sys.executable).parent)] if sys.executable else []
    user = [str(Path("~/.local/bin").expanduser())] if "HOME" in os.environ else []
    places = [*beside, os.environ.get("PATH", os.defpath), *user]
    found = shutil.which(name, path=os.pathsep.join(places))
    return str(Path(found).absolute()) if found else None


def find_tool(name: str, what_to_do: str) -> str:
    """Path of a program.

    Raises
    ------
    RequirementError
        If it is not there.
    """
    path = which(name)
    if path is None:
        raise RequirementError(f"{name} was not found: {what_to_do}")
    return path


def tool_version(*command: str) -> str:
    """What a program says of its version, in one line; "" if it says nothing."""
    try:
        done = subprocess.run(
            [*command, "--version"],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            env=own_environment(),
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace").partition("\n")[0].strip()


def cmake_requirements() -> list[Requirement]:
    """CMake and Ninja, found or not."""
    found = []
    for name in ("cmake", "ninja"):
        path = which(name)
        said = f"{tool_version(path)} ({path})" if path else ""
        found.append(Requirement(name, said, "compile", f"install it (pip install {name})"))
    return found


def first_error(lines: Sequence[str]) -> str:
    """What went wrong first, in one line, from what CMake, compilers and linkers say."""
    for marker in ("error:", "undefined reference", "cannot find", "CMake Error", "error"):
        for number, line in enumerate(lines):
            if marker in line and "collect2: error" not in line:
                return _with_reason(lines, number)
    return lines[-1].strip() if lines else "no output"


def _with_reason(lines: Sequence[str], number: int) -> str:
    """A line; of CMake's errors, which are headers, with the paragraph below it."""
    line = lines[number].strip()
    if not line.startswith("CMake Error") or not line.endswith(":"):
        return line
    below = [text.strip() for text in lines[number + 1 : number + 12]]
    reason = " ".join(below).strip()
    return f"{line} {reason}" if reason else line
