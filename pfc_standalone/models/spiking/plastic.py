"""Synapses that learn: pixels onto the input layer, one for each fibre and neuron.

They stand beside whatever form of connectivity the rest has; a network without a rule has none.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from pfc_standalone.models.spiking import equations as eq
from pfc_standalone.models.spiking.connections import Parts
from pfc_standalone.models.spiking.learning import LearningRule
from pfc_standalone.models.spiking.populations import population_table
from pfc_standalone.models.spiking.tables import n_channels, receives_pixels
from pfc_standalone.parameters import Parameters
from pfc_standalone.parameters.groups import LEARNING_RULES

if TYPE_CHECKING:
    import brian2 as b2

STORED_WEIGHTS = {"w": eq.FIBRE_WEIGHT}


def get_rule(parameters: Parameters) -> LearningRule | None:
    """The rule that the parameters name; None for none."""
    rule: LearningRule | None = LEARNING_RULES.get(parameters.network.learning_rule)
    return rule


def connect(parts: Parts, rule: LearningRule) -> b2.Synapses:
    """Connect fibres of pixels with the neurons of the input units, by synapses that learn."""
    import brian2 as b2

    synapses = b2.Synapses(
        parts.fibres,
        parts.neurons,
        model="w : siemens\n" + textwrap.dedent(rule.equations()),
        on_pre="g_plastic_post += w\n" + textwrap.dedent(rule.on_pre()),
        on_post=textwrap.dedent(rule.on_post()),
        delay={"pre": parts.parameters.si("network.synaptic_delay") * b2.second},
        namespace=parts.namespace | rule.namespace(),
        name="plastic",
    )
    populations = population_table(parts.parameters)
    first = min(k for k, p in enumerate(populations) if receives_pixels(p))
    last = max(k for k, p in enumerate(populations) if receives_pixels(p))
    pixels = n_channels(parts.parameters) - 1
    synapses.connect(
        f"replicate_pre == replicate_post and channel_pre < {pixels} "
        f"and population_post >= {first} and population_post <= {last}",
        namespace=parts.namespace,
    )
    return synapses


def count(parameters: Parameters) -> int:
    """Synapses of one replicate that learn."""
    if get_rule(parameters) is None:
        return 0
    fibres = parameters.afferents.fibres_per_pixel * parameters.network.task.n_pixels
    return int(
        fibres * np.sum([p.size for p in population_table(parameters) if receives_pixels(p)])
    )
