"""Brian2's own standalone tests, through our cpp device and, where one fails, through Brian2's.

``python -m tests.brian2_suite`` runs all of them (an hour or more of CPU); ``--module refractory``
one file of them, ``--sample`` those that this project's tests run. What passes through Brian2's
device and not through ours is listed, and makes the exit code 1.

Brian2 compiles its tests with -O0, where a pragma cannot do harm; ``--flags ours`` compiles them
as a user's script is compiled, ``--flags strict`` with the preference ``strict_math``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
#: Marker expression and options of ``set_device``, as ``brian2.test`` has them.
_OPTIONS: dict[str, Any] = {"directory": None, "with_output": False}
GROUPS = {
    "one run": ("standalone_compatible and not multiple_runs", _OPTIONS),
    "several runs": (
        "standalone_compatible and multiple_runs",
        _OPTIONS | {"build_on_run": False},
    ),
    "of the device": ("cpp_standalone and not openmp", _OPTIONS | {"build_on_run": False}),
}
#: What every generated file includes; compiled once, it is most of a test's time.
_HEADERS = ("algorithm", "chrono", "climits", "cmath", "ctime", "fstream", "functional", "iostream")
_HEADERS += ("map", "random", "set", "string", "utility", "vector")
#: Of each kind of thing one or two: what this project's own tests run.
SAMPLE = {
    "refractory": ("conditional_write_behaviour", "refractoriness_repeated"),
    "monitor": ("spike_monitor", "event_monitor", "state_monitor_bigger_dt"),
    "spikegenerator": ("spikegenerator_basic", "spikegenerator_change_spikes"),
    "subgroup": ("run_regularly", "subgroup_summed_variable"),
    "thresholder": ("simple_threshold", "scalar_threshold"),
    "functions": ("clip", "binomial"),
    "network": ("multiple_runs_constant_change", "dt_changes_between_runs", "both_equal"),
    "cpp_standalone": ("continued_standalone_runs", "delete_directory", "header_file_inclusion"),
    "synapses": ("synapse_with_run_regularly", "transmission_scalar_delay_different_clocks"),
    "stateupdaters": ("subexpressions_basic",),
    "poissoninput": ("poissoninput_refractory",),
    "poissongroup": ("propagation",),
    "timedarray": ("timedarray_semantics",),
    "neurongroup": ("linked_subexpression", "run_regularly_shared"),
}


def tests_folder() -> Path:
    """Where Brian2's tests are."""
    spec = find_spec("brian2")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "tests"


def sample() -> list[str]:
    """Ids of the tests in the sample."""
    return [
        f"{tests_folder()}/test_{module}.py::test_{name}"
        for module, names in SAMPLE.items()
        for name in names
    ]


