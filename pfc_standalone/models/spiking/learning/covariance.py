"""The covariance rule in spikes, with heterosynaptic depression.

Of the traces x of both neurons and the mean trace m of the postsynaptic population:

- a presynaptic spike adds ``eta*(x_post - 2*kappa*m)``: the product of both rates above the product
  of the presynaptic rate and the population's mean one (taken once for either order of spikes);
- a postsynaptic spike adds ``eta*(x_pre - offset)``: synapses whose fibre was silent lose.

The weight stays within [0, w_max]. On average over uncorrelated spikes of the rates r this is
``eta*(2*tau*r_pre*(r_post - kappa*mean) - offset*r_post)``.

References
----------
- Sejnowski TJ (1977). Storing covariance with nonlinearly interacting neurons. J Math Biol
  4:303-321. doi:10.1007/BF00275079
- Dayan P, Willshaw DJ (1991). Optimising synaptic learning rules in linear associative memories.
  Biol Cybern 65:253-265. doi:10.1007/BF00206223
- Chistiakova M, Bannon NM, Bazhenov M, Volgushev M (2014). Heterosynaptic plasticity: multiple
  mechanisms and multiple roles. Neuroscientist 20:483-498. doi:10.1177/1073858414529829
"""

from __future__ import annotations

from pfc_standalone.models.spiking.learning import Stateless


class Covariance(Stateless):
    """The rule; see the module's docstring."""

    parts = ("normalisation", "threshold")

    def on_pre(self) -> str:
        """The postsynaptic trace, above its mean."""
        return "w = clip(w + eta*(post_now - 2*kappa*mean_now), 0*siemens, w_max)"

    def on_post(self) -> str:
        """The presynaptic trace, above the offset."""
        return "w = clip(w + eta*(pre_now - offset), 0*siemens, w_max)"


RULE = Covariance()
