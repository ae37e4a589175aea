"""The network's equations, in Brian2's language.

Conductance-based leaky integrate-and-fire neurons with AMPA, NMDA and GABA (Brunel & Wang 2001,
doi:10.1023/A:1011204814320, eqs. 1-10). Two things are written in a form of their own:

- *Refractoriness* is a voltage clamp: a conductance of 1 siemens to V_reset, 1e7 times the
  leak, holds v within 10 nV of V_reset until t_ref after the spike. Unlike Brian2's
  ``unless refractory`` it needs no branch, so the loop over neurons vectorises.
- *NMDA* is event-driven and exact: the gating variable s of a presynaptic neuron decays with
  tau_nmda and takes a fixed fraction of 1 - s at its own spikes (the limit of a fast rise), so
  it changes at spikes only, and all targets of the neuron receive the same jump.

Whatever depends on time depends on the number of the time step (``t_in_timesteps``), an integer,
and never on ``t``: the same on every target, in any precision, for as long as a run may last.
"""

from __future__ import annotations

import re
from dataclasses import fields

from pfc_standalone.parameters.groups import NeuronParameters

#: ``{plastic}`` is a conductance of the neuron's own, where synapses onto it learn. Steps are
#: compared in 32 bits: in 64, the loop over neurons is 8 % slower.
NEURON = """
dv/dt = (g_L*(E_L - v) + ({plastic}g_background + g_ampa + g_nmda*mg_block)*(E_exc - v)
         + g_gaba*(E_inh - v) + g_clamp*is_refractory*(V_reset - v))/C_m : volt
dg_background/dt = -g_background/tau_ampa : siemens
mg_block = 1/(1 + mg*exp_portable(-62*v/volt)/3.57) : 1
is_refractory = int(int(t_in_timesteps) < held_until) : 1
C_m : farad (constant)
g_L : siemens (constant)
refractory_steps : integer (constant)
w_background : siemens (constant)
background_mean : 1 (constant)
exp_minus_background_mean : 1 (constant)
spike_step : integer
held_until : integer
s_nmda : 1
nmda_jump : 1
population : integer (constant)
replicate : integer (constant)
neuron : integer (constant)
destination : integer (constant)
rng_seed : integer (constant)
noise_replicate : integer (constant)
"""

#: Parameters of a neuron type that the equations have as constants of their own names: a field of
#: `NeuronParameters` and a line above are all that another one takes.
NEURON_PARAMETERS = tuple(
    f.name
    for f in fields(NeuronParameters)
    if re.search(rf"^{f.name} : .*\(constant\)$", NEURON, re.MULTILINE)
)

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

BACKGROUND = (
    "g_background += w_background*poisson_count("
    + _NOISE.format(stream="STREAM_BACKGROUND", step="t_in_timesteps")
    + ", background_mean, exp_minus_background_mean)"
)

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
uniform : 1
pattern : integer (linked)
channel : integer (constant)
column : integer (constant)
replicate : integer (constant)
neuron : integer (constant)
rng_seed : integer (constant)
noise_replicate : integer (constant)
"""

FIBRE_RATE = "rate = pattern_rate(pattern*second, column)"

FIBRE_UNIFORM = "uniform = " + _NOISE.format(stream="STREAM_FIBRE", step="t_in_timesteps")

FIBRE_THRESHOLD = "uniform < rate*dt"

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
