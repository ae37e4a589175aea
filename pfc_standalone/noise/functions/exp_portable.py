"""An exponential that gives the same bits on every target.

It uses only IEEE-754 additions, multiplications and one rounding to an integer, so a build without
value-changing optimisations gives the same bits in numpy and C++, vectorised or not; the C
library's exponential differs from numpy's in the last bit.

Cody-Waite reduction by ln 2 in two parts; on the rest, at most ln(2)/2 in size, a polynomial
1 + r + r^2 q(r) whose q was fitted to the smallest relative error (iteratively weighted least
squares at 60 Chebyshev points in 50 digits, then rounded). Odd and even powers are summed apart,
which halves the chain of operations that wait for each other. Generated C++ of single precision has
a form of its own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pfc_standalone.noise.function import NoiseFunction

LOG2_E = 1.4426950408889634
LN2_HIGH = 0.693147180369123816490
LN2_LOW = 1.90821492927058770002e-10
EXP_LIMIT = 700.0
#: From the highest power on; relative error 1.2e-17.
EXP_COEFFICIENTS = (
    *(2.5005301213107035e-08, 2.763022608382534e-07, 2.7557569629716034e-06),
    *(2.480149315472846e-05, 0.00019841269525328617, 0.0013888888943577565),
    *(0.00833333333348598, 0.04166666666653041, 0.16666666666666424, 0.5000000000000011),
    *(1.0, 1.0),
)
#: Of the single-precision form: ln 2 in two parts, and the polynomial, of relative error 4e-9.
LN2_SINGLE = (0.693145752, 1.42860677e-6)
EXP_LIMIT_SINGLE = 87.0
EXP_COEFFICIENTS_SINGLE = (
    *(0.0013814950361847878, 0.008368702605366707, 0.04166838154196739),
    *(0.1666652113199234, 0.4999999403953552, 1.0, 1.0),
)


def exp_portable(x: ArrayLike) -> NDArray[np.float64]:
    """Exponential with the same bits on every target, to 2 units in the last place.

    Arguments below -700 give ``exp(-700)`` (1e-304), above 700 ``exp(700)``.
    """
    x = np.minimum(np.maximum(np.asarray(x, dtype=np.float64), -EXP_LIMIT), EXP_LIMIT)
    k = np.floor(x * LOG2_E + 0.5)
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    square = r * r
    odd, even = (np.full_like(r, c) for c in EXP_COEFFICIENTS[:2])
    for c_odd, c_even in zip(EXP_COEFFICIENTS[2::2], EXP_COEFFICIENTS[3::2], strict=True):
        odd *= square
        odd += c_odd
        even *= square
        even += c_even
    return np.ldexp(odd * r + even, k.astype(np.int32))


def _c_text() -> str:
    first, *rest = zip(EXP_COEFFICIENTS[::2], EXP_COEFFICIENTS[1::2], strict=True)
    horner = "\n".join(
        f"    odd = odd*square + {o!r}; even = even*square + {e!r};" for o, e in rest
    )
    return f"""double exp_portable(double x)
{{
    x = x < -{EXP_LIMIT} ? -{EXP_LIMIT} : x;
    x = x > {EXP_LIMIT} ? {EXP_LIMIT} : x;
    const double k = floor(x*{LOG2_E!r} + 0.5);
    const double r = (x - k*{LN2_HIGH!r}) - k*{LN2_LOW!r};
    const double square = r*r;
    double odd = {first[0]!r}, even = {first[1]!r};
{horner}
    const int64_t bits = (int64_t)((int32_t)k + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return (odd*r + even)*power;
}}"""


def _single_c_text() -> str:
    horner = "\n".join(f"    p = p*r + {c!r}f;" for c in EXP_COEFFICIENTS_SINGLE[1:])
    high, low = LN2_SINGLE
    return f"""float exp_portable(float x)
{{
    x = x < -{EXP_LIMIT_SINGLE}f ? -{EXP_LIMIT_SINGLE}f : x;
    x = x > {EXP_LIMIT_SINGLE}f ? {EXP_LIMIT_SINGLE}f : x;
    const float k = floorf(x*{LOG2_E!r}f + 0.5f);
    const float r = (x - k*{high!r}f) - k*{low!r}f;
    float p = {EXP_COEFFICIENTS_SINGLE[0]!r}f;
{horner}
    const int32_t bits = ((int32_t)k + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return p*power;
}}"""


FUNCTION = NoiseFunction(exp_portable, ("double x",), _c_text(), single_c=_single_c_text())
