"""A file of pytest-benchmark, as one table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pfc_standalone.results.raw import PHASES


class RecordsError(RuntimeError):
    """A file is not what a benchmark run leaves; the message says why."""


def newest(folder: Path = Path(".benchmarks")) -> Path:
    """The newest file that pytest-benchmark saved.

    Raises
    ------
    RecordsError
        If there is none.
    """
    files = sorted(folder.rglob("*.json"), key=lambda p: p.stat().st_mtime)
    if not files:
        raise RecordsError(
            f"{folder} holds no results: run pytest benchmarks/ --benchmark-only first, or name a "
            "file"
        )
    return files[-1]


def load(path: Path) -> dict[str, Any]:
    """Read a file.

    Raises
    ------
    RecordsError
        If it is missing or was not written by this suite.
    """
    try:
        data = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise RecordsError(f"{path} cannot be read as JSON ({error})") from None
    if not isinstance(data, dict) or "pfc" not in data.get("machine_info", {}):
        raise RecordsError(
            f"{path} is not a result of this project's benchmarks: give a file that "
            "pytest benchmarks/ --benchmark-only --benchmark-json=FILE wrote"
        )
    if not data["benchmarks"]:
        raise RecordsError(f"{path} holds no measurement: every case was skipped or failed")
    return data


def table(data: dict[str, Any]) -> pd.DataFrame:
    """One row a case, with the numbers that are plotted and compared.

    Returns
    -------
    DataFrame
        ``kind target n_per_unit replicates connectivity``; seconds of each phase; ``run_s`` from
        start to results in memory, median; ``real_time_factor`` with ``_low`` and ``_high`` over
        rounds, each with its own seed; ``ratio`` to the reference, whole runs side by side; and
        what else a record has as a single number.
    """
    rows = []
    for benchmark in data["benchmarks"]:
        facts = benchmark["extra_info"]
        row = {
            name: value
            for name, value in facts.items()
            if isinstance(value, int | float | str) and not isinstance(value, bool)
        }
        factor = facts["real_time_factor"]
        row |= {f"{phase}_s": facts["phases_s"].get(phase, 0.0) for phase in PHASES}
        row |= {
            "run_s": benchmark["stats"]["median"],
            "real_time_factor": float(np.median(factor)),
            "real_time_factor_low": min(factor),
            "real_time_factor_high": max(factor),
            "ratio": facts.get("ratio", {}).get("median", np.nan),
            "verdict": facts["agreement"]["verdict"],
            "reason": facts["agreement"].get("reason", ""),
        }
        rows.append(row)
    return pd.DataFrame(rows)
