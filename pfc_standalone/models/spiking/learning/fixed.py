"""A synapse for each pair, as with any rule, whose weight stays: what was learned, used exactly."""

from __future__ import annotations

from pfc_standalone.models.spiking.learning import Stateless


class Fixed(Stateless):
    """No spike changes anything; see the module's docstring."""

    parts = ("threshold",)

    def on_pre(self) -> str:
        """Nothing."""
        return ""

    def on_post(self) -> str:
        """Nothing."""
        return ""


RULE = Fixed()
