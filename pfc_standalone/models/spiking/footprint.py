"""How much memory the spiking network takes, estimated before anything is built."""

from __future__ import annotations

import numpy as np

from pfc_standalone.models import Footprint
from pfc_standalone.models.spiking import plastic
from pfc_standalone.models.spiking.connections import get_connection
from pfc_standalone.models.spiking.populations import neurons_per_replicate, population_table
from pfc_standalone.models.spiking.stimulus import change_rows
from pfc_standalone.models.spiking.tables import connection_mask, fibres
from pfc_standalone.parameters import Parameters

# Bytes in the process that simulates, fitted to peak resident memory (docs/decisions.md).
_PROCESS = 4e6
_NEURON = 160.0
_PLASTIC_SYNAPSE = 120.0  # a generous guess, not measured
# A recorded spike: number and time in the simulation; then columns, sorting and writing here, a
# generous guess that was not measured.
_SPIKE = 12.0
_SPIKE_LABELLED = 80.0
#: Mean rate over all neurons and a whole experiment, on the safe side of the measured 4.5 Hz.
_MEAN_RATE_HZ = 6.0


def synapse_count(parameters: Parameters) -> int:
    """Synapses of one replicate, as its connectivity stores them (those of fibres included)."""
    sizes = np.array([p.size for p in population_table(parameters)])
    recurrent, afferent = connection_mask(parameters)
    connection = get_connection(parameters)
    return connection.count(sizes, recurrent, np.array(fibres(parameters)), afferent)


def footprint(parameters: Parameters, duration: float) -> Footprint:
    """Bytes that one run of ``network.batch`` replicates takes.

    Parameters
    ----------
    duration : float
        Biological time, s.
    """
    neurons = neurons_per_replicate(population_table(parameters))
    spikes = neurons * _MEAN_RATE_HZ * duration if parameters.network.record_spikes else 0.0
    per_replicate = (
        neurons * _NEURON
        + spikes * _SPIKE
        + synapse_count(parameters) * get_connection(parameters).bytes_per_synapse
        + plastic.count(parameters) * _PLASTIC_SYNAPSE
        + change_rows(parameters) * 2 * 8
    )
    batch = max(parameters.network.batch, 1)
    return Footprint(_PROCESS + batch * per_replicate, batch * spikes * _SPIKE_LABELLED)
