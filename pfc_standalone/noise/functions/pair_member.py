"""One of the two counts that `poisson_pair` or `bernoulli_pair` made."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pfc_standalone.noise.function import NoiseFunction
from pfc_standalone.noise.functions.poisson_pair import PAIR_SHIFT


def pair_member(pair: ArrayLike, second: ArrayLike) -> NDArray[np.int32]:
    """The first count of a pair where ``second`` is 0, the second where it is 1."""
    shift = PAIR_SHIFT * np.asarray(second, np.int32)
    return np.asarray((np.asarray(pair, np.int32) >> shift) & (2**PAIR_SHIFT - 1), np.int32)


FUNCTION = NoiseFunction(
    pair_member,
    ("int32_t pair", "int32_t second"),
    f"""int32_t pair_member(const int32_t pair, const int32_t second)
{{
    return (pair >> {PAIR_SHIFT}*second) & {2**PAIR_SHIFT - 1};
}}""",
    returns="int32_t",
)
