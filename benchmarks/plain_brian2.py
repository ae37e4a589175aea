"""The same network as a Brian2 user writes it by the tutorial: the baseline of the benchmarks.

Synapses are explicit and all-to-all, the background is a `PoissonInput`, refractoriness
``unless refractory``, random numbers, flags and makefile are Brian2's own. Only the numbers come
from `pfc_standalone`; equations and weights are written out here once more.

``python -m benchmarks.plain_brian2 PARAMETERS.json FOLDER --device cpp_standalone`` builds into
FOLDER; with ``--device runtime --seed K`` it runs in Python and leaves its spikes there.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from build_targets.building.environment import import_brian2_alone

if __name__ == "__main__":  # what a user prefers does not decide the baseline
    import_brian2_alone()

import brian2 as b2
import numpy as np
import psutil
from numpy.typing import NDArray

from pfc_standalone.experiment.trials import one_of_each
from pfc_standalone.experiment.weights import pixel_shares
from pfc_standalone.models.spiking.populations import population_table
from pfc_standalone.models.spiking.stimulus import PATTERNS_PER_IMAGE, changes, pattern_rates
from pfc_standalone.parameters import Parameters, with_values

EQUATIONS = """
dv/dt = (g_L*(E_L - v) + (g_background + g_ampa + g_nmda*block)*(E_exc - v)
         + g_gaba*(E_inh - v))/C_m : volt (unless refractory)
