"""A file of pytest-benchmark, as one table."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pfc_standalone.results.raw import PHASES

#: Under which a file has the digest of the rest of it.
DIGEST = "content_digest"
_FILE = {"benchmarks": list, "skipped": list, "datetime": str, "commit_info": dict}
_MACHINE = {"processor": str, "compiler": str, "versions": dict, "gpus": list, "command": str}
#: What each case must have, beside what is shown only where it is there.
_FACTS: dict[str, Any] = {
    **dict.fromkeys(("target", "kind", "connectivity"), str),
    **dict.fromkeys(("n_per_unit", "replicates"), int),
    **dict.fromkeys(("neurons", "steps", "peak_memory_bytes", "ns_per_neuron_step"), float),
    "phases_s": {"simulate": float},
    "phases_s_rounds": [{"start": float, "simulate": float}],
    "calibration_s": [float],
    "real_time_factor": [float],
    "agreement": {"verdict": str},
    "spike_statistics": dict,
}


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
        If it is missing, damaged, or was not written by this suite as it is now.
    """
    try:
        data: Any = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise RecordsError(f"{path} cannot be read as JSON ({reason})") from None
    machine = data.get("machine_info") if isinstance(data, dict) else None
    if not isinstance(machine, dict) or not isinstance(machine.get("pfc"), dict):
        raise RecordsError(
            f"{path} is not a result of this project's benchmarks: give a file that "
            "pytest benchmarks/ --benchmark-only --benchmark-json=FILE wrote"
        )
    found: dict[str, Any] = data
    said = found.pop(DIGEST, None)
    if said not in (None, digest(found)):
        raise RecordsError(f"{path} is damaged: its content is not what was written")
    if not found.get("benchmarks"):
        raise RecordsError(f"{path} holds no measurement: every case was skipped or failed")
    for what, value, kind in _parts(found):
        if not _is(value, kind):
            raise RecordsError(
                f"{path} has {what} = {_shown(value)}, which this version cannot use: run the "
                "benchmarks again"
            )
    return found


def digest(data: dict[str, Any]) -> str:
    """Digest of the content of a file, however it is laid out."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def _parts(data: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """What is read of a file: its name, value, and what it must be."""
    machine = data["machine_info"]["pfc"]
    yield from ((f"machine_info.pfc.{n}", machine.get(n), k) for n, k in _MACHINE.items())
    yield from ((name, data.get(name), kind) for name, kind in _FILE.items())
    if not isinstance(data["benchmarks"], list):
        return
    for k, benchmark in enumerate(data["benchmarks"]):
        name = f"benchmarks[{k}]"
        yield name, benchmark, {"stats": {"median": float}, "extra_info": dict}
        facts = benchmark["extra_info"]
        yield from ((f"{name}.extra_info.{n}", facts.get(n), kd) for n, kd in _FACTS.items())


def _is(value: Any, kind: Any) -> bool:
    """Whether a value is what it must be: a type, a list of one kind, or a dict with entries."""
    if isinstance(kind, list):
        return isinstance(value, list) and bool(value) and all(_is(v, kind[0]) for v in value)
    if isinstance(kind, dict):
        return isinstance(value, dict) and all(_is(value.get(n), k) for n, k in kind.items())
    if kind is float:  # a time, or another quantity that cannot be negative
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and 0 <= value < float("inf")
    return isinstance(value, kind) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) < 40 else f"{text[:40]}..."


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
