"""The tree of all parameters: checked as a whole, changed by `with_values`."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from pfc_standalone.errors import ParameterError, TaskError
from pfc_standalone.parameters.fields import Binding, check, check_multiple, from_text
from pfc_standalone.parameters.groups import (
    AfferentParameters,
    AXCPTProjections,
    BuildParameters,
    DecisionParameters,
    ExperimentParameters,
    LayerParameters,
    LearningParameters,
    MembraneParameters,
    NetworkParameters,
    NeuronParameters,
    PlasticParameters,
    RateParameters,
    ReceptorParameters,
    RecurrentParameters,
    ShapesProjections,
    TimingParameters,
)
from pfc_standalone.parameters.units import SI
from pfc_standalone.tasks import LAYERS, Projection, Task


@dataclass(frozen=True)
class Parameters:
    """The whole tree; a variant is made with `with_values`, never by changing one."""

    network: NetworkParameters = NetworkParameters()
    build: BuildParameters = BuildParameters()
    experiment: ExperimentParameters = ExperimentParameters()
    membrane: MembraneParameters = MembraneParameters()
    exc: NeuronParameters = NeuronParameters()
    inh: NeuronParameters = NeuronParameters(C_m=0.2, g_L=20.0, t_ref=1.0, g_background=1.62)
    receptors: ReceptorParameters = ReceptorParameters()
    recurrent: RecurrentParameters = RecurrentParameters()
    input: LayerParameters = LayerParameters(
        w_plus=1.0, gain=0.3, ampa=1.0, background_exc=2.3, nonselective=2.0
    )
    memory: LayerParameters = LayerParameters()
    output: LayerParameters = LayerParameters(
        w_plus=1.725, ampa=1.0, inhibition=0.965, exc_to_inh=1.745, background_exc=2.379,
        nonselective=5.0,
    )  # fmt: skip
    axcpt: AXCPTProjections = AXCPTProjections()
    shapes: ShapesProjections = ShapesProjections()
    afferents: AfferentParameters = AfferentParameters()
    learning: LearningParameters = LearningParameters()
    learn_input: PlasticParameters = PlasticParameters()
    learn_memory: PlasticParameters = PlasticParameters(
        w_max=70.0, total=35.0, offset=0.15, rate=15.0, teacher=0.3
    )
    timing: TimingParameters = TimingParameters()
    decision: DecisionParameters = DecisionParameters()
    rate: RateParameters = RateParameters()

    def __post_init__(self) -> None:
        n, m = self.network, self.membrane
        for name in ("network.synaptic_delay", "network.stimulus_dt", "network.trace_dt"):
            check_multiple(name, self[name], "ms", "network.dt", n.dt)
        for name in ("exc.t_ref", "inh.t_ref"):
            if n.synaptic_delay > self[name]:
                raise ParameterError(
                    f"network.synaptic_delay is {n.synaptic_delay:g} ms, allowed is at most "
                    f"{name} = {self[name]:g} ms: a spike must arrive before its neuron can fire "
                    "again"
                )
        if not max(m.E_L, m.V_reset) < m.V_th:
            raise ParameterError(
                f"membrane.V_th is {m.V_th:g} mV, allowed is above E_L = {m.E_L:g} mV and "
                f"V_reset = {m.V_reset:g} mV: raise it"
            )
        for f in fields(self.timing):
            seconds = getattr(self.timing, f.name)
            check_multiple(
                f"timing.{f.name}", seconds, "s", "network.stimulus_dt", n.stimulus_dt / 1e3
            )
        for text in self.experiment.delays:
            check_multiple("--delay", float(text), "s", "network.stimulus_dt", n.stimulus_dt / 1e3)
        if self.timing.reset_after + self.timing.reset_duration > self.timing.interval:
            raise ParameterError(
                f"timing.interval is {self.timing.interval:g} s, allowed is at least reset_after "
                f"+ reset_duration = {self.timing.reset_after + self.timing.reset_duration:g} s: "
                "the reset must end before the next trial"
            )

        self._check_learning()
        self._check_selectivity()
        self._check_projections()

    def _check_learning(self) -> None:
        n = self.network
        every = self.learning.normalise_every
        check_multiple("learning.normalise_every", every, "ms", "network.dt", n.dt)
        frame = n.stimulus_dt / 1e3
        check_multiple("network.weights_every", n.weights_every, "s", "network.stimulus_dt", frame)

    def _check_selectivity(self) -> None:
        """Potentiation within a unit takes from the rest of its layer, which cannot give more than
        it has.
        """
        for layer in LAYERS:
            w_plus, f = getattr(self, layer).w_plus, self.unit_share(layer)
            if w_plus * f > 1 + 1e-12:
                raise ParameterError(
                    f"{layer}.w_plus is {w_plus:g}, allowed is at most {1 / f:g}, one over a "
                    f"unit's share of the {layer} layer's excitatory neurons: beyond it, w_minus "
                    "would be negative and the total conductance not conserved: lower it, or raise "
                    f"{layer}.nonselective (now {getattr(self, layer).nonselective:g})"
                )

    def _check_projections(self) -> None:
        known = dict(parameter_fields())
        for p in self.network.task.projections:
            name = p.conductance
            if isinstance(name, str) and (
                name not in known or known[name].metadata["unit"] != "nS"
            ):
                raise TaskError(
                    f"the projection {p.source} -> {p.destination} takes its conductance from "
                    f"{name}, which is no conductance: --list-parameters shows them all"
                )

    def unit_share(self, layer: str) -> float:
        """A selective unit's share of its layer's excitatory neurons."""
        n = self.network.n_per_unit
        n_units = len(self.network.task.units[layer])
        nonselective: float = getattr(self, layer).nonselective
        return n / (n_units * n + round(nonselective * n))

    def conductance(self, projection: Projection) -> float:
        """Conductance of a projection, nS, summed over its source unit."""
        g = projection.conductance
        return float(self[g]) if isinstance(g, str) else float(g)

    def __getitem__(self, name: str) -> Any:
        group, _, leaf = name.partition(".")
        return getattr(getattr(self, group), leaf)

    def si(self, name: str) -> float:
        """Value of a numeric parameter in SI units."""
        factor: float = SI[parameter_field(name).metadata["unit"]]
        return float(self[name]) * factor

    def bound_at(self, binding: Binding) -> dict[str, Any]:
        """Values of all parameters with this binding, by name, ready for JSON."""
        return {
            name: value
            for name, value in self.as_dict().items()
            if parameter_field(name).metadata["binding"] == binding
        }

    def as_dict(self) -> dict[str, Any]:
        """Values of all parameters, by name, ready for JSON; `with_values` takes them back."""
        return {name: _plain(self[name]) for name, _ in parameter_fields()}


def _plain(value: Any) -> Any:
    if isinstance(value, Task):
        return value.as_dict()
    return list(value) if isinstance(value, tuple) else value


def parameter_fields() -> Iterator[tuple[str, dataclasses.Field[Any]]]:
    """Every parameter's name and field, in the order of the table."""
    for group in fields(Parameters):
        for f in fields(group.default):  # type: ignore[arg-type]
            yield f"{group.name}.{f.name}", f


