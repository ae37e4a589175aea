"""CUBA, coupled by currents
=========================

4000 neurons that excite and inhibit each other by currents, and never fall silent::

    uv run python examples/published/cuba.py

References
----------
Brette et al. (2007), J Comput Neurosci 23:349-398, doi:10.1007/s10827-007-0038-6, benchmark 2;
after Vogels and Abbott (2005), J Neurosci 25:10786-10795, doi:10.1523/JNEUROSCI.3508-05.2005.
"""

from __future__ import annotations

import brian2 as b2
from brian2 import ms, mV
from on_device import run

N, N_EXC, CONN_PROB = 4000, 3200, 0.02
EQUATIONS = """
dv/dt = (v_exc + v_inh - (v - E_L))/tau_m : volt (unless refractory)
dv_exc/dt = -v_exc/tau_exc : volt
dv_inh/dt = -v_inh/tau_inh : volt
"""
NAMESPACE = {
    "E_L": -49 * mV, "V_th": -50 * mV, "V_reset": -60 * mV,
    "tau_m": 20 * ms, "tau_exc": 5 * ms, "tau_inh": 10 * ms,
    "w_exc": 60 * 0.27 / 10 * mV, "w_inh": -20 * 4.5 / 10 * mV,
}  # fmt: skip


def create() -> tuple[b2.Network, b2.SpikeMonitor]:
    """The network and the monitor of its spikes."""
    neurons = b2.NeuronGroup(
        N, EQUATIONS, threshold="v > V_th", reset="v = V_reset", refractory=5 * ms,
        method="exact", namespace=NAMESPACE, name="neurons",
    )  # fmt: skip
    neurons.v = "V_reset + rand()*(V_th - V_reset)"
    exc = b2.Synapses(neurons, neurons, on_pre="v_exc += w_exc", namespace=NAMESPACE, name="exc")
    exc.connect(f"i < {N_EXC}", p=CONN_PROB)
    inh = b2.Synapses(neurons, neurons, on_pre="v_inh += w_inh", namespace=NAMESPACE, name="inh")
    inh.connect(f"i >= {N_EXC}", p=CONN_PROB)
    spikes = b2.SpikeMonitor(neurons, name="spikes")
    return b2.Network(neurons, exc, inh, spikes), spikes


if __name__ == "__main__":
    run(create, seconds=10.0)
