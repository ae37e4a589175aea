"""How the differential equations are integrated: our exponential Euler, as a Brian2 ``method``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from brian2.equations.equations import Equations


def exponential_euler(
    equations: Equations, variables: Any = None, method_options: Any = None
) -> str:
    """Exponential Euler for conditionally linear equations, as a Brian2 ``method``.

    Each variable relaxes exponentially towards the fixed point that its equation has while all
    other quantities, subexpressions included, hold their value from the beginning of the step.
    Brian2's own method of that name substitutes subexpressions first, so the code it gives
    writes out the magnesium block, which depends on v, wherever it occurs; and it uses the C
    library's ``exp``.

    Returns
    -------
    str
        Abstract code.

    Raises
    ------
    ValueError
        If an equation is not linear in its own variable.
    """
    import sympy
    from brian2.parsing.sympytools import str_to_sympy, sympy_to_str

    lines, updates = [], []
    for name, expression in equations.diff_eq_expressions:
        x = sympy.Symbol(name, real=True)
        terms = sympy.collect(str_to_sympy(expression.code, variables).expand(), x, evaluate=False)
        slope, offset = terms.pop(x, sympy.S.Zero), terms.pop(sympy.S.One, sympy.S.Zero)
        if terms or slope == 0:
            raise ValueError(f"the equation of {name} is not linear in {name} with a decay")
        rate, factor = f"_rate_{name}", f"_factor_{name}"
        lines.append(f"{rate} = {sympy_to_str(sympy.simplify(-slope))}")
        lines.append(f"{factor} = exp_portable(-dt*{rate})")
        if offset == 0:
            lines.append(f"_new_{name} = {name}*{factor}")
        else:
            fixed = sympy.simplify(offset / -slope)
            lines.append(f"_fixed_{name} = {sympy_to_str(fixed)}")
            lines.append(f"_new_{name} = _fixed_{name} + ({name} - _fixed_{name})*{factor}")
        updates.append(f"{name} = _new_{name}")
    return "\n".join(lines + updates)
