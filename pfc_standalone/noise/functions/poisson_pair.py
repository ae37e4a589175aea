"""Poisson counts of two time steps from one call of the generator, without a loop of random length.

A call of Threefry gives two words of 32 bits: the even step's count comes from the first, the odd
step's from the second. A count is how many of six thresholds a word exceeds: the Poisson
quantile of the uniform number ``(word + 1/2)/2**32``, by comparisons of integers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pfc_standalone.noise.function import NoiseFunction
from pfc_standalone.noise.functions.counter_uniform import (
    KEY_ARGUMENTS,
    counter_words,
    words_in_c,
)

#: Largest count. More has the Poisson probability 9e-9 at the largest mean a step of 0.1 ms, 0.25
#: (2.5 kHz), and 4e-6 at that of the longest step allowed, 0.625.
POISSON_MAX_COUNT = 6
#: Where the second count lies in the pair.
PAIR_SHIFT = 16
_SIGN = 1 << 31


def poisson_thresholds(mean: float) -> NDArray[np.int32]:
    """What `poisson_pair` compares words with, for a Poisson mean.

    Returns
    -------
    (POISSON_MAX_COUNT,) ndarray of int32
        Word x lies above cumulative probability c if ``(x + 1/2)/2**32 > c``, that is
        ``x > floor(c*2**32 - 1/2)``. Shifted by -2**31, to fit an integer with a sign.
    """
    terms = np.cumprod([np.exp(-mean), *(mean / k for k in range(1, POISSON_MAX_COUNT))])
    above = np.floor(np.cumsum(terms) * 2.0**32 - 0.5)
    return (np.clip(above, 0, 2**32 - 1) - _SIGN).astype(np.int32)


def poisson_pair(
    seed: ArrayLike,
    replicate: ArrayLike,
    stream: ArrayLike,
    neuron: ArrayLike,
    pair: ArrayLike,
    *thresholds: ArrayLike,
) -> NDArray[np.int32]:
    """Counts of the time steps ``2*pair`` and ``2*pair + 1``, to be told apart by `pair_member`.

    Parameters
    ----------
    seed, replicate, stream, neuron, pair : array_like of int
        What the numbers are for; ``neuron`` counts within a replicate.
    *thresholds : array_like of int32
        As many as `POISSON_MAX_COUNT`, as `poisson_thresholds` gives them.

    Returns
    -------
    ndarray of int32
        Broadcast shape of the arguments, at least one-dimensional.
    """
    words = counter_words(seed, replicate, stream, neuron, pair)
    pair_of_counts: NDArray[np.int32] = np.zeros(1, np.int32)
    for word, one in zip(words, (1, 1 << PAIR_SHIFT), strict=True):
        shifted = (word ^ np.uint32(_SIGN)).view(np.int32)
        for threshold in thresholds:
            above = np.greater(shifted, threshold).astype(np.int32)
            pair_of_counts = pair_of_counts + above * np.int32(one)
    return pair_of_counts


_THRESHOLDS = tuple(f"int32_t above_{k}" for k in range(POISSON_MAX_COUNT))


def _c_text() -> str:
    arguments = ", ".join(f"const {a}" for a in (*KEY_ARGUMENTS, "uint32_t pair", *_THRESHOLDS))
    lines = [f"int32_t poisson_pair({arguments})", "{", *words_in_c("pair")]
    lines += [f"    const int32_t s{k} = (int32_t)(x{k} ^ {_SIGN:#x}u);" for k in range(2)]
    lines.append("    int32_t pair_of_counts = 0;")
    for t in range(POISSON_MAX_COUNT):
        for k, one in enumerate((1, 1 << PAIR_SHIFT)):
            count = "pair_of_counts"
            lines.append(f"    {count} = s{k} > above_{t} ? {count} + {one} : {count};")
    return "\n".join([*lines, "    return pair_of_counts;", "}"])


FUNCTION = NoiseFunction(
    poisson_pair, (*KEY_ARGUMENTS, "uint32_t pair", *_THRESHOLDS), _c_text(), returns="int32_t"
)
