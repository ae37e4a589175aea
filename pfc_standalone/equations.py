"""The network's equations, in Brian2's language.

Conductance-based leaky integrate-and-fire neurons with AMPA, NMDA and GABA (Brunel & Wang 2001,
doi:10.1023/A:1011204814320, eqs. 1-10). Two things are written in a form of their own:

- *Refractoriness* is a voltage clamp: a conductance of 1 siemens to V_reset, 1e7 times the
  leak, holds v within 10 nV of V_reset until t_ref after the spike. Unlike Brian2's
  ``unless refractory`` it needs no branch, so the loop over neurons vectorises.
- *NMDA* is event-driven and exact: the gating variable s of a presynaptic neuron decays with
  tau_nmda and takes a fixed fraction of 1 - s at its own spikes (the limit of a fast rise), so
  it changes at spikes only, and all targets of the neuron receive the same jump.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from brian2.equations.equations import Equations

NEURON = """
dv/dt = (g_L*(E_L - v) + (g_background + g_ampa + g_nmda*mg_block)*(E_exc - v)
         + g_gaba*(E_inh - v) + g_clamp*is_refractory*(V_reset - v))/C_m : volt
dg_background/dt = -g_background/tau_ampa : siemens
mg_block = 1/(1 + mg*exp_portable(-62*v/volt)/3.57) : 1
is_refractory = int(t - t_spike < t_ref - 0.5*dt) : 1
C_m : farad (constant)
g_L : siemens (constant)
t_ref : second (constant)
w_background : siemens (constant)
background_mean : 1 (constant)
exp_minus_background_mean : 1 (constant)
t_spike : second
s_nmda : 1
nmda_jump : 1
population : integer (constant)
replicate : integer (constant)
neuron : integer (constant)
target : integer (constant)
rng_seed : integer (shared, constant)
first_replicate : integer (shared, constant)
run_duration : second (shared, constant)
"""

#: Conductances that synapses add to: of each neuron where connectivity is explicit, of its
#: population where it is pooled.
CONDUCTANCES = """
dg_ampa/dt = -g_ampa/tau_ampa : siemens
dg_nmda/dt = -g_nmda/tau_nmda : siemens
dg_gaba/dt = -g_gaba/tau_gaba : siemens
"""

LINKED_CONDUCTANCES = """
g_ampa : siemens (linked)
g_nmda : siemens (linked)
g_gaba : siemens (linked)
"""

POOL = """
replicate : integer (constant)
target : integer (constant)
"""

# Statements stand on one line each: Brian2 reads them line by line.
_NOISE = "counter_uniform(rng_seed, replicate + first_replicate, {stream}, neuron, {step})"

BACKGROUND = (
    "g_background += w_background*poisson_count("
    + _NOISE.format(stream="STREAM_BACKGROUND", step="t_in_timesteps")
    + ", background_mean, exp_minus_background_mean)"
)

THRESHOLD = "v > V_th"

# t_spike is the previous spike's time until the last line.
RESET = """
v = V_reset
s_nmda = s_nmda*exp_portable((t_spike - t)/tau_nmda)
nmda_jump = nmda_fraction*(1 - s_nmda)
s_nmda = s_nmda + nmda_jump
t_spike = t
"""

INITIAL_V = "E_L + (V_th - E_L)*" + _NOISE.format(stream="STREAM_INITIAL_V", step="0")

AFFERENT = """
rate : Hz
uniform : 1
channel : integer (constant)
column : integer (constant)
replicate : integer (constant)
neuron : integer (constant)
rng_seed : integer (shared, constant)
first_replicate : integer (shared, constant)
"""

AFFERENT_RATE = "rate = stim(t, column)"

AFFERENT_UNIFORM = "uniform = " + _NOISE.format(stream="STREAM_AFFERENT", step="t_in_timesteps")

AFFERENT_THRESHOLD = "uniform < rate*dt"

# The weights of a synapse: read from the tables when the spike arrives (pooled), or once, into
# the synapse (explicit). The same numbers, added in the same order.
WEIGHT_NAMES = ("ampa", "gated", "nmda", "gaba")
SYNAPSE = "\n".join(f"w_{name} : siemens (constant)" for name in WEIGHT_NAMES)
SYNAPSE_WEIGHT = "weight_{name}(population_pre*second, target_post)"

RECURRENT_EVENT = """
g_ampa_post += {ampa} + {gated}*gate(t, replicate_post)
g_nmda_post += {nmda}*nmda_jump_pre
g_gaba_post += {gaba}
"""

AFFERENT_WEIGHT = "weight_afferent(channel_pre*second, target_post)"
AFFERENT_EVENT = "g_ampa_post += {ampa}"


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
