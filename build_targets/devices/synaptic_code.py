"""What generated code of a synaptic event allows: may the synapses of one neuron act at once?

Brian2 gives each synapse's code the same form: read the variables, compute, write them back. The
synapses that one spike serves (a *row*) may do so together, in vector registers, if no synapse of
the row reads or writes what another one writes. Part of that is known here, from the code; whether
a row reaches each neuron once is known when the synapses exist (``templates/synapses_classes.cpp``).
"""

from __future__ import annotations

import re
from typing import Any

from brian2.codegen.generators.cpp_generator import CPPCodeGenerator
from brian2.core.functions import Function
from brian2.core.variables import ArrayVariable

_ENDS = ("_presynaptic_idx", "_postsynaptic_idx")


class SynapticCodeGenerator(CPPCodeGenerator):
    """Brian2's generator for C++, which tells the synaptic template in `row_independent`.

    The template gets the name of the index by which the synapses of a row differ, ``""`` where
    they have to act one after the other.
    """

    def translate_statement_sequence(self, sc_statements: Any, ve_statements: Any) -> Any:
        """Scalar code, vector code and words for the template."""
        scalar, vector, words = super().translate_statement_sequence(sc_statements, ve_statements)
        words["row_independent"] = {end: self._independent(ve_statements, end) for end in _ENDS}
        words["bind_index"] = bind_index
        return scalar, vector, words

    def _independent(self, blocks: Any, varying: str) -> bool:
        """Whether synapses commute that share one end and differ in `varying`, the other end."""
        functions = (v for v in self.variables.values() if isinstance(v, Function))
        if not all(f.stateless for f in functions):
            return False
        for statements in blocks.values():
            read, write, indices, _ = self.arrays_helper(statements)
            where = {name: self.variable_indices[name] for name in read | write | indices}
            if any(where[name] not in ("_idx", varying) for name in write):
                return False
            written = {id(self._storage(name)): where[name] for name in write}
            if any(
                written.get(id(self._storage(name)), index) != index
                for name, index in where.items()
            ):
                return False
        return True

    def _storage(self, name: str) -> ArrayVariable:
        variable: ArrayVariable = self.variables[name]
        return variable


def bind_index(lines: list[str], name: str, value: str) -> list[str]:
    """The code of a synapse, with an index set to an expression instead of read from memory."""
    return [re.sub(rf"^const int32_t {name} = .*;", f"const int32_t {name} = {value};", line)
            for line in lines]  # fmt: skip
