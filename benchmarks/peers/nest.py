"""The network in NEST, from this project's parameters.

Neurons are NEST's ``iaf_bw_2001``, whose NMDA is that of a presynaptic gating variable which jumps
at spikes, as ours: with a rise time close to 0 and the same ``alpha tau_rise`` its jump is ours,
(1 - exp(-alpha tau_rise)) (1 - s). Our step holds a conductance at its value from the step's
beginning, by which a spike carries (dt/tau)/(1 - exp(-dt/tau)) times the charge that it has in
NEST, 2.5 % more for AMPA: weights in NEST are larger by this factor. What is left of differences:
NEST integrates by an adaptive Runge-Kutta method; the gate of a projection counts when a spike is
fired, not when it arrives; and random numbers are NEST's. ``--model iaf_bw_2001_exact`` has a
gating variable with a rise for each synapse, the model that the other one approximates.

``python -m benchmarks.peers.nest PARAMETERS.json FOLDER --duration 2 --seed 1`` leaves spikes in
FOLDER, and prints what the phases took as JSON.
"""

from __future__ import annotations

import json
import time
from typing import Any

import nest
import numpy as np
import psutil
from numpy.typing import NDArray

from benchmarks.peers.script import leave_spikes, peer_parser
from pfc_standalone.experiment.trials import one_of_each
from pfc_standalone.models.spiking.populations import population_table
from pfc_standalone.models.spiking.stimulus import PATTERNS_PER_IMAGE, changes, pattern_rates
from pfc_standalone.models.spiking.tables import fibres, weight_tables
from pfc_standalone.parameters import Parameters

MODELS = ("iaf_bw_2001", "iaf_bw_2001_exact")
_AMPA, _GABA, _NMDA = 1, 2, 3  # NEST's numbers of receptors
_FAST_RISE = 1e-5  # ms
_NS = 1e9  # of a siemens


