"""Synapses that learn: pixels onto the input layer, and the input layer onto memory.

They stand, one for each pair, beside whatever form of connectivity the rest has; a network without
a rule has none. Traces belong to neurons and fibres and are brought up to date at their spikes.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.experiment.points import Point
from pfc_standalone.experiment.weights import into_memory
from pfc_standalone.models.spiking import learners
from pfc_standalone.models.spiking.connections import Parts
from pfc_standalone.models.spiking.learning import LearningRule
from pfc_standalone.models.spiking.populations import Population, population_table
from pfc_standalone.models.spiking.tables import fibres, weight_tables
from pfc_standalone.parameters import Parameters
from pfc_standalone.parameters.groups import LEARNING_RULES

if TYPE_CHECKING:
    import brian2 as b2

#: What neurons and fibres that have traces do at a spike, and the variables for it.
TRACE = """
trace : 1
trace_step : integer
"""
TRACE_RESET = """
trace = trace*exp_portable((trace_step - t_in_timesteps)*dt/trace_tau) + 1
trace_step = t_in_timesteps
"""
#: What neurons have beside; ``{plastic}`` of `equations.NEURON` reads the conductance.
_NEURON = """
dg_plastic/dt = -g_plastic/tau_ampa : siemens
plastic_sum_input : siemens
plastic_sum_memory : siemens
"""
#: Names that a rule may use, each with its value of the moment.
_NAMES = {
    "pre_now": "trace_pre*exp_portable((trace_step_pre - t_in_timesteps)*dt/trace_tau)",
    "post_now": "trace_post*exp_portable((trace_step_post - t_in_timesteps)*dt/trace_tau)",
    "eta": "plastic_eta_post",
    "w_max": "plastic_w_max_post",
    "mean_now": "plastic_mean_now_post",
    "kappa": "plastic_kappa_post",
    "offset": "plastic_offset_post",
}
#: Weights are rescaled where it is training, and else multiplied by 1.
_NORMALISE = """
scale = plastic_w_total_post/({sum}_post + 1e-18*siemens)
w = clip(w*(1 + plastic_training_post*(scale - 1)), 0*siemens, plastic_w_max_post)
"""


@dataclass(frozen=True)
class Plastic:
    """The synapses that learn onto the units of one layer.

    Attributes
    ----------
    layer : str
        Of the destinations: "input" or "memory".
    sources, destinations : range
        Numbers of the fibres or neurons within a replicate.
    """

    layer: str
    sources: range
    destinations: range

    @property
    def name(self) -> str:
        """Of the Brian2 object."""
        return f"plastic_{self.layer}"

    @property
    def sum(self) -> str:
        """The variable of a neuron that gets the sum of its weights."""
        return f"plastic_sum_{self.layer}"

    @property
    def shape(self) -> tuple[int, int]:
        """Sources and destinations."""
        return len(self.sources), len(self.destinations)

    @property
    def initial(self) -> str:
        """The expression of a weight when a run begins."""
        row = f"(neuron_pre - {self.sources.start})*second"
        column = (
            f"replicate_post*{len(self.destinations)} + neuron_post - {self.destinations.start}"
        )
        return f"initial_{self.layer}({row}, {column})"


def get_rule(parameters: Parameters) -> LearningRule | None:
    """The rule that the parameters name; None for none."""
    rule: LearningRule | None = LEARNING_RULES.get(parameters.network.learning_rule)
    return rule


def projections(parameters: Parameters) -> list[Plastic]:
    """What learns in a network of these parameters."""
    if get_rule(parameters) is None:
        return []
    units = {
        layer: [p for p in population_table(parameters) if p.layer == layer and p.unit]
        for layer in ("input", "memory")
    }
    pixels = range(sum(fibres(parameters)[:-1]))
    found = [Plastic("input", pixels, _numbers(units["input"]))]
    if units["memory"] and into_memory(parameters.network.task):
        found.append(Plastic("memory", _numbers(units["input"]), _numbers(units["memory"])))
    return found


def _numbers(populations: list[Population]) -> range:
    return range(populations[0].start, populations[-1].stop)


def count(parameters: Parameters) -> int:
    """Synapses of one replicate that learn."""
    return sum(len(p.sources) * len(p.destinations) for p in projections(parameters))


# ------------------------------------------------------------------------------- in Brian2
def neuron_equations(parameters: Parameters) -> str:
    """What the neurons of a network with a rule have beside."""
    return _NEURON + TRACE + learners.NEURON


def threshold(parameters: Parameters, usual: str) -> str:
    """The condition of a spike: a rule may raise the threshold."""
    rule = get_rule(parameters)
    raised = rule is not None and "threshold" in getattr(rule, "parts", ())
    return f"{usual} + plastic_raised" if raised else usual


def namespace(parameters: Parameters) -> dict[str, Any]:
    """Names that all of this uses, and tables for a run to fill."""
    import brian2 as b2

    batch = parameters.network.batch
    tables = {
        f"initial_{p.layer}": b2.TimedArray(
            np.zeros((p.shape[0], batch * p.shape[1])) * b2.siemens, dt=1 * b2.second,
            name=f"initial_{p.layer}",
        )
        for p in projections(parameters)
    }  # fmt: skip
    tau = parameters.si("learning.tau_trace") * b2.second
    return {"trace_tau": tau, **tables, **learners.namespace(parameters)}


def create(parts: Parts, rule: LearningRule) -> dict[str, Any]:
    """Synapses that learn, and all that they need; Brian2 objects by name."""
    import brian2 as b2

    p = parts.parameters
    objects = learners.create(p, parts.namespace, parts.schedule, parts.neurons)
    for plastic in projections(p):
        source = parts.fibres if plastic.layer == "input" else parts.neurons
        normalised = "normalisation" in getattr(rule, "parts", ())
        objects[plastic.name] = synapses = synapses_of(
            rule, source, parts.neurons, plastic.name, parts.namespace,
            p.si("network.synaptic_delay"), plastic.sum if normalised else "",
        )  # fmt: skip
        synapses.connect(
            "replicate_pre == replicate_post and "
            + " and ".join(
                f"neuron_{end} >= {numbers.start} and neuron_{end} < {numbers.stop}"
                for end, numbers in (("pre", plastic.sources), ("post", plastic.destinations))
            ),
            namespace=parts.namespace,
        )
        if normalised:
            _normalise(p, synapses, plastic.sum)
        if every := p.network.weights_every:
            # all; standalone devices do not know yet how many there are
            each = np.arange(p.network.batch * plastic.shape[0] * plastic.shape[1])
            objects[f"{plastic.name}_records"] = b2.StateMonitor(
                synapses, "w", record=each, dt=every * b2.second, name=f"{plastic.name}_records"
            )
    return objects


def synapses_of(
    rule: LearningRule,
    source: Any,
    destination: Any,
    name: str,
    names: dict[str, Any],
    delay: float,
    summed: str = "",
) -> b2.Synapses:
    """Synapses with the weight ``w`` that a rule changes, not connected yet.

    Parameters
    ----------
    source, destination : NeuronGroup
        With `TRACE`; the destination also with what a rule's names stand for.
    delay : float
        Of transmission, s.
    summed : str, optional
        A variable of the destination that gets the sum of its weights.
    """
    import brian2 as b2

    on_post = _with_names(rule.on_post())
    return b2.Synapses(
        source,
        destination,
        model="w : siemens\n"
        + (f"{summed}_post = w : siemens (summed)\n" if summed else "")
        + textwrap.dedent(rule.equations()),
        on_pre="g_plastic_post += w*plastic_transmits_post\n" + _with_names(rule.on_pre()),
        on_post=on_post or None,
        # one constant each: delays of synapses' own take queues, on CUDA above all
        delay={"pre": delay * b2.second} | ({"post": 0 * b2.second} if on_post else {}),
        namespace=names | rule.namespace(),
        name=name,
    )


def _with_names(text: str) -> str:
    """A rule's statements, after those that give the names in them their values."""
    text = textwrap.dedent(text).strip()
    used = set(re.findall(r"[A-Za-z_]\w*", text))
    return "\n".join([f"{n} = {value}" for n, value in _NAMES.items() if n in used] + [text])


