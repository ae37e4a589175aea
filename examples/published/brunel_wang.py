"""Working memory by recurrent NMDA
================================

800 excitatory neurons, five groups of 80 among them::

    uv run python examples/published/brunel_wang.py

The first group is excited for 0.3 s and goes on firing when that is over. A neuron's NMDA
gating is a variable of its own, which all of its synapses share: the same spikes open them all.

References
----------
Brunel and Wang (2001), J Comput Neurosci 11:63-85, doi:10.1023/A:1011204814320.
"""

from __future__ import annotations

import brian2 as b2
from brian2 import Hz, ms, mV, nF, nS
from on_device import run

N_EXC, N_INH, GROUPS = 800, 200, 5
FRACTION, W_PLUS = 0.1, 2.1
W_MINUS = 1 - FRACTION * (W_PLUS - 1) / (1 - FRACTION)
N_GROUP = int(FRACTION * N_EXC)
BACKGROUND, CUE = 3 * Hz, 25 * Hz
N_FIBRES, N_CUE_FIBRES = 800, 80
MEMBRANE = """
dv/dt = (-g_L*(v - E_L) - I)/C_m : volt (unless refractory)
I = (g_ext*s_ext + g_ampa*s_ampa)*(v - E_exc) + g_gaba*s_gaba*(v - E_inh)
    + g_nmda*s_nmda*(v - E_exc)/(1 + exp(-0.062*v/mV)/3.57) : amp
ds_ext/dt = -s_ext/tau_ampa : 1
ds_ampa/dt = -s_ampa/tau_ampa : 1
ds_gaba/dt = -s_gaba/tau_gaba : 1
s_nmda : 1
"""
GATING = """
dopen/dt = -open/tau_nmda + alpha*x*(1 - open) : 1
dx/dt = -x/tau_rise : 1
"""
SHARED = {
    "E_L": -70 * mV, "V_th": -50 * mV, "V_reset": -55 * mV, "E_exc": 0 * mV, "E_inh": -70 * mV,
    "tau_ampa": 2 * ms, "tau_gaba": 10 * ms, "tau_nmda": 100 * ms, "tau_rise": 2 * ms,
    "alpha": 0.5 / ms,
}  # fmt: skip
EXC = SHARED | {
    "C_m": 0.5 * nF, "g_L": 25 * nS, "g_ext": 2.08 * nS, "g_ampa": 0.104 * nS,
    "g_nmda": 0.327 * nS, "g_gaba": 1.25 * nS,
}  # fmt: skip
INH = SHARED | {
    "C_m": 0.2 * nF, "g_L": 20 * nS, "g_ext": 1.62 * nS, "g_ampa": 0.081 * nS,
    "g_nmda": 0.258 * nS, "g_gaba": 0.973 * nS,
}  # fmt: skip
#: Of a synapse, by the groups of its neurons; the group of those that belong to none is -1.
_WEIGHT = (
    f"int(group_pre == group_post and group_pre >= 0)*{W_PLUS}"
    f" + int(group_pre != group_post and group_post >= 0)*{W_MINUS}"
    f" + int(group_post < 0)"
)


def create() -> tuple[b2.Network, b2.SpikeMonitor]:
    """The network and the monitor of the excitatory neurons' spikes."""
    exc = b2.NeuronGroup(
        N_EXC, MEMBRANE + GATING + "group : integer (constant)\n", threshold="v > V_th",
        reset="v = V_reset; x += 1", refractory=2 * ms, method="euler", namespace=EXC, name="exc",
    )  # fmt: skip
    inh = b2.NeuronGroup(
        N_INH, MEMBRANE, threshold="v > V_th", reset="v = V_reset", refractory=1 * ms,
        method="euler", namespace=INH, name="inh",
    )  # fmt: skip
    exc.v = inh.v = SHARED["E_L"]
    exc.group = f"int(i < {GROUPS * N_GROUP})*(i//{N_GROUP} + 1) - 1"
    objects = [exc, inh]
    for name, group in (("exc", exc), ("inh", inh)):
        to = b2.Synapses(
            exc, group, "w : 1\ns_nmda_post = w*open_pre : 1 (summed)", on_pre="s_ampa_post += w",
            name=f"exc_{name}",
        )  # fmt: skip
        to.connect("i != j" if group is exc else True)
        to.w = _WEIGHT if group is exc else 1.0
        back = b2.Synapses(inh, group, on_pre="s_gaba_post += 1", name=f"inh_{name}")
        back.connect("i != j" if group is inh else True)
        objects += [to, back]
        objects.append(b2.PoissonInput(group, "s_ext", N_FIBRES, BACKGROUND, "1"))
    cue = b2.PoissonInput(
        exc[:N_GROUP], "s_ext", N_CUE_FIBRES, CUE, "int(t > 0.2*second and t < 0.5*second)"
    )
    spikes = b2.SpikeMonitor(exc, name="spikes")
    return b2.Network(*objects, cue, spikes), spikes


if __name__ == "__main__":
    run(create, seconds=1.0)
