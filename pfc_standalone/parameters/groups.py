"""Every number of the model, with its unit, bounds, meaning and source.

Parameters are frozen dataclasses in groups; a parameter's name is ``group.field``. The command
line, ``--list-parameters`` and the build manifest are made from these fields. A field is bound
at ``build`` (baked into the generated source, such as a size) or at ``run`` (given to the
finished binary when it starts, such as a weight or the seed).

Sources named below:

- BW2001: Brunel N, Wang X-J (2001). J Comput Neurosci 11:63-85. doi:10.1023/A:1011204814320
- W2002: Wang X-J (2002). Neuron 36:955-968. doi:10.1016/S0896-6273(02)01092-9
- B1995: Braver TS, Cohen JD, Servan-Schreiber D (1995). NIPS 7:141-148
- SMA2000: Song S, Miller KD, Abbott LF (2000). Nat Neurosci 3:919-926. doi:10.1038/78829
- tuned: found by trying values in simulations (docs/decisions.md, "Working point")
- project: chosen, for the reason that stands beside it or in docs/decisions.md
"""

from __future__ import annotations

from dataclasses import dataclass

from pfc_standalone.parameters.fields import ParameterGroup, parameter
from pfc_standalone.registry import Registry
from pfc_standalone.tasks import LAYERS, TASKS, Task

BW2001, W2002, B1995, SMA2000 = "BW2001", "W2002", "B1995", "SMA2000"
TUNED, PROJECT = "tuned", "project"

MODELS = Registry("model", "pfc_standalone.models", "MODEL", "pfc_standalone.models")
CONNECTIONS = Registry(
    "connectivity", "pfc_standalone.models.spiking.connections", "CONNECTION",
    "pfc_standalone.connections",
)  # fmt: skip
LEARNING_RULES = Registry(
    "learning rule", "pfc_standalone.models.spiking.learning", "RULE",
    "pfc_standalone.learning_rules",
)  # fmt: skip


@dataclass(frozen=True)
class NetworkParameters(ParameterGroup):
    """What is simulated."""

    model: str = parameter(
        "spiking", "", "model that performs the task", PROJECT, choices=MODELS, binding="build",
    )  # fmt: skip
    task: Task = parameter(
        TASKS.get("ax-cpt"), "", "task the network performs: a name or a task file (docs/tasks.md)",
        PROJECT, binding="build",
    )  # fmt: skip
    n_per_unit: int = parameter(
        100, "neurons", "excitatory neurons in one selective unit; every size derives from it",
        PROJECT, low=10, high=100_000, binding="build",
    )  # fmt: skip
    connectivity: str = parameter(
        "pooled", "", "one conductance per population and receptor, or a synapse per pair",
        PROJECT, choices=CONNECTIONS, binding="build",
    )  # fmt: skip
    layers: str = parameter(
        "output", "", "last layer that the network has: what comes after it is not simulated",
        PROJECT, choices=LAYERS, binding="build",
    )  # fmt: skip
    learning_rule: str = parameter(
        "none", "", "how synapses of pixels onto the input layer and of input onto memory change; "
        "fixed: a synapse for each pair that does not; none: no such synapses", PROJECT,
        choices=LEARNING_RULES, binding="build",
    )  # fmt: skip
    full_memory: bool = parameter(
        False, "", "every input unit reaches every memory unit; chosen as the weights need",
        PROJECT, binding="build",
    )  # fmt: skip
    precision: str = parameter(
        "float64", "", "floating-point type of the state variables", PROJECT,
        choices=("float64", "float32"), binding="build",
    )  # fmt: skip
    batch: int = parameter(
        0, "replicates", "replicates simulated by one process; 0 lets the target choose", PROJECT,
        low=0, high=4096, binding="build",
    )  # fmt: skip
    dt: float = parameter(0.1, "ms", "time step", PROJECT, low=0.01, high=0.25, binding="build")
    synaptic_delay: float = parameter(
        0.5, "ms", "synaptic delay, a multiple of dt, at most the refractory periods", PROJECT,
        low=0.01, high=5, binding="build",
    )  # fmt: skip
    stimulus_dt: float = parameter(
        10.0, "ms", "time grid of the stimulus; every interval of a trial is a multiple of it",
        PROJECT, low=1, high=100, binding="build",
    )  # fmt: skip
    stimulus_changes: int = parameter(
        0, "", "changes of the stimulus in a run that a build has room for; 0: as the trials need",
        PROJECT, low=0, high=2**27, binding="build",
    )  # fmt: skip
    stimulus_images: int = parameter(
        0, "", "images that a build has room for; 0: those of the task, or as a lesson needs",
        PROJECT, low=0, high=2**20, binding="build",
    )  # fmt: skip
    weights_every: float = parameter(
        0.0, "s", "time between two records of the weights that learn; 0 records none", PROJECT,
        low=0, high=10_000, binding="build",
    )  # fmt: skip
    record_spikes: bool = parameter(
        True, "", "record every spike; off for measurements of speed alone", PROJECT,
        binding="build",
    )  # fmt: skip
    record_outputs_only: bool = parameter(
        False, "", "record the spikes of output units alone, from which responses are read",
        PROJECT, binding="build",
    )  # fmt: skip
    traces: bool = parameter(
        False, "", "record v and conductances of a few neurons a population", PROJECT,
        binding="build",
    )  # fmt: skip
    trace_neurons: int = parameter(
        2, "neurons", "recorded neurons in each population", PROJECT,
        low=1, high=10, binding="build",
    )  # fmt: skip
    trace_dt: float = parameter(
        1.0, "ms", "time between recorded samples of a trace", PROJECT,
        low=0.01, high=100, binding="build",
    )  # fmt: skip


