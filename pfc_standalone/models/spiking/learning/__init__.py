"""Learning rules: how a synapse's weight follows spikes; a file each.

A rule is a description. `plastic` builds synapses from it, on any target.
"""

from __future__ import annotations

from typing import Any, Protocol


class LearningRule(Protocol):
    """A rule for synapses with the weight ``w`` (siemens, from 0 to the rule's own bound).

    Texts are in Brian2's language, statements on one line each. They may use what the model's
    namespace has, ``exp_portable`` instead of ``exp``, ``dt``, and ``t_in_timesteps`` for the time:
    ``t`` is rounded, the number of the time step is not.
    """

    def namespace(self) -> dict[str, Any]:
        """Constants, with Brian2's units; their names begin with the rule's own prefix."""

    def equations(self) -> str:
        """Variables of a synapse beside ``w``."""

    def on_pre(self) -> str:
        """What a presynaptic spike changes, after it was transmitted with the weight it found."""

    def on_post(self) -> str:
        """What a postsynaptic spike changes."""