def _normalise(parameters: Parameters, synapses: b2.Synapses, summed: str) -> None:
    """Rescale weights now and then: a summed variable is added by atomics on CUDA, where an
    operation of synapses that adds to neurons would lose some.
    """
    import brian2 as b2

    every = parameters.si("learning.normalise_every") * b2.second
    clock = b2.Clock(dt=every, name=f"{synapses.name}_normalise_clock")
    summing = synapses.summed_updaters[f"{summed}_post"]
    summing._clock = clock  # Brian2 would sum at every time step
    summing.when, summing.order = "end", 0
    synapses.run_regularly(
        _NORMALISE.format(sum=summed), clock=clock, when="end", order=1,
        name=f"{synapses.name}_normalise",
    )  # fmt: skip


# ------------------------------------------------------------------------- what a run takes
def takes() -> dict[str, tuple[str, ...]]:
    """Variables that a run of such a network takes beside the usual, by object."""
    return {"learners": learners.TAKES, "teachers": learners.TEACHER_TAKES}


def tables(parameters: Parameters) -> tuple[str, ...]:
    """TimedArrays that it takes."""
    return (*learners.TABLES, *(f"initial_{p.layer}" for p in projections(parameters)))


def values(points: tuple[Point, ...], start: float) -> dict[str, NDArray[Any]]:
    """What a run takes, by name."""
    found = learners.values(points, start)
    for plastic in projections(points[0].parameters):
        columns = [initial_weights(point)[plastic.layer] for point in points]
        found[f"initial_{plastic.layer}.values"] = np.concatenate(columns, axis=1).ravel() * 1e-9
    return found


def initial_weights(point: Point) -> Mapping[str, NDArray[np.float64]]:
    """Weights with which a run begins, by layer: of each synapse where the point's weights say so,
    or else the mean that they have for its populations; (n_sources, n_destinations), nS.
    """
    parameters, found = point.parameters, {}
    table = weight_tables(parameters, point.weights)
    of_neuron = np.concatenate(
        [np.full(p.size, k) for k, p in enumerate(population_table(parameters))]
    )
    channel = np.repeat(np.arange(len(fibres(parameters))), fibres(parameters))
    for plastic in projections(parameters):
        to = of_neuron[plastic.destinations.start : plastic.destinations.stop]
        if plastic.layer in point.weights.synapses:
            found[plastic.layer] = point.weights.synapses[plastic.layer]
        elif plastic.layer == "input":
            found["input"] = table.fibre[np.ix_(channel[: len(plastic.sources)], to)] * 1e9
        else:
            sources = of_neuron[plastic.sources.start : plastic.sources.stop]
            both = table.gated + table.ampa
            found["memory"] = both[np.ix_(sources, to)] * 1e9
    return found
