"""The effect of a reduced gain of memory: what the published model and adults say, as bounds.

`analysis.sources` has the papers in full.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.analysis.answers import (
    CONDITIONS,
    Answers,
    Cell,
    answers,
    d_context,
    pbi_errors,
    pbi_reaction_times,
)
from pfc_standalone.analysis.bounds import Bound, Measured, Verdict, verdicts
from pfc_standalone.analysis.intervals import difference_of_means, difference_of_proportions
from pfc_standalone.analysis.spike_statistics import Interval
from pfc_standalone.errors import ResultsError
from pfc_standalone.experiment.gain_points import GAIN
from pfc_standalone.results import parameter_values

if TYPE_CHECKING:
    import xarray as xr

#: The published delays are 0.75 and 5 s. What is said of the short one is asked of delays up to
#: this, and what is said of the long one from this on, s: a shorter delay asks less of memory, a
#: longer one more. Between them nothing is said.
SHORT, LONG = 1.0, 4.0

B1995, G2016 = "B1995", "G2016"
#: Healthy adults [G2016]: mean and standard deviation over people; None where only the mean follows
#: from the table.
ADULT_ERRORS = {
    "AX": (0.054, 0.055), "AY": (0.136, 0.103), "BX": (0.045, 0.066), "BY": (0.022, 0.042)
}  # fmt: skip
ADULT_TIMES_MS = {"AX": (404, 65), "AY": (509, 80), "BX": (378, 96), "BY": (373, 72)}
ADULT_PBI_ERRORS = (0.376, 0.365)
ADULT_PBI_TIMES, ADULT_D_CONTEXT = 0.148, 3.30  # of the means


@dataclass(frozen=True)
class GainEffect:
    """What was answered at normal and at reduced gain.

    Attributes
    ----------
    gains : mapping
        From "normal" and "reduced" to the value of ``memory.gain``.
    """

    gains: Mapping[str, float]
    normal: Answers
    reduced: Answers

    @property
    def by_gain(self) -> dict[str, Answers]:
        """Answers at "normal" and "reduced" gain."""
        return {"normal": self.normal, "reduced": self.reduced}


Measure = Callable[[GainEffect], Measured]
#: Of what was answered at one delay: reaction times, or an index.
Times = Callable[[Mapping[str, Cell]], NDArray[np.float64]]
Index = Callable[[Mapping[str, Cell]], Interval]


def gain_effect(dataset: xr.Dataset) -> GainEffect:
    """The effect in a dataset whose points have two values of ``memory.gain``, the reduced one the
    lower.

    Raises
    ------
    ResultsError
        If there are not two.
    """
    values = parameter_values(dataset, GAIN)
    gains = sorted(set(values.tolist()), reverse=True)
    if len(gains) != 2:
        raise ResultsError(
            f"memory.gain has {len(gains)} values in these results, allowed are two, normal and "
            "reduced: make them with python -m pfc_standalone gain"
        )
    normal, reduced = (answers(dataset.isel(replicate=values == gain)) for gain in gains)
    return GainEffect(dict(zip(("normal", "reduced"), gains, strict=True)), normal, reduced)


def _delays(effect: GainEffect, kind: str = "") -> list[str]:
    """Delays of a kind ("short" or "long"), as typed and in order; all by default."""
    low, high = {"": (0.0, inf), "short": (0.0, SHORT), "long": (LONG, inf)}[kind]
    return [text for text in effect.normal if low <= float(text) <= high]


def _rise(effect: GainEffect, delay: str, condition: str) -> Interval:
    """Errors at reduced gain less those at normal gain."""
    reduced, normal = effect.reduced[delay][condition], effect.normal[delay][condition]
    return difference_of_proportions(reduced.wrong, reduced.n, normal.wrong, normal.n)


def _rises(kind: str, *conditions: str) -> Measure:
    def measure(effect: GainEffect) -> Measured:
        return {
            f"{c}, {d} s": _rise(effect, d, c) for d in _delays(effect, kind) for c in conditions
        }

    return measure


def _with_delay(*conditions: str) -> Measure:
    """Errors at each long delay less those at each short one, at normal gain."""

    def measure(effect: GainEffect) -> Measured:
        found = {}
        for short in _delays(effect, "short"):
            for long in _delays(effect, "long"):
                for c in conditions:
                    later, sooner = effect.normal[long][c], effect.normal[short][c]
                    found[f"{c}, {short} to {long} s"] = difference_of_proportions(
                        later.wrong, later.n, sooner.wrong, sooner.n
                    )
        return found

    return measure


def _slower(one: Times, other: Times) -> Measure:
    """Mean of some reaction times less that of others, at normal gain, ms."""

    def measure(effect: GainEffect) -> Measured:
        found = {}
        for delay in _delays(effect):
            cells = effect.normal[delay]
            value, low, high = difference_of_means(one(cells), other(cells))
            found[f"{delay} s"] = (1e3 * value, 1e3 * low, 1e3 * high)
        return found

    return measure


def _correct(condition: str) -> Times:
    return lambda cells: cells[condition].correct_times


def _wrong(condition: str) -> Times:
    return lambda cells: cells[condition].wrong_times


def _falls(index: Index) -> Measure:
    """An index at reduced gain less that at normal gain, at long delays."""

    def measure(effect: GainEffect) -> Measured:
        found = {}
        for d in _delays(effect, "long"):
            (low, *of_low), (high, *of_high) = index(effect.reduced[d]), index(effect.normal[d])
            # half-widths of independent intervals add as squares
            down = ((low - of_low[0]) ** 2 + (of_high[1] - high) ** 2) ** 0.5
            up = ((of_low[1] - low) ** 2 + (high - of_high[0]) ** 2) ** 0.5
            found[f"{d} s"] = (low - high, low - high - down, low - high + up)
        return found

    return measure


def _index(index: Index) -> Measure:
    return lambda effect: {f"{d} s": index(effect.normal[d]) for d in _delays(effect)}


def _adult_errors(effect: GainEffect) -> Measured:
    """Errors at normal gain less adults' mean, in their standard deviations."""
    found = {}
    for delay in _delays(effect):
        for c in CONDITIONS:
            mean, sd = ADULT_ERRORS[c]
            value, low, high = effect.normal[delay][c].errors
            found[f"{c}, {delay} s"] = ((value - mean) / sd, (low - mean) / sd, (high - mean) / sd)
    return found


