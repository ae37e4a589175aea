"""The manifest beside a build: what was built, and how to talk to it without building it again."""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from build_targets.building.environment import PROJECT, own_environment
from pfc_standalone.parameters import Parameters

if TYPE_CHECKING:
    from brian2.core.variables import ArrayVariable as Brian2Array

    from pfc_standalone.models import Model

FILE = "manifest.json"


@dataclass(frozen=True)
class ArrayVariable:
    """A variable that a run takes or leaves: ``size`` is None where only the run decides."""

    file: str
    dtype: str
    size: int | None
    unit: str


@dataclass(frozen=True)
class Manifest:
    """What generation knows.

    Attributes
    ----------
    target : str
    parameters : dict
        Those bound at build time, by name.
    run_variables : dict of ArrayVariable
        What may be set when a run starts, by ``object.variable``.
    results : dict of ArrayVariable
        Raw files that a run leaves in its results folder.
    versions : dict of str
        Of Python and the packages that generate.
    git_commit : str
        Of the project, "" outside a checkout or without git.
    """

    target: str
    parameters: dict[str, Any]
    run_variables: dict[str, ArrayVariable]
    results: dict[str, ArrayVariable]
    versions: dict[str, str]
    git_commit: str

    def write(self, folder: Path) -> None:
        """Write ``manifest.json`` into a folder."""
        (folder / FILE).write_text(json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read the manifest of a folder."""
        raw = json.loads((folder / FILE).read_text())
        for key in ("run_variables", "results"):
            raw[key] = {name: ArrayVariable(**v) for name, v in raw[key].items()}
        return cls(**raw)


def describe(
    target: str,
    parameters: Parameters,
    model: Model,
    file_of: Callable[[str, Brian2Array], str],
    packages: tuple[str, ...] = (),
) -> Manifest:
    """Manifest of a network that has been created.

    Parameters
    ----------
    file_of : callable
        From ``object.variable`` and the variable to the file in which a run leaves it.
    packages : tuple of str
        Whose versions decide what is built, beside Brian2 and what it stands on.
    """
    return Manifest(
        target=target,
        parameters=parameters.bound_at("build"),
        run_variables={name: _taken(variable) for name, variable in model.takes.items()},
        results={
            name: _array(variable, file_of(name, variable))
            for name, variable in model.leaves.items()
        },
        versions={"python": platform.python_version()}
        | {p: version(p) for p in ("brian2", "numpy", "sympy", *packages)},
        git_commit=_git_commit(),
    )


def _array(variable: Brian2Array, file: str) -> ArrayVariable:
    from brian2.core.variables import DynamicArrayVariable

    dynamic = isinstance(variable, DynamicArrayVariable)
    return ArrayVariable(
        file=file,
        dtype=variable.dtype.__name__,
        size=None if dynamic else int(variable.size),
        unit=str(variable.dim),
    )


def _taken(variable: Any) -> ArrayVariable:
    """A variable, or a TimedArray, whose values a run may set."""
    if hasattr(variable, "values"):
        return ArrayVariable(
            "", variable.values.dtype.name, variable.values.size, str(variable.dim)
        )
    return _array(variable, "")


def _git_commit() -> str:
    """The checkout's commit; "" where there is no checkout, or no git to ask."""
    if not (PROJECT / ".git").exists():  # not somebody else's repository around an environment
        return ""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"],
            cwd=PROJECT,
            env=own_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    return done.stdout.strip()
