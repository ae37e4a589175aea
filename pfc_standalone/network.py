"""The network in Brian2: create, connect, record, initialise. It never names a device."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import brian2 as b2
import numpy as np

from pfc_standalone import equations as eq
from pfc_standalone import noise, noise_code
from pfc_standalone.connectivity import connection_mask
from pfc_standalone.parameters import Parameters
from pfc_standalone.populations import Layout, population_table, trace_neuron_numbers
from pfc_standalone.stimuli import N_CHANNELS, RESET_CHANNEL, stimulus_frames

_RUN_VARIABLES = {
    "neurons": (
        *("rng_seed", "first_replicate", "run_duration", "C_m", "g_L", "t_ref"),
        *("w_background", "background_mean", "exp_minus_background_mean"),
    ),
    "afferents": ("rng_seed", "first_replicate"),
}


@dataclass
class PFCNetwork:
    """The Brian2 objects of one network, each by its name.

    Call `initialise` once the run-time values (seed, weights, stimulus) are in place, then run
    ``network`` with ``namespace``.
    """

    network: b2.Network
    namespace: dict[str, Any]
    objects: dict[str, Any]

    def initialise(self) -> None:
        """Set what depends on run-time values: voltages, and weights that synapses store."""
        self.objects["neurons"].v.set_item(slice(None), eq.INITIAL_V, namespace=self.namespace)
        for name, weights in self._stored_weights().items():
            for variable, code in weights.items():
                view = getattr(self.objects[name], variable)
                view.set_item(slice(None), code, namespace=self.namespace)

    def run_variables(self) -> dict[str, Any]:
        """Brian2's variables that `run_values` sets, by ``object.variable``."""
        return {
            f"{group}.{name}": self.objects[group].variables[name]
            for group, names in _RUN_VARIABLES.items()
            for name in names
        }

    def run_tables(self) -> dict[str, Any]:
        """TimedArrays whose values `run_values` sets, by name."""
        names = ("stim", "gate", *(f"weight_{n}" for n in (*eq.WEIGHT_NAMES, "afferent")))
        return {name: self.namespace[name] for name in names}

    def _stored_weights(self) -> dict[str, dict[str, str]]:
        if "pools" in self.objects:
            return {}
        recurrent = {f"w_{n}": eq.SYNAPSE_WEIGHT.format(name=n) for n in eq.WEIGHT_NAMES}
        return {"recurrent": recurrent, "afferent": {"w_ampa": eq.AFFERENT_WEIGHT}}


def create_network(parameters: Parameters) -> PFCNetwork:
    """Create the network that the build-bound parameters describe.

    Everything bound at run time is left at zero, for the target to set.
    """
    b2.prefs.core.default_float_dtype = np.dtype(parameters.network.precision).type
    b2.defaultclock.dt = parameters.network.dt * b2.ms
    pooled = parameters.network.connectivity == "pooled"
    namespace = _namespace(parameters)
    objects: dict[str, Any] = {}

    # create
    objects["neurons"] = neurons = _create_neurons(parameters, namespace, pooled)
    objects["afferents"] = afferents = _create_afferents(parameters, namespace)
    targets = neurons
    if pooled:
        objects["pools"] = targets = _create_pools(parameters, namespace)
        for name in ("g_ampa", "g_nmda", "g_gaba"):
            setattr(neurons, name, b2.linked_var(targets, name, index="target"))

    # connect
    objects["recurrent"] = _connect_recurrent(parameters, namespace, neurons, targets, pooled)
    objects["afferent"] = _connect_afferents(parameters, namespace, afferents, targets, pooled)

    # record
    if parameters.network.record_spikes:
        objects["spikes"] = b2.SpikeMonitor(neurons, name="spikes")
    if parameters.network.traces:
        objects |= _record_traces(parameters, objects)
    network = b2.Network(list(objects.values()), name="pfc_network")
    return PFCNetwork(network, namespace, objects)


