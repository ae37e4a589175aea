"""Run the network inside Python, in a process of its own that plays a finished binary.

``python -m build_targets.running.runtime_process CODEGEN SOURCE MODULES [VALUES...]`` with
``--results_dir DIR/`` reads parameters and manifest from SOURCE and runs them with Brian2's code
generation target CODEGEN (numpy or cython), whose compiled modules are kept in MODULES. Without a
results folder it compiles what a run needs, says its flags and the names of those files, and stops.
`launch` says what it takes and leaves.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from build_targets.building.environment import import_brian2_alone
from build_targets.building.manifest import Manifest
from build_targets.running.launch import PROFILE_FILE
from pfc_standalone.machine import peak_memory
from pfc_standalone.models import get_model
from pfc_standalone.parameters import Parameters, with_values

_BEGAN = time.perf_counter()
#: gcc and clang: no value-changing optimisation, as CMakeLists.txt has it for the cpp target.
STRICT_FLAGS = ["-w", "-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]


def main() -> None:
    """Entry point of the process."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("codegen", choices=("numpy", "cython"))
    parser.add_argument("source", type=Path)
    parser.add_argument("modules", type=Path)
    parser.add_argument("--results_dir", type=Path)
    parser.add_argument("--march", default="", help="flag that names the processor to compile for")
    parser.add_argument("values", nargs="*", metavar="NAME=VALUE")
    chosen = parser.parse_intermixed_args()
    manifest = Manifest.read(chosen.source)
    parameters = with_values(Parameters(), manifest.parameters)
    import_brian2_alone()
    set_preferences(chosen.codegen, chosen.modules, parameters, chosen.march)

    model = get_model(parameters).create(parameters)
    if chosen.results_dir is None:
        model.initialise()
        _run(model, 0.0, False)
        print(f"flags {_compiler_flags()}")
        for name in _compiled_modules():
            print(f"module {name}")
        return
    values = _read_values(manifest, chosen.values)
    for name, variable in model.takes.items():
        if hasattr(variable, "values"):  # a TimedArray
            variable.values.flat = values[name]
        else:
            variable.set_value(values[name] if variable.size > 1 else values[name][0])
    model.initialise()
    dt = _time_step()
    model.network.t_ = float(values[model.start][0]) * dt
    duration = float(values[model.duration][0]) * dt
    began, ended = _run(model, duration, parameters.build.profile)
    _write(model, manifest, chosen.results_dir)
    if parameters.build.profile:
        lines = [f"{n} {float(s)!r}\n" for n, s in model.network.get_profiling_info()]
        (chosen.results_dir / PROFILE_FILE).write_text("".join(lines))
    done = time.perf_counter()
    for phase, seconds in (
        ("start", began - _BEGAN),
        ("simulate", ended - began),
        ("write", done - ended),
    ):
        print(f"phase {phase} {seconds!r}")
    if peak := peak_memory():
        print(f"memory process {peak}")


def set_preferences(codegen: str, modules: Path, parameters: Parameters, march: str = "") -> None:
    """Brian2's preferences for a run inside Python."""
    import brian2 as b2

    b2.prefs.codegen.target = codegen
    b2.prefs.codegen.string_expression_target = codegen
    b2.prefs.codegen.runtime.cython.cache_dir = str(modules)
    # Whoever compiles has the folder for himself, and a run finds all and writes nothing.
    b2.prefs.codegen.runtime.cython.multiprocess_safe = False
    b2.prefs.core.stop_on_keyboard_interrupt = False  # an interrupt must not look like an end
    b2.prefs.logging.console_log_level = "ERROR"
    flags = b2.prefs.codegen.cpp.extra_compile_args_gcc
    if parameters.build.strict_math:
        flags = STRICT_FLAGS
    brians = ("-march=native", "-mcpu=native", "-mtune=native")
    # Python's own flags ask for what a debugger needs, a fifth of the compiler's time
    flags = [*(f for f in flags if f not in brians), "-g0", *filter(None, [march])]
    b2.prefs.codegen.cpp.extra_compile_args_gcc = flags


def _compiler_flags() -> str:
    import brian2 as b2

    return shlex.join(b2.prefs.codegen.cpp.extra_compile_args_gcc)


def _compiled_modules() -> list[str]:
    """Names of the files of all modules that Brian2 has loaded."""
    from brian2.codegen.runtime.cython_rt.extension_manager import cython_extension_manager

    return [Path(m.__file__).name for m in cython_extension_manager._code_cache.values()]


def _read_values(manifest: Manifest, arguments: list[str]) -> dict[str, np.ndarray[Any, Any]]:
    values = {}
    for argument in arguments:
        name, _, value = argument.partition("=")
        variable = manifest.run_variables[name]
        if variable.size == 1:
            values[name] = np.array([float(value)]).astype(variable.dtype)
        else:
            values[name] = np.fromfile(value, variable.dtype)
    return values


def _time_step() -> float:
    """That of the model, s."""
    import brian2 as b2

    return float(b2.defaultclock.dt)


def _run(model: Any, duration: float, profile: bool) -> tuple[float, float]:
    """Run the network; return when its loop began and ended."""
    import brian2 as b2

    marks = [time.perf_counter()]

    def report(elapsed: Any, completed: float, start: Any, total: Any) -> None:
        if completed == 0.0:  # everything is set up, the loop begins
            marks[0] = time.perf_counter()
        print(f"progress {completed}", flush=True)

    model.network.run(
        duration * b2.second,
        report=report if duration else None,
        report_period=0.2 * b2.second,
        profile=profile,
        namespace=model.namespace,
    )
    return marks[0], time.perf_counter()


def _write(model: Any, manifest: Manifest, folder: Path) -> None:
    for name, described in manifest.results.items():
        value = np.asarray(model.leaves[name].get_value())
        value.astype(described.dtype, copy=False).tofile(folder / described.file)


if __name__ == "__main__":
    try:
        main()
    except Exception as error:
        message = " ".join(str(error).split()) or type(error).__name__
        sys.exit(f"{type(error).__name__}: {message}")
