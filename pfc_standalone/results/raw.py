"""What one run left, as raw files in a folder of its own, with a note that it is whole."""

from __future__ import annotations

import json
import zlib
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
#: Larger arrays are not read as a whole, bytes.
_LARGE = 2**24


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
        """The array of that name; a large one stays on disk, and is read where it is looked at."""
        file, dtype = self.files[name]
        path = self.folder / file
        if path.stat().st_size > _LARGE:
            return np.memmap(path, dtype, "r")
        return np.fromfile(path, dtype=dtype)

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)

    def write_note(self) -> None:
        """Say that the folder is whole."""
        facts: dict[str, Any] = {
            name: dict(getattr(self, name)) for name in ("files", "phases", "memory", "profile")
        }
        facts["checksums"] = {
            file: _checksum(self.folder / file) for file, _ in self.files.values()
        }
        partial = self.folder / f".{NOTE}"
        partial.write_text(json.dumps(facts))
        partial.replace(self.folder / NOTE)

    def disown(self) -> None:
        """Take back that the folder is whole."""
        (self.folder / NOTE).unlink(missing_ok=True)

    @classmethod
    def read(cls, folder: Path) -> RunResult:
        """The run in a folder.

        Raises
        ------
        ResultsError
            If it is not whole, or not as it was written.
        """
        try:
            facts = json.loads((folder / NOTE).read_text())
            files = {name: (file, dtype) for name, (file, dtype) in facts["files"].items()}
            for file, checksum in facts["checksums"].items():
                if _checksum(folder / file) != checksum:
                    raise ValueError(f"{file} is not what was written")
            return cls(folder, files, facts["phases"], facts["memory"], facts["profile"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ResultsError(f"{folder} holds no whole run ({error})") from None

    @classmethod
    def of_arrays(
        cls,
        folder: Path,
        arrays: Mapping[str, NDArray[Any]],
        phases: Mapping[str, float],
        memory: Mapping[str, int] | None = None,
        profile: Mapping[str, float] | None = None,
    ) -> RunResult:
        """Write arrays into a new folder as a run of them."""
        folder.mkdir(parents=True)
        files = {}
        for number, (name, array) in enumerate(arrays.items()):
            array.tofile(folder / str(number))
            files[name] = (str(number), array.dtype.name)
        result = cls(folder, files, phases, memory or {}, profile or {})
        result.write_note()
        return result


def _checksum(path: Path) -> int:
    checksum = 0
    with path.open("rb") as file:
        while block := file.read(_LARGE):
            checksum = zlib.crc32(block, checksum)
    return checksum
