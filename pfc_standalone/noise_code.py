"""The functions of `noise` for Brian2: in numpy, and in one text of C for all compiled targets.

C++ and CUDA take the text as it stands; Cython embeds it in the C++ that it writes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pfc_standalone import noise

if TYPE_CHECKING:
    from brian2.core.functions import Function

_HEADERS = "#include <math.h>\n#include <stdint.h>\n#include <string.h>\n"


def _counter_uniform() -> str:
    lines = [
        "double counter_uniform(const uint32_t seed, const uint32_t replicate,",
        "    const uint32_t stream, const uint32_t neuron, const uint32_t step)",
        "{",
        f"    const uint32_t k2 = seed ^ replicate ^ {noise.PARITY:#x}u;",
        "    uint32_t x0 = step + seed;",
        f"    uint32_t x1 = ((stream << {noise.STREAM_SHIFT}) | neuron) + replicate;",
    ]
    keys = ("seed", "replicate", "k2")
    for i in range(noise.ROUNDS):
        r = noise.ROTATIONS[i % 8]
        lines.append(f"    x0 += x1; x1 = (x1 << {r}) | (x1 >> {32 - r}); x1 ^= x0;")
        if i % 4 == 3:
            n = i // 4 + 1
            lines.append(f"    x0 += {keys[n % 3]}; x1 += {keys[(n + 1) % 3]} + {n}u;")
    lines += [f"    return ((double)x0 + 0.5)*{2.0**-32!r};", "}"]
    return "\n".join(lines)


def _poisson_count() -> str:
    lines = [
        "double poisson_count(const double uniform, const double mean,",
        "    const double exp_minus_mean)",
        "{",
        "    double term = exp_minus_mean, cumulative = exp_minus_mean;",
        "    double count = uniform > cumulative ? 1.0 : 0.0;",
    ]
    for k in range(1, noise.POISSON_MAX_COUNT):
        lines += [
            f"    term = term*mean*(1.0/{k}); cumulative += term;",
            "    count += uniform > cumulative ? 1.0 : 0.0;",
        ]
    return "\n".join([*lines, "    return count;", "}"])


def _exp_portable() -> str:
    horner = "\n".join(f"    p = p*r + {c!r};" for c in noise.EXP_COEFFICIENTS[1:])
    return f"""double exp_portable(double x)
{{
    x = x < -{noise.EXP_LIMIT} ? -{noise.EXP_LIMIT} : x;
    x = x > {noise.EXP_LIMIT} ? {noise.EXP_LIMIT} : x;
    const double k = floor(x*{noise.LOG2_E!r} + 0.5);
    const double r = (x - k*{noise.LN2_HIGH!r}) - k*{noise.LN2_LOW!r};
    double p = {noise.EXP_COEFFICIENTS[0]!r};
{horner}
    const int64_t bits = (int64_t)((int32_t)k + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return p*power;
}}"""


#: Functions with their arguments (Cython type and name) and C text.
_FUNCTIONS: dict[str, tuple[Callable[..., object], tuple[str, ...], str]] = {
    "counter_uniform": (
        noise.counter_uniform,
        tuple(f"uint32_t {a}" for a in ("seed", "replicate", "stream", "neuron", "step")),
        _counter_uniform(),
    ),
    "poisson_count": (
        noise.poisson_count,
        ("double uniform", "double mean", "double exp_minus_mean"),
        _poisson_count(),
    ),
    "exp_portable": (noise.exp_portable, ("double x",), _exp_portable()),
}


def c_source(name: str) -> str:
    """Definition of a function in C, with no headers."""
    return f"static inline {_FUNCTIONS[name][2]}\n"


def cuda_source(name: str) -> str:
    """Definition of a function for host and device."""
    return f"__host__ __device__ static inline {_FUNCTIONS[name][2]}\n"


def cython_source(name: str) -> str:
    """Declaration of a function for Cython, its C text included."""
    arguments = ", ".join(_FUNCTIONS[name][1])
    return (
        "from libc.stdint cimport uint32_t\n"
        f'cdef extern from *:\n    """\n{_HEADERS}{c_source(name)}"""\n'
        f"    double {name}({arguments}) nogil\n"
    )


def brian_functions() -> dict[str, Function]:
    """The functions for a Brian2 namespace, with an implementation for every target.

    Returns
    -------
    dict
        ``counter_uniform``, ``poisson_count`` and ``exp_portable``.
    """
    import brian2 as b2

    found = {}
    for name, (pyfunc, arguments, _) in _FUNCTIONS.items():
        f = b2.Function(
            pyfunc,
            arg_units=[1] * len(arguments),
            arg_names=[a.split()[1] for a in arguments],
            return_unit=1,
            stateless=True,
        )
        # With units, Brian2 would print each result into an error message that it then drops.
        f.implementations.add_numpy_implementation(pyfunc, discard_units=True)
        headers = {"headers": ["<math.h>", "<stdint.h>", "<string.h>"]}
        f.implementations.add_implementation("cpp", c_source(name), compiler_kwds=headers)
        f.implementations.add_implementation("cuda", cuda_source(name), compiler_kwds=headers)
        f.implementations.add_implementation("cython", cython_source(name))
        found[name] = f
    return found