def _adult_pbi(effect: GainEffect) -> Measured:
    mean, sd = ADULT_PBI_ERRORS
    found = {}
    for d in _delays(effect):
        value, low, high = pbi_errors(effect.normal[d])
        found[f"{d} s"] = ((value - mean) / sd, (low - mean) / sd, (high - mean) / sd)
    return found


Row = Bound[GainEffect]
#: The double dissociation.
DISSOCIATION: tuple[Row, ...] = (
    Row(
        "rise of BX errors at a long delay", _rises("long", "BX"), 0.3, 1.0, "", B1995,
        "with reduced gain B is lost in a long delay, and X answers by habit; 30 points is the "
        "project's measure of high",
    ),
    Row(
        "rise of AY errors at a long delay", _rises("long", "AY"), -1.0, 0.0, "", B1995,
        "with A lost nothing prepares the wrong answer: the paper has fewer errors",
    ),
    Row(
        "rise of BY errors at a long delay", _rises("long", "BY"), -1.0, 0.05, "", B1995,
        "neither cue nor probe asks for the target",
    ),
    Row(
        "rise of errors at a short delay", _rises("short", *CONDITIONS), -0.1, 0.1, "", B1995,
        "the paper's short delay stays near normal; 10 points is the project's measure of near",
    ),
)  # fmt: skip
#: What else the paper says.
PUBLISHED: tuple[Row, ...] = (
    Row(
        "AY correct less BX correct, normal gain", _slower(_correct("AY"), _correct("BX")),
        0.0, inf, "ms", B1995, "A's preparation must be undone", strict=True,
    ),
    Row(
        "AY wrong less AY correct, normal gain", _slower(_wrong("AY"), _correct("AY")),
        -inf, 0.0, "ms", B1995, "errors of A's preparation are fast", strict=True,
    ),
    Row(
        "BX wrong less BX correct, normal gain", _slower(_wrong("BX"), _correct("BX")),
        0.0, inf, "ms", B1995, "errors of X's habit are slow", strict=True,
    ),
    Row(
        "change of errors with delay, normal gain", _with_delay("AX", "BX", "BY"), -0.05, 0.05, "",
        B1995, "accuracy hardly changes; 5 points is the project's measure of hardly",
    ),
    Row(
        "change of AY errors with delay, normal gain", _with_delay("AY"), 0.0, 0.15, "", B1995,
        "AY is a little worse at the long delay", strict=True,
    ),
    Row(
        "change of PBI of errors with gain", _falls(pbi_errors), -inf, 0.0, "", B1995,
        "more BX errors and fewer AY errors are less reliance on the cue", strict=True,
    ),
    Row(
        "change of PBI of reaction times with gain", _falls(pbi_reaction_times), -inf, 0.0, "",
        B1995, "a lost cue neither slows AY nor speeds BX", strict=True,
    ),
    Row(
        "change of d'-context with gain", _falls(d_context), -inf, 0.0, "", B1995,
        "the cue tells less which answer X asks for", strict=True,
    ),
)  # fmt: skip
#: Healthy adults beside the model at normal gain.
ADULTS: tuple[Row, ...] = (
    Row(
        "errors beside adults, normal gain", _adult_errors, -2.0, 2.0, "s.d.", G2016,
        "less adults' mean, in standard deviations over people",
    ),
    Row(
        "PBI of errors beside adults, normal gain", _adult_pbi, -2.0, 2.0, "s.d.", G2016,
        "less adults' mean (0.376), in standard deviations over people",
    ),
    Row(
        "PBI of reaction times, normal gain", _index(pbi_reaction_times), 0.0, 1.0, "", G2016,
        "adults 0.148", strict=True,
    ),
    Row(
        "d'-context, normal gain", _index(d_context), 0.0, inf, "", G2016,
        "adults 3.30: the cue decides what X means", strict=True,
    ),
    Row(
        "AY correct less AX correct, normal gain", _slower(_correct("AY"), _correct("AX")),
        0.0, inf, "ms", G2016, "adults 105 ms", strict=True,
    ),
    Row(
        "BX correct less AX correct, normal gain", _slower(_correct("BX"), _correct("AX")),
        -inf, 0.0, "ms", G2016, "adults -26 ms", strict=True,
    ),
)  # fmt: skip


def findings(effect: GainEffect) -> list[Verdict]:
    """Every finding with its verdict: the dissociation, the rest of the paper, adults."""
    return verdicts(effect, (*DISSOCIATION, *PUBLISHED, *ADULTS))


def dissociates(effect: GainEffect) -> bool | None:
    """Whether all of the double dissociation is there; None unless both kinds of delay are."""
    if not (_delays(effect, "short") and _delays(effect, "long")):
        return None
    return all(v.holds for v in verdicts(effect, DISSOCIATION))
