"""From the raw arrays that runs leave to labelled variables of a dataset."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.errors import ResultsError
from pfc_standalone.models import Arrays, RunRequest
from pfc_standalone.models.spiking import plastic
from pfc_standalone.models.spiking.populations import (
    Layout,
    population_table,
    recorded_neurons,
    trace_neuron_numbers,
)
from pfc_standalone.models.spiking.tables import fibres
from pfc_standalone.parameters import SI, Parameters

#: Recorded variables and the unit in which a dataset has them.
TRACE_UNITS = {"v": "mV", "g_background": "nS", "g_ampa": "nS", "g_nmda": "nS", "g_gaba": "nS"}
Runs = list[tuple[int, int, Arrays]]
#: About how many spikes are made into columns and sorted at once: 70 MB.
_SPIKES_AT_ONCE = 1_000_000


def population_variables(parameters: Parameters) -> dict[str, Any]:
    """The table of populations, on ``population``."""
    populations = population_table(parameters)
    columns = {
        name: [getattr(p, name) for p in populations]
        for name in ("name", "layer", "unit", "type", "start", "size")
    }
    if parameters.network.record_outputs_only:
        first, stop = recorded_neurons(parameters)
        columns["recorded"] = [first <= p.start < stop for p in populations]
    return {f"population_{n}": ("population", np.array(c)) for n, c in columns.items()}


def label(parameters: Parameters, runs: Runs) -> dict[str, Any]:
    """Variables of a dataset, as `models.ModelKind.label` describes it."""
    variables = _final_potentials(parameters, runs)
    if parameters.network.record_spikes:
        variables |= _spikes(parameters, runs)
    first = runs[0][2]
    if "neurons_traces.t" in first:
        variables |= _traces(parameters, first)
    for projection in plastic.projections(parameters):
        variables |= _learned(parameters, projection, runs)
    if "learners.raised" in first:
        raised = [a["learners.raised"].reshape(parameters.network.batch, -1) for _, _, a in runs]
        used = np.concatenate([r[:count] for r, (_, count, _) in zip(raised, runs, strict=True)])
        variables["learned_threshold"] = (
            ("replicate", "population"), used / SI["mV"], {"units": "mV"},
        )  # fmt: skip
    return variables


def check_whole(request: RunRequest, arrays: Arrays) -> None:
    """Raise `ResultsError` unless every array of a run has the length that it must have.

    A disk that fills up while a run writes leaves files that look whole each by itself.
    """
    parameters = request.parameters
    network = parameters.network
    lengths = {
        "neurons.v": _layout(parameters).neuron.size,
        **{
            f"{p.name}.w": math.prod(p.shape) * network.batch
            for p in plastic.projections(parameters)
        },
    }
    if "spikes.N" in arrays and arrays["spikes.N"].size:
        lengths["spikes.t"] = lengths["spikes.i"] = int(arrays["spikes.N"][0])
    if "neurons_traces.t" in arrays:
        samples = arrays["neurons_traces.t"].size
        if abs(samples - request.duration / parameters.si("network.trace_dt")) > 1.5:
            raise ResultsError(
                f"neurons_traces.t has {samples} values for {request.duration:g} s at one each "
                f"{network.trace_dt:g} ms: is the disk full?"
            )
        columns = {"neurons": trace_neuron_numbers(parameters).size}
        columns["populations"] = len(population_table(parameters))
        for group, width in columns.items():
            lengths |= {f"{group}_traces.{name}": samples * width for name in TRACE_UNITS}
    for name in lengths.keys() & arrays.keys():
        if (size := arrays[name].size) != lengths[name]:
            raise ResultsError(
                f"{name} has {size} values where {lengths[name]} were recorded: is the disk full?"
            )


def _layout(parameters: Parameters) -> Layout:
    return Layout.of([p.size for p in population_table(parameters)], parameters.network.batch)


def _spikes(parameters: Parameters, runs: Runs) -> dict[str, Any]:
    """Spikes by replicate and neuron, sorted by time, then replicate, then neuron.

    One stretch of time after the other, since all at once take several times the memory of what
    comes out.
    """
    layout, dt = _layout(parameters), parameters.si("network.dt")
    # a monitor counts from the first neuron that it records
    offset = recorded_neurons(parameters)[0] * parameters.network.batch
    sources = [
        (first, count, *_in_order_of_time(arrays["spikes.t"], arrays["spikes.i"]))
        for first, count, arrays in runs
    ]
    total = sum(time.size for _, _, time, _ in sources)
    columns: tuple[NDArray[Any], ...] = (
        np.empty(total, np.float64), np.empty(total, np.int32), np.empty(total, np.int32)
    )  # fmt: skip
    done = 0
    for parts in _stretches([time for _, _, time, _ in sources]):
        some = [
            _labelled(layout, first, count, time[part], index[part] + offset)
            for part, (first, count, time, index) in zip(parts, sources, strict=True)
        ]
        stretch = (np.concatenate(column) for column in zip(*some, strict=True))
        for column, values in zip(columns, _in_order(dt, *stretch), strict=True):
            column[done : done + values.size] = values
        done += values.size
    time, replicate, neuron = (column[:done] for column in columns)
    return {
        "spike_time": ("spike", time, {"units": "s"}),
        "spike_neuron": ("spike", neuron),
        "spike_replicate": ("spike", replicate),
    }


def _labelled(
    layout: Layout, first: int, count: int, time: NDArray[Any], index: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Time, replicate and neuron of a run's spikes, those of idle replicates left out."""
    replicate, neuron = layout.replicate[index], layout.neuron[index]
    if count <= layout.replicate.max(initial=0):
        kept = replicate < count
        time, replicate, neuron = time[kept], replicate[kept], neuron[kept]
    return np.asarray(time), replicate + first, neuron


