"""Whether two sets of spike trains agree: spike by spike, or in distribution."""

from pfc_standalone.analysis.agreement.distribution import (
    MIN_SPIKES,
    MIN_VALUES,
    Comparison,
    compare_seeds,
    holm,
    population_samples,
)
from pfc_standalone.analysis.agreement.exact import Difference, first_difference

__all__ = [
    "MIN_SPIKES",
    "MIN_VALUES",
    "Comparison",
    "Difference",
    "compare_seeds",
    "first_difference",
    "holm",
    "population_samples",
]
