"""The weight tables: what a spike of each population does to each population.

A *row* is a source population, a *column* a target population, an entry the conductance that
one spike of one source neuron adds to every neuron of the target, in siemens. Connections are
all-to-all, so a table is the whole connectivity: ``pooled`` networks apply it to one conductance
per population, ``explicit`` ones to a synapse per pair of neurons. Learning fills the same
tables.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.parameters import Parameters
from pfc_standalone.populations import population_table
from pfc_standalone.stimuli import N_CHANNELS, RESET_CHANNEL, pixel_shares
from pfc_standalone.tasks import LAYERS, get_task

_NS = 1e-9


@dataclass(frozen=True)
class WeightTables:
    """Conductances in siemens; P populations, C afferent channels.

    Attributes
    ----------
    ampa, gated, nmda, gaba : (P, P) ndarray of float64
        By receptor; ``gated`` is the AMPA of projections that open only around the cue.
    afferent : (C, P) ndarray of float64
        AMPA of one spike of one fibre of a pixel or of the reset.
    """

    ampa: NDArray[np.float64]
    gated: NDArray[np.float64]
    nmda: NDArray[np.float64]
    gaba: NDArray[np.float64]
    afferent: NDArray[np.float64]


def weight_tables(parameters: Parameters) -> WeightTables:
    """The tables that the parameters describe, input weights from the images by hand.

    Within a layer, the summed conductance onto a population is shared by fraction of the layer's
    excitatory neurons, potentiated by ``w_plus`` within a selective unit and depressed by
    ``w_minus = 1 - f (w_plus - 1)/(1 - f)`` onto it from elsewhere, so that the total stays
    (Brunel & Wang 2001, doi:10.1023/A:1011204814320, eq. for w_minus).
    """
    populations = population_table(parameters)
    index = {p.name: i for i, p in enumerate(populations)}
    shape = (len(populations), len(populations))
    ampa, gated, nmda, gaba = (np.zeros(shape) for _ in range(4))
    r = parameters.recurrent

    for layer in LAYERS:
        values = getattr(parameters, layer)
        members = [p for p in populations if p.layer == layer]
        n_exc = sum(p.size for p in members if p.type == "exc")
        n_inh = sum(p.size for p in members if p.type == "inh")
        for source in members:
            for target in members:
                at = index[source.name], index[target.name]
                onto_exc = target.type == "exc"
                if source.type == "inh":
                    total = r.gaba_exc * values.inhibition if onto_exc else r.gaba_inh
                    gaba[at] = total / n_inh * _NS
                    continue
                w = 1.0 if onto_exc else values.feedback
                if target.unit:
                    f = target.size / n_exc
                    w_minus = 1 - f * (values.w_plus - 1) / (1 - f)
                    w = values.w_plus if source is target else max(w_minus, 0.0)
                ampa[at] = w * (r.ampa_exc if onto_exc else r.ampa_inh) / n_exc * _NS
                nmda[at] = w * values.gain * (r.nmda_exc if onto_exc else r.nmda_inh) / n_exc * _NS

    task = get_task(parameters.network.task)
    for projection in task.projections:
        at = index[projection.source], index[projection.target]
        size = populations[at[0]].size
        (gated if projection.gated else ampa)[at] = parameters[projection.parameter] / size * _NS

    afferent = np.zeros((N_CHANNELS, len(populations)))
    for unit, shares in pixel_shares(parameters).items():
        afferent[:RESET_CHANNEL, index[f"input_{unit}"]] = parameters.afferents.g_pixel * shares
    afferent[RESET_CHANNEL, index["memory_inh"]] = parameters.afferents.g_reset
    return WeightTables(ampa, gated, nmda, gaba, afferent * _NS)


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
    for projection in get_task(parameters.network.task).projections:
        recurrent[index[projection.source], index[projection.target]] = True
    afferent = np.zeros((N_CHANNELS, len(populations)), dtype=bool)
    afferent[:RESET_CHANNEL] = [p.layer == "input" and p.unit != "" for p in populations]
    afferent[RESET_CHANNEL, index["memory_inh"]] = True
    return recurrent, afferent


def synapse_count(parameters: Parameters) -> int:
    """Synapses of one replicate, as its connectivity stores them (afferents included)."""
    populations = population_table(parameters)
    sizes = np.array([p.size for p in populations])
    targets = sizes if parameters.network.connectivity == "explicit" else np.ones_like(sizes)
    recurrent, afferent = connection_mask(parameters)
    fibres = np.full(N_CHANNELS, parameters.afferents.fibres_per_pixel)
    fibres[RESET_CHANNEL] = parameters.afferents.reset_fibres
    return int(sizes @ recurrent @ targets + fibres @ afferent @ targets)
