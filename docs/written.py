"""Pages of the reference that are written from the code while the site is built."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tables import table

import pfc_standalone
from pfc_standalone.commands import COMMANDS
from pfc_standalone.parameters import Parameters, parameter_fields
from pfc_standalone.parameters.fields import allowed_range

ROOT = Path(__file__).parent.parent
_SCRIPTS = ("cpp", "cuda", "runtime")
#: What the site shows as a page of its own instead of a file to download.
_PAGES = {
    "../CONTRIBUTING.md": "contributing.md",
    "../CHANGELOG.md": "changelog.md",
    "../examples)": "gallery/index.rst)",
}
#: Rooms that public names come from, in the order in which one meets them, with their titles.
_ROOMS = {
    "parameters": "Parameters", "tasks": "Tasks", "experiment": "Experiments",
    "simulation": "Running", "commands": "Progress", "results": "Results",
    "exports": "Exports", "figures": "Figures",
    "errors": "Errors", "registry": "Registries",
}  # fmt: skip


def fill_in(app: Any, page: str, source: list[str]) -> None:
    """Write what a page asks for by ``<!-- written: NAME -->``; a listener of "source-read"."""

    def written(match: re.Match[str]) -> str:
        return "\n".join(_WRITTEN[match[1]]())

    source[0] = re.sub(r"<!-- written: (\S+) -->", written, source[0])


def lead_elsewhere(app: Any, page: str, source: list[str]) -> None:
    """Have links to files that are pages here lead there; a listener of "source-read"."""
    for path, name in _PAGES.items():
        source[0] = source[0].replace(f"]({path}", f"]({name}")


def commands() -> Iterator[str]:
    """What every command says of itself."""
    asked = [f"build_targets/{name}.py" for name in _SCRIPTS]
    asked += [f"-m pfc_standalone {name}" for name in COMMANDS.names()]
    for command in asked:
        done = subprocess.run(
            [sys.executable, *command.split(), "--help"], cwd=ROOT, capture_output=True, text=True,
            env=os.environ | {"COLUMNS": "88"}, check=True,
        )  # fmt: skip
        yield f"## {command.rpartition('/')[2].rpartition(' ')[2]}\n"
        yield f"`python {command}`\n\n```text\n{done.stdout.rstrip()}\n```\n"


def parameters() -> Iterator[str]:
    """A table of parameters for each group."""
    groups: dict[str, list[list[object]]] = {}
    for name, f in parameter_fields():
        m, default = f.metadata, Parameters()[name]
        words = default if isinstance(default, tuple) else [getattr(default, "name", default)]
        about = (m["unit"], allowed_range(f), m["binding"], m["doc"], m["source"])
        groups.setdefault(name.partition(".")[0], []).append(
            [f"`{name}`", " ".join(map(str, words)), *about]
        )
    for group, rows in groups.items():
        yield f"## {group}\n"
        yield table(["name", "default", "unit", "allowed", "set when", "meaning", "source"], rows)


def names() -> Iterator[str]:
    """The public names, by the room that they come from."""
    rooms: dict[str, list[str]] = {room: [] for room in _ROOMS}
    for name in pfc_standalone.__all__:
        rooms.setdefault(pfc_standalone._HOME[name].partition(".")[0], []).append(name)
    for room, mine in rooms.items():
        yield f"## {_ROOMS.get(room, room.capitalize())}\n\n```{{eval-rst}}"
        for name in mine:
            kind = "class" if isinstance(getattr(pfc_standalone, name), type) else "function"
            yield f".. auto{kind}:: pfc_standalone.{name}"
            yield "   :members:\n" if kind == "class" and name != "Parameters" else ""
        yield "```\n"


_WRITTEN: dict[str, Callable[[], Iterator[str]]] = {
    "commands": commands,
    "names": names,
    "parameters": parameters,
}
