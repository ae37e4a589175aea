"""Events of two time steps from one call of the generator: see `poisson_pair`."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pfc_standalone.noise.function import NoiseFunction
from pfc_standalone.noise.functions.counter_uniform import (
    KEY_ARGUMENTS,
    counter_words,
    words_in_c,
)
from pfc_standalone.noise.functions.poisson_pair import PAIR_SHIFT


def bernoulli_pair(
    seed: ArrayLike,
    replicate: ArrayLike,
    stream: ArrayLike,
    neuron: ArrayLike,
    pair: ArrayLike,
    probability: ArrayLike,
) -> NDArray[np.int32]:
    """Whether something happens (1 or 0) in the time steps ``2*pair`` and ``2*pair + 1``, to be
    told apart by `pair_member`.

    Parameters
    ----------
    seed, replicate, stream, neuron, pair : array_like of int
        What the numbers are for; ``neuron`` counts within a replicate.
    probability : array_like of float
        Of an event in a step.

    Returns
    -------
    ndarray of int32
        Broadcast shape of the arguments, at least one-dimensional.
    """
    first, second = (
        np.less((word.astype(np.float64) + 0.5) * 2.0**-32, probability)
        for word in counter_words(seed, replicate, stream, neuron, pair)
    )
    return np.asarray(first + (second << PAIR_SHIFT), np.int32)


def _c_text() -> str:
    arguments = ", ".join(
        f"const {a}" for a in (*KEY_ARGUMENTS, "uint32_t pair", "double probability")
    )
    below = [f"(((double)x{k} + 0.5)*{2.0**-32!r} < probability)" for k in range(2)]
    return "\n".join(
        [
            f"int32_t bernoulli_pair({arguments})",
            "{",
            *words_in_c("pair"),
            f"    return {below[0]} + ({below[1]} << {PAIR_SHIFT});",
            "}",
        ]
    )


FUNCTION = NoiseFunction(
    bernoulli_pair,
    (*KEY_ARGUMENTS, "uint32_t pair", "double probability"),
    _c_text(),
    returns="int32_t",
)
