"""What an experiment leaves behind: one labelled dataset and a summary, whole or not at all.

``results.nc`` (netCDF4) holds

- ``spike_time`` (s), ``spike_neuron`` (within its replicate), ``spike_replicate`` on ``spike``,
  sorted by time, then replicate, then neuron;
- the population table ``population_name``, ``_layer``, ``_unit``, ``_type``, ``_start``,
  ``_size`` on ``population``;
- the trial table ``trial_*`` on ``replicate`` and ``trial``; a replicate with fewer trials than
  the others is filled up with empty names and NaN;
- if recorded, ``trace_v`` (mV) and ``trace_g_*`` (nS) on ``trace_time`` and ``trace_neuron``, of
  the experiment's first replicate;
- parameters (JSON), versions and the build's digest as attributes.

Loading needs neither Brian2 nor the build.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.parameters import Parameters
from pfc_standalone.populations import Layout, population_table, trace_neuron_numbers
from pfc_standalone.trials import Trial

if TYPE_CHECKING:
    import xarray as xr

DATASET_FILE = "results.nc"
SUMMARY_FILE = "summary.json"
TRACE_UNITS = {"v": "mV", "g_background": "nS", "g_ampa": "nS", "g_nmda": "nS", "g_gaba": "nS"}
_TRACE_SCALE = {"mV": 1e3, "nS": 1e9}


class ResultsError(RuntimeError):
    """Results cannot be written or read; the message says which and why."""


def spikes_by_replicate(
    parameters: Parameters,
    index: NDArray[np.int32],
    time: NDArray[np.float64],
    first_replicate: int,
) -> dict[str, NDArray[Any]]:
    """Translate the neuron numbers of one simulation into (replicate, neuron).

    Parameters
    ----------
    index, time : (n_spikes,) ndarray
        As Brian2 recorded them: neuron in the simulation, time in s.
    first_replicate : int
        Number of the simulation's first replicate within the experiment.

    Returns
    -------
    dict
        ``spike_time`` float64, ``spike_neuron`` int32, ``spike_replicate`` int32.
    """
    sizes = [p.size for p in population_table(parameters)]
    layout = Layout.of(sizes, parameters.network.batch)
    return {
        "spike_time": np.asarray(time, dtype=np.float64),
        "spike_neuron": layout.neuron[index],
        "spike_replicate": (layout.replicate[index] + first_replicate).astype(np.int32),
    }


def make_dataset(
    parameters: Parameters,
    trials: list[list[Trial]],
    spikes: list[dict[str, NDArray[Any]]],
    traces: dict[str, NDArray[Any]] | None,
    attributes: dict[str, str],
) -> xr.Dataset:
    """Label the results of all runs of an experiment.

    Parameters
    ----------
    trials : list of list of Trial
        By replicate.
    spikes : list of dict
        Of each run, from `spikes_by_replicate`.
    traces : dict, optional
        ``t`` (n_samples,) in s, and by variable (n_samples, n_recorded) in SI units; a
        conductance that a population shares may have one column a population instead.
    attributes : dict of str
        Provenance: versions, digest, target.
    """
    import xarray as xr

    joined = {k: np.concatenate([s[k] for s in spikes]) for k in spikes[0]}
    order = np.lexsort((joined["spike_neuron"], joined["spike_replicate"], joined["spike_time"]))
    data: dict[str, Any] = {
        "spike_time": ("spike", joined["spike_time"][order], {"units": "s"}),
        "spike_neuron": ("spike", joined["spike_neuron"][order]),
        "spike_replicate": ("spike", joined["spike_replicate"][order]),
    }
    populations = population_table(parameters)
    for name in ("name", "layer", "unit", "type", "start", "size"):
        values = [getattr(p, name) for p in populations]
        data[f"population_{name}"] = ("population", np.array(values))
    data |= _trial_variables(trials)
    if traces is not None:
        data["trace_time"] = ("trace_time", traces["t"], {"units": "s"})
        neurons = trace_neuron_numbers(parameters)
        data["trace_neuron"] = ("trace_neuron", neurons)
        starts = [p.start for p in populations]
        for name, unit in TRACE_UNITS.items():
            trace = (traces[name] * _TRACE_SCALE[unit]).astype(np.float32)
            if trace.shape[1] == len(populations) != neurons.size:  # one column a population
                trace = trace[:, np.searchsorted(starts, neurons, side="right") - 1]
            data[f"trace_{name}"] = (("trace_time", "trace_neuron"), trace, {"units": unit})
    attributes = {"parameters": json.dumps(parameters.as_dict()), **attributes}
    return xr.Dataset(data, attrs=attributes)


def _trial_variables(trials: list[list[Trial]]) -> dict[str, Any]:
    shape = (len(trials), max(len(t) for t in trials))
    names = ("condition", "cue", "probe", "correct_response", "delay_text")
    texts = {n: np.full(shape, "", dtype="U16") for n in names}
    times = {
        n: np.full(shape, np.nan)
        for n in ("delay", "start", "onset", "probe_onset", "window_start", "end")
    }
    for r, row in enumerate(trials):
        for k, trial in enumerate(row):
            texts["condition"][r, k] = trial.condition
            texts["cue"][r, k] = trial.cue or ""
            texts["probe"][r, k] = trial.probe or ""
            texts["correct_response"][r, k] = trial.correct or ""
            texts["delay_text"][r, k] = trial.delay
            times["delay"][r, k] = float(trial.delay)
            for name in ("start", "onset", "probe_onset", "window_start", "end"):
                times[name][r, k] = getattr(trial, name)
    dims = ("replicate", "trial")
    return {f"trial_{n}": (dims, a) for n, a in texts.items()} | {
        f"trial_{n}": (dims, a, {"units": "s"}) for n, a in times.items()
    }


def parameters_of(dataset: xr.Dataset) -> Parameters:
    """The parameters with which a dataset was made."""
    from pfc_standalone.parameters import with_values

    values = json.loads(dataset.attrs["parameters"])
    values["experiment.delays"] = tuple(values["experiment.delays"])
    return with_values(Parameters(), values)


def load_results(folder: str | os.PathLike[str]) -> xr.Dataset:
    """Load the dataset of an experiment from its results folder.

    Raises
    ------
    ResultsError
        If the folder holds no results.
    """
    import xarray as xr

    path = Path(folder) / DATASET_FILE
    if not path.is_file():
        raise ResultsError(f"{folder} holds no {DATASET_FILE}: give the folder that a run printed")
    return xr.load_dataset(path, engine="h5netcdf")


def write_dataset(dataset: xr.Dataset, path: Path) -> None:
    """Write a dataset as compressed netCDF4."""
    encoding = {
        str(name): {"zlib": True, "complevel": 1}
        for name, v in dataset.variables.items()
        if v.dtype.kind in "if" and v.size > 1000
    }
    dataset.to_netcdf(path, engine="h5netcdf", encoding=encoding)


@contextmanager
def results_folder(output: Path) -> Iterator[Path]:
    """A folder to write results into, which takes its final name only when all is well.

    Raises
    ------
    ResultsError
        If ``output`` exists already, or cannot be written.
    """
    check_output(output)
    partial = Path(
        tempfile.mkdtemp(prefix=f".{output.name}.", suffix=".partial", dir=output.parent)
    )
    try:
        partial.chmod(0o755)
        yield partial
        partial.rename(output)
    except OSError as error:
        raise ResultsError(
            f"the results cannot be written to {output}: {error.strerror}"
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def check_output(output: Path) -> None:
    """Make sure that results can be written to a new folder of that name.

    Raises
    ------
    ResultsError
        If it exists already, or its parent cannot be made or written.
    """
    if output.exists():
        raise ResultsError(f"--output is {output}, which exists already: name a new folder")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=output.parent):
            pass
    except OSError as error:
        raise ResultsError(
            f"--output is {output}, which cannot be written ({error.strerror}): name a folder "
            "that you may write to"
        ) from error