def run_tests(paths: Iterable[str], device: str, flags: str) -> dict[str, str]:
    """Outcome of each test, in a process of its own: Brian2 keeps its state in globals.

    Parameters
    ----------
    paths : iterable of str
        Files or test ids.
    device : {"ours", "brian2"}
    flags : {"brian2", "ours", "strict"}

    Returns
    -------
    dict
        "passed", "failed" or "skipped" for each group and test, such as
        ``"one run: test_monitor.py::test_spike_monitor"``.
    """
    with tempfile.TemporaryDirectory(prefix="brian2-suite-") as folder:
        command = [sys.executable, "-m", "tests.brian2_suite", "--worker", folder]
        command += ["--flags", flags, "--device", device, *paths]
        environment = os.environ | {"PYTHONPATH": str(PROJECT), "TMPDIR": folder}
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )  # some tests write where they are
        outcomes = Path(folder) / "outcomes.json"
        if not outcomes.is_file():
            raise RuntimeError(f"no tests were run: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        found: dict[str, str] = json.loads(outcomes.read_text())
        if log := os.environ.get("BRIAN2_SUITE_LOG"):
            with Path(log).open("a") as out:
                out.write(done.stdout)
        return found


def differences(ours: dict[str, str], flags: str) -> dict[str, tuple[str, str]]:
    """What Brian2's device and ours make of the tests that do not pass through ours."""
    wanting = sorted(name for name, outcome in ours.items() if outcome != "passed")
    if not wanting:
        return {}
    ids = dict.fromkeys(str(tests_folder() / name.partition(": ")[2]) for name in wanting)
    theirs = run_tests(ids, "brian2", flags)
    return {name: (theirs.get(name, "not run"), ours[name]) for name in wanting}


# ----------------------------------------------------------------------------- in the process
class _Recorder:
    """Plugin of pytest that notes how each test ends."""

    def __init__(self) -> None:
        self.group = ""
        self.outcomes: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        name = f"{self.group}: {report.nodeid}"
        if report.when == "call" or report.outcome != "passed":
            self.outcomes[name] = report.outcome


def _work(folder: Path, paths: list[str], device: str, flags: str) -> None:
    import brian2 as b2
    import pytest
    from brian2.devices.device import all_devices, reset_device
    from brian2.tests import PreferencePlugin, clear_caches, make_argv
    from brian2.utils.logger import LOG_LEVELS, BrianLogger

    import build_targets.devices.cpp_device

    if device == "ours":  # also where a test names Brian2's
        all_devices["cpp_standalone"] = build_targets.devices.cpp_device.device
    b2.prefs.reset_to_defaults()
    BrianLogger.console_handler.setLevel(LOG_LEVELS["WARNING"])
    b2.prefs["logging.warn_for_unused_objects"] = False
    b2.prefs["devices.pfc_cpp_standalone.strict_math"] = flags == "strict"
    more = ["-w", "-O0"] if flags == "brian2" else []
    b2.prefs["codegen.cpp.extra_compile_args_gcc"].extend(more)
    _precompile(folder, device == "ours")
    recorder = _Recorder()
    plugin = PreferencePlugin(b2.prefs)
    plugin.device = "cpp_standalone"
    for recorder.group, (markers, plugin.device_options) in GROUPS.items():
        argv = make_argv(paths, f"{markers} and not long")
        pytest.main([*argv, "-p", "no:cacheprovider"], plugins=[plugin, recorder])
        clear_caches()
        reset_device()
    (folder / "outcomes.json").write_text(json.dumps(recorder.outcomes))


def _precompile(folder: Path, ours: bool) -> None:
    """Compile the headers once, and let each test's makefile take them; leave its dependencies."""
    import brian2 as b2

    flags = b2.prefs["codegen.cpp.extra_compile_args_gcc"]
    b2.prefs["devices.cpp_standalone.extra_make_args_unix"] = ["-j1", "DEPS="]
    compiler = os.environ.get("CXX", "g++")
    header = folder / "headers.h"
    header.write_text("".join(f"#include <{name}>\n" for name in _HEADERS))
    extra = ["-fopenmp-simd", "-DPFC_VECTOR_MATH"] if ours else []
    subprocess.run(
        [*compiler.split(), "-x", "c++-header", *flags, *extra, "-o", f"{header}.gch", header],
        check=True,
    )
    flags.append(f"--include={header}")


# ------------------------------------------------------------------------------- the command
def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--module", action="append", help="such as refractory (default: all)")
    parser.add_argument("--sample", action="store_true", help="the fixed sample")
    parser.add_argument("--flags", choices=("brian2", "ours", "strict"), default="brian2")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="files at once")
    parser.add_argument("--output", type=Path, help="JSON file of all outcomes")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--device", help=argparse.SUPPRESS)
    parser.add_argument("tests", nargs="*", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.worker:
        _work(chosen.worker, chosen.tests, chosen.device, chosen.flags)
        return 0
    folder = tests_folder()
    if chosen.sample:
        jobs = [sample()]
    else:
        modules = chosen.module or [p.stem.removeprefix("test_") for p in folder.glob("test_*.py")]
        jobs = [[str(folder / f"test_{name}.py")] for name in sorted(modules)]
    ours: dict[str, str] = {}
    both: dict[str, tuple[str, str]] = {}

    def one(paths: list[str]) -> None:
        outcomes = run_tests(paths, "ours", chosen.flags)
        ours.update(outcomes)
        both.update(differences(outcomes, chosen.flags))
        passed = sum(o == "passed" for o in outcomes.values())
        print(
            f"{Path(paths[0].partition('::')[0]).name}: {passed} of {len(outcomes)} pass",
            flush=True,
        )

    with ThreadPoolExecutor(chosen.jobs) as pool:
        list(pool.map(one, jobs))
    return _report(ours, both, chosen.output)


def _report(ours: dict[str, str], both: dict[str, tuple[str, str]], output: Path | None) -> int:
    for name, (theirs, mine) in sorted(both.items()):
        print(f"{name}: Brian2's device {theirs}, ours {mine}")
    different = [name for name, (theirs, _) in both.items() if theirs in ("passed", "not run")]
    passed = sum(outcome == "passed" for outcome in ours.values())
    print(f"{passed} of {len(ours)} tests pass through our device; differences: {len(different)}")
    if output:
        output.write_text(json.dumps({"ours": ours, "both": both}, indent=1))
    return 1 if different or not ours else 0


if __name__ == "__main__":
    sys.exit(main())
