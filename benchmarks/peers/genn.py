"""The network in GeNN, from this project's parameters, on its single-threaded C++ backend.

The equations are ours, in the same steps: conductances are summed by GeNN's postsynaptic models and
reach the neuron as inputs of its own, and the potential takes our exponential Euler step. What is
left of differences: the background is drawn as times between spikes; the gate of a projection
counts when a spike arrives, but changes for all synapses at once between two steps; and random
numbers are GeNN's. Its seed is part of the generated code, so every run compiles, which is timed
apart. GeNN's Python package is in no registry: install it from its repository.

``python -m benchmarks.peers.genn PARAMETERS.json FOLDER --duration 2 --seed 1`` leaves spikes in
FOLDER, and prints what the phases took as JSON.
"""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np
import psutil
import pygenn
from numpy.typing import NDArray

from benchmarks.peers.script import leave_spikes, peer_parser
from pfc_standalone.experiment.trials import one_of_each
from pfc_standalone.models.spiking.populations import population_table
from pfc_standalone.models.spiking.stimulus import PATTERNS_PER_IMAGE, changes, pattern_rates
from pfc_standalone.models.spiking.tables import fibres, weight_tables
from pfc_standalone.parameters import Parameters

_NS = 1e9  # of a siemens
_NEURON = pygenn.create_neuron_model(
    "pfc_neuron",
    params=[
        *("C_m", "g_L", "E_L", "V_th", "V_reset", "E_exc", "E_inh", "held_steps"),
        *("w_background", "interval", "ampa_decay", "nmda_decay", "fraction"),
    ],
    vars=[(n, "scalar") for n in ("V", "g_background", "s", "jump", "held", "until_event")],
    additional_input_vars=[("g_exc", "scalar", 0.0), ("g_gaba", "scalar", 0.0)],
    sim_code="""
    while (until_event <= 0) {
        g_background += w_background;
        until_event += interval*gennrand_exponential();
    }
    until_event -= 1;
    const scalar g_e = g_exc + g_background;
    const scalar g = g_L + g_e + g_gaba;
    const scalar V_inf = (g_L*E_L + g_e*E_exc + g_gaba*E_inh)/g;
    V = V_inf + (V - V_inf)*exp(-dt*g/C_m);
    g_background *= ampa_decay;
    s *= nmda_decay;
    if (held > 0) {
        V = V_reset;
        held -= 1;
    }
    """,
    threshold_condition_code="V > V_th",
    reset_code="V = V_reset; jump = fraction*(1 - s); s += jump; held = held_steps;",
)
_FIBRE = pygenn.create_neuron_model(
    "pfc_fibre",
    vars=[("p", "scalar"), ("u", "scalar")],
    sim_code="u = gennrand_uniform();",
    threshold_condition_code="u < p",
)
_CONDUCTANCE = pygenn.create_postsynaptic_model(
    "pfc_conductance", params=["decay"], sim_code="injectCurrent(inSyn); inSyn *= decay;"
)
_NMDA = pygenn.create_postsynaptic_model(
    "pfc_nmda",
    params=["decay", "mg"],
    neuron_var_refs=[("V", "scalar", pygenn.VarAccessMode.READ_ONLY)],
    sim_code="injectCurrent(inSyn/(1 + mg*exp(-0.062*V)/3.57)); inSyn *= decay;",
)
_JUMP = pygenn.create_weight_update_model(
    "pfc_jump",
    params=["g"],
    pre_neuron_var_refs=[("jump", "scalar", pygenn.VarAccessMode.READ_ONLY)],
    pre_spike_syn_code="addToPost(g*jump);",
)


