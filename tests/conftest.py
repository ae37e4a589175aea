"""Shared fixtures: builds are cached for the whole session, in a folder of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from cuda_on_cpu import CudaOnCpuTarget

from pfc_standalone.targets import RequirementError, get_target, require, target_names

# Figures are drawn without a screen.
os.environ["MPLBACKEND"] = "Agg"
# Tools that the environment brings, where it was not activated.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(scope="session", autouse=True)
def build_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty build cache, so that no test passes thanks to an earlier build.

    $PFC_TEST_CACHE_DIR names a folder to keep instead, for quick repetition while developing.
    """
    kept = os.environ.get("PFC_TEST_CACHE_DIR")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("builds")
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


def run(parameters, trials, *, target=None, first_replicate=0, duration=None):
    """Build, for cpp unless told, and run once; what the target gives."""
    from pfc_standalone.run_values import RunRequest

    build = (target or get_target("cpp")).build(parameters, quiet)
    if duration is None:
        duration = max(t[-1].end for t in trials if t)
    batch = parameters.network.batch
    assert len(trials) == batch
    request = RunRequest((parameters,) * batch, tuple(trials), first_replicate, duration)
    (result,) = build.run([request], quiet)
    return result


def simulate(parameters, trials, *, target=None, first_replicate=0, duration=None):
    """As `run`; the spikes by replicate, as `results.spikes_by_replicate` gives them."""
    from pfc_standalone.results import spikes_by_replicate

    result = run(
        parameters, trials, target=target, first_replicate=first_replicate, duration=duration
    )
    return spikes_by_replicate(parameters, result.spike_index, result.spike_time, first_replicate)
