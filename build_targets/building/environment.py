"""What generation and compilation are let know of the user's settings: next to nothing.

A variable, a preference or a file that happens to lie in the current folder must not decide what
is built. What may decide it (`COMPILER_VARIABLES`) is part of what names the build.
"""

from __future__ import annotations

import importlib
import os
import site
import sys
from fnmatch import fnmatchcase
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent

#: What a user may add to the compiler's work; beside it, CXX names the compiler.
COMPILER_VARIABLES = ("CXXFLAGS", "LDFLAGS", "SDKROOT", "MACOSX_DEPLOYMENT_TARGET")
#: Where things are, how many threads there may be, what compilers need to start at all.
_PLACES = (
    *("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "DEVELOPER_DIR"),
    *("LD_PRELOAD", "LD_LIBRARY_PATH", "DYLD_*", "*_NUM_THREADS", "PFC_*"),
    *("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "CUDA_HOME", "CUDA_PATH"),
    *("CMAKE_*_COMPILER_LAUNCHER", "CCACHE_*", "SCCACHE_*", "DISTCC_*"),
    *("*_LICENSE_FILE", "CRAY*", "PE_*"),
    *("CONDA_PREFIX", "CONDA_BUILD_SYSROOT"),
)
#: Of Python's own variables, those that say where things are, or that it should write no bytecode.
_PYTHON_PLACES = ("PYTHONHOME", "PYTHONPYCACHEPREFIX", "PYTHONDONTWRITEBYTECODE")


def own_environment() -> dict[str, str]:
    """The variables of a process that builds. Messages are in English, so that they can be read."""
    allowed = (*_PLACES, *COMPILER_VARIABLES)
    kept = {
        name: value
        for name, value in os.environ.items()
        if any(fnmatchcase(name, pattern) for pattern in allowed)
    }
    return kept | {"LC_ALL": "C.UTF-8"}


def python_environment() -> dict[str, str]:
    """Variables for a Python process: it finds this project, installed or not, and generates the
    same text each time (Brian2 lets the order of sets decide the order of some lines).
    """
    kept = {name: os.environ[name] for name in _PYTHON_PLACES if name in os.environ}
    # the process starts elsewhere; an empty entry would be the folder that it starts in
    given = [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]
    paths = dict.fromkeys([str(PROJECT), *(str(Path(p).absolute()) for p in given)])
    settings = {
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
    }
    if site.ENABLE_USER_SITE:
        settings["PYTHONUSERBASE"] = site.getuserbase()
    else:
        settings["PYTHONNOUSERSITE"] = "1"
    return own_environment() | kept | settings


def python_command(module: str, *arguments: object) -> list[str]:
    """Run a module; -P keeps the current folder, and a ``random.py`` in it, out of the imports."""
    return [sys.executable, "-P", "-m", module, *map(str, arguments)]


def import_brian2_alone(without: tuple[str, ...] = ()) -> None:
    """Import Brian2 without the user's preferences, a display or a font cache.

    Its preferences lie below the home folder and in the current one, which is therefore to be one
    of ours; it imports matplotlib where there is one, and goes on where there is none.

    Parameters
    ----------
    without : tuple of str
        More packages that Brian2 imports where they are, and that nobody here needs of it.
    """
    if Path("brian_preferences").exists():
        sys.exit(f"{Path.cwd() / 'brian_preferences'} would decide what is built: move it away")
    if "HOME" in os.environ:  # for a compiler that ccache starts
        os.environ.setdefault("CCACHE_DIR", f"{os.environ['HOME']}/.cache/ccache")
    os.environ["HOME"] = os.devnull
    hidden = [name for name in ("matplotlib", *without) if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        importlib.import_module("brian2")
    finally:
        for name in hidden:
            del sys.modules[name]