block = 1/(1 + mg*exp(-62*v/volt)/3.57) : 1
dg_background/dt = -g_background/tau_ampa : siemens
dg_ampa/dt = -g_ampa/tau_ampa : siemens
dg_nmda/dt = -g_nmda/tau_nmda : siemens
dg_gaba/dt = -g_gaba/tau_gaba : siemens
ds/dt = -s/tau_nmda : 1
jump : 1
C_m : farad (constant)
g_L : siemens (constant)
t_ref : second (constant)
layer : integer (constant)
unit : integer (constant)    # selective unit, 0 for none
w_within : 1 (constant)      # weight from the same unit
w_across : 1 (constant)      # weight from any other excitatory neuron of the layer
ampa_in : siemens (constant) # of one spike of its layer at weight 1
nmda_in : siemens (constant)
gaba_in : siemens (constant)
"""
RESET = """
v = V_reset
jump = fraction*(1 - s)
s += jump
"""


def create_network(p: Parameters) -> tuple[b2.Network, dict[str, object]]:
    """The network with one trial of each condition, and its namespace."""
    b2.defaultclock.dt = p.network.dt * b2.ms
    populations = population_table(p)
    task = p.network.task
    rates, gate_values = stimulus_frames(p)
    frame = p.network.stimulus_dt * b2.ms
    namespace = {
        "E_L": p.membrane.E_L * b2.mV, "V_th": p.membrane.V_th * b2.mV,
        "V_reset": p.membrane.V_reset * b2.mV, "E_exc": p.membrane.E_exc * b2.mV,
        "E_inh": p.membrane.E_inh * b2.mV, "mg": p.receptors.mg,
        "tau_ampa": p.receptors.tau_ampa * b2.ms, "tau_nmda": p.receptors.tau_nmda * b2.ms,
        "tau_gaba": p.receptors.tau_gaba * b2.ms,
        "fraction": 1 - np.exp(-p.receptors.nmda_alpha * p.receptors.nmda_tau_rise),
        "stim": b2.TimedArray(rates * b2.Hz, dt=frame, name="stim"),
        "gate": b2.TimedArray(gate_values, dt=frame, name="gate"),
        "fibres": p.afferents.fibres_per_pixel, "reset_column": task.n_pixels,
    }  # fmt: skip

    neurons = b2.NeuronGroup(
        populations[-1].stop,
        EQUATIONS,
        threshold="v > V_th",
        reset=RESET,
        refractory="t_ref",
        method="exponential_euler",
        namespace=namespace,
        name="neurons",
    )
    _set_neurons(neurons, p)
    neurons.v = "E_L + (V_th - E_L)*rand()"
    background = [
        b2.PoissonInput(
            neurons[q.start : q.stop],
            "g_background",
            N=800,
            rate=getattr(getattr(p, q.layer), f"background_{q.type}") / 800 * b2.kHz,
            weight=getattr(p, q.type).g_background * b2.nS,
        )
        for q in populations
    ]

    n_exc = sum(q.size for q in populations if q.type == "exc")
    delay = p.network.synaptic_delay * b2.ms
    excitation = b2.Synapses(
        neurons[:n_exc],
        neurons,
        "w : 1 (constant)",
        on_pre="g_ampa_post += w*ampa_in_post; g_nmda_post += w*nmda_in_post*jump_pre",
        delay=delay,
        name="excitation",
    )
    excitation.connect("layer_pre == layer_post")
    excitation.w = (
        "w_across_post + (w_within_post - w_across_post)"
        "*int(unit_post > 0 and unit_pre == unit_post)"
    )
    inhibition = b2.Synapses(
        neurons[n_exc:], neurons, on_pre="g_gaba_post += gaba_in_post", delay=delay,
        name="inhibition",
    )  # fmt: skip
    inhibition.connect("layer_pre == layer_post")

    named = {q.name: q for q in populations}
    pairs, weights, gated, nmda = [], [], [], []
    for projection in task.projections:
        source, target = named[projection.source], named[projection.destination]
        i, j = np.meshgrid(
            np.arange(source.start, source.stop), np.arange(target.start, target.stop)
        )
        pairs.append(np.array([i.ravel(), j.ravel()]))
        weights.append(np.full(i.size, p.conductance(projection) / source.size))
        gated.append(np.full(i.size, float(projection.gated)))
        nmda.append(np.full(i.size, projection.nmda_share))
    between = b2.Synapses(
        neurons, neurons,
        "w : siemens (constant)\ngated : 1 (constant)\nnmda : 1 (constant)",
        on_pre="g_ampa_post += (1 - nmda)*w*(1 - gated + gated*gate(t))\n"
        "g_nmda_post += nmda*nmda_for_ampa*w*jump_pre",
        delay=delay, namespace=namespace | {"nmda_for_ampa": 1.3}, name="between",
    )  # fmt: skip
    i, j = np.concatenate(pairs, axis=1)
    between.connect(i=i, j=j)
    between.w = np.concatenate(weights) * b2.nS
    between.gated = np.concatenate(gated)
    between.nmda = np.concatenate(nmda)

    pixels = b2.PoissonGroup(
        task.n_pixels * p.afferents.fibres_per_pixel, "stim(t, i // fibres)", namespace=namespace,
        name="pixels",
    )  # fmt: skip
    pairs, weights = [], []
    for unit, shares in pixel_shares(p).items():
        target = named[f"input_{unit}"]
        i, j = np.meshgrid(np.arange(len(pixels)), np.arange(target.start, target.stop))
        pairs.append(np.array([i.ravel(), j.ravel()]))
        weights.append(p.afferents.g_pixel * shares[i.ravel() // p.afferents.fibres_per_pixel])
    seen = b2.Synapses(
        pixels, neurons, "w : siemens (constant)", on_pre="g_ampa_post += w", delay=delay,
        name="seen",
    )  # fmt: skip
    i, j = np.concatenate(pairs, axis=1)
    seen.connect(i=i, j=j)
    seen.w = np.concatenate(weights) * b2.nS

    fibres = b2.PoissonGroup(
        p.afferents.reset_fibres, "stim(t, reset_column)", namespace=namespace, name="fibres"
    )
    pool = named["memory_inh"]
    reset = b2.Synapses(
        fibres, neurons[pool.start : pool.stop], on_pre="g_ampa_post += g_reset", delay=delay,
        namespace={"g_reset": p.afferents.g_reset * b2.nS}, name="reset_memory",
    )  # fmt: skip
    reset.connect()

    spikes = b2.SpikeMonitor(neurons, name="spikes")
    objects = [neurons, *background, excitation, inhibition, between, pixels, seen, fibres, reset]
    return b2.Network(*objects, spikes), namespace


def stimulus_frames(p: Parameters) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rates of a fibre of each channel, Hz, (frames, channels), and the gate, (frames,).

    They end with the last change: Brian2 holds the last value of a TimedArray.
    """
    frame, pattern = changes(p, one_of_each(p))
    patterns = np.repeat(pattern, np.diff(frame, append=frame[-1] + 1))
    gate = patterns % PATTERNS_PER_IMAGE // 2
    return pattern_rates(p)[patterns], gate.astype(np.float64)


