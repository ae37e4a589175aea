"""Spike-timing-dependent plasticity of pairs, additive, all to all.

A presynaptic spike dt before a postsynaptic one adds ``eta*exp(-dt/tau)``, one that arrives dt
after it takes ``1.05*eta*exp(-dt/tau)``; the weight stays within [0, w_max].

References
----------
Song S, Miller KD, Abbott LF (2000). Competitive Hebbian learning through spike-timing-dependent
synaptic plasticity. Nat Neurosci 3:919-926. doi:10.1038/78829: tau 20 ms, eta/w_max 0.005,
A_minus/A_plus 1.05.
"""

from __future__ import annotations

from typing import Any

from pfc_standalone.models.spiking.learning import Stateless


class PairSTDP(Stateless):
    """The rule; see the module's docstring."""

    parts = ("normalisation", "threshold")

    def namespace(self) -> dict[str, Any]:
        """Depression against potentiation."""
        return {"stdp_ratio": 1.05}

    def on_pre(self) -> str:
        """Depression by the trace of postsynaptic spikes."""
        return "w = clip(w - stdp_ratio*eta*post_now, 0*siemens, w_max)"

    def on_post(self) -> str:
        """Potentiation by the trace of presynaptic spikes."""
        return "w = clip(w + eta*pre_now, 0*siemens, w_max)"


RULE = PairSTDP()
