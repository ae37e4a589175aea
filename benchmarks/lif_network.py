"""A network that is common ground among simulators, as a Brian2 user writes it.

Eight units of leaky integrate-and-fire neurons, 80 % excitatory and 20 % inhibitory, with
exponential synaptic conductances. Neurons of a unit are connected at random; excitatory ones reach
inhibitory ones of all other units. Each neuron has a Poisson source of 1 kHz of its own. Forward
Euler at 0.1 ms. The input is a `PoissonGroup`, or numbers of `pfc_standalone.noise` drawn where
they are used.

``python -m benchmarks.lif_network FOLDER --n 500 --device pfc_cpp_standalone`` writes and compiles
the program; `benchmarks.lif_speed` times it.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from build_targets.building.environment import import_brian2_alone

if __name__ == "__main__":  # what a user prefers does not decide the baseline
    import_brian2_alone()

import brian2 as b2
import numpy as np

import build_targets.devices.cpp_device  # noqa: F401 - brings the device
from pfc_standalone.noise import brian_functions

UNITS = 8
P_ACROSS = 0.1
#: Total weight onto a neuron that is connected to all of its sources, by source and target; the
#: last from other units.
STRENGTH = {"ee": 0.8, "ei": 1.0, "ie": 2.0, "ii": 1.0, "across": 1.0}
EQUATIONS = """
dv/dt = (E_L - v + g_e*(E_e - v) + g_i*(E_i - v))/tau_m : volt (unless refractory)
dg_e/dt = -g_e/tau_e : 1
dg_i/dt = -g_i/tau_i : 1
w_input : 1 (constant)
rng_seed : integer (constant, shared)
input_events : integer
"""
CONSTANTS = {
    "E_L": -70 * b2.mV, "E_e": 0 * b2.mV, "E_i": -80 * b2.mV, "V_th": -50 * b2.mV,
    "V_reset": -60 * b2.mV, "tau_m": 20 * b2.ms, "tau_e": 5 * b2.ms, "tau_i": 10 * b2.ms,
    "input_rate": 1 * b2.kHz,
}  # fmt: skip


def p_within(n: int) -> float:
    """Probability of a connection within a unit of n neurons."""
    return 1.0 if n <= 25 else 0.2


def sizes(n: int) -> tuple[int, int]:
    """Excitatory and inhibitory neurons of a unit."""
    n_e = round(0.8 * n)
    return n_e, n - n_e


def create_network(n: int, counter_noise: bool) -> b2.Network:
    """The network, of n neurons a unit; ``neurons`` has the excitatory ones of all units first."""
    b2.defaultclock.dt = 0.1 * b2.ms
    n_e, n_i = sizes(n)
    namespace = CONSTANTS | brian_functions()
    neurons = b2.NeuronGroup(
        UNITS * n, EQUATIONS, threshold="v > V_th", reset="v = V_reset", refractory=5 * b2.ms,
        method="euler", namespace=namespace, name="neurons",
    )  # fmt: skip
    neurons.v = "E_L + (V_th - E_L)*rand()"
    excitatory, inhibitory = neurons[: UNITS * n_e], neurons[UNITS * n_e :]
    excitatory.w_input, inhibitory.w_input = 0.090, 0.080
    neurons.rng_seed = 1

    objects: list[Any] = [neurons, b2.SpikeMonitor(neurons, name="spikes")]
    if counter_noise:
        # one call of the generator has numbers for two steps
        neurons.run_regularly(
            "input_events = bernoulli_pair(rng_seed, 0, 0, i, t_in_timesteps // 2, input_rate*dt)",
            dt=2 * b2.defaultclock.dt,
            when="before_synapses",
            name="input_events",
        )
        neurons.run_regularly(
            "g_e += w_input*pair_member(input_events, t_in_timesteps % 2)",
            when="synapses",
            name="input",
        )
    else:
        sources = b2.PoissonGroup(UNITS * n, CONSTANTS["input_rate"], name="sources")
        given = b2.Synapses(sources, neurons, on_pre="g_e_post += w_input_post", name="given")
        given.connect(j="i")
        objects += [sources, given]

    p = p_within(n)
    groups = {"e": (excitatory, n_e), "i": (inhibitory, n_i)}
    for a, b in ("ee", "ei", "ie", "ii"):
        (source, n_source), (target, n_target) = groups[a], groups[b]
        synapses = _synapses(source, target, STRENGTH[a + b] / (p * n_source), f"{a}_to_{b}")
        unit = f"(i // {n_source})*{n_target}"
        synapses.connect(j=f"k for k in sample({unit}, {unit} + {n_target}, p={p})")
        objects.append(synapses)
    weight = STRENGTH["across"] / (P_ACROSS * n_e * (UNITS - 1))
    across = _synapses(excitatory, inhibitory, weight, "across")
    across.connect(j=f"k for k in sample(N_post, p={P_ACROSS}) if k // {n_i} != i // {n_e}")
    return b2.Network(*objects, across)


def _synapses(source: Any, target: Any, weight: float, name: str) -> b2.Synapses:
    variable = "g_e" if source.start == 0 else "g_i"
    return b2.Synapses(
        source, target, on_pre=f"{variable}_post += {weight!r}", delay=1 * b2.ms, name=name
    )


def build(
    folder: Path, n: int, duration: float, device: str, counter_noise: bool, float32: bool
) -> None:
    """Write and compile the program, which prints the CPU seconds that its loop took."""
    b2.prefs.core.default_float_dtype = np.float32 if float32 else np.float64
    b2.set_device(device, build_on_run=False)
    b2.device.insert_code("before_network_run", "const std::clock_t _began = std::clock();")
    b2.device.insert_code(
        "after_network_run",
        'std::cout << "loop " << (std::clock() - _began)/(double)CLOCKS_PER_SEC << std::endl;',
    )
    create_network(n, counter_noise).run(duration * b2.second)
    b2.device.build(directory=str(folder), compile=True, run=False)


def main() -> None:
    """Build one program."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--n", type=int, default=500, help="neurons a unit")
    parser.add_argument("--duration", type=float, default=2.0, help="biological time, s")
    parser.add_argument("--device", default="cpp_standalone", help="or pfc_cpp_standalone")
    parser.add_argument("--counter-noise", action="store_true", help="no PoissonGroup")
    parser.add_argument("--float32", action="store_true")
    chosen = parser.parse_args()
    build(
        chosen.folder, chosen.n, chosen.duration, chosen.device, chosen.counter_noise,
        chosen.float32,
    )  # fmt: skip


if __name__ == "__main__":
    main()
