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
from brian2.core.functions import Function
from brian2.core.variables import ArrayVariable
from brian2.utils.stringtools import get_identifiers

#: The index of the loop itself: each iteration has its own.
_LOOP_INDEX = "_idx"


def iterations_are_independent(
    statements: Collection[Any],
    variables: Mapping[str, Any],
    indices: Mapping[str, str],
    codeobj_class: type,
    own: Collection[str] = (_LOOP_INDEX,),
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
    own : collection of str
        Names of indices that have another value in each iteration.

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
    arrays = {n for n in names | targets if isinstance(variables.get(n), ArrayVariable)}
    written = {id(variables[name]): indices[name] for name in targets & arrays}
    if not set(written.values()) <= set(own):
        return False
    # one array may have two names, such as v_pre and v_post
    return all(written.get(id(variables[n]), indices[n]) == indices[n] for n in arrays)


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
