"""Normal numbers from uniform ones, with the same bits on every target.

Wichura's rational approximations of the normal quantile [1]_ need a logarithm in the tails; it is
computed here from additions, multiplications and divisions alone, as `exp_portable` is.

References
----------
.. [1] Wichura MJ (1988). Algorithm AS 241: the percentage points of the normal distribution.
   J R Stat Soc C 37:477-484. doi:10.2307/2347330
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pfc_standalone.noise.function import NoiseFunction

# Numerators and denominators of PPND16, highest power first: about the median, and in the tails
# down to a probability of exp(-25). The smallest of `counter_uniform`, 2**-33, is above it.
MIDDLE = (
    (
        2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4,
        4.5921953931549871457e4, 1.3731693765509461125e4, 1.9715909503065514427e3,
        1.3314166789178437745e2, 3.3871328727963666080e0,
    ),
    (
        5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4,
        2.1213794301586595867e4, 5.3941960214247511077e3, 6.8718700749205790830e2,
        4.2313330701600911252e1, 1.0,
    ),
)  # fmt: skip
TAILS = (
    (
        7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
        1.27045825245236838258e0, 3.64784832476320460504e0, 5.76949722146069140550e0,
        4.63033784615654529590e0, 1.42343711074968357734e0,
    ),
    (
        1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
        1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940e0,
        2.05319162663775882187e0, 1.0,
    ),
)  # fmt: skip
# log(m) = 2 artanh((m - 1)/(m + 1)) for m from sqrt(1/2) to sqrt(2): the terms left out are 3e-19.
LOG_COEFFICIENTS = tuple(1.0 / (2 * k + 1) for k in range(11, -1, -1))
LN2, SQRT_HALF = 0.6931471805599453, 0.7071067811865476


def normal_quantile(uniform: ArrayLike) -> NDArray[np.float64]:
    """Standard normal quantile of a uniform number.

    Parameters
    ----------
    uniform : array_like of float
        From 2**-33 to 1 - 2**-33, as `counter_uniform` gives them.

    Returns
    -------
    ndarray of float64
        -6.3 to 6.3; relative error about 1e-16 of the approximation, plus rounding.
    """
    u = np.asarray(uniform, dtype=np.float64)
    q = u - 0.5
    r = 0.180625 - q * q
    middle = q * (_horner(MIDDLE[0], r) / _horner(MIDDLE[1], r))
    r = np.sqrt(-_log(np.minimum(u, 1.0 - u))) - 1.6
    tail = _horner(TAILS[0], r) / _horner(TAILS[1], r)
    return np.where(np.abs(q) <= 0.425, middle, np.where(q < 0.0, -tail, tail))


def _log(x: NDArray[np.float64]) -> NDArray[np.float64]:
    m, e = np.frexp(x)
    small = m < SQRT_HALF
    m = np.where(small, 2.0 * m, m)
    s = (m - 1.0) / (m + 1.0)
    return (e - small) * LN2 + 2.0 * s * _horner(LOG_COEFFICIENTS, s * s)


def _horner(coefficients: tuple[float, ...], x: NDArray[np.float64]) -> NDArray[np.float64]:
    p = np.full_like(x, coefficients[0])
    for c in coefficients[1:]:
        p *= x
        p += c
    return p


def _c_horner(name: str, coefficients: tuple[float, ...], x: str) -> str:
    steps = "".join(f" {name} = {name}*{x} + {c!r};" for c in coefficients[1:])
    return f"    double {name} = {coefficients[0]!r};{steps}"


def _c_text() -> str:
    lines = [
        "double normal_quantile(double uniform)",
        "{",
        "    const double q = uniform - 0.5;",
        "    const double r = 0.180625 - q*q;",
        _c_horner("p", MIDDLE[0], "r"),
        _c_horner("d", MIDDLE[1], "r"),
        "    const double middle = q*(p/d);",
        "    const double lower = uniform < 1.0 - uniform ? uniform : 1.0 - uniform;",
        "    int64_t bits;",
        "    memcpy(&bits, &lower, sizeof bits);",
        "    const int32_t e = (int32_t)((bits >> 52) - 1022);",
        "    bits = (bits & 0x000fffffffffffff) | 0x3fe0000000000000;",
        "    double m;",
        "    memcpy(&m, &bits, sizeof m);",
        f"    const int32_t small = m < {SQRT_HALF!r} ? 1 : 0;",
        "    m = small ? 2.0*m : m;",
        "    const double s = (m - 1.0)/(m + 1.0);",
        "    const double z = s*s;",
        _c_horner("a", LOG_COEFFICIENTS, "z"),
        f"    const double t = sqrt(-((e - small)*{LN2!r} + 2.0*s*a)) - 1.6;",
        _c_horner("n", TAILS[0], "t"),
        _c_horner("k", TAILS[1], "t"),
        "    const double tail = n/k;",
        "    return fabs(q) <= 0.425 ? middle : q < 0.0 ? -tail : tail;",
        "}",
    ]
    return "\n".join(lines)


FUNCTION = NoiseFunction(normal_quantile, ("double uniform",), _c_text())
