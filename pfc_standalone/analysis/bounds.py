"""What the network must do, as rows: a name, a function of a dataset, bounds and their source.

The tests of the model, the table in docs/model.md, and whoever judges a run use these rows; a bound
stands nowhere else.

References
----------
- BW2001: Brunel N, Wang X-J (2001). J Comput Neurosci 11:63-85. doi:10.1023/A:1011204814320
- CK2011: Cohen MR, Kohn A (2011). Nat Neurosci 14:811-819. doi:10.1038/nn.2842
- C2003: Compte A et al. (2003). J Neurophysiol 90:3441-3454. doi:10.1152/jn.00949.2002
- F1989: Funahashi S, Bruce CJ, Goldman-Rakic PS (1989). J Neurophysiol 61:331-349.
  doi:10.1152/jn.1989.61.2.331
- G2016: Gonthier C et al. (2016). Front Psychol 7:1822. doi:10.3389/fpsyg.2016.01822
- W1994: Wilson FAW, O'Scalaidhe SP, Goldman-Rakic PS (1994). PNAS 91:4009-4013.
  doi:10.1073/pnas.91.9.4009
- project: chosen, for the reason that stands beside it
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf, isnan
from typing import TYPE_CHECKING

import numpy as np

from pfc_standalone.analysis import activity, behaviour
from pfc_standalone.results import parameters_of

if TYPE_CHECKING:
    import xarray as xr

PROJECT = "project"

#: Values by what they were measured on, such as a population or a delay.
Measured = Mapping[str, float]


@dataclass(frozen=True)
class Bound:
    """What a quantity of a run must be.

    Attributes
    ----------
    name : str
    measure : callable
        Of a dataset; NaN where it could not be measured.
    low, high : float
        Allowed, both included.
    unit : str
    source : str
        Of the bounds; a key of this module's references.
    why : str
        How the bounds follow from the source.
    n_from : int
        The bound holds from this ``network.n_per_unit`` on.
    """

    name: str
    measure: Callable[[xr.Dataset], Measured]
    low: float
    high: float
    unit: str
    source: str
    why: str
    n_from: int = 0

    @property
    def allowed(self) -> str:
        """The bounds in words."""
        if self.low == -inf:
            words = f"at most {self.high:g}"
        elif self.high == inf:
            words = f"at least {self.low:g}"
        else:
            words = f"{self.low:g} to {self.high:g}"
        return f"{words} {self.unit}".strip()


@dataclass(frozen=True)
class Verdict:
    """One value beside its bound; ``holds`` is None where it could not be measured."""

    bound: Bound
    where: str
    value: float

    @property
    def holds(self) -> bool | None:
        """Whether the value is allowed."""
        return None if isnan(self.value) else self.bound.low <= self.value <= self.bound.high


def judge(dataset: xr.Dataset) -> list[Verdict]:
    """Every value of a dataset that has a bound at its size, in the order of `BOUNDS`; none of a
    model without spikes, since the bounds are those of neurons.
    """
    if "spike_time" not in dataset:
        return []
    n = parameters_of(dataset).network.n_per_unit
    return [
        Verdict(bound, where, float(value))
        for bound in BOUNDS
        if n >= bound.n_from
        for where, value in bound.measure(dataset).items()
    ]


def _accuracy(dataset: xr.Dataset) -> Measured:
    return {
        f"{condition}, {delay} s": entry["value"]
        for delay, by_condition in behaviour.accuracy(dataset).items()
        for condition, entry in by_condition.items()
    }


def _premature(dataset: xr.Dataset) -> Measured:
    return {"all trials": behaviour.premature_responses(dataset)["value"]}


def _reaction_time(dataset: xr.Dataset) -> Measured:
    times = dataset["trial_reaction_time"].values[dataset["trial_correct"].values]
    return {"shortest": float(times.min()) if times.size else np.nan}


def _spontaneous(kind: str) -> Callable[[xr.Dataset], Measured]:
    def measure(dataset: xr.Dataset) -> Measured:
        rates = activity.population_rates(dataset)
        kinds = zip(
            *(dataset[f"population_{k}"].values.tolist() for k in ("name", "type")), strict=True
        )
        return {name: rates[name]["spontaneous"] for name, its in kinds if its == kind}

    return measure


def _delay(which: str) -> Callable[[xr.Dataset], Measured]:
    def measure(dataset: xr.Dataset) -> Measured:
        rates = activity.population_rates(dataset)
        return {name: r[which] for name, r in rates.items() if "delay_other" in r}

    return measure


def _held(dataset: xr.Dataset) -> Measured:
    return {f"{d} s": entry["value"] for d, entry in activity.memory_held(dataset).items()}


def _false_memory(dataset: xr.Dataset) -> Measured:
    return {"all trials": activity.false_memory(dataset)["value"]}


def _regularity(which: str) -> Callable[[xr.Dataset], Measured]:
    def measure(dataset: xr.Dataset) -> Measured:
        return {name: r[which] for name, r in activity.delay_regularity(dataset).items()}

    return measure


BOUNDS: tuple[Bound, ...] = (
    Bound(
        "accuracy", _accuracy, 0.9, 1.0, "", "G2016",
        "healthy adults err in 14 % of the hardest condition, AY; a small network nearly as often",
        n_from=25,
    ),
    Bound(
        "accuracy of a medium network", _accuracy, 0.95, 1.0, "", "G2016",
        "healthy adults err in 5 % of AX and BX, the trials in which the cue decides", n_from=50,
    ),
    Bound(
        "accuracy of a large network", _accuracy, 0.98, 1.0, "", "G2016",
        "healthy adults err in 2 % of BY, the easiest condition", n_from=100,
    ),
    Bound("premature responses", _premature, -inf, 0.05, "", "G2016", "an answer must see the "
          "probe; adults err in 5 % of AX and BX"),
    Bound("premature responses of a medium network", _premature, -inf, 0.02, "", "G2016",
          "adults err in 2 % of BY, in which nothing but haste does harm", n_from=50),
    Bound("reaction time", _reaction_time, 0.03, inf, "s", PROJECT, "a decision takes longer than "
          "an image takes to reach the output"),
    Bound(
        "spontaneous excitatory rate", _spontaneous("exc"), 0.3, 5.0, "Hz", "W1994",
        "regular-spiking prefrontal cells fire at a few Hz; BW2001 aims at 3",
    ),
    Bound(
        "spontaneous inhibitory rate", _spontaneous("inh"), 4.0, 15.0, "Hz", "W1994",
        "fast-spiking cells fire several times as fast; BW2001 aims at 9",
    ),
    Bound(
        "delay rate of the remembered", _delay("delay"), 10.0, 60.0, "Hz", "F1989",
        "delay activity of prefrontal cells; most lie in 15 to 40, this class of models above",
    ),
    Bound(
        "delay rate of the other", _delay("delay_other"), 0.0, 2.0, "Hz", "BW2001",
        "the other memory stays at its spontaneous rate",
    ),
    Bound(
        "selectivity", activity.selectivity, 0.8, 1.0, "", PROJECT,
        "(own - other)/(own + other) of the delay rates: memory holds one cue",
    ),
    Bound(
        "memory held", _held, 0.95, 1.0, "", PROJECT,
        "what is shown once must last as long as the task asks",
    ),
    Bound("false memory", _false_memory, 0.0, 0.05, "", PROJECT, "no memory without its cue"),
    Bound(
        "ISI CV in the delay", _regularity("isi_cv"), 0.4, 1.5, "", "C2003",
        "cortex is near 1; this class of models is known to be more regular",
    ),
    Bound(
        "count correlation in the delay", _regularity("count_correlation"), -inf, 0.2, "", "CK2011",
        "0.1 to 0.2 at most in cortex; it falls as 1/n, so from 80 neurons on", n_from=80,
    ),
    Bound(
        "largest 50 ms rate", activity.largest_rate, 0.0, 150.0, "Hz", PROJECT,
        "no population runs away, the reset of memory included",
    ),
)  # fmt: skip
