"""Learning rules: how a synapse's weight follows spikes; a file each.

A rule is a description. `plastic` builds synapses from it, on any target.
"""

from __future__ import annotations

from typing import Any, Protocol

#: Parts beside its texts that a rule may ask for: all weights onto a neuron are rescaled to their
#: sum now and then; the threshold of a population rises with its spikes.
PARTS = ("normalisation", "threshold")


class LearningRule(Protocol):
    """A rule for synapses with the weight ``w`` (siemens).

    Texts are in Brian2's language, statements on one line each. They may use what the model's
    namespace has, ``exp_portable`` instead of ``exp``, ``dt``, and ``t_in_timesteps`` for the time:
    ``t`` is rounded, the number of the time step is not. These names have values of the moment:

    - ``pre_now``, ``post_now``: trace of the presynaptic and of the postsynaptic neuron. A spike
      adds 1 to its neuron's trace, after all that it does to synapses in its own time step; the
      trace decays with ``learning.tau_trace``;
    - ``eta`` (siemens): the learning rate, 0 where nothing is learned now;
    - ``w_max`` (siemens): the largest weight;
    - ``mean_now``: what the trace of a neuron of the postsynaptic population is on average;
    - ``kappa``, ``offset``: numbers of the layer's parameters (``learn_input``, ``learn_memory``).

    A rule may have an attribute ``parts``, some of `PARTS`; without, it has none of them.
    """

    def namespace(self) -> dict[str, Any]:
        """Constants, with Brian2's units; their names begin with the rule's own prefix."""

    def equations(self) -> str:
        """Variables of a synapse beside ``w``."""

    def on_pre(self) -> str:
        """What a presynaptic spike changes when it arrives, once it was transmitted."""

    def on_post(self) -> str:
        """What a postsynaptic spike changes."""


class Stateless:
    """What rules without constants and variables of their own have in common."""

    parts: tuple[str, ...] = ()

    def namespace(self) -> dict[str, Any]:
        """No constants."""
        return {}

    def equations(self) -> str:
        """No variables."""
        return ""
