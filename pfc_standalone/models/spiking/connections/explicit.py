"""A synapse for each pair of neurons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pfc_standalone.models.spiking import equations as eq
from pfc_standalone.models.spiking.connections import Parts

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Explicit:
    """All-to-all connectivity as most simulators have it: any weight may differ from any other.

    A weight that populations share is looked up when a spike arrives; one that `stored_weights`
    names is a variable of each synapse.
    """

    neuron_equations = eq.CONDUCTANCES + eq.GATE
    population_equations = ""
    stored_weights: Mapping[str, Mapping[str, str]] = {}
    #: By the name of a Synapses object: from the name of a weight to what all synapses between two
    #: populations share.
    shared_weights: Mapping[str, Mapping[str, str]] = {
        "recurrent": {n: eq.SYNAPSE_WEIGHT.format(name=n) for n in eq.WEIGHT_NAMES},
        "from_fibres": {"ampa": eq.FIBRE_WEIGHT},
    }
    # 8.3 measured: the neurons at both ends. While a vector that doubles is copied, 12.
    bytes_per_synapse = 13.0

    def create(self, parts: Parts) -> dict[str, Any]:
        """Synapses from each neuron and fibre onto neurons."""
        import brian2 as b2

        parts.follow_gate(parts.neurons)
        recurrent, from_fibres = (
            b2.Synapses(
                source,
                parts.neurons,
                model="\n".join(f"{w} : siemens (constant)" for w in self._stored(name)),
                on_pre=event.format(**self._weights(name)),
                name=name,
                **parts.of_synapses,
            )
            for name, source, event in (
                ("recurrent", parts.neurons, eq.RECURRENT_EVENT),
                ("from_fibres", parts.fibres, eq.FIBRE_EVENT),
            )
        )
        for synapses, mask in (
            (recurrent, "connected(population_pre*second, population_post)"),
            (from_fibres, "fibre_connected(channel_pre*second, population_post)"),
        ):
            synapses.connect(
                f"replicate_pre == replicate_post and {mask} > 0.5", namespace=parts.namespace
            )
        return {"recurrent": recurrent, "from_fibres": from_fibres}

    def _stored(self, synapses: str) -> Mapping[str, str]:
        return self.stored_weights.get(synapses, {})

    def _weights(self, synapses: str) -> dict[str, str]:
        """What the event of a spike takes for each weight: a variable, or a table's entry."""
        return {
            name: f"w_{name}" if f"w_{name}" in self._stored(synapses) else shared
            for name, shared in self.shared_weights[synapses].items()
        }

    def count(
        self,
        sizes: NDArray[Any],
        recurrent: NDArray[Any],
        fibres: NDArray[Any],
        afferent: NDArray[Any],
    ) -> int:
        """A synapse for each pair."""
        return int(sizes @ recurrent @ sizes + fibres @ afferent @ sizes)


CONNECTION = Explicit
