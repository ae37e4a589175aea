"""The rule that Diehl & Cook classified digits with: a postsynaptic spike compares traces.

A postsynaptic spike adds ``eta*(x_pre - offset)*(1 - w/w_max)``: fibres that fired lately gain, all
others lose. The paper has any power of ``w_max - w``; here it is the first, in units of w_max. A
presynaptic spike changes nothing. The weight stays within [0, w_max].

References
----------
Diehl PU, Cook M (2015). Unsupervised learning of digit recognition using spike-timing-dependent
plasticity. Front Comput Neurosci 9:99. doi:10.3389/fncom.2015.00099: section 2.3.
"""

from __future__ import annotations

from pfc_standalone.models.spiking.learning import Stateless


class DiehlCook(Stateless):
    """The rule; see the module's docstring."""

    parts = ("normalisation", "threshold")

    def on_pre(self) -> str:
        """Nothing."""
        return ""

    def on_post(self) -> str:
        """The presynaptic trace above the offset, less where the weight is large."""
        return "w = clip(w + eta*(pre_now - offset)*(1 - w/w_max), 0*siemens, w_max)"


RULE = DiehlCook()
