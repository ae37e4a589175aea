"""The table of a sweep, a row a point: as a dataset, and as ``sweep.csv``."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np

from pfc_standalone.experiment import Weights
from pfc_standalone.experiment.sweep import Sweep, shown
from pfc_standalone.parameters import Parameters, parameter_field, with_values
from pfc_standalone.record import Labelled, Record
from pfc_standalone.results.dataset import FORMAT_VERSION
from pfc_standalone.results.rows import Rows
from pfc_standalone.tasks import Task

TABLE_FILE = "sweep.csv"
SEED = "experiment.seed"


def describe_sweep(sweep: Sweep) -> Record:
    """A sweep as a dataset without points; `read_sweep` reads it back."""
    attributes = {
        "kind": "pfc_standalone results",
        "format_version": FORMAT_VERSION,
        "parameters": json.dumps(sweep.parameters.as_dict()),
        "varying": "[]",
        "labels": "[]",
        "axes": json.dumps({n: [_plain(v) for v in values] for n, values in sweep.axes.items()}),
        "seeds": sweep.seeds,
        "weights": json.dumps(sweep.weights.as_dict()),
    }
    return Record({}, {}, attributes)


def read_sweep(described: Labelled) -> Sweep:
    """The sweep that `describe_sweep` wrote."""
    attributes = described.attrs
    return Sweep(
        with_values(Parameters(), json.loads(attributes["parameters"])),
        {n: tuple(map(_value, v)) for n, v in json.loads(attributes["axes"]).items()},
        int(attributes["seeds"]),
        Weights.from_dict(json.loads(attributes["weights"])),
    )


def _plain(value: Any) -> Any:
    return value.as_dict() if isinstance(value, Task) else value


def _value(plain: Any) -> Any:
    if isinstance(plain, dict):
        return Task.from_dict(plain)
    return tuple(plain) if isinstance(plain, list) else plain


def sweep_dataset(sweep: Sweep, rows: Rows) -> Record:
    """All rows as one dataset, a ``replicate`` a point: labels and parameters as coordinates, NaN
    for a number that a point lacks; ``failed`` is true of points without a row.
    """
    names = rows.names()
    table = np.full((len(names), len(sweep)), np.nan)
    failed = np.zeros(len(sweep), bool)
    for number, row in rows:
        failed[number] = row is None
        table[:, number] = [np.nan if v is None else v for v in map((row or {}).get, names)]
    columns: dict[str, Any] = {
        name: ("replicate", values) for name, values in zip(names, table, strict=True)
    }
    columns["failed"] = ("replicate", failed)
    coordinates = _coordinates(sweep)
    varying = [n for n in coordinates if n not in ("replicate", "seed", "network.task")]
    described = describe_sweep(sweep)
    labels = {"varying": json.dumps(varying), "labels": json.dumps([*sweep.axes, "seed"])}
    return Record(columns, coordinates, dict(described.attrs) | labels)


def _coordinates(sweep: Sweep) -> dict[str, Any]:
    number = np.arange(len(sweep))
    *at, seed = np.unravel_index(number, sweep.shape)
    seeds = sweep.parameters.experiment.seed + seed
    found: dict[str, Any] = {"replicate": ("replicate", number)}
    for (name, values), k in zip(sweep.axes.items(), at, strict=True):
        unit = parameter_field(name).metadata["unit"]
        labels = np.array([shown(v) for v in values])
        found[name] = ("replicate", labels[k], {"units": unit} if unit else {})
    return found | {"seed": ("replicate", seeds), SEED: ("replicate", seeds)}


def write_sweep_csv(sweep: Sweep, rows: Rows, path: Path) -> None:
    """Write ``sweep.csv``: labels, then numbers; of a point that failed, labels alone."""
    names = rows.names()
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow([*sweep.axes, "seed", *names])
        for number, row in rows:
            values = ["" if v is None else repr(v) for v in map((row or {}).get, names)]
            table.writerow([*sweep.labels(number).values(), *values])
