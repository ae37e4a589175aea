"""The record of an experiment: one labelled dataset, and nothing beside it.

``results.nc`` (netCDF4) holds

- ``spike_time`` (s), ``spike_neuron`` (within its replicate), ``spike_replicate`` on ``spike``,
  sorted by time, then replicate, then neuron;
- the population table ``population_name``, ``_layer``, ``_unit``, ``_type``, ``_start``,
  ``_size`` on ``population``, and ``_recorded`` where spikes of some alone were recorded;
- the trial table ``trial_*`` on ``replicate`` and ``trial``; a replicate with fewer trials than
  the others is filled up with empty names and NaN;
- ``final_v`` (V), the membrane potential of every neuron at the end, on ``replicate`` and
  ``neuron``;
- if recorded, ``trace_v`` (mV) and ``trace_g_*`` (nS) on ``trace_time`` and ``trace_neuron``, of
  the experiment's first replicate;
- of a model whose units have activities instead of spikes (and potentials and traces),
  ``activity`` on ``replicate``, ``activity_unit`` and ``activity_time`` (s), at the beginning of
  each update, and ``trial_early_crossing``;
- coordinates of ``replicate``: its number, to which ``spike_replicate`` refers, the labels of its
  point, and every parameter in which points differ;
- attributes: ``format_version``, the parameters that points share (JSON, the task among them),
  target, versions, digest, and what the experiment cost.

Loading needs neither Brian2 nor the build.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.errors import ParameterError, ResultsError
from pfc_standalone.experiment import Point, Trial, Weights
from pfc_standalone.models import get_model
from pfc_standalone.netcdf import read_netcdf, write_netcdf
from pfc_standalone.parameters import (
    Parameters,
    parameter_field,
    parameter_fields,
    with_values,
)
from pfc_standalone.record import Labelled, Record
from pfc_standalone.tasks import Task

if TYPE_CHECKING:
    import xarray as xr

DATASET_FILE = "results.nc"
FORMAT_VERSION = 2
_TEXTS = ("condition", "cue", "probe", "correct_response", "delay_text")
_PARAMETERS = frozenset(name for name, _ in parameter_fields())
_TIMES = ("delay", "start", "onset", "cue_end", "probe_onset", "window_start", "end")


# ----------------------------------------------------------------------- points to dataset
def describe_points(points: Sequence[Point]) -> xr.Dataset:
    """Everything that is known of an experiment before it runs; `points_of` reads it back.

    Raises
    ------
    ParameterError
        If points differ in what is bound when a network is built.
    """
    return record_of(points).to_xarray()


def record_of(points: Sequence[Point]) -> Record:
    """The same, as commands keep it.

    Raises
    ------
    ParameterError
        If points differ in what is bound when a network is built.
    """
    if not points:
        raise ParameterError("there are 0 points to describe, allowed is at least one")
    shared, varying = shared_and_varying(points)
    data: dict[str, Any] = get_model(points[0].parameters).describe(points[0].parameters)
    data |= _trial_variables([p.trials for p in points])
    data["noise_replicate"] = ("replicate", np.array([p.replicate for p in points], np.int64))
    data["weights"] = _weights_variable([p.weights for p in points])
    coordinates: dict[str, Any] = {"replicate": ("replicate", np.arange(len(points)))}
    labels = _label_names(points, {*data, *coordinates})
    for name in labels:
        coordinates[name] = ("replicate", _column([p.labels.get(name) for p in points]))
    for name in varying:
        values = [_scalar(p.parameters[name]) for p in points]
        coordinates[name] = ("replicate", _column(values), _units(name))
    attributes = {
        "kind": "pfc_standalone results",
        "format_version": FORMAT_VERSION,
        "parameters": json.dumps(shared),
        "varying": json.dumps(varying),
        "labels": json.dumps(labels),
    }
    return Record(data, coordinates, attributes)


def shared_and_varying(points: Sequence[Point]) -> tuple[dict[str, Any], list[str]]:
    """Values of the first point, and names of parameters in which others differ.

    Raises
    ------
    ParameterError
        If points differ in what is bound when a network is built.
    """
    first = points[0].parameters
    shared = first.as_dict()
    varying: dict[str, Any] = {}
    for other in {id(p.parameters): p.parameters for p in points}.values():
        if other is not first:
            varying |= {n: v for n, v in other.as_dict().items() if v != shared[n]}
    for name in varying:
        if parameter_field(name).metadata["binding"] == "build":
            raise ParameterError(
                f"{name} differs between points, allowed in one experiment is one value: it is "
                "bound when the network is built, so simulate each value by itself"
            )
    return shared, sorted(varying)


def _label_names(points: Sequence[Point], taken: set[str]) -> list[str]:
    """Names of labels: all points have the same, and none hides something else.

    A label that is a parameter's name has that parameter's value, or it would be lost.
    """
    names = list(points[0].labels)
    for point in points:
        if set(point.labels) != set(names):
            raise ParameterError(
                f"points have the labels {', '.join(names) or 'none'} and "
                f"{', '.join(point.labels) or 'none'}, allowed are the same in all points"
            )
        for name, value in point.labels.items():
            if name in taken:
                raise ParameterError(
                    f"a label is called {name}, which the dataset has already: name it otherwise"
                )
            if name in _PARAMETERS and value != _as_label(point.parameters[name]):
                raise ParameterError(
                    f"the label {name} is {value}, but that parameter of the point is "
                    f"{_as_label(point.parameters[name])}: name the label otherwise"
                )
    return names


def _as_label(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return value.name if isinstance(value, Task) else _scalar(value)


def _scalar(value: Any) -> Any:
    return ",".join(value) if isinstance(value, tuple) else value


def _column(values: list[Any]) -> NDArray[Any]:
    if any(isinstance(v, str) for v in values):
        return np.array(["" if v is None else str(v) for v in values])
    return np.array([np.nan if v is None else v for v in values])


def _units(name: str) -> dict[str, str]:
    unit = parameter_field(name).metadata["unit"]
    return {"units": unit} if unit else {}


def _weights_variable(weights: list[Weights]) -> Any:
    texts = {id(w): json.dumps(w.as_dict()) for w in weights}
    if len(set(texts.values())) == 1:
        return ((), texts[id(weights[0])])
    return ("replicate", np.array([texts[id(w)] for w in weights], dtype=object))


def _trial_variables(lists: list[tuple[Trial, ...]]) -> dict[str, Any]:
    shape = (len(lists), max((len(t) for t in lists), default=0))
    longest = max((len(t.delay) for row in lists for t in row), default=1)
    dtypes = dict.fromkeys(_TEXTS, "U16") | {"delay_text": f"U{longest}"}
    texts = {n: np.full(shape, "", dtype=dtypes[n]) for n in _TEXTS}
    times = {n: np.full(shape, np.nan) for n in _TIMES}
    for r, row in enumerate(lists):
        for k, trial in enumerate(row):
            texts["condition"][r, k] = trial.condition
            texts["cue"][r, k] = trial.cue or ""
            texts["probe"][r, k] = trial.probe or ""
            texts["correct_response"][r, k] = trial.correct or ""
            texts["delay_text"][r, k] = trial.delay
            times["delay"][r, k] = float(trial.delay)
            for name in _TIMES[1:]:
                times[name][r, k] = getattr(trial, name)
    dims = ("replicate", "trial")
    return {f"trial_{n}": (dims, a) for n, a in texts.items()} | {
        f"trial_{n}": (dims, a, {"units": "s"}) for n, a in times.items()
    }


# ----------------------------------------------------------------------- dataset to points
def points_of(dataset: Labelled) -> list[Point]:
    """The points of which a dataset is the record."""
    labels = json.loads(dataset.attrs["labels"])
    weights = np.broadcast_to(dataset["weights"].values, dataset.sizes["replicate"])
    read: dict[str, Weights] = {}
    points = []
    for k, text in enumerate(map(str, weights)):
        if text not in read:
            read[text] = Weights.from_dict(json.loads(text))
        points.append(
            Point(
                parameters_of(dataset, k),
                _trials_of(dataset, k),
                read[text],
                {name: dataset[name].values[k].item() for name in labels},
                int(dataset["noise_replicate"].values[k]),
            )
        )
    return points


def _trials_of(dataset: Labelled, k: int) -> tuple[Trial, ...]:
    columns = {n: dataset[f"trial_{n}"].values[k].tolist() for n in (*_TEXTS, *_TIMES[1:])}
    return tuple(
        Trial(
            condition=condition,
            cue=columns["cue"][j] or None,
            probe=columns["probe"][j] or None,
            correct=columns["correct_response"][j] or None,
            delay=columns["delay_text"][j],
            **{n: columns[n][j] for n in _TIMES[1:]},
        )
        for j, condition in enumerate(columns["condition"])
        if condition
    )


@functools.lru_cache(maxsize=32)
def _shared(text: str) -> Parameters:
    return with_values(Parameters(), json.loads(text))


def parameters_of(dataset: Labelled, replicate: int = 0) -> Parameters:
    """The parameters of a replicate, by its position in the dataset."""
    shared = _shared(dataset.attrs["parameters"])
    varying = json.loads(dataset.attrs["varying"])
    if not varying:
        return shared
    return with_values(shared, {n: dataset[n].values[replicate].item() for n in varying})


def parameter_values(dataset: Labelled, name: str) -> NDArray[Any]:
    """Value of a parameter in each replicate: (n_replicates,) ndarray."""
    if name in json.loads(dataset.attrs["varying"]):
        return np.asarray(dataset[name].values)
    value = _scalar(_shared(dataset.attrs["parameters"])[name])
    return np.full(dataset.sizes["replicate"], value)


def task_of(dataset: Labelled) -> Task:
    """The task that was performed."""
    return _shared(dataset.attrs["parameters"]).network.task


def digest_of(dataset: Labelled) -> str:
    """Digest of what is asked of an experiment: everything in a dataset, and its target."""
    h = hashlib.sha256()
    for name, value in sorted(dataset.attrs.items()):
        h.update(f"{name}={value};".encode())
    for name in sorted(map(str, dataset.variables)):
        values = dataset[name].values
        raw = str(values.tolist()).encode() if values.dtype.kind in "OU" else values.tobytes()
        h.update(f"{name}{values.shape}".encode() + raw)
    return h.hexdigest()[:16]


# ---------------------------------------------------------------------------------- files
def load_results(folder: str | os.PathLike[str]) -> xr.Dataset:
    """Load the dataset of an experiment from its results folder, or from its file.

    Raises
    ------
    ResultsError
        If there is none, or it is broken, of another kind or version.
    """
    path = Path(folder).expanduser()
    try:
        if path.is_dir():
            path = path / DATASET_FILE
        dataset = read_netcdf(path)
    except FileNotFoundError:
        raise ResultsError(
            f"{folder} holds no {DATASET_FILE}: give the folder that a run printed"
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ResultsError(f"{path} cannot be read ({reason}): run the command again") from None
    check_format(dataset, path)
    return dataset


def check_format(dataset: Labelled, path: Path) -> None:
    """Raise `ResultsError` unless this version of the program reads the dataset."""
    if not {"parameters", "varying", "labels"} <= dataset.attrs.keys():
        raise ResultsError(f"{path} is no result of this program: give a folder that a run printed")
    version = dataset.attrs.get("format_version", 1)
    if version != FORMAT_VERSION:
        raise ResultsError(
            f"{path} is of format version {version}, this program reads {FORMAT_VERSION}: use the "
            "version of the program that made it, or run the command again"
        )


def write_dataset(dataset: Labelled, path: Path) -> None:
    """Write a dataset as compressed netCDF4, whole or not at all; raises `OSError`."""
    write_netcdf(dataset, path)


def with_facts[Some: Labelled](dataset: Some, facts: Mapping[str, Any]) -> Some:
    """The dataset with more attributes; what is neither text nor number goes in as JSON."""
    plain = {
        name: value if isinstance(value, str | int | float) else json.dumps(value)
        for name, value in facts.items()
    }
    return dataset.assign_attrs(plain)
