"""Options of the benchmark suite, the cases that they ask for, and where results go."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.utils import get_tag, safe_dumps

from benchmarks.measure import OPTIONS, REFERENCE, Case, Settings
from benchmarks.records import DIGEST, digest
from build_targets.building import nvidia
from build_targets.building.compiler import compiler_requirement
from pfc_standalone.commands.options import values_set
from pfc_standalone.errors import ParameterError
from pfc_standalone.machine import machine, versions
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.simulation.targets import get_target, stages_possible, target_names
from pfc_standalone.simulation.verify import MIN_SEEDS

_SCALING_SIZES = {
    "pooled": (25, 80, 250, 800, 2500, 8000, 25_000),
    "explicit": (25, 50, 100, 200, 400),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("benchmarks of the targets")
    group.addoption("--targets", help="comma-separated (default: all that can run here)")
    group.addoption(
        "--sizes", default="25,100,400", help="n_per_unit, comma-separated (default: %(default)s)"
    )
    group.addoption("--replicates", default="1,10", help="comma-separated (default: %(default)s)")
    group.addoption(
        "--duration", type=float, default=0.8, metavar="SECONDS",
        help="biological time of each timed run of a target (default: %(default)s)",
    )  # fmt: skip
    group.addoption(
        "--seeds", type=int, default=20,
        help="seeds with which spike statistics are compared (default: %(default)s)",
    )  # fmt: skip
    group.addoption(
        "--rounds", type=int, default=3, help="timed runs of each case (default: %(default)s)"
    )
    group.addoption(
        "--limit", type=float, default=25.0, metavar="SECONDS",
        help="a case whose rounds would take longer is skipped (default: %(default)s)",
    )  # fmt: skip
    group.addoption(
        "--task", metavar="TASK", help="name or file of the task (default: the parameters')"
    )
    group.addoption(
        "--set", dest="pfc_set", action="append", default=[], metavar="NAME=VALUE",
        help="set any parameter of the network",
    )  # fmt: skip
    group.addoption("--no-baseline", action="store_true", help="leave plain Brian2 out")
    group.addoption(
        "--peers", action="store_true", help="also simulate the network in other simulators"
    )
    group.addoption(
        "--threads-size", type=int, default=2000, metavar="N",
        help="n_per_unit of the network that one core and all cores simulate; 0 for none "
        "(default: %(default)s)",
    )  # fmt: skip
    group.addoption(
        "--scaling", action="store_true",
        help="also time cpp over three decades of sizes, pooled and explicit",
    )  # fmt: skip
    group.addoption(
        "--profile", action="store_true", help="also measure the share of each code object"
    )
    group.addoption(
        "--build-cache", metavar="DIR",
        help="keep builds here (default: a new folder, so that building is measured)",
    )  # fmt: skip


def _values(options: Namespace) -> dict[str, Any]:
    """Values of parameters that the command line sets."""
    task = {"network.task": options.task} if options.task else {}
    return values_set(options.pfc_set) | task


def _numbers(config: pytest.Config, option: str) -> list[int]:
    text = config.getoption(option)
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise pytest.UsageError(
            f"--{option} is {text}, allowed are whole numbers separated by commas"
        ) from None


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    # Without a word on where results go, they are kept in .benchmarks.
    options = config.option
    if not (options.benchmark_json or options.benchmark_save):
        options.benchmark_autosave = get_tag()
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    try:
        chosen = with_values(Parameters(), _values(options), {"network.task": "--task"})
        for n in _numbers(config, "sizes"):
            with_values(Parameters(), {"network.n_per_unit": n}, {"network.n_per_unit": "--sizes"})
        for name in (options.targets or "").split(",") if options.targets else ():
            get_target(name)
    except ParameterError as error:
        raise pytest.UsageError(str(error)) from None
    checks = (
        ("--replicates", min(_numbers(config, "replicates")), 1),
        ("--seeds", options.seeds, MIN_SEEDS),  # with fewer, no difference could be shown
        ("--rounds", options.rounds, 1),
        ("--duration", options.duration, chosen.si("network.dt")),
        ("--limit", options.limit, 0),
    )
    for option, given, least in checks:
        if not given >= least:
            raise pytest.UsageError(f"{option} is {given:g}, allowed is {least:g} or more")
    folder = options.build_cache
    if not folder:
        folder = tempfile.mkdtemp(prefix="pfc-benchmark-")
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    os.environ["PFC_CACHE_DIR"] = folder


def _asked(config: pytest.Config) -> list[str]:
    if config.option.targets:
        return str(config.option.targets).split(",")
    return [n for n in target_names() if "run" in stages_possible(get_target(n))]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    config = metafunc.config
    if "case" in metafunc.fixturenames:
        cases = [
            Case(target, n, replicates)
            for n in _numbers(config, "sizes")
            for replicates in _numbers(config, "replicates")
            for target in _asked(config)
        ]
        metafunc.parametrize(
            "case", cases, ids=[f"{c.target}-n{c.n_per_unit}-r{c.replicates}" for c in cases]
        )
    if "plain_size" in metafunc.fixturenames:
        sizes = _numbers(config, "sizes")
        left_out = pytest.mark.skipif(config.option.no_baseline, reason="--no-baseline")
        metafunc.parametrize(
            "plain_size", [pytest.param(n, id=f"n{n}", marks=left_out) for n in sizes]
        )
    if "peer_size" in metafunc.fixturenames:
        sizes = _numbers(config, "sizes")
        asked = pytest.mark.skipif(not config.option.peers, reason="done with --peers")
        metafunc.parametrize("peer_size", [pytest.param(n, id=f"n{n}", marks=asked) for n in sizes])
    if "option_case" in metafunc.fixturenames:
        cases = [
            Case(REFERENCE, n, option=option)
            for n in _numbers(config, "sizes")
            for option in OPTIONS
            if REFERENCE in _asked(config)
        ]
        metafunc.parametrize(
            "option_case", cases, ids=[f"{c.option}-n{c.n_per_unit}" for c in cases]
        )
    if "threads_size" in metafunc.fixturenames:
        sizes = [int(config.option.threads_size)] if config.option.threads_size else []
        metafunc.parametrize("threads_size", sizes, ids=[f"n{n}" for n in sizes])
    if "scaling_case" in metafunc.fixturenames:
        cases = [
            Case("cpp", n, 1, connectivity)
            for connectivity, sizes in _SCALING_SIZES.items()
            for n in sizes
        ]
        asked = pytest.mark.skipif(not config.option.scaling, reason="done with --scaling")
        metafunc.parametrize(
            "scaling_case",
            [pytest.param(c, id=f"{c.connectivity}-n{c.n_per_unit}", marks=asked) for c in cases],
        )


@pytest.fixture(scope="session")
def settings(pytestconfig: pytest.Config) -> Settings:
    """What the command line asks for."""
    o = pytestconfig.option
    return Settings(o.duration, o.seeds, o.rounds, o.limit, _values(o))


def pytest_benchmark_update_json(config: pytest.Config, output_json: dict[str, Any]) -> None:
    """Keep the reasons for which cases were skipped, options that were not asked for apart, and
    a digest of everything.
    """
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    reports = reporter.stats.get("skipped", [])
    output_json["skipped"] = [
        report.longrepr[2].removeprefix("Skipped: ") for report in reports if report.when == "call"
    ]
    output_json[DIGEST] = digest(json.loads(safe_dumps(output_json)))


def pytest_benchmark_update_machine_info(
    config: pytest.Config, machine_info: dict[str, Any]
) -> None:
    """What pytest-benchmark does not know of this machine."""
    machine_info["pfc"] = {
        **machine(),
        "versions": versions(),
        "compiler": compiler_requirement().found,
        "nvcc": nvidia.nvcc_version(),
        "gpus": [str(gpu) for gpu in nvidia.find_gpus()],
        "command": " ".join(["pytest", *config.invocation_params.args]),
        "options": {
            name: getattr(config.option, name)
            for name in (
                *("targets", "sizes", "replicates", "duration", "seeds", "rounds", "limit"),
                *("task", "pfc_set", "scaling", "profile"),
            )
        },
    }