def parameter_field(name: str) -> dataclasses.Field[Any]:
    """The field of a parameter, by its name."""
    return _FIELDS[name]


def with_values(
    parameters: Parameters, values: Mapping[str, Any], shown_as: Mapping[str, str] | None = None
) -> Parameters:
    """Parameters with some values replaced.

    Parameters
    ----------
    values : mapping
        From a parameter's name to its value, or to the value's text. A task may be given as what
        `Task.as_dict` makes of it, several delays as a list.
    shown_as : mapping, optional
        What an error calls a parameter instead of its name.

    Raises
    ------
    ParameterError
        On an unknown name, or a value that is not allowed.
    """
    known = _FIELDS
    changes: dict[str, dict[str, Any]] = {}
    for given, value in values.items():
        name = RENAMED.get(given, given)
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {close[0]}? " if close else ""
            raise ParameterError(
                f"{name} is not a parameter: {hint}--list-parameters shows them all"
            )
        f, shown = known[name], (shown_as or {}).get(name, given)
        if isinstance(value, str):
            value = from_text(shown, value, f)
        elif isinstance(value, list):
            value = tuple(value)
        elif isinstance(value, Mapping):
            value = Task.from_dict(value)
        check(shown, value, f)
        group, _, leaf = name.partition(".")
        changes.setdefault(group, {})[leaf] = value
    groups = {g: replace(getattr(parameters, g), **c) for g, c in changes.items()}
    return replace(parameters, **groups)


_FIELDS = dict(parameter_fields())
#: Names that parameters had before, which are still taken.
RENAMED = {
    "network.delay": "network.synaptic_delay",
    **{f"{layer}.feedback": f"{layer}.exc_to_inh" for layer in LAYERS},
}
