"""Rows of a table that come in any order, kept on disk as they come: one line of JSON each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from pfc_standalone.errors import ResultsError

Row = Mapping[str, float | None]


class Rows:
    """A file of rows, each with its number; of those there are, memory holds places alone.

    A line that was not written to its end, by a command that was killed, is none.
    """

    def __init__(self, path: Path, n_rows: int) -> None:
        self.path = path
        self._places = np.full(n_rows, -1, np.int64)
        end = 0
        if path.is_file():
            with path.open("rb") as file:
                for line in file:
                    number = _number(line)
                    if number is None or not 0 <= number < n_rows:
                        break
                    self._places[number] = end
                    end += len(line)
        with path.open("ab") as file:
            file.truncate(end)
        self._end = end

    def __contains__(self, number: int) -> bool:
        return bool(self._places[number] >= 0)

    def __len__(self) -> int:
        return int(np.count_nonzero(self._places >= 0))

    def add(self, rows: Mapping[int, Row]) -> None:
        """Keep rows; raises `ResultsError` if they cannot be written."""
        lines = [(n, json.dumps([n, dict(row)]).encode() + b"\n") for n, row in rows.items()]
        try:
            with self.path.open("ab") as file:
                file.write(b"".join(line for _, line in lines))
        except OSError as error:
            raise ResultsError(f"{self.path} cannot be written: {error.strerror}") from error
        for number, line in lines:
            self._places[number] = self._end
            self._end += len(line)

    def __iter__(self) -> Iterator[tuple[int, Row | None]]:
        """Each row in order of its number; None for one that there is not."""
        with self.path.open("rb") as file:
            for number, place in enumerate(self._places.tolist()):
                if place < 0:
                    yield number, None
                    continue
                file.seek(place)
                yield number, json.loads(file.readline())[1]

    def names(self) -> list[str]:
        """Names of all values that there are: those of the first row first."""
        found: dict[str, None] = {}
        for _, row in self:
            found |= dict.fromkeys(row or ())
        return list(found)


def count_rows(path: Path) -> int:
    """How many rows a file holds; 0 where there is none."""
    try:
        with path.open("rb") as file:
            return sum(line.endswith(b"\n") for line in file)
    except OSError:
        return 0


def _number(line: bytes) -> int | None:
    if not line.endswith(b"\n"):
        return None
    try:
        number, row = json.loads(line)
        return int(number) if isinstance(row, dict) else None
    except (ValueError, TypeError):
        return None
