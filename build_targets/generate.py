"""Generate the source of a network, in a process of its own.

``python -m build_targets.generate FOLDER [PARAMETERS.json]`` writes source and manifest into
FOLDER; the file maps names of parameters to values. Brian2 keeps its device and preferences in
global state, and importing it takes seconds; in a process of its own it disturbs nobody, and a
cached build never pays for it.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import brian2 as b2
from brian2.core.variables import ArrayVariable as Brian2Array
from brian2.core.variables import DynamicArrayVariable

from build_targets import standalone_device
from build_targets.manifest import ArrayVariable, Manifest
from pfc_standalone.network import PFCNetwork, create_network
from pfc_standalone.parameters import Parameters, with_values

_WEIGHTS = ("ampa", "gated", "nmda", "gaba", "afferent")
_RUN_VARIABLES = {
    "neurons": (
        *("rng_seed", "first_replicate", "run_duration", "C_m", "g_L", "t_ref"),
        *("w_background", "background_mean", "exp_minus_background_mean"),
    ),
    "afferents": ("rng_seed", "first_replicate"),
}
_SHARED = ("g_ampa", "g_nmda", "g_gaba")
_RESULTS = {
    "spikes": ("i", "t", "N"),
    "neurons_traces": ("t", "v", "g_background", *_SHARED),
    "pools_traces": _SHARED,
}


def generate(parameters: Parameters, folder: Path) -> Manifest:
    """Write the C++ source of the network into ``folder``; return its manifest."""
    device = standalone_device.device
    device.simd = parameters.build.simd
    b2.set_device(standalone_device.DEVICE_NAME, build_on_run=False)
    b2.prefs.core.stop_on_keyboard_interrupt = False  # an interrupt must not look like an end
    model = create_network(parameters)
    device.apply_run_args()
    model.initialise()
    model.network.run(
        parameters.network.block_duration * b2.second,
        report=standalone_device.REPORT,
        report_period=0.2 * b2.second,
        namespace=model.namespace,
    )
    device.build(directory=str(folder), compile=False, run=False)
    return Manifest(
        target="cpp",
        parameters=parameters.bound_at("build"),
        run_variables=_run_variables(model),
        results=_results(model),
        versions={"python": platform.python_version()}
        | {p: version(p) for p in ("brian2", "numpy", "sympy")},
        git_commit=_git_commit(),
    )


def _describe(variable: Brian2Array, file: str) -> ArrayVariable:
    dynamic = isinstance(variable, DynamicArrayVariable)
    return ArrayVariable(
        file=file,
        dtype=variable.dtype.__name__,
        size=None if dynamic else int(variable.size),
        unit=str(variable.dim),
    )


def _run_variables(model: PFCNetwork) -> dict[str, ArrayVariable]:
    found = {
        f"{group}.{name}": _describe(model.objects[group].variables[name], "")
        for group, names in _RUN_VARIABLES.items()
        for name in names
    }
    for name in ("stim", "gate", *(f"weight_{w}" for w in _WEIGHTS)):
        table = model.namespace[name]
        found[f"{name}.values"] = ArrayVariable(
            "", table.values.dtype.name, table.values.size, str(table.dim)
        )
    return found


def _results(model: PFCNetwork) -> dict[str, ArrayVariable]:
    found = {}
    for monitor, names in _RESULTS.items():
        if monitor not in model.objects:
            continue
        variables = model.objects[monitor].variables
        for name in names:
            if name in variables:
                variable = variables[name]
                file = standalone_device.device.get_array_filename(variable)
                found[f"{monitor}.{name}"] = _describe(variable, file)
    return found


def _git_commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "HEAD"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()


def main() -> None:
    """Entry point of the process."""
    folder, *parameter_file = map(Path, sys.argv[1:])
    values = json.loads(parameter_file[0].read_text()) if parameter_file else {}
    folder.mkdir(parents=True, exist_ok=True)
    generate(with_values(Parameters(), values), folder).write(folder)


if __name__ == "__main__":
    main()
