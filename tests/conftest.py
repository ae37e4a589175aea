"""Shared fixtures: builds are cached for the whole session, in a folder of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from cuda_on_cpu import CudaOnCpuTarget

from pfc_standalone.errors import RequirementError
from pfc_standalone.experiment import Point
from pfc_standalone.simulation import prepare
from pfc_standalone.simulation import simulate as simulate_points
from pfc_standalone.simulation.targets import get_target, require, target_names

# Figures are drawn without a screen.
os.environ["MPLBACKEND"] = "Agg"
# Tools that the environment brings, where it was not activated.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """The workers of pytest-xdist take whole files, which share fixtures, in their order."""
    if getattr(config.option, "numprocesses", None):
        config.option.dist, config.option.loadscopereorder = "loadfile", False


@pytest.fixture(scope="session", autouse=True)
def build_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty build cache, so that no test passes thanks to an earlier build.

    $PFC_TEST_CACHE_DIR names a folder to keep instead, for quick repetition while developing.
    """
    kept = os.environ.get("PFC_TEST_CACHE_DIR")
    base = tmp_path_factory.getbasetemp()
    # the workers of pytest-xdist share their builds; each has a base folder of its own
    folder = (
        Path(kept)
        if kept
        else (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "builds"
    )
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["PFC_CACHE_DIR"] = str(folder)
    return folder


@pytest.fixture(scope="session", params=[*target_names(), "cuda on cpu"])
def target(request, build_cache):
    """Every target that can run here, the cuda target's source on the CPU among them."""
    chosen = CudaOnCpuTarget() if request.param == "cuda on cpu" else get_target(request.param)
    try:
        require(chosen)
    except RequirementError as missing:
        pytest.skip(str(missing))
    return chosen


def quiet(phase: str, done: float) -> None:
    """Progress, for nobody."""


def points(parameters, trials, first_replicate=0):
    """A point for each list of trials."""
    return [
        Point(parameters, tuple(t), replicate=first_replicate + k) for k, t in enumerate(trials)
    ]


def run(parameters, trials, *, target=None, first_replicate=0, duration=None):
    """Build, for cpp unless told, and run once; the raw arrays by name."""
    job = prepare(points(parameters, trials, first_replicate), target or "cpp", quiet, duration)
    (result,) = job.run()
    return result


def simulate(parameters, trials, *, target=None, first_replicate=0, duration=None):
    """Spikes by replicate, numbered from ``first_replicate`` on."""
    data = simulate_points(
        points(parameters, trials, first_replicate), target or "cpp", duration=duration
    )
    spikes = {n: data[n].values for n in ("spike_time", "spike_neuron", "spike_replicate")}
    return spikes | {"spike_replicate": spikes["spike_replicate"] + first_replicate}


def dataset_of_spikes(parameters, trials, spikes):
    """A labelled dataset of made-up spikes, with the responses that they give."""
    from pfc_standalone.analysis.behaviour import add_responses
    from pfc_standalone.results.dataset import describe_points, with_facts

    data = describe_points(points(parameters, trials))
    data = data.assign({name: ("spike", values) for name, values in spikes.items()})
    return add_responses(with_facts(data, {"target": "none", "digest": ""}))
