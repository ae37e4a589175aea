"""Generate the source of a network, in a process of its own.

``python -m build_targets.generate FOLDER [PARAMETERS.json] [--target NAME]`` writes source and
manifest into FOLDER; the file maps names of parameters to values. Brian2 keeps its device and
preferences in global state, and importing it takes seconds; in a process of its own it disturbs
nobody, and a cached build never pays for it.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from build_targets.building.environment import import_brian2_alone
from build_targets.building.target import CachedTarget
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.simulation.targets import get_target


def main() -> None:
    """Entry point of the process."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("parameters", type=Path, nargs="?", help="JSON file: names and values")
    parser.add_argument("--target", default="cpp")
    chosen = parser.parse_args()
    values = {"network.batch": 1}
    if chosen.parameters:
        values |= json.loads(chosen.parameters.read_text())
    target = get_target(chosen.target)
    assert isinstance(target, CachedTarget)
    folder = chosen.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    import_brian2_alone(without=("Cython", "pytest"))  # a fifth of a second
    target.write_source(with_values(Parameters(), values), folder).write(folder)


if __name__ == "__main__":
    main()
