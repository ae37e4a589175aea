"""What the published model can be asked to do: anything else is refused before it is built."""

from __future__ import annotations

from pfc_standalone.errors import ParameterError
from pfc_standalone.experiment import Point
from pfc_standalone.models.rate.trained import weights_of
from pfc_standalone.models.rate.units import check_task
from pfc_standalone.parameters import Parameters
from pfc_standalone.parameters.fields import check_multiple

#: Parameters of the spiking network that ask for something which this model has not.
_ONLY = {"network.learning_rule": "none", "network.traces": False}
_INTERVALS = ("settle", "rest", "cue", "probe", "interval")
#: Groups of parameters of which all are used, and single ones.
_GROUPS = ("rate", "build", "experiment")
_SINGLE = (
    "memory.gain",
    *(f"timing.{name}" for name in _INTERVALS),
    *(f"network.{name}" for name in ("model", "task", "precision", "batch", "stimulus_dt")),
    "network.stimulus_changes",
)


def uses(name: str) -> bool:
    """Whether the model makes use of a parameter, or refuses all values but one by itself."""
    return name.partition(".")[0] in _GROUPS or name in _SINGLE or name in _ONLY


def check_points(points: list[Point]) -> None:
    """Raise `ParameterError` unless every point can be simulated."""
    for parameters in {id(p.parameters): p.parameters for p in points}.values():
        check_task(parameters)
        check_parameters(parameters)
    for point in points:
        weights_of(point)
        if point.trials:
            update = point.parameters.si("rate.update")
            check_multiple("the first trial", point.trials[0].start, "s", "rate.update", update)


def check_parameters(parameters: Parameters) -> None:
    """Raise `ParameterError` unless networks of these parameters can be trained and run."""
    for name, only in _ONLY.items():
        if parameters[name] != only:
            raise ParameterError(
                f"{name} is {_text(parameters[name])}, allowed with the model rate is "
                f"{_text(only)}: it has no neurons and no synapses that learn"
            )
    rate, timing = parameters.rate, parameters.timing
    update = parameters.si("rate.update")
    delays = [("--delay", float(text)) for text in parameters.experiment.delays]
    intervals = [(f"timing.{name}", getattr(timing, name)) for name in _INTERVALS]
    for name, seconds in (*intervals, *delays, ("rate.window", rate.window)):
        check_multiple(name, seconds, "s", "rate.update", update)
    if rate.window > timing.probe + timing.interval + 1e-9:
        raise ParameterError(
            f"rate.window is {rate.window:g} s, allowed is at most timing.probe + timing.interval "
            f"= {timing.probe + timing.interval:g} s: the next trial begins at rest"
        )


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
