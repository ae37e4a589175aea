"""The network in Brian2: create, connect, record, initialise. It never names a device."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import brian2 as b2
import numpy as np

from pfc_standalone import noise
from pfc_standalone.experiment.changes import change_rows
from pfc_standalone.models.spiking import equations as eq
from pfc_standalone.models.spiking import plastic
from pfc_standalone.models.spiking.connections import Connection, Parts, get_connection
from pfc_standalone.models.spiking.integration import exponential_euler
from pfc_standalone.models.spiking.populations import (
    Layout,
    population_table,
    recorded_neurons,
    trace_neuron_numbers,
)
from pfc_standalone.models.spiking.stimulus import n_patterns
from pfc_standalone.models.spiking.tables import connection_mask, fibres, n_channels
from pfc_standalone.parameters import Parameters

#: Variables that a run takes, by the object that has them.
_TAKES = {
    "schedule": ("first_step", "n_steps", "frame"),
    "populations": eq.OF_POPULATION,
    "fibres": ("rng_seed", "noise_replicate"),
}
#: TimedArrays that a run takes.
_TABLES = (
    *("change_frame", "change_pattern", "pattern_rate"),
    *(f"weight_{name}" for name in (*eq.WEIGHT_NAMES, "fibre")),
)
_SHARED = ("g_ampa", "g_nmda", "g_gaba")
#: Variables that a run leaves, by the object that has them, where the network has them.
_LEAVES = {
    "spikes": ("i", "t", "N"),
    "neurons": ("v",),
    "neurons_traces": ("t", "v", "g_background", *_SHARED),
    "populations_traces": _SHARED,
    **{f"plastic_{layer}": ("w",) for layer in ("input", "memory")},
    **{f"plastic_{layer}_records": ("t", "w") for layer in ("input", "memory")},
    "learners": ("mean_rate", "raised"),
}


@dataclass
class SpikingNetwork:
    """The Brian2 objects of one network, each by its name: a `models.Model`."""

    network: b2.Network
    namespace: dict[str, Any]
    objects: dict[str, Any]
    connection: Connection
    parameters: Parameters
    start: str = "schedule.first_step"
    duration: str = "schedule.n_steps"

    @property
    def takes(self) -> dict[str, Any]:
        """Variables and TimedArrays that are set when a run starts."""
        takes, tables = list(_TAKES.items()), _TABLES
        if self.learns:
            takes += plastic.takes().items()
            tables += plastic.tables(self.parameters)
        variables = {
            f"{group}.{name}": self.objects[group].variables[name]
            for group, names in takes
            for name in names
        }
        return variables | {f"{name}.values": self.namespace[name] for name in tables}

    @property
    def learns(self) -> bool:
        """Whether there are synapses with a rule."""
        return "learners" in self.objects

    @property
    def leaves(self) -> dict[str, Any]:
        """Variables that a run leaves."""
        return {
            f"{name}.{variable}": self.objects[name].variables[variable]
            for name, variables in _LEAVES.items()
            if name in self.objects
            for variable in variables
            if variable in self.objects[name].variables
        }

    def initialise(self) -> None:
        """Set what depends on run-time values: voltages, and weights that synapses store."""
        stored = dict(self.connection.stored_weights)
        if self.learns:
            stored |= {p.name: {"w": p.initial} for p in plastic.projections(self.parameters)}
        spread = self.parameters.membrane.initial == "spread"
        begin = {"neurons": {"v": eq.INITIAL_V if spread else "0*volt"}}
        for name, variables in (begin | stored).items():
            for variable, code in variables.items():
                view = getattr(self.objects[name], variable)
                view.set_item(slice(None), code, namespace=self.namespace)


def create_network(parameters: Parameters) -> SpikingNetwork:
    """Create the network that the build-bound parameters describe.

    Everything bound at run time is left at zero, for the target to set.
    """
    b2.prefs.core.default_float_dtype = np.dtype(parameters.network.precision).type
    b2.defaultclock.dt = parameters.si("network.dt") * b2.second
    connection = get_connection(parameters)
    rule = plastic.get_rule(parameters)
    namespace = _namespace(parameters)
    objects: dict[str, Any] = {}

    # create
    objects["schedule"] = schedule = _create_schedule(parameters, namespace)
    objects["populations"] = populations = _create_populations(parameters, namespace, connection)
    objects["neurons"] = neurons = _create_neurons(
        parameters, namespace, populations, connection, rule is not None
    )
    objects["fibres"] = fibre_group = _create_fibres(parameters, namespace, schedule)

    # connect
    parts = Parts(parameters, namespace, schedule, populations, neurons, fibre_group)
    objects |= connection.create(parts)
    if rule is not None:
        objects |= plastic.create(parts, rule)

    # record
    if parameters.network.record_spikes:
        objects |= _record_spikes(parameters, namespace, neurons)
    if parameters.network.traces:
        objects |= _record_traces(parameters, objects)
    network = b2.Network(list(objects.values()), name="pfc_network")
    return SpikingNetwork(network, namespace, objects, connection, parameters)


def _record_spikes(
    parameters: Parameters, namespace: dict[str, Any], neurons: b2.NeuronGroup
) -> dict[str, Any]:
    """A monitor of all neurons; or of doubles of the outputs that cross the threshold with them,
    since a Subgroup cannot have variables that are linked by an index.
    """
    if not parameters.network.record_outputs_only:
        return {"spikes": b2.SpikeMonitor(neurons, name="spikes")}
    first, stop = (edge * parameters.network.batch for edge in recorded_neurons(parameters))
    outputs = b2.NeuronGroup(
        stop - first, eq.DOUBLE, threshold=eq.THRESHOLD, reset="", namespace=namespace,
        name="outputs",
    )  # fmt: skip
    outputs.v = b2.linked_var(neurons, "v", index="original")
    outputs.original = np.arange(first, stop)
    return {"outputs": outputs, "spikes": b2.SpikeMonitor(outputs, name="spikes")}


def _record_traces(parameters: Parameters, objects: dict[str, Any]) -> dict[str, Any]:
    """Monitors of a few neurons of the first replicate, and of what their populations share."""
    populations, batch = population_table(parameters), parameters.network.batch
    layout = Layout.of([p.size for p in populations], batch)
    wanted = np.isin(layout.neuron, trace_neuron_numbers(parameters)) & (layout.replicate == 0)
    record = {"neurons": np.flatnonzero(wanted), "populations": np.arange(len(populations))}
    own, shared = ["v", "g_background"], list(_SHARED)
    pooled = _SHARED[0] in objects["populations"].variables
    what = {"neurons": own, "populations": shared} if pooled else {"neurons": own + shared}
    return {
        f"{group}_traces": b2.StateMonitor(
            objects[group],
            variables,
            record=record[group],
            dt=parameters.si("network.trace_dt") * b2.second,
            name=f"{group}_traces",
        )
        for group, variables in what.items()
    }


def _namespace(parameters: Parameters) -> dict[str, Any]:
    r, batch = parameters.receptors, parameters.network.batch
    n_populations, channels = len(population_table(parameters)), n_channels(parameters)
    recurrent, afferent = connection_mask(parameters)
    learned: dict[str, Any] = {}
    if plastic.get_rule(parameters) is not None:  # these have synapses that learn instead
        afferent[:-1] = False
        layer, unit = (
            np.array([getattr(p, name) for p in population_table(parameters)])
            for name in ("layer", "unit")
        )
        onto_memory = (layer == "memory") & (unit != "")
        recurrent[np.ix_((layer == "input") & (unit != ""), onto_memory)] = False
        learned = plastic.namespace(parameters)

    def table(name: str, values: Any, unit: Any = 1) -> b2.TimedArray:
        # A TimedArray whose "time" in seconds is the row: an array of constant shape that every
        # target can look up and that a finished binary takes anew at each run.
        return b2.TimedArray(values * unit, dt=1 * b2.second, name=name)

    per_destination = (n_populations, batch * n_populations)
    rows = change_rows(parameters)
    potentials = ("E_L", "V_th", "V_reset", "E_exc", "E_inh")
    return {
        **{name: parameters.si(f"membrane.{name}") * b2.volt for name in potentials},
        **{
            name: parameters.si(f"receptors.{name}") * b2.second
            for name in ("tau_ampa", "tau_nmda", "tau_gaba")
        },
        "mg": parameters.si("receptors.mg"),
        "nmda_fraction": 1 - math.exp(-r.nmda_alpha * r.nmda_tau_rise),
        **noise.STREAMS,
        "change_frame": table("change_frame", np.zeros((rows, batch))),
        "change_pattern": table("change_pattern", np.zeros((rows, batch))),
        "pattern_rate": table(
            "pattern_rate", np.zeros((n_patterns(parameters), batch * channels)), b2.Hz
        ),
        **{
            f"weight_{name}": table(f"weight_{name}", np.zeros(per_destination), b2.siemens)
            for name in eq.WEIGHT_NAMES
        },
        "weight_fibre": table("weight_fibre", np.zeros((channels, per_destination[1])), b2.siemens),
        "connected": table("connected", recurrent * 1.0),
        "fibre_connected": table("fibre_connected", afferent * 1.0),
        "n_populations": n_populations,
        **learned,
        **noise.brian_functions(),
    }


def _create_schedule(parameters: Parameters, namespace: dict[str, Any]) -> b2.NeuronGroup:
    schedule = b2.NeuronGroup(
        parameters.network.batch, eq.SCHEDULE, namespace=namespace, name="schedule"
    )
    schedule.run_regularly(
        eq.NEXT_FRAME,
        dt=parameters.si("network.stimulus_dt") * b2.second,
        when="start",
        order=-3,  # before what it shows is looked up
        name="schedule_next_frame",
    )
    schedule.replicate = np.arange(parameters.network.batch)
    return schedule


def _create_populations(
    parameters: Parameters, namespace: dict[str, Any], connection: Connection
) -> b2.NeuronGroup:
    """One row a replicate and population, replicate by replicate."""
    n_populations = len(population_table(parameters))
    n_rows = parameters.network.batch * n_populations
    populations = b2.NeuronGroup(
        n_rows,
        eq.POPULATION + connection.population_equations,
        method=exponential_euler,
        namespace=namespace,
        name="populations",
    )
    populations.replicate = np.arange(n_rows) // n_populations
    populations.destination = np.arange(n_rows)
    return populations


def _create_neurons(
    parameters: Parameters,
    namespace: dict[str, Any],
    populations: b2.NeuronGroup,
    connection: Connection,
    learns: bool,
) -> b2.NeuronGroup:
    table = population_table(parameters)
    layout = Layout.of([p.size for p in table], parameters.network.batch)
    neurons = b2.NeuronGroup(
        len(layout.neuron),
        eq.NEURON.format(plastic="g_plastic + " if learns else "")
        + (plastic.neuron_equations(parameters) if learns else "")
        + eq.LINKED_TO_POPULATION
        + connection.neuron_equations,
        threshold=plastic.threshold(parameters, eq.THRESHOLD),
        reset=eq.RESET + (plastic.TRACE_RESET if learns else ""),
        method=exponential_euler,
        method_options={"before": eq.BEFORE_STEP, "after": eq.AFTER_STEP},
        namespace=namespace,
        name="neurons",
    )
    for name in eq.OF_POPULATION:
        setattr(neurons, name, b2.linked_var(populations, name, index="destination"))
    neurons.run_regularly(
        eq.BACKGROUND_COUNTS, dt=2 * b2.defaultclock.dt, when="start", name="neurons_background"
    )
    neurons.population = layout.population
    neurons.replicate = layout.replicate
    neurons.neuron = layout.neuron
    neurons.destination = layout.replicate * len(table) + layout.population
    return neurons


def _create_fibres(
    parameters: Parameters, namespace: dict[str, Any], schedule: b2.NeuronGroup
) -> b2.NeuronGroup:
    layout = Layout.of(fibres(parameters), parameters.network.batch)
    learns = plastic.get_rule(parameters) is not None
    group = b2.NeuronGroup(
        len(layout.neuron),
        eq.FIBRE + (plastic.TRACE if learns else ""),
        threshold=eq.FIBRE_THRESHOLD,
        reset=plastic.TRACE_RESET if learns else "",
        namespace=namespace,
        name="fibres",
    )
    group.pattern = b2.linked_var(schedule, "pattern", index="replicate")
    group.run_regularly(
        eq.FIBRE_RATE,
        dt=parameters.si("network.stimulus_dt") * b2.second,
        when="start",
        order=-1,
        name="fibres_rate",
    )
    group.run_regularly(
        eq.FIBRE_EVENTS, dt=2 * b2.defaultclock.dt, when="start", name="fibres_events"
    )
    group.channel = layout.population
    group.replicate = layout.replicate
    group.neuron = layout.neuron
    group.column = layout.replicate * n_channels(parameters) + layout.population
    return group
