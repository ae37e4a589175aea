"""An exponential that gives the same bits on every target.

It uses only IEEE-754 additions, multiplications and one rounding to an integer, so a build without
value-changing optimisations gives the same bits in numpy and C++, vectorised or not; the C
library's exponential differs from numpy's in the last bit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pfc_standalone.noise.function import NoiseFunction

# Cody-Waite reduction by ln 2 in two parts, then the Taylor polynomial of degree 13, whose
# remainder on |r| <= ln(2)/2 is 4e-18.
LOG2_E = 1.4426950408889634
LN2_HIGH = 0.693147180369123816490
LN2_LOW = 1.90821492927058770002e-10
EXP_LIMIT = 700.0
EXP_COEFFICIENTS = tuple(float(1 / np.prod(np.arange(1.0, k + 1))) for k in range(13, -1, -1))


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


def _c_text() -> str:
    horner = "\n".join(f"    p = p*r + {c!r};" for c in EXP_COEFFICIENTS[1:])
    return f"""double exp_portable(double x)
{{
    x = x < -{EXP_LIMIT} ? -{EXP_LIMIT} : x;
    x = x > {EXP_LIMIT} ? {EXP_LIMIT} : x;
    const double k = floor(x*{LOG2_E!r} + 0.5);
    const double r = (x - k*{LN2_HIGH!r}) - k*{LN2_LOW!r};
    double p = {EXP_COEFFICIENTS[0]!r};
{horner}
    const int64_t bits = (int64_t)((int32_t)k + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return p*power;
}}"""


FUNCTION = NoiseFunction(exp_portable, ("double x",), _c_text())
