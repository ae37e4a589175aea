"""Forms of connectivity: how spikes reach the conductances of other neurons; a file each.

A form gets the same tables of weights as any other, adds the same numbers in the same order, and
so gives the same spikes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pfc_standalone.models.spiking import equations as eq
from pfc_standalone.parameters import Parameters
from pfc_standalone.parameters.groups import CONNECTIONS

if TYPE_CHECKING:
    import brian2 as b2
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Parts:
    """What a connection finds: the groups between which it connects, and the names it may use."""

    parameters: Parameters
    namespace: dict[str, Any]
    schedule: b2.NeuronGroup
    populations: b2.NeuronGroup
    neurons: b2.NeuronGroup
    fibres: b2.NeuronGroup

    @property
    def of_synapses(self) -> dict[str, Any]:
        """What all Synapses have in common."""
        import brian2 as b2

        delay = self.parameters.si("network.synaptic_delay") * b2.second
        return {"delay": delay, "namespace": self.namespace}

    def follow_gate(self, group: b2.NeuronGroup) -> None:
        """Let a group with the equations `equations.GATE` know the gate of its replicate."""
        import brian2 as b2

        group.schedule_gate = b2.linked_var(self.schedule, "gate", index="replicate")
        group.run_regularly(
            eq.COPY_GATE,
            dt=self.parameters.si("network.stimulus_dt") * b2.second,
            when="start",
            order=-1,
            name=f"{group.name}_gate",
        )


class Connection(Protocol):
    """One form of connectivity.

    Attributes
    ----------
    neuron_equations, population_equations : str
        What it adds to the equations of the neurons (``g_ampa``, ``g_nmda`` and ``g_gaba`` at
        least), and of what the neurons of a population share.
    stored_weights : mapping
        From the name of a Synapses object to the variables that are set when a run starts, each
        with the expression of its value.
    bytes_per_synapse : float
        Memory of the process that simulates, measured.
    """

    neuron_equations: str
    population_equations: str
    stored_weights: Mapping[str, Mapping[str, str]]
    bytes_per_synapse: float

    def create(self, parts: Parts) -> dict[str, Any]:
        """Connect neurons with each other and fibres with neurons; Brian2 objects by name."""

    def count(
        self,
        sizes: NDArray[Any],
        recurrent: NDArray[Any],
        fibres: NDArray[Any],
        afferent: NDArray[Any],
    ) -> int:
        """Synapses of one replicate, from sizes of populations and channels and their masks."""


def get_connection(parameters: Parameters) -> Connection:
    """The form that the parameters name."""
    connection: Connection = CONNECTIONS.get(parameters.network.connectivity)()
    return connection
