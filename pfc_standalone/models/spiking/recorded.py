"""From the raw arrays that runs leave to labelled variables of a dataset."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.models import Arrays
from pfc_standalone.models.spiking.populations import (
    Layout,
    population_table,
    trace_neuron_numbers,
)
from pfc_standalone.models.spiking.tables import fibres, receives_pixels
from pfc_standalone.parameters import SI, Parameters

#: Recorded variables and the unit in which a dataset has them.
TRACE_UNITS = {"v": "mV", "g_background": "nS", "g_ampa": "nS", "g_nmda": "nS", "g_gaba": "nS"}
Runs = list[tuple[int, int, Arrays]]


def population_variables(parameters: Parameters) -> dict[str, Any]:
    """The table of populations, on ``population``."""
    populations = population_table(parameters)
    return {
        f"population_{name}": ("population", np.array([getattr(p, name) for p in populations]))
        for name in ("name", "layer", "unit", "type", "start", "size")
    }


def label(parameters: Parameters, runs: Runs) -> dict[str, Any]:
    """Variables of a dataset, as `models.ModelKind.label` describes it."""
    variables = _final_potentials(parameters, runs)
    if parameters.network.record_spikes:
        variables |= _spikes(parameters, runs)
    first = runs[0][2]
    if "neurons_traces.t" in first:
        variables |= _traces(parameters, first)
    if "plastic.w" in first:
        variables |= _learned(parameters, runs)
    return variables


def _layout(parameters: Parameters) -> Layout:
    return Layout.of([p.size for p in population_table(parameters)], parameters.network.batch)


def _spikes(parameters: Parameters, runs: Runs) -> dict[str, Any]:
    """Spikes by replicate and neuron, sorted by time, then replicate, then neuron."""
    layout = _layout(parameters)
    parts = []
    for first, count, arrays in runs:
        index = arrays["spikes.i"]
        within = layout.replicate[index]
        kept = within < count  # not those of idle replicates
        parts.append(
            (
                np.asarray(arrays["spikes.t"], np.float64)[kept],
                layout.neuron[index][kept],
                (within[kept] + first).astype(np.int32),
            )
        )
    time, neuron, replicate = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.lexsort((neuron, replicate, time))
    return {
        "spike_time": ("spike", time[order], {"units": "s"}),
        "spike_neuron": ("spike", neuron[order]),
        "spike_replicate": ("spike", replicate[order]),
    }


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
        raw = arrays[f"{'neurons' if own else 'pools'}_traces.{name}"]
        trace = (raw.reshape(time.size, -1) / SI[unit]).astype(np.float32)
        if not own:  # one column a population
            trace = trace[:, np.searchsorted(starts, neurons, side="right") - 1]
        variables[f"trace_{name}"] = (("trace_time", "trace_neuron"), trace, {"units": unit})
    return variables


def _learned(parameters: Parameters, runs: Runs) -> dict[str, Any]:
    """Weights of the synapses that learned: fibre by fibre, and each in the order of neurons."""
    layout = Layout.of(fibres(parameters), parameters.network.batch)
    of_pixels = layout.population < len(fibres(parameters)) - 1
    each = sum(p.size for p in population_table(parameters) if receives_pixels(p))
    replicate = np.repeat(layout.replicate[of_pixels], each)
    rows = [
        arrays["plastic.w"][replicate == k] / SI["nS"]
        for _, count, arrays in runs
        for k in range(count)
    ]
    return {"plastic_weight": (("replicate", "plastic_synapse"), np.stack(rows), {"units": "nS"})}
