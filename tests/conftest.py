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
