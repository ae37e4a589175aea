"""Programs that building needs: where they are and what they say of themselves."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from build_targets.building.environment import own_environment
from pfc_standalone.errors import RequirementError
from pfc_standalone.simulation.targets import Requirement


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
