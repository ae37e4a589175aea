"""Whether the synapses that one spike serves may act at once, from their generated code.

Brian2 gives each synapse's code the same form: read the variables, compute, write them back. The
synapses of a neuron (a *row*) may do so together, in vector registers, if none reads or writes what
another one writes. Part of that is known here, from the code; whether a row reaches each neuron
once is known when the synapses exist (``templates/synapses_classes.cpp``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2.codegen.generators.cpp_generator import CPPCodeGenerator
from brian2.core.functions import Function
from brian2.core.variables import ArrayVariable
from brian2.utils.stringtools import get_identifiers

from build_targets.devices.simd import iterations_are_independent

#: Neurons to which one word of a row of bits belongs.
WORD = 32
#: What a neuron without a synapse must be spared: integers divided by 0; and powers, since slow.
_SPARED = re.compile(r"//|%|\*\*")
_ENDS = ("_presynaptic_idx", "_postsynaptic_idx")


@dataclass(frozen=True)
class RowBits:
    """What it takes to serve a row in the form of bits.

    Attributes
    ----------
    neurons : int
        That the variables have which a row reads and writes.
    width : int
        Bytes of the widest of these variables; 0 if a row cannot be bits, since something is
        stored for each synapse, or a function is called, a remainder or a power taken for each.
    """

    neurons: int = 0
    width: int = 0


class SynapticCodeGenerator(CPPCodeGenerator):
    """Brian2's generator for C++, which tells the synaptic template in `row_independent`, and that
    of summed variables in `reads_sum`, what it may do.

    For each index by which the synapses of a row may differ, the template gets whether they are
    independent, and in `row_bits` what it takes to serve a row in the form of bits; and in
    `row_computes` whether they call functions, not only add and multiply.
    """

    def translate_statement_sequence(self, sc_statements: Any, ve_statements: Any) -> Any:
        """Scalar code, vector code and words for the template."""
        scalar, vector, words = super().translate_statement_sequence(sc_statements, ve_statements)
        if self.template_name == "synapses":
            words |= self._words(ve_statements)
        if self.template_name == "summed_variable":
            words |= {"reads_sum": self._reads_sum(ve_statements), "bind_index": bind_index}
        return scalar, vector, words

    def _words(self, blocks: Any) -> dict[str, Any]:
        return {
            "row_independent": {end: self._independent(blocks, end) for end in _ENDS},
            "row_bits": {end: self._bits(blocks, end) for end in _ENDS},
            "row_computes": self._computes(),
            "bind_index": bind_index,
            "write_if": write_if,
        }

    def _computes(self) -> bool:
        return any(isinstance(v, Function) for v in self.variables.values())

    def _bits(self, blocks: Any, varying: str) -> RowBits:
        """What `SynapticPathway::compact` is to know of the neurons at the end `varying`."""
        statements = [s for block in blocks.values() for s in block]
        names = {n for s in statements for n in (s.var, *get_identifiers(s.expr))}
        arrays = {n: v for n in names if isinstance(v := self.variables.get(n), ArrayVariable)}
        if self._computes() or any(_SPARED.search(s.expr) for s in statements):
            return RowBits()
        if any(self.variable_indices[n] == "_idx" for n in arrays):
            return RowBits()
        reached = [v for n, v in arrays.items() if self.variable_indices[n] == varying]
        if not reached or any(v.dynamic for v in reached):
            return RowBits()
        neurons = min(v.size for v in reached)
        width = max(np.dtype(v.dtype).itemsize for v in reached)
        return RowBits(neurons, width) if neurons >= WORD else RowBits()

    def _reads_sum(self, blocks: Any) -> bool:
        """Whether what is summed depends on a sum of these synapses."""
        sums = {id(updater.target_var) for updater in self.owner.summed_updaters.values()}
        names = {n for some in blocks.values() for s in some for n in get_identifiers(s.expr)}
        return any(id(self.variables.get(name)) in sums for name in names)

    def _independent(self, blocks: Any, varying: str) -> bool:
        """Whether synapses commute that share one end and differ in `varying`, the other end."""
        return all(
            iterations_are_independent(
                statements, self.variables, self.variable_indices, self.codeobj_class,
                ("_idx", varying),
            )
            for statements in blocks.values()
        )  # fmt: skip


def bind_index(lines: list[str], name: str, value: str, of: str = "int32_t") -> list[str]:
    """The code of a synapse, with an index set to an expression instead of read from memory."""
    return [re.sub(rf"^const int32_t {name} = .*;", f"const {of} {name} = {value};", line)
            for line in lines]  # fmt: skip


def write_if(lines: list[str], index: str, condition: str) -> list[str]:
    """The code of a synapse, which leaves what it has at `index` as it was without a condition."""
    return [re.sub(rf"^(\S+\[{index}\]) = (\w+);", rf"\1 = {condition} ? \2 : \1;", line)
            for line in lines]  # fmt: skip
