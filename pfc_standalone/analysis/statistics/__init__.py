"""Statistics by which targets are judged: a file each.

A statistic is a function of one population's spikes in one replicate: ``(t, neuron, n_neurons,
windows)``, times in s, neurons numbered within the population, windows of (start, stop). It gives
any number of values; their distribution is compared over targets and seeds.
"""

from pfc_standalone.registry import Registry

STATISTICS = Registry(
    "statistic",
    "pfc_standalone.analysis.statistics",
    "STATISTIC",
    "pfc_standalone.statistics",
    "_",
)
