"""COBAHH, coupled by conductances
===============================

4000 Hodgkin-Huxley neurons, coupled by conductances::

    uv run python examples/published/cobahh.py

References
----------
Brette et al. (2007), J Comput Neurosci 23:349-398, doi:10.1007/s10827-007-0038-6, benchmark 3;
the channels are those of Traub and Miles (1991), Neuronal Networks of the Hippocampus.
"""

from __future__ import annotations

import brian2 as b2
from brian2 import cm, ms, mV, nS, siemens, uF, um
from on_device import run

N, N_EXC, CONN_PROB = 4000, 3200, 0.02
AREA = 20_000 * um**2
EQUATIONS = """
dv/dt = (g_L*(E_L - v) + g_exc*(E_exc - v) + g_inh*(E_inh - v)
         - g_Na*m**3*h*(v - E_Na) - g_K*n**4*(v - E_K))/C_m : volt
dm/dt = a_m*(1 - m) - b_m*m : 1
dn/dt = a_n*(1 - n) - b_n*n : 1
dh/dt = a_h*(1 - h) - b_h*h : 1
dg_exc/dt = -g_exc/tau_exc : siemens
dg_inh/dt = -g_inh/tau_inh : siemens
u = (v - V_T)/mV : 1
a_m = 0.32*4/exprel((13 - u)/4)/ms : Hz
b_m = 0.28*5/exprel((u - 40)/5)/ms : Hz
a_h = 0.128*exp((17 - u)/18)/ms : Hz
b_h = 4/(1 + exp((40 - u)/5))/ms : Hz
a_n = 0.032*5/exprel((15 - u)/5)/ms : Hz
b_n = 0.5*exp((10 - u)/40)/ms : Hz
"""
NAMESPACE = {
    "C_m": 1 * uF * cm**-2 * AREA, "g_L": 5e-5 * siemens * cm**-2 * AREA,
    "g_Na": 100e-3 * siemens * cm**-2 * AREA, "g_K": 30e-3 * siemens * cm**-2 * AREA,
    "E_L": -60 * mV, "E_K": -90 * mV, "E_Na": 50 * mV, "E_exc": 0 * mV, "E_inh": -80 * mV,
    "V_T": -63 * mV, "tau_exc": 5 * ms, "tau_inh": 10 * ms, "w_exc": 6 * nS, "w_inh": 67 * nS,
}  # fmt: skip


def create() -> tuple[b2.Network, b2.SpikeMonitor]:
    """The network and the monitor of its spikes."""
    neurons = b2.NeuronGroup(
        N, EQUATIONS, threshold="v > -20*mV", refractory=3 * ms, method="exponential_euler",
        namespace=NAMESPACE, name="neurons",
    )  # fmt: skip
    neurons.v = "E_L + (randn()*5 - 5)*mV"
    neurons.g_exc = "(randn()*1.5 + 4)*10*nS"
    neurons.g_inh = "(randn()*12 + 20)*10*nS"
    exc = b2.Synapses(neurons, neurons, on_pre="g_exc += w_exc", namespace=NAMESPACE, name="exc")
    exc.connect(f"i < {N_EXC}", p=CONN_PROB)
    inh = b2.Synapses(neurons, neurons, on_pre="g_inh += w_inh", namespace=NAMESPACE, name="inh")
    inh.connect(f"i >= {N_EXC}", p=CONN_PROB)
    spikes = b2.SpikeMonitor(neurons, name="spikes")
    return b2.Network(neurons, exc, inh, spikes), spikes


if __name__ == "__main__":
    run(create, seconds=1.0)