@dataclass(frozen=True)
class BuildParameters(ParameterGroup):
    """How generated source is compiled."""

    strict_math: bool = parameter(
        False, "", "no value-changing optimisation: same bits on every machine", PROJECT,
        binding="build",
    )  # fmt: skip
    simd: bool = parameter(
        True, "", "vectorise the state update and the noise; off keeps Brian2's own templates",
        PROJECT, binding="build",
    )  # fmt: skip
    native: bool = parameter(
        True, "", "compile for one kind of processor; off: for any", PROJECT, binding="build",
    )  # fmt: skip
    processor: str = parameter(
        "own", "", "which kind: this machine's own, or a level of x86-64, for machines that differ",
        PROJECT, choices=("own", "x86-64-v2", "x86-64-v3", "x86-64-v4"), binding="build",
    )  # fmt: skip
    profile: bool = parameter(
        False, "", "time each part of the time step; slows the simulation", PROJECT,
        binding="build",
    )  # fmt: skip


@dataclass(frozen=True)
class ExperimentParameters(ParameterGroup):
    """How much is simulated."""

    trials: int = parameter(
        10, "trials", "trials of each condition at each delay, dealt out over the replicates",
        PROJECT, low=1, high=1_000_000,
    )  # fmt: skip
    delays: tuple[str, ...] = parameter(
        ("0.75", "5"), "s", "delay between cue and probe, a multiple of stimulus_dt", B1995,
        low=0, high=60,
    )  # fmt: skip
    replicates: int = parameter(
        4, "replicates", "independent copies of the network, each with its own trial list",
        PROJECT, low=1, high=65_536,
    )  # fmt: skip
    seed: int = parameter(
        1, "", "seed of every random number", PROJECT, low=0, high=2**31 - 1,
    )  # fmt: skip


@dataclass(frozen=True)
class MembraneParameters(ParameterGroup):
    """Potentials shared by all neurons."""

    E_L: float = parameter(-70.0, "mV", "leak reversal", BW2001, low=-100, high=0, binding="build")
    V_th: float = parameter(
        -50.0, "mV", "spike threshold", BW2001, low=-100, high=0, binding="build"
    )
    V_reset: float = parameter(
        -55.0, "mV", "reset potential", BW2001, low=-100, high=0, binding="build"
    )
    initial: str = parameter(
        "spread", "", "where neurons begin: each somewhere between E_L and V_th, or all at 0 mV, "
        "where Brian2 leaves a potential that nobody sets", PROJECT, choices=("spread", "zero"),
        binding="build",
    )  # fmt: skip
    E_exc: float = parameter(
        0.0, "mV", "reversal of AMPA and NMDA", BW2001, low=-50, high=50, binding="build"
    )
    E_inh: float = parameter(
        -70.0, "mV", "reversal of GABA", BW2001, low=-100, high=0, binding="build"
    )


@dataclass(frozen=True)
class NeuronParameters(ParameterGroup):
    """One neuron type; the defaults are the excitatory neuron's."""

    C_m: float = parameter(0.5, "nF", "membrane capacitance", BW2001, low=0.01, high=10)
    g_L: float = parameter(25.0, "nS", "leak conductance", BW2001, low=0.1, high=1000)
    t_ref: float = parameter(2.0, "ms", "absolute refractory period", BW2001, low=0.1, high=50)
    g_background: float = parameter(
        2.08, "nS", "AMPA conductance of one background spike", BW2001, low=0, high=100
    )


