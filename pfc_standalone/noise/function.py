"""What a function of ours needs in order to run on every target.

It is written twice: in numpy, and in one text of C, which C++ and CUDA take as it stands and
Cython embeds in the C++ that it writes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from brian2.core.functions import Function

_HEADERS = ("math.h", "stdint.h", "string.h")


@dataclass(frozen=True)
class NoiseFunction:
    """A pure function of numbers, for use in a model's equations.

    Attributes
    ----------
    numpy : callable
        Of arrays; gives an array, the same bits as the C text.
    arguments : tuple of str
        C type and name of each argument, such as "double x".
    c : str
        Definition of a function of the same name; no headers, no qualifiers.
    returns : str
        What it gives: "double" or "int32_t".
    single_c : str
        Definition for arguments of type float, which C++ and CUDA choose where single precision
        is computed; empty if there is none.
    """

    numpy: Callable[..., object]
    arguments: tuple[str, ...]
    c: str
    returns: str = "double"
    single_c: str = ""

    def cpp_source(self) -> str:
        """Definition for C++."""
        # a loop that calls a function has no vectors, and compilers inline by size
        return self._definitions("__attribute__((always_inline)) static inline")

    def cuda_source(self) -> str:
        """Definition for host and device."""
        return self._definitions("__host__ __device__ static inline")

    def _definitions(self, qualifiers: str) -> str:
        return "".join(f"{qualifiers} {c}\n" for c in (self.c, self.single_c) if c)

    def cython_source(self, name: str) -> str:
        """Declaration for Cython, the C text included."""
        includes = "".join(f"#include <{h}>\n" for h in _HEADERS)
        return (
            "from libc.stdint cimport int32_t, uint32_t\n"
            f'cdef extern from *:\n    """\n{includes}{self.cpp_source()}"""\n'
            f"    {self.returns} {name}({', '.join(self.arguments)}) nogil\n"
        )

    def brian2(self, name: str) -> Function:
        """The function for a Brian2 namespace, with an implementation for every target."""
        import brian2 as b2

        f = b2.Function(
            self.numpy,
            arg_units=[1] * len(self.arguments),
            arg_names=[a.split()[1] for a in self.arguments],
            return_unit=1,
            return_type="float" if self.returns == "double" else "integer",
            stateless=True,
        )
        f.single = bool(self.single_c)  # what a generator of single precision asks for
        # With units, Brian2 would print each result into an error message that it then drops.
        f.implementations.add_numpy_implementation(self.numpy, discard_units=True)
        headers = {"headers": [f"<{h}>" for h in _HEADERS]}
        f.implementations.add_implementation("cpp", self.cpp_source(), compiler_kwds=headers)
        f.implementations.add_implementation("cuda", self.cuda_source(), compiler_kwds=headers)
        f.implementations.add_implementation("cython", self.cython_source(name))
        return f