class Network:
    """The network with one trial of each condition, created and connected."""

    def __init__(self, parameters: Parameters, model: str) -> None:
        self._p = parameters
        self._table = population_table(parameters)
        self._delay = parameters.network.synaptic_delay
        r, dt = parameters.receptors, parameters.network.dt
        taus = {_AMPA: r.tau_ampa, _GABA: r.tau_gaba, _NMDA: r.tau_nmda}
        self._charge = {k: dt / tau / -np.expm1(-dt / tau) for k, tau in taus.items()}
        self._gated: list[tuple[str, float]] = []  # synapse models of gated projections; nS
        self.groups = [self._create(q, model) for q in self._table]
        self._connect_groups()
        frames, patterns = changes(parameters, one_of_each(parameters))
        self._times = frames * parameters.network.stimulus_dt  # ms
        self._patterns = patterns
        self._connect_fibres()
        self.recorder = nest.Create("spike_recorder")
        for group in self.groups:
            nest.Connect(group, self.recorder)

    def _create(self, q: Any, model: str) -> Any:
        p, kind = self._p, getattr(self._p, q.type)
        r, m = p.receptors, p.membrane
        rise = r.nmda_tau_rise if model.endswith("exact") else _FAST_RISE
        values = {
            "C_m": 1e3 * kind.C_m, "g_L": kind.g_L, "t_ref": kind.t_ref,
            "E_L": m.E_L, "V_th": m.V_th, "V_reset": m.V_reset, "E_ex": m.E_exc, "E_in": m.E_inh,
            "tau_AMPA": r.tau_ampa, "tau_GABA": r.tau_gaba, "conc_Mg2": r.mg,
            "tau_decay_NMDA": r.tau_nmda, "tau_rise_NMDA": rise,
            "alpha": r.nmda_alpha * r.nmda_tau_rise / rise,
        }  # fmt: skip
        group = nest.Create(model, q.size, params=values)
        group.V_m = nest.random.uniform(m.E_L, m.V_th)
        rate = 1e3 * getattr(getattr(p, q.layer), f"background_{q.type}")
        background = nest.Create("poisson_generator", params={"rate": rate})
        nest.Connect(
            background, group, syn_spec=self._synapse(_AMPA, kind.g_background, p.network.dt)
        )
        return group

    def _connect_groups(self) -> None:
        tables = weight_tables(self._p)
        kinds = {"ampa": _AMPA, "nmda": _NMDA, "gaba": _GABA}
        for name, receptor in kinds.items():
            weights = getattr(tables, name) * _NS
            for a, b in np.argwhere(weights):
                spec = self._synapse(receptor, weights[a, b], self._delay)
                nest.Connect(self.groups[a], self.groups[b], syn_spec=spec)
        for a, b in np.argwhere(tables.gated):
            name = f"gated_{a}_{b}"
            nest.CopyModel("static_synapse_hom_w", name, {"weight": 0.0})
            spec = {"synapse_model": name, "receptor_type": _AMPA, "delay": self._delay}
            nest.Connect(self.groups[a], self.groups[b], syn_spec=spec)
            self._gated.append((name, tables.gated[a, b] * _NS * self._charge[_AMPA]))

    def _connect_fibres(self) -> None:
        """Each channel's Poisson fibres, whose spikes all of their targets share."""
        weights = weight_tables(self._p).fibre * _NS
        rates, dt = pattern_rates(self._p)[self._patterns], self._p.network.dt
        for channel, n in enumerate(fibres(self._p)):
            source = nest.Create(
                "inhomogeneous_poisson_generator",
                params={
                    "rate_times": np.maximum(self._times, dt),  # strictly in the future
                    "rate_values": rates[:, channel],
                },
            )
            relays = nest.Create("parrot_neuron", n)
            nest.Connect(source, relays, syn_spec={"delay": dt})
            for b in np.flatnonzero(weights[channel]):
                spec = self._synapse(_AMPA, weights[channel, b], self._delay - dt)
                nest.Connect(relays, self.groups[b], syn_spec=spec)

    def _synapse(self, receptor: int, weight: float, delay: float) -> dict[str, Any]:
        weight *= self._charge[receptor]
        return {"receptor_type": receptor, "weight": weight, "delay": delay}

    def run(self, duration: float) -> None:
        """Simulate so many s, in pieces between which the gate opens or closes."""
        gate = self._patterns % PATTERNS_PER_IMAGE // 2
        begins = np.flatnonzero(np.diff(gate, prepend=-1))
        edges = np.append(self._times[begins], np.inf).clip(max=1e3 * duration)
        for k, begin in enumerate(begins):
            for name, weight in self._gated:
                nest.SetDefaults(name, {"weight": weight * float(gate[begin])})
            if edges[k + 1] > edges[k]:
                nest.Run(edges[k + 1] - edges[k])

    def spikes(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Neuron, numbered as in the population table, and time in ms of each spike."""
        events = self.recorder.events
        first = np.array([group[0].global_id for group in self.groups])
        start = np.array([q.start for q in self._table])
        group = np.searchsorted(first, events["senders"], side="right") - 1
        index = events["senders"] - first[group] + start[group]
        return index, events["times"]


def main() -> None:
    """Run once; print what the phases took as JSON."""
    began = psutil.Process().create_time()  # imports are part of a start
    parser = peer_parser(__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--model", choices=MODELS, default=MODELS[0])
    chosen = parser.parse_args()
    p = chosen.parameters
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.set(resolution=p.network.dt, local_num_threads=chosen.threads, rng_seed=chosen.seed)
    network = Network(p, chosen.model)
    nest.Prepare()
    started = time.time()
    network.run(chosen.duration)
    ended = time.time()
    nest.Cleanup()
    leave_spikes(chosen.folder / f"spikes-{chosen.seed}.npz", *network.spikes())
    phases = {"start": started - began, "simulate": ended - started, "write": time.time() - ended}
    print(json.dumps(phases))


if __name__ == "__main__":
    main()