class Network:
    """The network with one trial of each condition."""

    def __init__(self, parameters: Parameters, seed: int) -> None:
        self._p, self._dt = parameters, parameters.network.dt
        self._table = population_table(parameters)
        precision = {"float64": "double", "float32": "float"}[parameters.network.precision]
        self.model = pygenn.GeNNModel(
            precision, f"pfc_{seed}", backend="single_threaded_cpu", optimize_code=True
        )
        self.model.dt = self._dt
        self.model.seed = seed
        self.model.fuse_postsynaptic_models = True
        r = parameters.receptors
        self._decay = {
            k: np.exp(-self._dt / getattr(r, f"tau_{k}")) for k in ("ampa", "nmda", "gaba")
        }
        self.groups = [self._create(q) for q in self._table]
        self._gated: list[tuple[Any, float]] = []
        self._connect_groups()
        self.fibres = self._create_fibres()
        frames, self._patterns = changes(parameters, one_of_each(parameters))
        self._steps = np.rint(frames * parameters.network.stimulus_dt / self._dt).astype(int)

    def _create(self, q: Any) -> Any:
        p, kind, m, r = self._p, getattr(self._p, q.type), self._p.membrane, self._p.receptors
        rate = getattr(getattr(p, q.layer), f"background_{q.type}")  # kHz
        interval = 1 / (rate * self._dt) if rate else 1e30
        values = {
            "C_m": 1e3 * kind.C_m, "g_L": kind.g_L, "E_L": m.E_L, "V_th": m.V_th,
            "V_reset": m.V_reset, "E_exc": m.E_exc, "E_inh": m.E_inh,
            "held_steps": round(kind.t_ref / self._dt) - 1, "w_background": kind.g_background,
            "interval": interval, "ampa_decay": self._decay["ampa"],
            "nmda_decay": self._decay["nmda"],
            "fraction": -np.expm1(-r.nmda_alpha * r.nmda_tau_rise),
        }  # fmt: skip
        begin = dict.fromkeys(("g_background", "s", "jump", "held"), 0.0)
        begin["V"] = pygenn.init_var("Uniform", {"min": m.E_L, "max": m.V_th})
        begin["until_event"] = pygenn.init_var("Exponential", {"lambda": 1 / interval})
        group = self.model.add_neuron_population(q.name, q.size, _NEURON, values, begin)
        group.spike_recording_enabled = True
        return group

    def _connect_groups(self) -> None:
        tables = weight_tables(self._p)
        for receptor in ("ampa", "gated", "nmda", "gaba"):
            weights = getattr(tables, receptor) * _NS
            for a, b in np.argwhere(weights):
                g = weights[a, b]
                if receptor == "nmda":
                    jump = {"jump": pygenn.create_var_ref(self.groups[a], "jump")}
                    update = pygenn.init_weight_update(_JUMP, {"g": g}, pre_var_refs=jump)
                else:
                    update = pygenn.init_weight_update("StaticPulseConstantWeight", {"g": g})
                synapses = self._connect(f"{receptor}_{a}_{b}", self.groups[a], b, receptor, update)
                if receptor == "gated":
                    synapses.set_wu_param_dynamic("g")
                    self._gated.append((synapses, g))

    def _connect(self, name: str, source: Any, b: int, receptor: str, update: Any) -> Any:
        destination = self.groups[b]
        if receptor == "nmda":
            refs = {"V": pygenn.create_var_ref(destination, "V")}
            values = {"decay": self._decay["nmda"], "mg": self._p.receptors.mg}
            post = pygenn.init_postsynaptic(_NMDA, values, var_refs=refs)
        else:
            tau = "gaba" if receptor == "gaba" else "ampa"
            post = pygenn.init_postsynaptic(_CONDUCTANCE, {"decay": self._decay[tau]})
        synapses = self.model.add_synapse_population(
            name, "DENSE", source, destination, update, post
        )
        synapses.post_target_var = "g_gaba" if receptor == "gaba" else "g_exc"
        synapses.axonal_delay_steps = round(self._p.network.synaptic_delay / self._dt)
        return synapses

    def _create_fibres(self) -> Any:
        """All channels' Poisson fibres as one population."""
        counts = fibres(self._p)
        group = self.model.add_neuron_population(
            "fibres", sum(counts), _FIBRE, {}, {"p": 0.0, "u": 0.0}
        )
        weights = np.repeat(weight_tables(self._p).fibre * _NS, counts, axis=0)
        for b in np.flatnonzero(weights.any(axis=0)).tolist():
            each = np.repeat(weights[:, b], self._table[b].size)
            update = pygenn.init_weight_update("StaticPulse", {}, {"g": each})
            self._connect(f"fibres_{b}", group, b, "ampa", update)
        return group

    def run(self, n_steps: int) -> None:
        """Simulate, and change what is shown and the gate when it is time."""
        per_step = 1e-3 * self._dt
        rates = np.repeat(pattern_rates(self._p), fibres(self._p), axis=1) * per_step
        gate = self._patterns % PATTERNS_PER_IMAGE // 2
        edges = np.append(self._steps, n_steps).clip(max=n_steps)
        step = self.model.step_time
        for k, pattern in enumerate(self._patterns):
            p = self.fibres.vars["p"]
            p.view[:] = rates[pattern]
            p.push_to_device()
            for synapses, g in self._gated:
                synapses.set_dynamic_param_value("g", g * float(gate[k]))
            for _ in range(edges[k + 1] - edges[k]):
                step()

    def spikes(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Neuron, numbered as in the population table, and time in ms of each spike."""
        self.model.pull_recording_buffers_from_device()
        found = [group.spike_recording_data[0] for group in self.groups]
        times = np.concatenate([t for t, _ in found])
        index = np.concatenate(
            [i.astype(np.int64) + q.start for (_, i), q in zip(found, self._table, strict=True)]
        )
        return index, times


def main() -> None:
    """Run once; print what the phases took as JSON."""
    began = psutil.Process().create_time()  # imports are part of a start
    chosen = peer_parser(__doc__).parse_args()
    p = chosen.parameters
    network = Network(p, chosen.seed)
    created = time.time()
    source = chosen.folder / f"genn-{chosen.seed}"
    source.mkdir(exist_ok=True)
    network.model.build(str(source))
    built = time.time()
    n_steps = round(1e3 * chosen.duration / p.network.dt)
    network.model.load(num_recording_timesteps=n_steps)
    started = time.time()
    network.run(n_steps)
    ended = time.time()
    leave_spikes(chosen.folder / f"spikes-{chosen.seed}.npz", *network.spikes())
    phases = {
        "start": created - began + started - built, "compile": built - created,
        "simulate": ended - started, "write": time.time() - ended,
    }  # fmt: skip
    print(json.dumps(phases))


if __name__ == "__main__":
    main()