def _record_traces(parameters: Parameters, objects: dict[str, Any]) -> dict[str, Any]:
    """Monitors of a few neurons of the first replicate, and of what their populations share."""
    populations, batch = population_table(parameters), parameters.network.batch
    layout = Layout.of([p.size for p in populations], batch)
    wanted = np.isin(layout.neuron, trace_neuron_numbers(parameters)) & (layout.replicate == 0)
    record = {"neurons": np.flatnonzero(wanted), "pools": np.arange(len(populations))}
    own, shared = ["v", "g_background"], ["g_ampa", "g_nmda", "g_gaba"]
    what = {"neurons": own, "pools": shared} if "pools" in objects else {"neurons": own + shared}
    return {
        f"{group}_traces": b2.StateMonitor(
            objects[group],
            variables,
            record=record[group],
            dt=parameters.network.trace_dt * b2.ms,
            name=f"{group}_traces",
        )
        for group, variables in what.items()
    }


def _namespace(parameters: Parameters) -> dict[str, Any]:
    m, r, n = parameters.membrane, parameters.receptors, parameters.network
    batch = n.batch
    n_populations = len(population_table(parameters))
    recurrent, afferent = connection_mask(parameters)

    def table(name: str, shape: tuple[int, int], dt: b2.Quantity, unit: b2.Quantity) -> Any:
        return b2.TimedArray(np.zeros(shape) * unit, dt=dt, name=name)

    per_target = (n_populations, batch * n_populations)
    frames = stimulus_frames(parameters, n.block_duration)
    frame = n.stimulus_dt * b2.ms
    namespace = {
        "E_L": m.E_L * b2.mV,
        "V_th": m.V_th * b2.mV,
        "V_reset": m.V_reset * b2.mV,
        "E_exc": m.E_exc * b2.mV,
        "E_inh": m.E_inh * b2.mV,
        "tau_ampa": r.tau_ampa * b2.ms,
        "tau_nmda": r.tau_nmda * b2.ms,
        "tau_gaba": r.tau_gaba * b2.ms,
        "mg": r.mg,
        "nmda_fraction": 1 - math.exp(-r.nmda_alpha * r.nmda_tau_rise),
        "g_clamp": 1 * b2.siemens,
        "STREAM_BACKGROUND": noise.STREAM_BACKGROUND,
        "STREAM_AFFERENT": noise.STREAM_AFFERENT,
        "STREAM_INITIAL_V": noise.STREAM_INITIAL_V,
        "stim": table("stim", (frames, batch * N_CHANNELS), frame, b2.Hz),
        "gate": table("gate", (frames, batch), frame, 1),
        # A weight table is a TimedArray whose "time" in seconds is the row: an array of constant
        # shape that every target can look up and that a finished binary takes anew at each run.
        **{
            f"weight_{name}": table(f"weight_{name}", per_target, 1 * b2.second, b2.siemens)
            for name in eq.WEIGHT_NAMES
        },
        "weight_afferent": table(
            "weight_afferent", (N_CHANNELS, per_target[1]), 1 * b2.second, b2.siemens
        ),
        "connected": b2.TimedArray(recurrent * 1.0, dt=1 * b2.second, name="connected"),
        "afferent_connected": b2.TimedArray(
            afferent * 1.0, dt=1 * b2.second, name="afferent_connected"
        ),
        "n_populations": n_populations,
    }
    return namespace | noise_code.brian_functions()


def _create_neurons(
    parameters: Parameters, namespace: dict[str, Any], pooled: bool
) -> b2.NeuronGroup:
    populations = population_table(parameters)
    layout = Layout.of([p.size for p in populations], parameters.network.batch)
    neurons = b2.NeuronGroup(
        len(layout.neuron),
        eq.NEURON + (eq.LINKED_CONDUCTANCES if pooled else eq.CONDUCTANCES),
        threshold=eq.THRESHOLD,
        reset=eq.RESET,
        method=eq.exponential_euler,
        namespace=namespace,
        name="neurons",
    )
    neurons.run_regularly(eq.BACKGROUND, when="start", name="neurons_background")
    neurons.population = layout.population
    neurons.replicate = layout.replicate
    neurons.neuron = layout.neuron
    neurons.target = layout.replicate * len(populations) + layout.population
    neurons.t_spike = -1 * b2.second  # long before: not refractory
    return neurons


