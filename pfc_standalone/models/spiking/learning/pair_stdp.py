"""Spike-timing-dependent plasticity of pairs, additive, all to all.

A presynaptic spike dt before a postsynaptic one adds ``A_plus*w_max*exp(-dt/tau)``, one dt after it
takes ``A_minus*w_max*exp(-dt/tau)``; the weight stays within [0, w_max].

References
----------
Song S, Miller KD, Abbott LF (2000). Competitive Hebbian learning through spike-timing-dependent
synaptic plasticity. Nat Neurosci 3:919-926. doi:10.1038/78829: tau 20 ms, A_plus 0.005,
A_minus/A_plus 1.05.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class PairSTDP:
    """The rule; see the module's docstring.

    Attributes
    ----------
    tau : float
        Of both traces, s.
    A_plus, A_minus : float
        Largest change by one pair, as a fraction of ``w_max``.
    w_max : float
        Siemens; the recipe that was tried for these synapses has 0.8 nS (docs/decisions.md).
    """

    tau: float = 0.02
    A_plus: float = 0.005
    A_minus: float = 0.005 * 1.05
    w_max: float = 0.8e-9

    def namespace(self) -> dict[str, Any]:
        """Constants."""
        import brian2 as b2

        return {
            "stdp_tau": self.tau * b2.second,
            "stdp_plus": self.A_plus * self.w_max * b2.siemens,
            "stdp_minus": self.A_minus * self.w_max * b2.siemens,
            "stdp_w_max": self.w_max * b2.siemens,
        }

    def equations(self) -> str:
        """A trace of each side, and the time step in which it was last brought up to date."""
        return """
        pre_trace : 1
        post_trace : 1
        pre_step : integer
        post_step : integer
        """

    def on_pre(self) -> str:
        """Depression by the trace of postsynaptic spikes."""
        return """
        post_now = post_trace*exp_portable((post_step - t_in_timesteps)*dt/stdp_tau)
        w = clip(w - stdp_minus*post_now, 0*siemens, stdp_w_max)
        pre_trace = pre_trace*exp_portable((pre_step - t_in_timesteps)*dt/stdp_tau) + 1
        pre_step = t_in_timesteps
        """

    def on_post(self) -> str:
        """Potentiation by the trace of presynaptic spikes."""
        return """
        pre_now = pre_trace*exp_portable((pre_step - t_in_timesteps)*dt/stdp_tau)
        w = clip(w + stdp_plus*pre_now, 0*siemens, stdp_w_max)
        post_trace = post_trace*exp_portable((post_step - t_in_timesteps)*dt/stdp_tau) + 1
        post_step = t_in_timesteps
        """


RULE = PairSTDP()