@dataclass(frozen=True)
class ReceptorParameters(ParameterGroup):
    """Synaptic kinetics."""

    tau_ampa: float = parameter(2.0, "ms", "AMPA decay", BW2001, low=0.1, high=100, binding="build")
    tau_nmda: float = parameter(
        100.0, "ms", "NMDA decay", BW2001, low=1, high=1000, binding="build"
    )
    tau_gaba: float = parameter(
        10.0, "ms", "GABA decay", BW2001, low=0.1, high=100, binding="build"
    )
    nmda_tau_rise: float = parameter(
        2.0, "ms", "NMDA rise", BW2001, low=0.1, high=20, binding="build"
    )
    nmda_alpha: float = parameter(
        0.5, "1/ms", "NMDA activation rate; a spike takes the fraction "
        "1 - exp(-alpha tau_rise) of the free gating variable", BW2001,
        low=0.01, high=10, binding="build",
    )  # fmt: skip
    mg: float = parameter(
        1.0, "mM", "extracellular magnesium, blocks NMDA", BW2001, low=0, high=10, binding="build"
    )


@dataclass(frozen=True)
class RecurrentParameters(ParameterGroup):
    """Conductances within a layer, summed over the whole source population (BW2001 per synapse
    times its 800 excitatory or 200 inhibitory neurons), so they hold for any size.
    """

    ampa_exc: float = parameter(
        83.2, "nS", "AMPA onto excitatory neurons", BW2001, low=0, high=10_000
    )
    ampa_inh: float = parameter(
        64.8, "nS", "AMPA onto inhibitory neurons", BW2001, low=0, high=10_000
    )
    nmda_exc: float = parameter(
        261.6, "nS", "NMDA onto excitatory neurons", BW2001, low=0, high=10_000
    )
    nmda_inh: float = parameter(
        206.4, "nS", "NMDA onto inhibitory neurons", BW2001, low=0, high=10_000
    )
    gaba_exc: float = parameter(
        250.0, "nS", "GABA onto excitatory neurons", BW2001, low=0, high=10_000
    )
    gaba_inh: float = parameter(
        194.6, "nS", "GABA onto inhibitory neurons", BW2001, low=0, high=10_000
    )


@dataclass(frozen=True)
class LayerParameters(ParameterGroup):
    """One layer; the defaults are the memory layer's."""

    w_plus: float = parameter(
        2.7, "", "potentiation within a selective unit", TUNED, low=1, high=10
    )
    gain: float = parameter(
        1.0, "", "factor on all NMDA within the layer (the gain of B1995)", B1995, low=0, high=10
    )
    ampa: float = parameter(
        0.25, "", "factor on AMPA onto the layer's excitatory neurons from within it", TUNED,
        low=0, high=10,
    )  # fmt: skip
    inhibition: float = parameter(
        1.0, "", "factor on GABA onto the layer's excitatory neurons", PROJECT, low=0, high=10
    )
    exc_to_inh: float = parameter(
        1.0, "", "factor on excitation of the layer's inhibitory neurons by its excitatory ones: "
        "inhibition that follows activity, so that one unit wins", TUNED, low=0, high=10,
    )  # fmt: skip
    background_exc: float = parameter(
        2.31, "kHz", "background rate of an excitatory neuron", TUNED, low=0, high=2.5
    )
    background_inh: float = parameter(
        2.4, "kHz", "background rate of an inhibitory neuron", BW2001, low=0, high=2.5
    )
    nonselective: float = parameter(
        8.0, "n_per_unit", "non-selective excitatory neurons", PROJECT, low=0, high=50,
        binding="build",
    )  # fmt: skip
    inhibitory_fraction: float = parameter(
        0.25, "", "inhibitory neurons for each excitatory neuron of the layer", BW2001,
        low=0.05, high=1, binding="build",
    )  # fmt: skip


@dataclass(frozen=True)
class AXCPTProjections(ParameterGroup):
    """Excitation between layers for the AX-CPT, summed over the source unit, in nS of AMPA. X alone
    asks for T, and memory of B, which reaches N through NMDA, overcomes it; Y, through NMDA too,
    drives N so much more than T that memory of A cannot overturn it.
    """

    input_to_memory: float = parameter(
        27.5, "nS", "input A -> memory A, B -> B, open from cue onset to gate_extra after its end",
        TUNED, low=0, high=1000,
    )  # fmt: skip
    x_to_t: float = parameter(58.4, "nS", "input X -> output T", TUNED, low=0, high=1000)
    x_to_n: float = parameter(40.5, "nS", "input X -> output N", TUNED, low=0, high=1000)
    y_to_n: float = parameter(30.3, "nS", "input Y -> output N", TUNED, low=0, high=1000)
    y_to_t: float = parameter(3.4, "nS", "input Y -> output T", TUNED, low=0, high=1000)
    a_to_t: float = parameter(2.3, "nS", "memory A -> output T", TUNED, low=0, high=1000)
    b_to_n: float = parameter(8.6, "nS", "memory B -> output N", TUNED, low=0, high=1000)


