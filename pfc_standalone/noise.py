"""Random numbers and elementary functions that give the same bits on every target.

Every random number of a simulation is a pure function of (seed, replicate, stream, neuron,
time step): the Threefry-2x32 block cipher with 20 rounds [1]_, keyed by (seed, replicate) and
fed the counter (step, stream and neuron). It keeps no state, so loops vectorise, the order of
evaluation does not matter, and a replicate sees the same noise alone or in a batch.

`exp_portable` uses only IEEE-754 additions, multiplications and one rounding to an integer, so
a build without value-changing optimisations gives the same bits in numpy and C++, vectorised
or not; the C library's exponential differs from numpy's in the last bit.

References
----------
.. [1] Salmon JK, Moraes MA, Dror RO, Shaw DE (2011). Parallel random numbers: as easy as
   1, 2, 3. SC '11. doi:10.1145/2063384.2063405
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Streams keep uses of the generator apart; they share the second counter word with the neuron.
STREAM_BACKGROUND = 0
STREAM_AFFERENT = 1
STREAM_INITIAL_V = 2
#: Streams sit above the neuron number in the counter word: 2**27 neurons, 32 streams.
STREAM_SHIFT = 27

# Threefry-2x32: rotation constants and key-schedule parity (Salmon et al. 2011, table 2).
ROTATIONS = (13, 15, 26, 6, 17, 29, 16, 24)
PARITY = 0x1BD11BDA
ROUNDS = 20

#: Largest count that `poisson_count` returns. At a mean of 0.25 a step (2.5 kHz at 0.1 ms) the
#: Poisson probability of more is 2e-11, below the 2**-32 resolution of the uniform number.
POISSON_MAX_COUNT = 8

# exp: Cody-Waite reduction by ln 2 in two parts, then the Taylor polynomial of degree 13, whose
# remainder on |r| <= ln(2)/2 is 4e-18.
LOG2_E = 1.4426950408889634
LN2_HIGH = 0.693147180369123816490
LN2_LOW = 1.90821492927058770002e-10
EXP_LIMIT = 700.0
EXP_COEFFICIENTS = tuple(float(1 / np.prod(np.arange(1.0, k + 1))) for k in range(13, -1, -1))


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
    word1 = (_as_words(stream) << np.uint32(STREAM_SHIFT)) | _as_words(neuron)
    x0, _ = threefry2x32(step, word1, seed, replicate)
    return (x0.astype(np.float64) + 0.5) * 2.0**-32


def poisson_count(
    uniform: ArrayLike, mean: ArrayLike, exp_minus_mean: ArrayLike
) -> NDArray[np.float64]:
    """Poisson quantile of a uniform number: how many cumulative probabilities lie below it.

    Parameters
    ----------
    uniform : array_like of float
        In (0, 1).
    mean, exp_minus_mean : array_like of float
        The Poisson mean and its ``exp(-mean)``, given so that the loop needs no exponential.

    Returns
    -------
    ndarray of float64
        0 to `POISSON_MAX_COUNT`.
    """
    u, mean, term = (np.asarray(a, dtype=np.float64) for a in (uniform, mean, exp_minus_mean))
    cumulative = term
    count = (u > cumulative).astype(np.float64)
    for k in range(1, POISSON_MAX_COUNT):
        term = term * mean * (1.0 / k)
        cumulative = cumulative + term
        count = count + (u > cumulative)
    return count


def exp_portable(x: ArrayLike) -> NDArray[np.float64]:
    """Exponential with the same bits on every target, to 2 units in the last place.

    Arguments below -700 give ``exp(-700)`` (1e-304), above 700 ``exp(700)``.
    """
    x = np.minimum(np.maximum(np.asarray(x, dtype=np.float64), -EXP_LIMIT), EXP_LIMIT)
    k = np.floor(x * LOG2_E + 0.5)
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    p = np.full_like(r, EXP_COEFFICIENTS[0])
    for c in EXP_COEFFICIENTS[1:]:
        p *= r
        p += c
    return np.ldexp(p, k.astype(np.int32))
