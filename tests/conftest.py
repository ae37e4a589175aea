"""Shared fixtures: builds are cached for the whole session, in a folder of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Figures are drawn without a screen.
os.environ["MPLBACKEND"] = "Agg"


@pytest.fixture(scope="session", autouse=True)
def build_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty build cache, so that no test passes thanks to an earlier build.

    $PFC_TEST_CACHE_DIR names a folder to keep instead, for quick repetition while developing.
    """
    kept = os.environ.get("PFC_TEST_CACHE_DIR")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("builds")
    os.environ["PFC_CACHE_DIR"] = str(folder)
    return folder


def simulate(parameters, trials, *, first_replicate=0, duration=None):
    """Build for cpp, run once; the spikes by replicate, as `results.spikes_by_replicate` gives."""
    from build_targets.cpp import CppTarget
    from pfc_standalone.results import spikes_by_replicate
    from pfc_standalone.run_values import RunRequest

    build = CppTarget().build(parameters, lambda phase, done: None)
    duration = duration or max(t[-1].end for t in trials if t)
    batch = parameters.network.batch
    assert len(trials) == batch
    request = RunRequest((parameters,) * batch, tuple(trials), first_replicate, duration)
    (run,) = build.run([request], lambda phase, done: None)
    return spikes_by_replicate(parameters, run.spike_index, run.spike_time, first_replicate)
