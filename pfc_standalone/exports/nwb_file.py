"""Results as a file of Neurodata Without Borders."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from pfc_standalone.errors import ResultsError
from pfc_standalone.exports.contents import (
    TRIAL_COLUMNS,
    Neurons,
    made_on,
    needed,
    neurons_of,
    traces_of,
    trials_of,
)
from pfc_standalone.record import Labelled
from pfc_standalone.results import task_of
from pfc_standalone.results.folder import check_output
from pfc_standalone.results.provenance import provenance

#: What SI unit a trace has in the file, and the factor to it.
_SI = {"mV": ("volts", 1e-3), "nS": ("siemens", 1e-9)}
_COLUMNS = {
    "replicate": "independent copy of the network",
    "neuron": "number within the replicate",
    "population": "population of the network",
    "layer": "input, memory or output",
    "selective_unit": "unit of the published model that it stands for, empty if none",
    "cell_type": "exc or inh",
}


def to_nwb(dataset: Labelled, path: str | Path) -> None:
    """Write results as NWB, whole or not at all.

    All replicates stand in one file and share one axis of time: columns ``replicate`` of the units
    and of the trials tell them apart. Every neuron is a unit, silent ones among them. Trials have
    the columns of `contents.TRIAL_COLUMNS`; traces, where they were recorded, are acquisitions of
    the first replicate. The session starts when the results were made, and ``notes`` says where
    they come from and all parameters, as JSON.

    Parameters
    ----------
    dataset : Dataset
        From `load_results` or `simulate`.
    path : str or Path
        A new file.

    Raises
    ------
    ResultsError
        If the dataset has no spikes, or the file exists or cannot be written.
    RequirementError
        If pynwb is not installed (extra ``nwb``).
    """
    path = Path(path).expanduser()
    neurons, trials = neurons_of(dataset), trials_of(dataset)
    check_output(path, "the file", "file")
    pynwb = needed("pynwb", "nwb")
    made, task = provenance(dataset), task_of(dataset).name
    file = pynwb.NWBFile(
        session_description=f"{task}, simulated: {dataset.sizes['replicate']} replicates of a "
        "spiking prefrontal-cortex network, which share this axis of time",
        identifier=f"{made['digest']} {made['date']}",
        session_start_time=made_on(dataset),
        experiment_description=f"command: {made['command']}",
        keywords=["simulation", "prefrontal cortex", "working memory", task],
        notes=json.dumps(
            {"provenance": made, "parameters": json.loads(dataset.attrs["parameters"])}
        ),
    )
    _add_units(file, neurons)
    _add_trials(file, trials)
    _add_traces(file, dataset, pynwb)
    partial = path.with_name(f".{path.stem}.partial.nwb")
    try:
        with pynwb.NWBHDF5IO(partial, "w") as io:
            io.write(file)
        partial.replace(path)
    except OSError as error:
        raise ResultsError(f"{path} could not be written: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def _add_units(file: Any, neurons: Neurons) -> None:
    """The table of units; made at once, since a row takes long to add."""
    common, misc = needed("hdmf.common", "nwb"), needed("pynwb.misc", "nwb")
    times = common.VectorData(
        name="spike_times", description="times of spikes, s", data=neurons.spike_times
    )
    index = common.VectorIndex(name="spike_times_index", data=neurons.stops, target=times)
    columns = [
        common.VectorData(name=name, description=text, data=_plain(neurons.columns[name]))
        for name, text in _COLUMNS.items()
    ]
    file.units = misc.Units(
        name="units",
        description="every recorded neuron of every replicate",
        columns=[index, times, *columns],
        id=np.arange(neurons.stops.size),
    )


def _plain(values: Any) -> Any:
    """Texts as the file takes them."""
    return values.astype(object) if values.dtype.kind == "U" else values


def _add_trials(file: Any, trials: dict[str, Any]) -> None:
    texts = {"replicate": _COLUMNS["replicate"]} | TRIAL_COLUMNS
    names = [name for name in texts if name in trials]
    for name in names:
        file.add_trial_column(name=name, description=texts[name])
    columns = [trials[name].tolist() for name in ("start", "end", *names)]
    for start, end, *values in zip(*columns, strict=True):
        row = dict(zip(names, values, strict=True))
        file.add_trial(start_time=start, stop_time=end, **row)


def _add_traces(file: Any, dataset: Labelled, pynwb: Any) -> None:
    for name, (values, unit) in traces_of(dataset).items():
        times, neurons = dataset["trace_time"].values, dataset["trace_neuron"].values
        si, factor = _SI[unit]
        file.add_acquisition(
            pynwb.TimeSeries(
                name=f"trace_{name}",
                description=f"neurons {', '.join(map(str, neurons.tolist()))} of the first "
                "replicate, a column each",
                data=values,
                unit=si,
                conversion=factor,
                starting_time=float(times[0]),
                rate=1 / float(times[1] - times[0]),
            )
        )
