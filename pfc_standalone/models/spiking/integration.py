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

    Each exponent is a constant (``dt`` over what all terms are divided by) times a sum, so that
    what the neurons of a population share is computed once for them.

    Parameters
    ----------
    method_options : dict, optional
        ``before`` and ``after``: statements that are executed in the same loop, before and after
        the step; each a line.

    Returns
    -------
    str
        Abstract code.

    Raises
    ------
    ValueError
        If an equation is not linear in its own variable, or there is another option.
    """
    import sympy
    from brian2.parsing.sympytools import str_to_sympy, sympy_to_str

    options = {"before": "", "after": ""} | (method_options or {})
    if len(options) > 2:
        raise ValueError(f"exponential_euler takes before and after, not {sorted(options)}")
    lines, updates = [options["before"]], []
    for name, expression in equations.diff_eq_expressions:
        x = sympy.Symbol(name, real=True)
        change = str_to_sympy(expression.code, variables)
        slope, offset = sympy.diff(change, x), change.subs(x, 0)
        if slope == 0 or sympy.simplify(sympy.diff(slope, x)) != 0:
            raise ValueError(f"the equation of {name} is not linear in {name} with a decay")
        loss, scale = sympy.fraction(sympy.together(-slope))
        lines.append(f"_loss_{name} = {sympy_to_str(loss)}")
        lines.append(f"_scale_{name} = -dt/({sympy_to_str(scale)})")
        lines.append(f"_factor_{name} = exp_portable(_scale_{name}*_loss_{name})")
        if offset == 0:
            lines.append(f"_new_{name} = {name}*_factor_{name}")
        else:
            gain = sympy.simplify(offset * scale)
            lines.append(f"_fixed_{name} = ({sympy_to_str(gain)})/_loss_{name}")
            lines.append(f"_new_{name} = _fixed_{name} + ({name} - _fixed_{name})*_factor_{name}")
        updates.append(f"{name} = _new_{name}")
    return "\n".join([*lines, *updates, options["after"]])
