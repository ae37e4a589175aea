"""The manifest beside a binary: what was built, and how to talk to it without building it again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FILE = "manifest.json"


@dataclass(frozen=True)
class ArrayVariable:
    """A variable that the binary takes or leaves: ``size`` is None where only the run decides."""

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
        What may be set when the binary starts, by ``object.variable``.
    results : dict of ArrayVariable
        Raw files that the binary leaves in its results folder.
    versions : dict of str
        Of Python, the packages that generate, and the compiler.
    git_commit : str
        Of the project, "" outside a checkout.
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
