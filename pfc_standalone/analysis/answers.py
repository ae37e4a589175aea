"""What was answered in the AX-CPT, by delay and condition, and what it says of context: the
proactive behavioural index and d'-context.

References
----------
.. [1] Braver TS, Paxton JL, Locke HS, Barch DM (2009). Flexible neural mechanisms of cognitive
   control within human prefrontal cortex. PNAS 106:7351-7356. doi:10.1073/pnas.0808187106
.. [2] Cohen JD, Barch DM, Carter C, Servan-Schreiber D (1999). Context-processing deficits in
   schizophrenia. J Abnorm Psychol 108:120-133. doi:10.1037/0021-843X.108.1.120
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from pfc_standalone.analysis.intervals import from_draws, mean_interval
from pfc_standalone.analysis.spike_statistics import Interval, proportion_interval
from pfc_standalone.errors import ParameterError
from pfc_standalone.tasks import Task

if TYPE_CHECKING:
    import xarray as xr

CONDITIONS = ("AX", "AY", "BX", "BY")


@dataclass(frozen=True)
class Cell:
    """Answers in one condition at one delay.

    Attributes
    ----------
    n, wrong : int
        Trials, and those with an error: another answer, none, or a premature one.
    target : int
        Trials in which the answer was what AX asks for.
    correct_times, wrong_times : (n_trials,) ndarray of float64
        Reaction times of correct and of wrong trials that have one, s.
    """

    n: int
    wrong: int
    target: int
    correct_times: NDArray[np.float64]
    wrong_times: NDArray[np.float64]

    @property
    def errors(self) -> Interval:
        """Fraction of errors, Wilson 95 % interval."""
        return proportion_interval(self.wrong, self.n)


#: Delay, as typed and in order, to condition to its trials.
Answers = Mapping[str, Mapping[str, Cell]]


def check_conditions(task: Task) -> None:
    """Raise `ParameterError` unless a task has the conditions of the AX-CPT."""
    missing = set(CONDITIONS) - {c.name for c in task.conditions}
    if missing:
        raise ParameterError(
            f"the task is {task.name}, allowed here is one with the conditions "
            f"{', '.join(CONDITIONS)}, such as ax-cpt: their errors are what is compared"
        )


def answers(dataset: xr.Dataset) -> Answers:
    """All answers of a dataset with responses, replicates pooled."""
    columns = {
        name: dataset[f"trial_{name}"].values.ravel()
        for name in ("condition", "delay_text", "correct", "response", "reaction_time")
    }
    asked = dataset["trial_correct_response"].values.ravel()
    ax = asked[columns["condition"] == CONDITIONS[0]]
    found: dict[str, dict[str, Cell]] = {}
    delays = {d for d in columns["delay_text"].tolist() if d}
    for delay in sorted(delays, key=float):
        at_delay = columns["delay_text"] == delay
        found[delay] = {
            condition: _cell(columns, at_delay & (columns["condition"] == condition), ax[:1])
            for condition in CONDITIONS
        }
    return found


def _cell(columns: Mapping[str, NDArray[Any]], mine: NDArray[np.bool_], target: Any) -> Cell:
    correct, times = columns["correct"][mine], columns["reaction_time"][mine]
    answered = ~np.isnan(times)
    return Cell(
        n=int(correct.size),
        wrong=int((~correct).sum()),
        target=int(np.isin(columns["response"][mine], target).sum()),
        correct_times=times[correct & answered],
        wrong_times=times[~correct & answered],
    )


def corrected(k: int, n: int) -> float:
    """Fraction k/n, or of no events (k + 0.5)/(n + 1) [1]_; NaN without trials."""
    if n == 0:
        return np.nan
    return k / n if k else 0.5 / (n + 1)


def pbi_errors(cells: Mapping[str, Cell]) -> Interval:
    """Proactive behavioural index of errors [1]_: (AY - BX)/(AY + BX), from -1 to 1, positive where
    the cue is relied upon; fractions are `corrected`.
    """
    ay, bx = cells["AY"], cells["BX"]
    p, q = corrected(ay.wrong, ay.n), corrected(bx.wrong, bx.n)

    def draw(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
        a, b = (_drawn(rng, x, cell.n, size) for x, cell in ((p, ay), (q, bx)))
        return np.asarray((a - b) / (a + b))

    return from_draws((p - q) / (p + q), draw)


def pbi_reaction_times(cells: Mapping[str, Cell]) -> Interval:
    """The same of the mean reaction times of correct trials."""
    ay, bx = cells["AY"].correct_times, cells["BX"].correct_times
    if min(ay.size, bx.size) < 2:
        return np.nan, np.nan, np.nan
    p, q = float(ay.mean()), float(bx.mean())

    def draw(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
        a, b = (
            rng.normal(t.mean(), t.std(ddof=1) / np.sqrt(t.size), size)  # of the mean
            for t in (ay, bx)
        )
        return np.asarray((a - b) / (a + b))

    return from_draws((p - q) / (p + q), draw)


def d_context(cells: Mapping[str, Cell]) -> Interval:
    """d'-context [2]_: z(target responses to AX) - z(target responses to BX); fractions of targets
    in BX and of missed targets in AX are `corrected`.
    """
    ax, bx = cells["AX"], cells["BX"]
    missed, alarms = corrected(ax.wrong, ax.n), corrected(bx.target, bx.n)

    def d(miss: Any, alarm: Any) -> Any:
        return stats.norm.ppf(1 - miss) - stats.norm.ppf(alarm)

    def draw(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
        m, a = _drawn(rng, missed, ax.n, size), _drawn(rng, alarms, bx.n, size)
        # all missed, or all alarms: as far from 1 as none is from 0
        top = (1 - 0.5 / (ax.n + 1), 1 - 0.5 / (bx.n + 1))
        return np.asarray(d(np.minimum(m, top[0]), np.minimum(a, top[1])))

    missed = min(missed, 1 - corrected(0, ax.n)) if ax.n else np.nan
    alarms = min(alarms, 1 - corrected(0, bx.n)) if bx.n else np.nan
    return from_draws(float(d(missed, alarms)), draw)


def _drawn(rng: np.random.Generator, p: float, n: int, size: int) -> NDArray[np.float64]:
    """Corrected fractions of n trials that are successes with probability p."""
    k = rng.binomial(n, p, size)
    return np.where(k, k / n, 0.5 / (n + 1))


def table(found: Answers, measure: Any) -> dict[str, dict[str, dict[str, float]]]:
    """``value low high n`` by delay and condition, of an interval and a number for each cell."""
    return {
        delay: {
            condition: dict(zip(("value", "low", "high", "n"), measure(cell), strict=True))
            for condition, cell in cells.items()
        }
        for delay, cells in found.items()
    }


def errors(found: Answers) -> dict[str, dict[str, dict[str, float]]]:
    """Fraction of errors by delay and condition: ``value low high n``, Wilson 95 % interval."""
    return table(found, lambda cell: (*cell.errors, cell.n))


def reaction_times(found: Answers, correct: bool = True) -> dict[str, dict[str, dict[str, float]]]:
    """Mean reaction time of correct (or wrong) trials by delay and condition, s: ``value low high
    n``, 95 % interval.
    """

    def measure(cell: Cell) -> tuple[float, float, float, int]:
        times = cell.correct_times if correct else cell.wrong_times
        return (*mean_interval(times), times.size)

    return table(found, measure)
