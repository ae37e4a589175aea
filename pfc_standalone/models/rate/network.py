"""The published model in Brian2: create, record. It never names a device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import brian2 as b2
import numpy as np

from pfc_standalone import noise
from pfc_standalone.experiment.changes import change_rows
from pfc_standalone.models.rate import equations as eq
from pfc_standalone.models.rate.units import FREE, SIGNS, check_task, weight_name
from pfc_standalone.parameters import Parameters

#: Variables of the networks that a run takes.
TAKES = (
    *("first_step", "n_steps"),
    *eq.KEYS,
    *eq.CONSTANTS,
    *(weight_name(*pair) for pair in SIGNS),
)
_TABLES = ("change_frame", "change_pattern")


@dataclass
class RateNetwork:
    """The Brian2 objects: a `models.Model`."""

    network: b2.Network
    namespace: dict[str, Any]
    networks: b2.NeuronGroup
    activities: b2.StateMonitor
    start: str = "networks.first_step"
    duration: str = "networks.n_steps"

    @property
    def takes(self) -> dict[str, Any]:
        """Variables and TimedArrays that are set when a run starts."""
        variables = {f"networks.{name}": self.networks.variables[name] for name in TAKES}
        return variables | {f"{name}.values": self.namespace[name] for name in _TABLES}

    @property
    def leaves(self) -> dict[str, Any]:
        """Variables that a run leaves."""
        names = ("t", *(f"y_{unit}" for unit in FREE))
        return {f"activities.{name}": self.activities.variables[name] for name in names}

    def initialise(self) -> None:
        """Nothing: all units are at rest until the first trial begins."""


def create_network(parameters: Parameters) -> RateNetwork:
    """Create as many networks as the build-bound parameters ask for, side by side.

    Everything bound at run time is left at zero, for the target to set.
    """
    check_task(parameters)
    b2.prefs.core.default_float_dtype = np.dtype(parameters.network.precision).type
    b2.defaultclock.dt = parameters.si("rate.update") * b2.second
    batch, rows = parameters.network.batch, change_rows(parameters)

    # A TimedArray whose "time" in seconds is the row, as in the spiking network.
    tables = {
        name: b2.TimedArray(np.zeros((rows, batch)), dt=1 * b2.second, name=name)
        for name in _TABLES
    }
    namespace = {**tables, **noise.STREAMS, **noise.brian_functions()}
    networks = b2.NeuronGroup(batch, eq.equations(), namespace=namespace, name="networks")
    networks.run_regularly(eq.update(), when="start", name="networks_update")
    networks.replicate = np.arange(batch)
    activities = b2.StateMonitor(
        networks, [f"y_{unit}" for unit in FREE], record=True, when="end", name="activities"
    )
    network = b2.Network(networks, activities, name="pfc_network")
    return RateNetwork(network, namespace, networks, activities)
