"""The network's equations, in Brian2's language.

Conductance-based leaky integrate-and-fire neurons with AMPA, NMDA and GABA (Brunel & Wang 2001,
doi:10.1023/A:1011204814320, eqs. 1-10). Three things are written in a form of their own:

- *Refractoriness*: after each step, v is V_reset wherever t_ref has not passed since the spike.
  Unlike Brian2's ``unless refractory`` it needs no branch, so the loop over neurons vectorises.
- *NMDA* is event-driven and exact: the gating variable s of a presynaptic neuron decays with
  tau_nmda and takes a fixed fraction of 1 - s at its own spikes (the limit of a fast rise), so
  it changes at spikes only, and all targets of the neuron receive the same jump.
- *What the neurons of a population share* is a row of the group ``populations``, which they read
  through a linked variable: nothing is stored for each neuron that is not its own.

Whatever depends on time depends on the number of the time step (``t_in_timesteps``), an integer,
and never on ``t``: the same on every target, in any precision, for as long as a run may last.
"""

from __future__ import annotations

import re
from dataclasses import fields

from pfc_standalone.noise.functions.poisson_pair import POISSON_MAX_COUNT
from pfc_standalone.parameters.groups import NeuronParameters

#: ``{plastic}`` is a conductance of the neuron's own, where synapses onto it learn.
NEURON = """
dv/dt = (g_L*(E_L - v) + g_exc*(E_exc - v) + g_gaba*(E_inh - v))/C_m : volt
dg_background/dt = -g_background/tau_ampa : siemens
g_exc = {plastic}g_background + g_ampa + g_nmda*mg_block : siemens
mg_block = 1/(1 + (mg/3.57)*exp_portable(-62*v/volt)) : 1
background_counts : integer
spike_step : integer
held_until : integer
s_nmda : 1
nmda_jump : 1
population : integer (constant)
replicate : integer (constant)
neuron : integer (constant)
destination : integer (constant)
"""

_ABOVE = [f"background_above_{k}" for k in range(POISSON_MAX_COUNT)]

#: What the neurons of a population and replicate have in common; a run sets it.
_OF_POPULATION = """
C_m : farad (constant)
g_L : siemens (constant)
refractory_steps : integer (constant)
w_background : siemens (constant)
rng_seed : integer (constant)
noise_replicate : integer (constant)
""" + "\n".join(f"{name} : integer (constant)" for name in _ABOVE)

POPULATION = (
    _OF_POPULATION
    + """
replicate : integer (constant)
destination : integer (constant)
"""
)
LINKED_TO_POPULATION = _OF_POPULATION.replace("(constant)", "(linked)")
OF_POPULATION = tuple(re.findall(r"^(\w+) : ", _OF_POPULATION, re.MULTILINE))

#: Parameters of a neuron type that the equations have as constants of their own names: a field of
#: `NeuronParameters` and a line above are all that another one takes.
NEURON_PARAMETERS = tuple(f.name for f in fields(NeuronParameters) if f.name in OF_POPULATION)

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

# Statements stand on one line each: Brian2 reads them line by line.
_NOISE = "counter_uniform(rng_seed, noise_replicate, {stream}, neuron, {step})"

#: Executed at even steps, for two.
BACKGROUND_COUNTS = (
    "background_counts = poisson_pair(rng_seed, noise_replicate, STREAM_BACKGROUND, neuron, "
    f"t_in_timesteps // 2, {', '.join(_ABOVE)})"
)

#: Before and after the equations are integrated, in the same loop. Steps are compared in 32 bits:
#: in 64, the loop over neurons is slower.
BEFORE_STEP = (
    "g_background = g_background + w_background*pair_member(background_counts, t_in_timesteps % 2)"
)
AFTER_STEP = "v = V_reset + (v - V_reset)*int(int(t_in_timesteps) >= held_until)"

THRESHOLD = "v > V_th"

# spike_step is the previous spike's until it is set.
RESET = """
v = V_reset
s_nmda = s_nmda*exp_portable((spike_step - t_in_timesteps)*dt/tau_nmda)
nmda_jump = nmda_fraction*(1 - s_nmda)
s_nmda = s_nmda + nmda_jump
spike_step = t_in_timesteps
held_until = t_in_timesteps + refractory_steps
"""

# A neuron that fires with another, to be recorded in its place.
DOUBLE = """
v : volt (linked)
original : integer (constant)
"""

INITIAL_V = "E_L + (V_th - E_L)*" + _NOISE.format(stream="STREAM_INITIAL_V", step="0")

# One a replicate: which pattern it is shown, and whether the gate into memory is open. Frames are
# counted, so no time is rounded; a pattern begins when its frame has come.
SCHEDULE = """
frame : integer
change : integer
pattern : integer
gate : 1
replicate : integer (constant)
first_step : integer (shared, constant)
n_steps : integer (shared, constant)
"""

NEXT_FRAME = """
frame = frame + 1
change = change + int(frame >= change_frame((change + 1)*second, replicate))
pattern = int(change_pattern(change*second, replicate))
gate = 1.0*((pattern // 2) % 2)
"""

# What synapses add to knows the gate of its replicate.
GATE = """
gate : 1
schedule_gate : 1 (linked)
"""

COPY_GATE = "gate = schedule_gate"

FIBRE = """
rate : Hz
events : integer
pattern : integer (linked)
channel : integer (constant)
column : integer (constant)
replicate : integer (constant)
neuron : integer (constant)
rng_seed : integer (constant)
noise_replicate : integer (constant)
"""

FIBRE_RATE = "rate = pattern_rate(pattern*second, column)"

#: Executed at even steps, for two.
FIBRE_EVENTS = (
    "events = bernoulli_pair(rng_seed, noise_replicate, STREAM_FIBRE, neuron, "
    "t_in_timesteps // 2, rate*dt)"
)

FIBRE_THRESHOLD = "pair_member(events, t_in_timesteps % 2) > 0"

# The weights of a synapse: read from the tables when the spike arrives (pooled), or once, into
# the synapse (explicit). The same numbers, added in the same order.
WEIGHT_NAMES = ("ampa", "gated", "nmda", "gaba")
SYNAPSE = "\n".join(f"w_{name} : siemens (constant)" for name in WEIGHT_NAMES)
SYNAPSE_WEIGHT = "weight_{name}(population_pre*second, destination_post)"

RECURRENT_EVENT = """
g_ampa_post += {ampa} + {gated}*gate_post
g_nmda_post += {nmda}*nmda_jump_pre
g_gaba_post += {gaba}
"""

FIBRE_WEIGHT = "weight_fibre(channel_pre*second, destination_post)"
FIBRE_EVENT = "g_ampa_post += {ampa}"
