"""A synapse for each pair of neurons, with its weights in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pfc_standalone.models.spiking import equations as eq
from pfc_standalone.models.spiking.connections import Parts

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Explicit:
    """All-to-all connectivity as most simulators have it: any weight may differ from any other."""

    neuron_equations = eq.CONDUCTANCES + eq.GATE
    population_equations = ""
    stored_weights: Mapping[str, Mapping[str, str]] = {
        "recurrent": {f"w_{n}": eq.SYNAPSE_WEIGHT.format(name=n) for n in eq.WEIGHT_NAMES},
        "from_fibres": {"w_ampa": eq.FIBRE_WEIGHT},
    }
    # 46 measured, and a margin, since synapses are appended to vectors that double
    bytes_per_synapse = 60.0

    def create(self, parts: Parts) -> dict[str, Any]:
        """Synapses from each neuron and fibre onto neurons."""
        import brian2 as b2

        parts.follow_gate(parts.neurons)
        recurrent = b2.Synapses(
            parts.neurons,
            parts.neurons,
            model="\n".join(f"w_{name} : siemens (constant)" for name in eq.WEIGHT_NAMES),
            on_pre=eq.RECURRENT_EVENT.format(**{n: f"w_{n}" for n in eq.WEIGHT_NAMES}),
            name="recurrent",
            **parts.of_synapses,
        )
        from_fibres = b2.Synapses(
            parts.fibres,
            parts.neurons,
            model="w_ampa : siemens (constant)",
            on_pre=eq.FIBRE_EVENT.format(ampa="w_ampa"),
            name="from_fibres",
            **parts.of_synapses,
        )
        for synapses, mask in (
            (recurrent, "connected(population_pre*second, population_post)"),
            (from_fibres, "fibre_connected(channel_pre*second, population_post)"),
        ):
            synapses.connect(
                f"replicate_pre == replicate_post and {mask} > 0.5", namespace=parts.namespace
            )
        return {"recurrent": recurrent, "from_fibres": from_fibres}

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
