"""The weight tables: what a spike of each population does to each population.

A *row* is a source population, a *column* a destination, an entry the conductance that
one spike of one source neuron adds to every neuron of the destination, in siemens. Connections are
all-to-all, so a table is the whole connectivity: ``pooled`` networks apply it to one conductance
per population, ``explicit`` ones to a synapse per pair of neurons.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.experiment.weights import BY_HAND, Weights, into_memory
from pfc_standalone.models.spiking.populations import Population, layers_of, population_table
from pfc_standalone.parameters import SI, Parameters

_NS = SI["nS"]
#: Peak conductance of NMDA in the place of 1 of AMPA, where a projection goes through NMDA: with it
#: both carry the same mean current at a memory unit's delay rate of 57 Hz and -55 mV, where a
#: neuron rests between spikes. Below that rate NMDA carries more, above less: it saturates.
NMDA_FOR_AMPA = 1.3


@dataclass(frozen=True)
class WeightTables:
    """Conductances in siemens; P populations, C channels of fibres.

    Attributes
    ----------
    ampa, gated, nmda, gaba : (P, P) ndarray of float64
        By receptor; ``gated`` is the AMPA of projections that open only around the cue. NMDA is
        multiplied by the part of the source neuron's gating variable that a spike takes.
    fibre : (C, P) ndarray of float64
        AMPA of one spike of one fibre of a pixel or of the reset.
    """

    ampa: NDArray[np.float64]
    gated: NDArray[np.float64]
    nmda: NDArray[np.float64]
    gaba: NDArray[np.float64]
    fibre: NDArray[np.float64]


def weight_tables(parameters: Parameters, weights: Weights = BY_HAND) -> WeightTables:
    """The tables that parameters and weights describe.

    Within a layer, the summed conductance onto a population is shared by fraction of the layer's
    excitatory neurons, potentiated by ``w_plus`` within a selective unit and depressed by
    ``w_minus = 1 - f (w_plus - 1)/(1 - f)`` onto it from elsewhere, so that the total stays
    (Brunel & Wang 2001, doi:10.1023/A:1011204814320, eq. for w_minus). A layer's ``gain`` is a
    factor on NMDA from within it alone: in the published model the gain of memory acts on what
    memory receives, not on what it sends.
    """
    populations = population_table(parameters)
    index = {p.name: i for i, p in enumerate(populations)}
    shape = (len(populations), len(populations))
    ampa, gated, nmda, gaba = (np.zeros(shape) for _ in range(4))
    r = parameters.recurrent

    for layer in layers_of(parameters):
        values = getattr(parameters, layer)
        members = [p for p in populations if p.layer == layer]
        n_exc = sum(p.size for p in members if p.type == "exc")
        n_inh = sum(p.size for p in members if p.type == "inh")
        for source in members:
            for destination in members:
                at = index[source.name], index[destination.name]
                onto_exc = destination.type == "exc"
                if source.type == "inh":
                    total = r.gaba_exc * values.inhibition if onto_exc else r.gaba_inh
                    gaba[at] = total / n_inh * _NS
                    continue
                w = 1.0 if onto_exc else values.exc_to_inh
                if destination.unit:
                    w = _selectivity(source is destination, destination.size / n_exc, values.w_plus)
                total = r.ampa_exc * values.ampa if onto_exc else r.ampa_inh
                ampa[at] = w * total / n_exc * _NS
                nmda[at] = w * values.gain * (r.nmda_exc if onto_exc else r.nmda_inh) / n_exc * _NS

    between = weights.over(parameters)
    known = {(p.source, p.destination): p for p in parameters.network.task.projections}
    for pair, total in between.projections.items():
        if not set(pair) <= index.keys():  # of a layer that this network has not
            continue
        at, projection = (index[pair[0]], index[pair[1]]), known.get(pair)
        # those that learning adds are into memory
        gate, share = (projection.gated, projection.nmda_share) if projection else (True, 0.0)
        synapse = total / populations[at[0]].size * _NS
        (gated if gate else ampa)[at] = (1 - share) * synapse
        nmda[at] = share * NMDA_FOR_AMPA * synapse

    fibre = np.zeros((n_channels(parameters), len(populations)))
    for unit, conductances in between.pixels.items():
        fibre[:-1, index[f"input_{unit}"]] = conductances
    if "memory_inh" in index:
        fibre[-1, index["memory_inh"]] = parameters.afferents.g_reset
    return WeightTables(ampa, gated, nmda, gaba, fibre * _NS)


def _selectivity(within: bool, f: float, w_plus: float) -> float:
    """Factor on excitation of a unit with the share f: from itself, or from elsewhere."""
    if within or f == 1:
        return w_plus
    return max(1 - f * (w_plus - 1) / (1 - f), 0.0)  # at the largest w_plus, rounding errors


def n_channels(parameters: Parameters) -> int:
    """What a fibre may belong to: each pixel of an image, and last the reset of memory."""
    return parameters.network.task.n_pixels + 1


def fibres(parameters: Parameters) -> list[int]:
    """Poisson fibres of each channel."""
    a = parameters.afferents
    return [a.fibres_per_pixel] * (n_channels(parameters) - 1) + [a.reset_fibres]


def receives_pixels(population: Population) -> bool:
    """Whether fibres of pixels reach a population: every one reaches every input unit."""
    return population.layer == "input" and population.unit != ""


def connection_mask(parameters: Parameters) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which pairs have synapses, whatever their weight when the binary runs.

    Returns
    -------
    recurrent : (P, P) ndarray of bool
    afferent : (C, P) ndarray of bool
        Every pixel reaches every selective input unit, so that learning may use it.
    """
    populations = population_table(parameters)
    index = {p.name: i for i, p in enumerate(populations)}
    layer = np.array([p.layer for p in populations])
    recurrent = layer[:, None] == layer[None, :]
    network = parameters.network
    pairs = {(p.source, p.destination) for p in network.task.projections}
    if network.full_memory:
        pairs |= into_memory(network.task)
    for source, destination in pairs:
        if {source, destination} <= index.keys():
            recurrent[index[source], index[destination]] = True
    afferent = np.zeros((n_channels(parameters), len(populations)), dtype=bool)
    afferent[:-1] = [receives_pixels(p) for p in populations]
    if "memory_inh" in index:
        afferent[-1, index["memory_inh"]] = True
    return recurrent, afferent
