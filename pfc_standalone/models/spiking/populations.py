"""The population table: who is in the network, and where each neuron lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.parameters import Parameters
from pfc_standalone.tasks import LAYERS


@dataclass(frozen=True)
class Population:
    """One population of one replicate."""

    name: str  # layer_unit, layer_nonselective or layer_inh
    layer: str
    unit: str  # the selective unit it stands for, "" otherwise
    type: str  # "exc" or "inh"
    start: int  # first neuron, counted within the replicate
    size: int

    @property
    def stop(self) -> int:
        """One past the last neuron."""
        return self.start + self.size


def layers_of(parameters: Parameters) -> tuple[str, ...]:
    """The layers that a network has: up to ``network.layers``."""
    return LAYERS[: LAYERS.index(parameters.network.layers) + 1]


def population_table(parameters: Parameters) -> tuple[Population, ...]:
    """All populations, excitatory ones first, in the order of their neurons.

    Sizes are multiples of ``network.n_per_unit``, rounded; every layer has
    ``inhibitory_fraction`` inhibitory neurons for each excitatory one.
    """
    n = parameters.network.n_per_unit
    task = parameters.network.task
    exc: list[tuple[str, str, str, str, int]] = []
    inh: list[tuple[str, str, str, str, int]] = []
    for layer in layers_of(parameters):
        values = getattr(parameters, layer)
        units = [(f"{layer}_{u}", layer, u, "exc", n) for u in task.units[layer]]
        rest = round(values.nonselective * n)
        if rest:
            units.append((f"{layer}_nonselective", layer, "", "exc", rest))
        exc += units
        n_exc = sum(u[-1] for u in units)
        inh.append((f"{layer}_inh", layer, "", "inh", round(values.inhibitory_fraction * n_exc)))
    table, start = [], 0
    for name, layer, unit, kind, size in exc + inh:
        table.append(Population(name, layer, unit, kind, start, size))
        start += size
    return tuple(table)


def neurons_per_replicate(populations: tuple[Population, ...]) -> int:
    """Number of neurons in one replicate."""
    return populations[-1].stop


def recorded_neurons(parameters: Parameters) -> tuple[int, int]:
    """First neuron of a replicate whose spikes are recorded, and one past the last."""
    populations = population_table(parameters)
    if not parameters.network.record_outputs_only:
        return 0, neurons_per_replicate(populations)
    outputs = [p for p in populations if p.layer == "output" and p.unit]
    return outputs[0].start, outputs[-1].stop


@dataclass(frozen=True)
class Layout:
    """Order of the neurons of several replicates in one simulation.

    Population by population, and within each, replicate by replicate: neurons that share a
    population's conductance are neighbours, and the order of sources within a replicate does
    not depend on the number of replicates.

    Attributes
    ----------
    population, replicate, neuron : (n_neurons,) ndarray of int32
        Population number, replicate within the simulation, number within the replicate.
    """

    population: NDArray[np.int32]
    replicate: NDArray[np.int32]
    neuron: NDArray[np.int32]

    @classmethod
    def of(cls, sizes: list[int], batch: int) -> Layout:
        """Layout of populations of these sizes in ``batch`` replicates."""
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        population = np.repeat(np.arange(len(sizes)), np.asarray(sizes) * batch)
        replicate = np.concatenate([np.repeat(np.arange(batch), s) for s in sizes])
        neuron = np.concatenate(
            [np.tile(np.arange(a, a + s), batch) for a, s in zip(starts, sizes, strict=True)]
        )
        return cls(*(a.astype(np.int32) for a in (population, replicate, neuron)))


def trace_neuron_numbers(parameters: Parameters) -> NDArray[np.int64]:
    """Neurons (within a replicate) whose traces are recorded: the first few of a population."""
    return np.array(
        [
            population.start + k
            for population in population_table(parameters)
            for k in range(min(parameters.network.trace_neurons, population.size))
        ]
    )
