"""Whether the synapses that one spike serves may act at once, from their generated code.

Brian2 gives each synapse's code the same form: read the variables, compute, write them back. The
synapses of a neuron (a *row*) may do so together, in vector registers, if none reads or writes what
another one writes. Part of that is known here, from the code; whether a row reaches each neuron
once is known when the synapses exist (``templates/synapses_classes.cpp``).
"""

from __future__ import annotations

import re
from typing import Any

from brian2.codegen.generators.cpp_generator import CPPCodeGenerator
from brian2.core.functions import Function
from brian2.utils.stringtools import get_identifiers

from build_targets.devices.simd import iterations_are_independent

_ENDS = ("_presynaptic_idx", "_postsynaptic_idx")


class SynapticCodeGenerator(CPPCodeGenerator):
    """Brian2's generator for C++, which tells the synaptic template in `row_independent`, and that
    of summed variables in `reads_sum`, what it may do.

    For each index by which the synapses of a row may differ, the template gets whether they are
    independent; and in `row_computes` whether they call functions, not only add and multiply.
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
            "row_computes": any(isinstance(v, Function) for v in self.variables.values()),
            "bind_index": bind_index,
        }

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


def bind_index(lines: list[str], name: str, value: str) -> list[str]:
    """The code of a synapse, with an index set to an expression instead of read from memory."""
    return [re.sub(rf"^const int32_t {name} = .*;", f"const int32_t {name} = {value};", line)
            for line in lines]  # fmt: skip