@dataclass(frozen=True)
class ShapesProjections(ParameterGroup):
    """Excitation between layers for the shapes task, unit to unit of the same shape."""

    input_to_memory: float = parameter(
        35.0, "nS", "input -> memory, open while the image is shown", TUNED, low=0, high=1000
    )
    input_to_output: float = parameter(52.0, "nS", "input -> output", TUNED, low=0, high=1000)
    memory_to_output: float = parameter(4.0, "nS", "memory -> output", TUNED, low=0, high=1000)


@dataclass(frozen=True)
class AfferentParameters(ParameterGroup):
    """Poisson fibres: pixels onto the input layer, and the reset of the memory layer."""

    fibres_per_pixel: int = parameter(
        10, "fibres", "Poisson fibres of one pixel", PROJECT, low=1, high=1000, binding="build"
    )
    rate_on: float = parameter(
        40.0, "Hz", "rate of a fibre whose pixel is on", PROJECT, low=0, high=500
    )
    rate_off: float = parameter(
        1.0, "Hz", "rate of a fibre whose pixel is off", PROJECT, low=0, high=500
    )
    dimming: float = parameter(
        0.5, "", "power of an image's number of pixels, against the mean of the task's images, by "
        "which rates of pixels that are on fall: 0.5 gives all images one contrast energy", PROJECT,
        low=0, high=1,
    )  # fmt: skip
    g_pixel: float = parameter(
        4.0, "nS", "AMPA of one fibre spike, times the pixel's share of the image", TUNED,
        low=0, high=1000,
    )  # fmt: skip
    share_1: float = parameter(
        0.35, "", "weight of a pixel that 1 other image has too (0 others: 1)", TUNED,
        low=0, high=1,
    )  # fmt: skip
    share_2: float = parameter(
        0.1, "", "weight of a pixel that 2 other images have too (3 others: 0)", TUNED,
        low=0, high=1,
    )  # fmt: skip
    reset_fibres: int = parameter(
        100, "fibres", "fibres onto memory's inhibitory neurons", PROJECT,
        low=1, high=10_000, binding="build",
    )  # fmt: skip
    reset_rate: float = parameter(100.0, "Hz", "rate of a reset fibre", PROJECT, low=0, high=500)
    g_reset: float = parameter(3.0, "nS", "AMPA of one reset spike", PROJECT, low=0, high=100)


@dataclass(frozen=True)
class LearningParameters(ParameterGroup):
    """What plastic synapses have in common (docs/learning.md)."""

    tau_trace: float = parameter(
        20.0, "ms", "decay of the traces that spikes leave", SMA2000, low=1, high=1000,
        binding="build",
    )  # fmt: skip
    tau_rate: float = parameter(
        10.0, "s", "time constant of a population's mean rate, in time in which it learns", TUNED,
        low=0.1, high=1000, binding="build",
    )  # fmt: skip
    tau_threshold: float = parameter(
        60.0, "s", "decay of the adapted threshold, in time of training", TUNED,
        low=0.1, high=10_000, binding="build",
    )  # fmt: skip
    normalise_every: float = parameter(
        500.0, "ms", "time between two normalisations of the weights onto a neuron", TUNED,
        low=10, high=100_000, binding="build",
    )  # fmt: skip


