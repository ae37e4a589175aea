"""What one run left, as raw files in a folder of its own, with a note that it is whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.errors import ResultsError

#: What time is told apart by, in this order.
PHASES = ("generate", "compile", "start", "simulate", "write")
#: Written last: a folder that has it is whole.
NOTE = "run.json"


@dataclass(frozen=True, eq=False)
class RunResult(Mapping[str, NDArray[Any]]):
    """Arrays that a run left, by the names of `models.Model.leaves`; read when asked for.

    Attributes
    ----------
    folder : Path
        Where the files are.
    files : mapping
        From a name to its file and dtype.
    phases : mapping
        Seconds of ``start``, ``simulate`` and ``write``.
    memory : mapping
        Peak bytes of the ``process``, where the system tells, and in use on the ``device``.
    profile : mapping
        Seconds of each part of the time step, with ``build.profile``.
    """

    folder: Path
    files: Mapping[str, tuple[str, str]]
    phases: Mapping[str, float]
    memory: Mapping[str, int]
    profile: Mapping[str, float]

    def __getitem__(self, name: str) -> NDArray[Any]:
        file, dtype = self.files[name]
        return np.fromfile(self.folder / file, dtype=dtype)

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)

    def write_note(self) -> None:
        """Say that the folder is whole."""
        facts = {
            name: dict(getattr(self, name)) for name in ("files", "phases", "memory", "profile")
        }
        partial = self.folder / f".{NOTE}"
        partial.write_text(json.dumps(facts))
        partial.replace(self.folder / NOTE)

    @classmethod
    def read(cls, folder: Path) -> RunResult:
        """The run in a folder.

        Raises
        ------
        ResultsError
            If it is not whole.
        """
        try:
            facts = json.loads((folder / NOTE).read_text())
            files = {name: (file, dtype) for name, (file, dtype) in facts["files"].items()}
            return cls(folder, files, facts["phases"], facts["memory"], facts["profile"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ResultsError(f"{folder} holds no whole run ({error})") from None

    @classmethod
    def of_arrays(
        cls,
        folder: Path,
        arrays: Mapping[str, NDArray[Any]],
        phases: Mapping[str, float],
        memory: Mapping[str, int] | None = None,
    ) -> RunResult:
        """Write arrays into a new folder as a run of them."""
        folder.mkdir(parents=True)
        files = {}
        for number, (name, array) in enumerate(arrays.items()):
            array.tofile(folder / str(number))
            files[name] = (str(number), array.dtype.name)
        result = cls(folder, files, phases, memory or {}, {})
        result.write_note()
        return result
