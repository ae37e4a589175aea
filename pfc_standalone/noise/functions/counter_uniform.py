"""Uniform numbers that are a pure function of what they are for.

The Threefry-2x32 block cipher with 20 rounds [1]_, keyed by (seed, replicate) and fed the counter
(step, stream and neuron). It keeps no state, so loops vectorise, the order of evaluation does not
matter, and a replicate sees the same noise alone or in a batch.

References
----------
.. [1] Salmon JK, Moraes MA, Dror RO, Shaw DE (2011). Parallel random numbers: as easy as
   1, 2, 3. SC '11. doi:10.1145/2063384.2063405
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pfc_standalone.noise.function import NoiseFunction

#: Streams sit above the neuron number in the counter word: 2**27 neurons, 32 streams.
STREAM_SHIFT = 27

# Threefry-2x32: rotation constants and key-schedule parity (Salmon et al. 2011, table 2).
ROTATIONS = (13, 15, 26, 6, 17, 29, 16, 24)
PARITY = 0x1BD11BDA
ROUNDS = 20


def threefry2x32(
    counter0: ArrayLike, counter1: ArrayLike, key0: ArrayLike, key1: ArrayLike
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Encrypt two counter words with Threefry-2x32-20.

    Parameters
    ----------
    counter0, counter1, key0, key1 : array_like of integer
        Broadcast against each other; taken modulo 2**32.

    Returns
    -------
    x0, x1 : ndarray of uint32
        At least one-dimensional.
    """
    c0, c1, k0, k1 = (_as_words(a) for a in (counter0, counter1, key0, key1))
    keys = (k0, k1, k0 ^ k1 ^ np.uint32(PARITY))
    shape = np.broadcast_shapes(*(a.shape for a in (c0, c1, k0, k1)))
    # In place: this is most of the numpy target's time.
    x0, x1, spilled = (np.empty(shape, np.uint32) for _ in range(3))
    np.add(c0, keys[0], out=x0)
    np.add(c1, keys[1], out=x1)
    for i in range(ROUNDS):
        rotation = ROTATIONS[i % 8]
        x0 += x1
        np.right_shift(x1, np.uint32(32 - rotation), out=spilled)
        x1 <<= np.uint32(rotation)
        x1 |= spilled
        x1 ^= x0
        if i % 4 == 3:
            injection = i // 4 + 1
            x0 += keys[injection % 3]
            x1 += keys[(injection + 1) % 3] + np.uint32(injection)
    return x0, x1


def _as_words(a: ArrayLike) -> NDArray[np.uint32]:
    # One-dimensional at least: numpy warns of wrap-around for scalars only.
    a = np.atleast_1d(np.asarray(a))
    return a if a.dtype == np.uint32 else a.astype(np.int64, copy=False).astype(np.uint32)


def counter_words(
    seed: ArrayLike, replicate: ArrayLike, stream: ArrayLike, neuron: ArrayLike, counter: ArrayLike
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Two words that are independent of each other and of those of any other arguments."""
    word1 = (_as_words(stream) << np.uint32(STREAM_SHIFT)) | _as_words(neuron)
    return threefry2x32(counter, word1, seed, replicate)


def counter_uniform(
    seed: ArrayLike, replicate: ArrayLike, stream: ArrayLike, neuron: ArrayLike, step: ArrayLike
) -> NDArray[np.float64]:
    """Uniform number in (0, 1), multiples of 2**-32 shifted by 2**-33.

    Parameters
    ----------
    seed, replicate, stream, neuron, step : array_like of int
        What the number is for. ``neuron`` counts within a replicate.

    Returns
    -------
    ndarray of float64
        Broadcast shape of the arguments, at least one-dimensional.
    """
    x0, _ = counter_words(seed, replicate, stream, neuron, step)
    return (x0.astype(np.float64) + 0.5) * 2.0**-32


def words_in_c(counter: str) -> list[str]:
    """C statements that make the two words ``x0`` and ``x1``, from ``seed``, ``replicate``,
    ``stream``, ``neuron`` and a counter of that name.
    """
    lines = [
        f"    const uint32_t k2 = seed ^ replicate ^ {PARITY:#x}u;",
        f"    uint32_t x0 = {counter} + seed;",
        f"    uint32_t x1 = ((stream << {STREAM_SHIFT}) | neuron) + replicate;",
    ]
    keys = ("seed", "replicate", "k2")
    for i in range(ROUNDS):
        r = ROTATIONS[i % 8]
        lines.append(f"    x0 += x1; x1 = (x1 << {r}) | (x1 >> {32 - r}); x1 ^= x0;")
        if i % 4 == 3:
            n = i // 4 + 1
            lines.append(f"    x0 += {keys[n % 3]}; x1 += {keys[(n + 1) % 3]} + {n}u;")
    return lines


#: What a number is for, as C arguments: a function of this kind begins with them.
KEY_ARGUMENTS = tuple(f"uint32_t {a}" for a in ("seed", "replicate", "stream", "neuron"))


def _c_text() -> str:
    arguments = ", ".join(f"const {a}" for a in (*KEY_ARGUMENTS, "uint32_t step"))
    return "\n".join(
        [
            f"double counter_uniform({arguments})",
            "{",
            *words_in_c("step"),
            f"    return ((double)x0 + 0.5)*{2.0**-32!r};",
            "}",
        ]
    )


FUNCTION = NoiseFunction(counter_uniform, (*KEY_ARGUMENTS, "uint32_t step"), _c_text())
