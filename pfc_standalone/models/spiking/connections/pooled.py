"""One conductance a population and receptor, to which every spike adds once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pfc_standalone.models.spiking import equations as eq
from pfc_standalone.models.spiking.connections import Parts

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Pooled:
    """All-to-all connectivity, in time that grows with the number of neurons only."""

    neuron_equations = eq.LINKED_CONDUCTANCES
    population_equations = eq.CONDUCTANCES + eq.GATE
    stored_weights: Mapping[str, Mapping[str, str]] = {}
    bytes_per_synapse = 30.0

    def create(self, parts: Parts) -> dict[str, Any]:
        """Synapses from each neuron and fibre onto populations, whose conductances neurons read."""
        import brian2 as b2

        parts.follow_gate(parts.populations)
        for name in ("g_ampa", "g_nmda", "g_gaba"):
            linked = b2.linked_var(parts.populations, name, index="destination")
            setattr(parts.neurons, name, linked)

        weights = {n: eq.SYNAPSE_WEIGHT.format(name=n) for n in eq.WEIGHT_NAMES}
        recurrent = b2.Synapses(
            parts.neurons, parts.populations, on_pre=eq.RECURRENT_EVENT.format(**weights),
            name="recurrent", **parts.of_synapses,
        )  # fmt: skip
        from_fibres = b2.Synapses(
            parts.fibres, parts.populations, on_pre=eq.FIBRE_EVENT.format(ampa=eq.FIBRE_WEIGHT),
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
        return {"recurrent": recurrent, "from_fibres": from_fibres}

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