def _create_afferents(parameters: Parameters, namespace: dict[str, Any]) -> b2.NeuronGroup:
    a = parameters.afferents
    sizes = [a.fibres_per_pixel] * RESET_CHANNEL + [a.reset_fibres]
    layout = Layout.of(sizes, parameters.network.batch)
    afferents = b2.NeuronGroup(
        len(layout.neuron),
        eq.AFFERENT,
        threshold=eq.AFFERENT_THRESHOLD,
        reset="",
        namespace=namespace,
        name="afferents",
    )
    afferents.run_regularly(
        eq.AFFERENT_RATE,
        dt=parameters.network.stimulus_dt * b2.ms,
        when="start",
        name="afferents_rate",
    )
    afferents.run_regularly(eq.AFFERENT_UNIFORM, when="start", name="afferents_uniform")
    afferents.channel = layout.population
    afferents.replicate = layout.replicate
    afferents.neuron = layout.neuron
    afferents.column = layout.replicate * N_CHANNELS + layout.population
    return afferents


def _create_pools(parameters: Parameters, namespace: dict[str, Any]) -> b2.NeuronGroup:
    n_populations = len(population_table(parameters))
    n_pools = parameters.network.batch * n_populations
    pools = b2.NeuronGroup(
        n_pools,
        eq.CONDUCTANCES + eq.POOL,
        method=eq.exponential_euler,
        namespace=namespace,
        name="pools",
    )
    pools.replicate = np.arange(n_pools) // n_populations
    pools.target = np.arange(n_pools)
    return pools


def _connect_recurrent(
    parameters: Parameters,
    namespace: dict[str, Any],
    neurons: b2.NeuronGroup,
    targets: b2.NeuronGroup,
    pooled: bool,
) -> b2.Synapses:
    weights = {n: eq.SYNAPSE_WEIGHT.format(name=n) if pooled else f"w_{n}" for n in eq.WEIGHT_NAMES}
    synapses = b2.Synapses(
        neurons,
        targets,
        model="" if pooled else eq.SYNAPSE,
        on_pre=eq.RECURRENT_EVENT.format(**weights),
        delay=parameters.network.delay * b2.ms,
        namespace=namespace,
        name="recurrent",
    )
    _connect(synapses, "connected(population_pre*second, {target})", pooled, namespace)
    return synapses


def _connect_afferents(
    parameters: Parameters,
    namespace: dict[str, Any],
    afferents: b2.NeuronGroup,
    targets: b2.NeuronGroup,
    pooled: bool,
) -> b2.Synapses:
    synapses = b2.Synapses(
        afferents,
        targets,
        model="" if pooled else "w_ampa : siemens (constant)",
        on_pre=eq.AFFERENT_EVENT.format(ampa=eq.AFFERENT_WEIGHT if pooled else "w_ampa"),
        delay=parameters.network.delay * b2.ms,
        namespace=namespace,
        name="afferent",
    )
    _connect(synapses, "afferent_connected(channel_pre*second, {target})", pooled, namespace)
    return synapses


def _connect(synapses: b2.Synapses, mask: str, pooled: bool, namespace: dict[str, Any]) -> None:
    if pooled:
        first = "replicate_pre*n_populations"
        synapses.connect(
            j=f"k for k in range({first}, {first} + n_populations) "
            f"if {mask.format(target=f'k - {first}')} > 0.5",
            namespace=namespace,
        )
    else:
        synapses.connect(
            f"replicate_pre == replicate_post and {mask.format(target='population_post')} > 0.5",
            namespace=namespace,
        )
