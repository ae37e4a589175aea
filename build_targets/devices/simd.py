"""Loops over neurons that the compiler may turn into vector instructions, and when it may.

``#pragma omp simd`` promises the compiler that no iteration of a loop needs what another one
wrote. Brian2's expressions keep that promise nearly always; `iterations_are_independent` finds
where they do not, and there the loop is Brian2's own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import brian2 as b2
from brian2.codegen.generators.cpp_generator import CPPCodeGenerator
from brian2.codegen.targets import codegen_targets
from brian2.core.functions import DEFAULT_FUNCTIONS, Function
from brian2.core.variables import ArrayVariable
from brian2.devices.cpp_standalone.codeobject import CPPStandaloneCodeObject
from brian2.utils.stringtools import get_identifiers
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader

#: The index of the loop itself: each iteration has its own.
_LOOP_INDEX = "_idx"
#: The index of a value that all iterations share.
_SHARED_INDEX = "0"


def iterations_are_independent(
    statements: Collection[Any],
    variables: Mapping[str, Any],
    indices: Mapping[str, str],
    codeobj_class: type,
) -> bool:
    """Whether the statements of a loop's body may be executed for many indices at once.

    Parameters
    ----------
    statements : collection of brian2.codegen.statements.Statement
        Body of the loop.
    variables : mapping
        Variable or function of each name.
    indices : mapping
        Name of the index by which each variable is looked up.
    codeobj_class : type
        Whose implementations of functions are called.

    Returns
    -------
    bool
        False if an element is written that is not the iteration's own; if one that the loop
        writes is read by another index; or if a function keeps state between its calls
        (``rand()``, or any that says ``stateless=False``).
    """
    names = {name for s in statements for name in get_identifiers(s.expr)}
    used = [variables[name] for name in names if name in variables]
    if any(_keeps_state(f, codeobj_class) for f in used if isinstance(f, Function)):
        return False
    targets = {s.var for s in statements} & variables.keys()
    written = [name for name in targets if isinstance(variables[name], ArrayVariable)]
    if any(indices[name] != _LOOP_INDEX for name in written):
        return False
    # one array may have two names, such as v_pre and v_post
    changed = [variables[name] for name in written]
    read = [n for n in names | targets if isinstance(variables.get(n), ArrayVariable)]
    return not any(
        indices[name] != _LOOP_INDEX and any(variables[name] is v for v in changed) for name in read
    )


def _keeps_state(function: Any, codeobj_class: type) -> bool:
    if not function.stateless:
        return True
    needed = function.implementations[codeobj_class].dependencies or {}
    return any(_keeps_state(f, codeobj_class) for f in needed.values() if f is not function)


class SimdGenerator(CPPCodeGenerator):
    """Brian2's generator of C++, which tells a template whether it may vectorise (``simd``)."""

    def translate_statement_sequence(
        self, sc_statements: dict[Any, Any], ve_statements: dict[Any, Any]
    ) -> tuple[Any, Any, dict[str, Any]]:
        """C++ of the scalar and the vector statements, and keywords for the template."""
        scalar, vector, keywords = super().translate_statement_sequence(
            sc_statements, ve_statements
        )
        keywords["simd"] = (
            b2.prefs.devices.pfc_cpp_standalone.simd
            and not b2.prefs.devices.cpp_standalone.openmp_threads  # Brian2's pragmas, then
            and all(
                iterations_are_independent(
                    block, self.variables, self.variable_indices, self.codeobj_class
                )
                for block in ve_statements.values()
            )
        )
        return scalar, vector, keywords


class SimdCodeObject(CPPStandaloneCodeObject):
    """Code object whose templates come from this package first."""

    templater = CPPStandaloneCodeObject.templater.derive("build_targets.devices")
    generator_class = SimdGenerator
    # so that a template of ours can extend the one that it replaces
    templater.env.loader = ChoiceLoader(
        [
            templater.env.loader,
            PrefixLoader({"brian2": PackageLoader("brian2.devices.cpp_standalone", "templates")}),
        ]
    )


codegen_targets.add(SimdCodeObject)

# Brian2's has branches with a call inside, which no compiler vectorises; the values are the same.
DEFAULT_FUNCTIONS["exprel"].implementations.add_implementation(
    SimdCodeObject,
    """
    static inline double _exprel(double x)
    {
        const double quotient = expm1(x)/x;
        return fabs(x) < 1e-16 ? 1.0 : x > 717 ? INFINITY : quotient;
    }
    """,
    name="_exprel",
)
