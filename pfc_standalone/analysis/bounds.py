"""What the network must do, as rows: a name, a function of a dataset, bounds and their source.

The tests of the model, the table in docs/model.md, and whoever judges a run use these rows; a bound
stands nowhere else.

`analysis.sources` has the papers in full.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isinf, isnan, nan
from typing import TYPE_CHECKING, Any

import numpy as np

from pfc_standalone.analysis import activity, behaviour
from pfc_standalone.results import parameters_of

if TYPE_CHECKING:
    import xarray as xr

#: Values by what they were measured on, such as a population or a delay; or value, low and high of
#: an interval.
Measured = Mapping[str, float | tuple[float, float, float]]


@dataclass(frozen=True)
class Bound[Source]:
    """What a quantity of a run must be.

    Attributes
    ----------
    name : str
    measure : callable
        Of a dataset, or of what else the row is about; NaN where it could not be measured.
    low, high : float
        Allowed, both included unless the row is ``strict``.
    unit : str
    source : str
        Of the bounds; a key of `sources.SOURCES`.
    why : str
        How the bounds follow from the source.
    n_from : int
        The bound holds from this ``network.n_per_unit`` on.
    strict : bool
        The bounds themselves are not allowed: a direction.
    """

    name: str
    measure: Callable[[Source], Measured]
    low: float
    high: float
    unit: str
    source: str
    why: str
    n_from: int = 0
    strict: bool = False

    @property
    def allowed(self) -> str:
        """The bounds in words."""
        if self.low == self.high:
            words = f"{self.low:g}"
        elif self.low == -inf:
            words = f"{'below' if self.strict else 'at most'} {self.high:g}"
        elif self.high == inf:
            words = f"{'above' if self.strict else 'at least'} {self.low:g}"
        else:
            words = f"{'between ' if self.strict else ''}{self.low:g} "
            words += f"{'and' if self.strict else 'to'} {self.high:g}"
        return f"{words} {self.unit}".strip()


@dataclass(frozen=True)
class Verdict:
    """One value beside its bound; ``holds`` is None where it could not be measured.

    Attributes
    ----------
    where : str
        What it was measured on.
    low, high : float
        Of its 95 % interval; NaN where it has none.
    """

    bound: Bound[Any]
    where: str
    value: float
    low: float = nan
    high: float = nan

    @property
    def holds(self) -> bool | None:
        """Whether the value is allowed."""
        return self._allows(self.value)

    @property
    def beyond_chance(self) -> bool | None:
        """Whether all of the interval has the same verdict; None without an interval."""
        ends = {self._allows(self.low), self._allows(self.high), self.holds}
        return None if None in ends else len(ends) == 1

    def _allows(self, value: float) -> bool | None:
        if isnan(value):
            return None
        low, high = self.bound.low, self.bound.high
        return low < value < high if self.bound.strict else low <= value <= high


def judge(dataset: xr.Dataset) -> list[Verdict]:
    """Every value of a dataset that has a bound at its size, in the order of `BOUNDS`; none of a
    model without spikes, since the bounds are those of neurons.
    """
    if "spike_time" not in dataset:
        return []
    return verdicts(dataset, BOUNDS, parameters_of(dataset).network.n_per_unit)


def verdicts[Source](
    source: Source, bounds: Sequence[Bound[Source]], n_per_unit: float = inf
) -> list[Verdict]:
    """Every value that has a bound at this size, in the order of the bounds."""
    found = []
    for bound in bounds:
        if n_per_unit >= bound.n_from:
            for where, value in bound.measure(source).items():
                interval = value if isinstance(value, tuple) else (value,)
                found.append(Verdict(bound, where, *map(float, interval)))
    return found


def as_row(verdict: Verdict) -> dict[str, Any]:
    """A verdict and its bound, ready for JSON."""
    bound = verdict.bound
    low, high = (None if isinf(x) else x for x in (bound.low, bound.high))
    return {
        "name": bound.name,
        "where": verdict.where,
        "value": verdict.value,
        "low": verdict.low,
        "high": verdict.high,
        "unit": bound.unit,
        "allowed": bound.allowed,
        "allowed_low": low,
        "allowed_high": high,
        "source": bound.source,
        "why": bound.why,
        "holds": verdict.holds,
        "beyond_chance": verdict.beyond_chance,
    }


def _interval(entry: Mapping[str, float]) -> tuple[float, float, float]:
    return entry["value"], entry["low"], entry["high"]


def _accuracy(dataset: xr.Dataset) -> Measured:
    return {
        f"{condition}, {delay} s": _interval(entry)
        for delay, by_condition in behaviour.accuracy(dataset).items()
        for condition, entry in by_condition.items()
    }


def _premature(dataset: xr.Dataset) -> Measured:
    return {"all trials": _interval(behaviour.premature_responses(dataset))}


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
    return {f"{d} s": _interval(entry) for d, entry in activity.memory_held(dataset).items()}


def _false_memory(dataset: xr.Dataset) -> Measured:
    return {"all trials": _interval(activity.false_memory(dataset))}


def _regularity(which: str) -> Callable[[xr.Dataset], Measured]:
    def measure(dataset: xr.Dataset) -> Measured:
        return {name: r[which] for name, r in activity.delay_regularity(dataset).items()}

    return measure


BOUNDS: tuple[Bound[xr.Dataset], ...] = (
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
    Bound("reaction time", _reaction_time, 0.03, inf, "s", "T1996", "people categorise an image in "
          "150 ms, through many stages; from pixels to output there are two"),
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
        "selectivity", activity.selectivity, 0.8, 1.0, "", "BW2001",
        "(own - other)/(own + other) of the delay rates: the other cells stay near their "
        "spontaneous rate, a tenth of the delay rate",
    ),
    Bound(
        "memory held", _held, 0.95, 1.0, "", "G2016",
        "adults err in 5 % of AX and of BX, the trials in which the cue decides",
    ),
    Bound("false memory", _false_memory, 0.0, 0.05, "", "G2016", "no memory without its cue, or "
          "AX would be missed, which adults do in 5 %"),
    Bound(
        "ISI CV in the delay", _regularity("isi_cv"), 0.4, 1.5, "", "C2003",
        "cortex is near 1; this class of models is known to be more regular",
    ),
    Bound(
        "count correlation in the delay", _regularity("count_correlation"), -inf, 0.2, "", "CK2011",
        "0.1 to 0.2 at most in cortex; it falls as 1/n, so from 80 neurons on", n_from=80,
    ),
    Bound(
        "largest 50 ms rate", activity.largest_rate, 0.0, 150.0, "Hz", "M1985",
        "no population runs away, in the reset of memory neither: regular-spiking cells adapt to "
        "less, and only fast-spiking ones sustain more",
    ),
)  # fmt: skip
