"""One conductance a population and receptor, to which every spike adds once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pfc_standalone.models.spiking import equations as eq
from pfc_standalone.models.spiking.connections import Parts
from pfc_standalone.models.spiking.integration import exponential_euler
from pfc_standalone.models.spiking.populations import population_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

POOL = """
replicate : integer (constant)
destination : integer (constant)
"""


class Pooled:
    """All-to-all connectivity, in time that grows with the number of neurons only."""

    neuron_equations = eq.LINKED_CONDUCTANCES
    stored_weights: Mapping[str, Mapping[str, str]] = {}
    bytes_per_synapse = 30.0

    def create(self, parts: Parts) -> dict[str, Any]:
        """Pools that neurons read, and synapses from each neuron and fibre onto pools."""
        import brian2 as b2
        import numpy as np

        n_populations = len(population_table(parts.parameters))
        n_pools = parts.parameters.network.batch * n_populations
        pools = b2.NeuronGroup(
            n_pools,
            eq.CONDUCTANCES + POOL + eq.GATE,
            method=exponential_euler,
            namespace=parts.namespace,
            name="pools",
        )
        pools.replicate = np.arange(n_pools) // n_populations
        pools.destination = np.arange(n_pools)
        parts.follow_gate(pools)
        for name in ("g_ampa", "g_nmda", "g_gaba"):
            setattr(parts.neurons, name, b2.linked_var(pools, name, index="destination"))

        weights = {n: eq.SYNAPSE_WEIGHT.format(name=n) for n in eq.WEIGHT_NAMES}
        recurrent = b2.Synapses(
            parts.neurons, pools, on_pre=eq.RECURRENT_EVENT.format(**weights), name="recurrent",
            **parts.of_synapses,
        )  # fmt: skip
        from_fibres = b2.Synapses(
            parts.fibres, pools, on_pre=eq.FIBRE_EVENT.format(ampa=eq.FIBRE_WEIGHT),
            name="from_fibres", **parts.of_synapses,
        )  # fmt: skip
        for synapses, mask in (
            (recurrent, "connected(population_pre*second, k - first)"),
            (from_fibres, "fibre_connected(channel_pre*second, k - first)"),
        ):
            first = "replicate_pre*n_populations"
            synapses.connect(
                j=f"k for k in range({first}, {first} + n_populations) "
                f"if {mask.replace('first', first)} > 0.5",
                namespace=parts.namespace,
            )
        return {"pools": pools, "recurrent": recurrent, "from_fibres": from_fibres}

    def count(
        self,
        sizes: NDArray[Any],
        recurrent: NDArray[Any],
        fibres: NDArray[Any],
        afferent: NDArray[Any],
    ) -> int:
        """A synapse for each neuron and each population that it reaches."""
        return int(sizes @ recurrent.sum(axis=1) + fibres @ afferent.sum(axis=1))


CONNECTION = Pooled
