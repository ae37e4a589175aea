"""One way in for every kind of thing that there are several of.

A kind has a folder in this package, in which every file is one variant, and a group of entry
points, by which another package brings its own. ``docs/extending.md`` has an example of each.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import importlib.metadata
import pkgutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pfc_standalone.errors import ParameterError


@dataclass(frozen=True)
class Registry:
    """The variants of one kind of thing.

    Attributes
    ----------
    what : str
        What one of them is called in a message, such as "task".
    package : str
        Dotted name of the folder with one file a variant; "" for none.
    attribute : str
        Name under which each file keeps its variant.
    group : str
        Group of entry points.
    separator : str
        What a name has for "_" in the name of a file.
    """

    what: str
    package: str
    attribute: str
    group: str
    separator: str = "-"

    def names(self) -> tuple[str, ...]:
        """Names of all variants: the folder's in alphabetical order, then entry points."""
        found = dict.fromkeys(self._files())
        found |= dict.fromkeys(e.name for e in entries(self.group))
        return tuple(found)

    def get(self, name: str) -> Any:
        """The variant of that name.

        Raises
        ------
        ParameterError
            If there is none.
        """
        files = self._files()
        if name in files:
            return getattr(importlib.import_module(files[name]), self.attribute)
        for entry in entries(self.group):
            if entry.name == name:
                return entry.load()
        raise ParameterError(self.not_found(name))

    def not_found(self, name: str) -> str:
        """The sentence that says what is allowed instead of a name."""
        known = self.names()
        close = difflib.get_close_matches(name, known, 1)
        hint = f": did you mean {close[0]}?" if close else ""
        return (
            f"the {self.what} is {name}, allowed is one of: "
            f"{', '.join(known) or 'none is installed'}{hint}"
        )

    def all(self) -> dict[str, Any]:
        """Every variant by its name."""
        return {name: self.get(name) for name in self.names()}

    def _files(self) -> dict[str, str]:
        modules = _modules(self.package) if self.package else ()
        return {m.replace("_", self.separator): f"{self.package}.{m}" for m in modules}


@functools.cache
def _modules(package: str) -> tuple[str, ...]:
    """Names of the files of one of our folders.

    Found without an import: parameters ask for names before other rooms can be imported.
    """
    folder = Path(__file__).parent.joinpath(*package.split(".")[1:])
    return tuple(sorted(m.name for m in pkgutil.iter_modules([str(folder)])))


def entries(group: str) -> tuple[importlib.metadata.EntryPoint, ...]:
    """Entry points of a group."""
    return _of_group(tuple(sys.path), group)


@functools.lru_cache(maxsize=64)
def _of_group(path: tuple[str, ...], group: str) -> tuple[importlib.metadata.EntryPoint, ...]:
    return tuple(_entry_points(path).select(group=group))


@functools.lru_cache(maxsize=8)
def _entry_points(path: tuple[str, ...]) -> importlib.metadata.EntryPoints:
    """All of them; looked up once for each import path, since it takes many milliseconds."""
    return importlib.metadata.entry_points()