def _in_order(
    dt: float, time: NDArray[Any], replicate: NDArray[Any], neuron: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Spikes sorted by time, then replicate, then neuron.

    Each is packed into one integer, which numpy sorts ten times as fast as three columns.
    """
    step = np.rint((time - time.min(initial=np.inf)) / dt).astype(np.int64)
    n_steps = int(step.max(initial=0)) + 1
    low = int(neuron.max(initial=0)).bit_length()
    high = low + int(replicate.max(initial=0)).bit_length()
    if n_steps <= _SPIKES_AT_ONCE and n_steps.bit_length() + high < 63:
        time_of = np.zeros(n_steps)
        time_of[step] = time
        if (time_of[step] == time).all():  # a step has one time
            packed = step << high | replicate.astype(np.int64) << low | neuron
            packed.sort()
            replicate = packed >> low & ((1 << high - low) - 1)
            return time_of[packed >> high], replicate, packed & ((1 << low) - 1)
    order = np.lexsort((neuron, replicate, time))
    return time[order], replicate[order], neuron[order]


def _in_order_of_time(
    time: NDArray[Any], index: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[np.integer[Any]]]:
    """Spikes as they are if they are in order of time, as monitors leave them; or else sorted."""
    for start in range(0, time.size, _SPIKES_AT_ONCE):
        if (np.diff(time[start : start + _SPIKES_AT_ONCE + 1]) < 0).any():
            order = np.argsort(time, kind="stable")
            return time[order], index[order]
    return time, index


def _stretches(times: list[NDArray[Any]]) -> Iterator[list[slice]]:
    """Parts of each run's spikes, one stretch of time after the other, with all spikes of a moment
    in one of them.
    """
    at_once = max(_SPIKES_AT_ONCE // len(times), 1)
    samples = np.sort(np.concatenate([time[at_once::at_once] for time in times]))
    ends = np.unique(samples[:: len(times)])
    starts = [0] * len(times)
    for end in (*ends, np.inf):
        stops = [int(np.searchsorted(time, end)) for time in times]
        yield [slice(*part) for part in zip(starts, stops, strict=True)]
        starts = stops


def _final_potentials(parameters: Parameters, runs: Runs) -> dict[str, Any]:
    layout, n_replicates = _layout(parameters), sum(count for _, count, _ in runs)
    final: NDArray[Any] | None = None
    for first, count, arrays in runs:
        v = arrays["neurons.v"]
        if final is None:
            n_neurons = layout.neuron.size // parameters.network.batch
            final = np.empty((n_replicates, n_neurons), v.dtype)
        for k in range(count):
            mine = layout.replicate == k
            final[first + k, layout.neuron[mine]] = v[mine]
    return {"final_v": (("replicate", "neuron"), final, {"units": "V"})}


def _traces(parameters: Parameters, arrays: Arrays) -> dict[str, Any]:
    """Traces of the experiment's first replicate."""
    populations, neurons = population_table(parameters), trace_neuron_numbers(parameters)
    starts = [p.start for p in populations]
    # Spikes have the time of their step; the clock of traces counts in steps of its own.
    dt = parameters.si("network.dt")
    time = np.rint(arrays["neurons_traces.t"] / dt) * dt
    variables: dict[str, Any] = {
        "trace_time": ("trace_time", time, {"units": "s"}),
        "trace_neuron": ("trace_neuron", neurons),
    }
    for name, unit in TRACE_UNITS.items():
        own = f"neurons_traces.{name}" in arrays
        raw = arrays[f"{'neurons' if own else 'populations'}_traces.{name}"]
        trace = (raw.reshape(time.size, -1) / SI[unit]).astype(np.float32)
        if not own:  # one column a population
            trace = trace[:, np.searchsorted(starts, neurons, side="right") - 1]
        variables[f"trace_{name}"] = (("trace_time", "trace_neuron"), trace, {"units": unit})
    return variables


def _learned(parameters: Parameters, projection: plastic.Plastic, runs: Runs) -> dict[str, Any]:
    """Weights of the synapses onto a layer that learned, at the end and, if recorded, before."""
    name, batch = projection.name, parameters.network.batch
    if projection.layer == "input":
        layout = Layout.of(fibres(parameters), batch)
    else:
        layout = _layout(parameters)
    within = np.isin(layout.neuron, projection.sources)
    # as they were connected: source by source, and each with all its destinations
    replicate = np.repeat(layout.replicate[within], len(projection.destinations))
    dims = (f"{projection.layer}_source", f"{projection.layer}_neuron")
    last, all_times, times = [], [], None
    for _, used, arrays in runs:
        if f"{name}_records.t" in arrays:
            times = np.asarray(arrays[f"{name}_records.t"])
            records = arrays[f"{name}_records.w"].reshape(times.size, -1) / SI["nS"]
            all_times += [
                records[:, replicate == k].reshape(-1, *projection.shape) for k in range(used)
            ]
        w = np.asarray(arrays[f"{name}.w"]) / SI["nS"]
        last += [w[replicate == k].reshape(projection.shape) for k in range(used)]
    units = {"units": "nS"}
    found: dict[str, Any] = {
        f"learned_{projection.layer}": (("replicate", *dims), np.stack(last), units)
    }
    if times is not None:
        found["learned_time"] = ("learned_time", times, {"units": "s"})
        over_time = np.stack(all_times).astype(np.float32)
        dims_then = ("replicate", "learned_time", *dims)
        found[f"learned_{projection.layer}_over_time"] = (dims_then, over_time, units)
    return found