def _set_neurons(neurons: b2.NeuronGroup, p: Parameters) -> None:
    """What distinguishes populations: membrane, layer, unit, and conductances from the layer."""
    populations, r = population_table(p), p.recurrent
    for q in populations:
        mine = neurons[q.start : q.stop]
        kind, layer = getattr(p, q.type), getattr(p, q.layer)
        members = [m for m in populations if m.layer == q.layer]
        n_exc = sum(m.size for m in members if m.type == "exc")
        n_inh = sum(m.size for m in members if m.type == "inh")
        units = [m.name for m in members if m.unit]
        mine.C_m, mine.g_L, mine.t_ref = kind.C_m * b2.nF, kind.g_L * b2.nS, kind.t_ref * b2.ms
        mine.layer = ["input", "memory", "output"].index(q.layer)
        mine.unit = units.index(q.name) + 1 if q.unit else 0
        share = q.size / n_exc
        mine.w_within = layer.w_plus if q.unit else 1.0
        mine.w_across = 1 - share * (layer.w_plus - 1) / (1 - share) if q.unit else 1.0
        if q.type == "exc":
            ampa, nmda = r.ampa_exc * layer.ampa, r.nmda_exc
            gaba = r.gaba_exc * layer.inhibition
        else:
            ampa, nmda = r.ampa_inh * layer.exc_to_inh, r.nmda_inh * layer.exc_to_inh
            gaba = r.gaba_inh
        mine.ampa_in = ampa / n_exc * b2.nS
        mine.nmda_in = nmda * layer.gain / n_exc * b2.nS
        mine.gaba_in = gaba / n_inh * b2.nS


def main() -> None:
    """Build, or run in Python; print what the phases took as JSON."""
    began = psutil.Process().create_time()  # imports are part of a start
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parameters", type=Path, help="JSON file: names and values")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--device", choices=("cpp_standalone", "runtime"), required=True)
    parser.add_argument("--duration", type=float, required=True, help="s")
    parser.add_argument("--seed", type=int, default=1, help="for --device runtime")
    chosen = parser.parse_args()
    p = with_values(Parameters(), json.loads(chosen.parameters.read_text()))
    phases = {}
    if chosen.device == "cpp_standalone":
        b2.set_device("cpp_standalone", build_on_run=False)
        network, namespace = create_network(p)
        network.run(chosen.duration * b2.second, namespace=namespace)
        generated = time.time()
        b2.device.build(directory=str(chosen.folder), compile=True, run=False)
        phases = {"generate": generated - began, "compile": time.time() - generated}
    else:
        b2.prefs.codegen.target = "cython"
        # all builds share modules, as they do in Brian2's own cache
        b2.prefs.codegen.runtime.cython.cache_dir = str(chosen.folder.parent / "plain-modules")
        b2.seed(chosen.seed)
        network, namespace = create_network(p)
        marks = []

        def report(elapsed: Any, completed: float, start: Any, duration: Any) -> None:
            marks.append(time.time())

        network.run(chosen.duration * b2.second, report=report, namespace=namespace)
        ended = time.time()
        spikes = next(o for o in network.objects if o.name == "spikes")
        np.savez(chosen.folder / f"spikes-{chosen.seed}.npz", i=spikes.i[:], t=spikes.t_[:])
        written = time.time()
        phases = {
            "start": marks[0] - began, "simulate": ended - marks[0], "write": written - ended
        }  # fmt: skip
    print(json.dumps(phases))


if __name__ == "__main__":
    main()
