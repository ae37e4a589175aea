"""How much memory the spiking network takes, estimated before anything is built."""

from __future__ import annotations

import numpy as np

from pfc_standalone.errors import ParameterError
from pfc_standalone.experiment.changes import change_rows
from pfc_standalone.models import Footprint
from pfc_standalone.models.spiking import plastic
from pfc_standalone.models.spiking.connections import get_connection
from pfc_standalone.models.spiking.populations import (
    neurons_per_replicate,
    population_table,
    recorded_neurons,
    trace_neuron_numbers,
)
from pfc_standalone.models.spiking.recorded import TRACE_UNITS
from pfc_standalone.models.spiking.tables import connection_mask, fibres
from pfc_standalone.parameters import Parameters

#: Brian2 numbers synapses in 32 bits.
_MOST_SYNAPSES = 2**31 - 1
# Bytes in the process that simulates, fitted to peak resident memory (docs/decisions.md).
_PROCESS = 4e6
_NEURON = 160.0
_PLASTIC_SYNAPSE = 120.0  # a generous guess, not measured
# A recorded spike: number and time in the simulation, and as raw files; columns of the dataset
# and of a table sorted by population here (16 + 12 measured, and a margin); compressed on disk
# (4.7 measured, of spikes at random).
_SPIKE = 12.0
_SPIKE_LABELLED = 34.0
_SPIKE_STORED = 8.0
# A value of a trace: in a vector that doubles; five as numbers of 4 bytes and one on its way here.
_TRACE = 16.0
_TRACE_LABELLED = 8.0
#: Bytes of a moment of the decision's grid (1 ms): times and spikes, and a rate for each unit.
_MOMENT, _GRID = 8.0, 1e-3
#: Mean rate over all neurons and a whole experiment, on the safe side of the measured 4.5 Hz.
_MEAN_RATE_HZ = 6.0
#: The same of the output units alone.
_OUTPUT_RATE_HZ = 12.0


def synapse_count(parameters: Parameters) -> int:
    """Synapses of one replicate, as its connectivity stores them (those of fibres included)."""
    sizes = np.array([p.size for p in population_table(parameters)])
    recurrent, afferent = connection_mask(parameters)
    connection = get_connection(parameters)
    return connection.count(sizes, recurrent, np.array(fibres(parameters)), afferent)


def check_synapses(parameters: Parameters) -> None:
    """Raise `ParameterError` if a process has more synapses than Brian2 can number."""
    network = parameters.network
    if (synapses := max(network.batch, 1) * synapse_count(parameters)) > _MOST_SYNAPSES:
        raise ParameterError(
            f"network.n_per_unit is {network.n_per_unit}, which makes {synapses:.3g} synapses in a "
            f"process, allowed are {_MOST_SYNAPSES}, as many as Brian2 can number: choose a "
            "smaller one, or pooled connectivity"
        )


def footprint(parameters: Parameters, duration: float) -> Footprint:
    """Bytes of memory and disk that one run of ``network.batch`` replicates takes.

    Parameters
    ----------
    duration : float
        Biological time, s.
    """
    network = parameters.network
    neurons = neurons_per_replicate(population_table(parameters))
    spikes = _spikes_a_second(parameters) * duration if network.record_spikes else 0.0
    traces = _trace_values(parameters, duration)
    per_replicate = (
        neurons * _NEURON
        + spikes * _SPIKE
        + synapse_count(parameters) * get_connection(parameters).bytes_per_synapse
        + plastic.count(parameters) * (_PLASTIC_SYNAPSE + 8 * _records(parameters, duration))
        + change_rows(parameters) * 2 * 8
    )
    batch = max(network.batch, 1)
    return Footprint(
        process=_PROCESS + batch * per_replicate + traces * _TRACE,
        results=batch
        * (
            spikes * _SPIKE_LABELLED
            + neurons * 8
            + plastic.count(parameters) * 16 * (1 + _records(parameters, duration))
        ),
        disk=batch
        * (
            spikes * (_SPIKE + _SPIKE_STORED)
            + neurons * 16
            + plastic.count(parameters) * 8 * (1 + _records(parameters, duration))
        )
        + traces * 12,
        analysis=traces * _TRACE_LABELLED
        + duration / _GRID * _MOMENT * (5 + len(network.task.units["output"])),
    )


def _spikes_a_second(parameters: Parameters) -> float:
    """Recorded spikes of a replicate in each second."""
    first, stop = recorded_neurons(parameters)
    only = parameters.network.record_outputs_only
    return (stop - first) * (_OUTPUT_RATE_HZ if only else _MEAN_RATE_HZ)


def _records(parameters: Parameters, duration: float) -> float:
    """How often the weights that learn are recorded."""
    every = parameters.network.weights_every
    return 1 + duration / every if every else 0.0


def _trace_values(parameters: Parameters, duration: float) -> float:
    """How many numbers the traces of a run hold."""
    if not parameters.network.traces:
        return 0.0
    columns = len(TRACE_UNITS) * trace_neuron_numbers(parameters).size
    return columns * duration / parameters.si("network.trace_dt")
