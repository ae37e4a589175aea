"""How much memory a simulation takes, estimated before anything is built."""

from __future__ import annotations

from pfc_standalone.connectivity import synapse_count
from pfc_standalone.fields import ParameterError
from pfc_standalone.parameters import Parameters
from pfc_standalone.populations import neurons_per_replicate, population_table
from pfc_standalone.run_values import RunRequest
from pfc_standalone.stimuli import N_CHANNELS, stimulus_frames

# Bytes in the process that simulates, fitted to peak resident memory (docs/decisions.md).
_PROCESS = 4e6
_NEURON = 150.0
# Explicit: 46 bytes measured, and a margin, since synapses are appended to vectors that double.
_SYNAPSE = {"pooled": 30.0, "explicit": 60.0}
# A recorded spike: number and time in the simulation; then columns, sorting and writing here, a
# generous guess that was not measured.
_SPIKE = 12.0
_SPIKE_LABELLED = 80.0
#: Mean rate over all neurons and a whole experiment, on the safe side of the measured 4.5 Hz.
_MEAN_RATE_HZ = 6.0


def process_memory(parameters: Parameters, duration: float) -> float:
    """Bytes that one process of the simulation takes (``network.batch`` replicates).

    Parameters
    ----------
    duration : float
        Biological time, s.
    """
    network = parameters.network
    neurons = neurons_per_replicate(population_table(parameters))
    per_replicate = (
        neurons * (_NEURON + _SPIKE * _MEAN_RATE_HZ * duration)
        + synapse_count(parameters) * _SYNAPSE[network.connectivity]
        + stimulus_frames(parameters, network.block_duration) * (N_CHANNELS + 1) * 8
    )
    return _PROCESS + network.batch * per_replicate


def check_memory(request: RunRequest, n_runs: int, cores: int) -> int:
    """How many processes may run at once.

    Raises
    ------
    ParameterError
        If not even one fits into this machine's memory, results included.
    """
    import psutil

    parameters = request.replicates[0]
    neurons = neurons_per_replicate(population_table(parameters))
    spikes = n_runs * len(request.replicates) * neurons * _MEAN_RATE_HZ * request.duration
    results = spikes * _SPIKE_LABELLED
    one = process_memory(parameters, request.duration)
    total = psutil.virtual_memory().total
    if one + results > total:
        raise ParameterError(
            f"this simulation needs about {(one + results) / 1e9:.3g} GB of memory "
            f"({one / 1e9:.3g} GB to simulate, {results / 1e9:.3g} GB for its results), and this "
            f"machine has {total / 1e9:.3g} GB: use a smaller --n-per-unit, pooled connectivity "
            "or fewer --trials"
        )
    return max(1, min(cores, n_runs, int((total - results) // one)))
