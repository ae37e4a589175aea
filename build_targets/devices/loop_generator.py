"""C++ for loops over neurons: what neurons share is taken out, single precision stays single.

Neurons that read another group through a linked variable are often neighbours with the same index:
those of one population, say. A loop over such neighbours reads what they share once. What it may
take out is found here, line by line; where the index changes is found by the program (`loops.h`).
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Any, override

import brian2 as b2
import numpy as np
from brian2.core.functions import DEFAULT_FUNCTIONS, Function
from brian2.core.variables import ArrayVariable, Constant, DynamicArrayVariable
from brian2.parsing.rendering import CPPNodeRenderer
from brian2.utils.stringtools import get_identifiers, word_substitute

from build_targets.devices.simd import SimdGenerator

_DECLARATION = re.compile(r"const \w+ (\w+) = (.*);$")
#: What changes from neuron to neuron, whatever the group.
_OF_NEURON = {"_idx", "_vectorisation_idx"}


@dataclass(frozen=True)
class Loop:
    """The body of a loop, in two parts.

    Attributes
    ----------
    index : str
        Variable that neighbours share; empty if there is none.
    array : str
        Pointer to its values.
    shared, own : list of str
        Lines to execute once for all neighbours, and for each of them.
    """

    index: str
    array: str
    shared: list[str]
    own: list[str]


class LoopGenerator(SimdGenerator):
    """Brian2's generator; templates find the loop in the keyword ``loop``."""

    @property
    def single(self) -> bool:
        """Whether numbers are of single precision."""
        return bool(b2.prefs.core.default_float_dtype == np.float32)

    def translate_expression(self, expr: str) -> str:
        """C++ of an expression."""
        if not self.single:
            translated: str = super().translate_expression(expr)
            return translated
        renderer = SingleRenderer(self.variables, auto_vectorise=self.auto_vectorise)
        renamed = word_substitute(expr, self.func_name_replacements)
        rendered: str = renderer.render_expr(renamed).strip()
        return rendered

    def translate_to_read_arrays(self, read: Any, write: Any, indices: Any) -> list[str]:
        """Lines that read arrays; a constant such as ``dt``, which is double, becomes a float."""
        lines: list[str] = super().translate_to_read_arrays(read, write, indices)
        if not self.single:
            return lines
        constants = [n for n in read if self.variables[n].scalar and self.variables[n].constant]
        for name in constants:
            lines = [
                line.replace(f"const double {name} =", f"const float {name} =") for line in lines
            ]
        return lines

    def translate_statement_sequence(self, sc_statements: Any, ve_statements: Any) -> Any:
        """Code by block, and keywords for the template."""
        scalar, vector, keywords = super().translate_statement_sequence(
            sc_statements, ve_statements
        )
        # int_ gives 32 bits: with 64, a loop that compares has half the lanes
        scalar = {
            block: [re.sub(r"^const int64_t (\w+ = int_\()", r"const int32_t \1", x) for x in lines]
            for block, lines in _lines(scalar).items()
        }
        body = _lines(vector).get(None, [])
        return scalar, vector, keywords | {"loop": self._loop(body)}

    def _loop(self, body: list[str]) -> Loop:
        index = self._shared_index(body)
        if not index:
            return Loop("", "", [], body)
        array = self.get_array_name(self.variables[index])
        declared = {m[1]: line for line in body if (m := _DECLARATION.match(line))}
        own_names = _OF_NEURON | (_assigned(body) - declared.keys())
        shared, own = [], []
        for line in body:
            match = _DECLARATION.match(line)
            if match and match[1] == index:
                continue
            if match and not own_names & get_identifiers(match[2]):
                shared.append(line)
                continue
            own.append(line)
            if match:
                own_names = own_names | {match[1]}
        return Loop(index, array, shared, own)

    def _shared_index(self, body: list[str]) -> str:
        """The index through which most linked variables are read, if it may be constant over
        neighbours: one that a run does not change, with one value a neuron.
        """
        uses = {
            name: sum(f"[{name}]" in line for line in body)
            for name in set(self.variable_indices.values()) - {"_idx", "0"}
            if self._may_be_shared(name)
        }
        most = max(sorted(uses), key=lambda name: uses[name], default="")
        return most if uses.get(most) else ""

    def _may_be_shared(self, name: str) -> bool:
        variable = self.variables.get(name)
        return (
            isinstance(variable, ArrayVariable)
            and not isinstance(variable, DynamicArrayVariable)
            and bool(variable.constant)
            and variable.dtype == np.int32
            and self.variable_indices[name] == "_idx"
        )


def _lines(code: dict[Any, Any]) -> dict[Any, list[str]]:
    return {
        block: text.splitlines() if isinstance(text, str) else list(text)
        for block, text in code.items()
    }


def _assigned(body: list[str]) -> set[str]:
    """Names that lines give a value, declarations of constants included."""
    found = (re.match(r"(?:const )?(?:\w+ )?(\w+) [-+*/]?= ", line) for line in body)
    return {m[1] for m in found if m}


class SingleRenderer(CPPNodeRenderer):
    """C++ whose literals and named constants are of type float.

    Arguments of functions that are not known to have a form of single precision stay double.
    """

    def __init__(self, variables: dict[str, Any], **kwds: Any) -> None:
        super().__init__(**kwds)
        self.variables = variables
        self._double = 0

    @override
    def render_Constant(self, node: ast.Constant) -> str:
        """A literal."""
        text: str = super().render_Constant(node)
        return f"{text}f" if isinstance(node.value, float) and not self._double else text

    @override
    def render_Name(self, node: ast.Name) -> str:
        """A name; that of a constant becomes its value."""
        variable = self.variables.get(node.id)
        constant = isinstance(variable, Constant) and variable.dtype == np.float64
        if variable is None or not constant or self._double:
            name: str = super().render_Name(node)
            return name
        value = float(np.float32(variable.value))
        return f"({value!r}f)" if np.isfinite(value) else node.id

    @override
    def render_Call(self, node: ast.Call) -> str:
        """A call."""
        function = self.variables.get(node.func.id)  # type: ignore[attr-defined]
        double = isinstance(function, Function) and not (
            function in DEFAULT_FUNCTIONS.values() or getattr(function, "single", False)
        )
        self._double += double
        text: str = super().render_Call(node)
        self._double -= double
        return text