@dataclass(frozen=True)
class PlasticParameters(ParameterGroup):
    """Synapses that learn, onto the units of one layer; the defaults are those of pixels onto the
    input layer. Conductances are summed over a source unit: the fibres of a pixel, or the neurons
    of an input unit.
    """

    eta: float = parameter(
        0.01, "", "learning rate: the change by a pair of spikes at once, as a fraction of w_max",
        TUNED, low=0, high=1,
    )  # fmt: skip
    w_max: float = parameter(
        8.0, "nS", "largest weight, summed over the source unit", TUNED, low=0, high=10_000
    )
    total: float = parameter(
        40.0, "nS", "sum of all weights onto a neuron, which normalisation restores", TUNED,
        low=0, high=100_000,
    )  # fmt: skip
    kappa: float = parameter(
        1.0, "", "depression by the product of mean rates, against potentiation", TUNED,
        low=0, high=10,
    )  # fmt: skip
    offset: float = parameter(
        0.3, "", "presynaptic trace at which a postsynaptic spike changes nothing: heterosynaptic "
        "depression below it", TUNED, low=0, high=100,
    )  # fmt: skip
    rate: float = parameter(
        6.0, "Hz", "mean rate of a population that is expected at first", TUNED, low=0, high=500
    )
    threshold: float = parameter(
        0.0, "mV", "rise of a population's threshold when each of its neurons has fired once",
        TUNED, low=0, high=10,
    )  # fmt: skip
    stay_rate: float = parameter(
        0.0, "Hz", "mean rate at which a population's threshold stays; below, it falls", TUNED,
        low=0, high=100,
    )  # fmt: skip
    teacher: float = parameter(
        0.25, "kHz", "background that the teacher adds to the population that should learn", TUNED,
        low=0, high=10,
    )  # fmt: skip


@dataclass(frozen=True)
class TimingParameters(ParameterGroup):
    """A trial: rest, cue, delay, probe, interval to the next trial."""

    settle: float = parameter(
        1.0, "s", "before the first trial; a reset clears what the initial state started",
        PROJECT, low=0.5, high=60,
    )  # fmt: skip
    rest: float = parameter(0.3, "s", "before the cue", PROJECT, low=0, high=60)
    cue: float = parameter(0.3, "s", "cue shown", B1995, low=0.05, high=10)
    probe: float = parameter(0.3, "s", "probe shown", B1995, low=0.05, high=10)
    interval: float = parameter(
        0.6, "s", "from the probe's end to the next trial", PROJECT, low=0, high=60
    )
    gate_extra: float = parameter(
        0.05, "s", "the gate from input to memory closes this long after the cue's end", PROJECT,
        low=0, high=1,
    )  # fmt: skip
    reset_after: float = parameter(
        0.2, "s", "from the probe's end to the reset of memory", PROJECT, low=0, high=10
    )
    reset_duration: float = parameter(0.15, "s", "length of the reset", PROJECT, low=0, high=10)


@dataclass(frozen=True)
class DecisionParameters(ParameterGroup):
    """The online rule that reads a response from the output layer's spikes: a rate reaches a
    threshold, which falls with the time since the probe, so that the longer the answer takes, the
    less evidence is waited for.
    """

    tau: float = parameter(
        0.15, "s", "time constant of the exponential filter of the output rates", TUNED,
        low=0.001, high=1,
    )  # fmt: skip
    threshold: float = parameter(
        24.0, "Hz", "filtered rate at which an output unit responds, until the probe's onset",
        TUNED, low=1, high=200,
    )  # fmt: skip
    floor: float = parameter(
        0.25, "", "part of the threshold that is left when it has fallen; 1: it stays", TUNED,
        low=0, high=1,
    )  # fmt: skip
    fall: float = parameter(
        0.4, "s", "from probe onset until the threshold has fallen, evenly", TUNED,
        low=0.001, high=10,
    )  # fmt: skip
    window: float = parameter(
        0.6, "s", "from probe onset; a response must fall into it", PROJECT, low=0.05, high=10
    )


@dataclass(frozen=True)
class RateParameters(ParameterGroup):
    """The published model (``network.model`` = rate): units with a rate, updated all at once. Its
    gain is ``memory.gain``, on the synaptic sum of the memory units.
    """

    update: float = parameter(
        50.0, "ms", "time of one update; every interval of a trial is a multiple of it", B1995,
        low=1, high=100, binding="build",
    )  # fmt: skip
    leak: float = parameter(
        0.1, "", "part of the way to its net input that a unit goes in an update (dt of B1995)",
        B1995, low=0.001, high=1,
    )  # fmt: skip
    bias: float = parameter(-2.5, "", "net input without synapses", B1995, low=-10, high=10)
    noise: float = parameter(
        2.4, "", "s.d. of the Gaussian noise of each net input, new at each update", TUNED,
        low=0, high=20,
    )  # fmt: skip
    threshold: float = parameter(
        0.6, "", "activity at which an output unit responds", TUNED, low=0.01, high=0.99
    )
    window: float = parameter(
        0.9, "s", "from probe onset; a response must fall into it", PROJECT, low=0.05, high=10
    )
    training_seed: int = parameter(
        0, "", "which of the trained networks", PROJECT, low=0, high=2**31 - 1
    )
