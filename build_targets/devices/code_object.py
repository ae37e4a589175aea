"""Brian2's C++ code object with our templates and generator."""

from __future__ import annotations

from brian2.codegen.targets import codegen_targets
from brian2.core.functions import DEFAULT_FUNCTIONS
from brian2.devices.cpp_standalone.codeobject import CPPStandaloneCodeObject
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader

from build_targets.devices.loop_generator import LoopGenerator
from build_targets.devices.synaptic_code import SynapticCodeGenerator


class Generator(SynapticCodeGenerator, LoopGenerator):
    """Tells templates of loops over neurons, and of synapses, what they need to know."""


class SimdCodeObject(CPPStandaloneCodeObject):
    """Code object whose templates come from this package first."""

    templater = CPPStandaloneCodeObject.templater.derive("build_targets.devices")
    generator_class = Generator
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
