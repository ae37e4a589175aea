"""The trial list of every replicate: which condition when."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pfc_standalone.errors import ParameterError
from pfc_standalone.parameters import Parameters
from pfc_standalone.tasks import Condition

#: Time steps of one run: they are counted in 32 bits, and so is when the refractory period after
#: the last of them ends.
MAX_STEPS = 2**31 - 2**16


def longest_run(parameters: Parameters) -> float:
    """When a run must have ended, s: 59.7 hours at the usual time step of 0.1 ms."""
    return MAX_STEPS * parameters.si("network.dt")


@dataclass(frozen=True)
class Trial:
    """One trial; times in s from the start of the simulation."""

    condition: str
    cue: str | None
    probe: str | None
    correct: str | None
    delay: str  # s, as the user typed it
    start: float
    onset: float  # of the cue
    cue_end: float
    probe_onset: float  # end of the delay; NaN without a probe
    window_start: float  # the decision window opens here: at the probe's onset, or the cue's
    end: float


def schedule(
    parameters: Parameters, conditions: list[tuple[Condition, str]], start: float | None = None
) -> tuple[Trial, ...]:
    """Lay trials out in time, one after the other.

    Parameters
    ----------
    conditions : list of (Condition, delay in s as text)
    start : float, optional
        When the first begins; ``timing.settle`` by default.
    """
    timing = parameters.timing
    t = timing.settle if start is None else start
    trials = []
    for condition, delay in conditions:
        onset = round(t + timing.rest, 9)
        delay_end = round(onset + timing.cue + float(delay), 9)
        has_probe = condition.probe is not None
        end = round(delay_end + (timing.probe if has_probe else 0.0) + timing.interval, 9)
        trials.append(
            Trial(
                condition=condition.name,
                cue=condition.cue,
                probe=condition.probe,
                correct=condition.correct,
                delay=delay,
                start=t,
                onset=onset,
                cue_end=onset + timing.cue,
                probe_onset=delay_end if has_probe else float("nan"),
                window_start=delay_end if has_probe else onset,
                end=end,
            )
        )
        t = end
    return tuple(trials)


def one_of_each(parameters: Parameters) -> tuple[Trial, ...]:
    """A trial of every condition at the first delay, in the order of the task."""
    delay = parameters.experiment.delays[0]
    return schedule(parameters, [(c, delay) for c in parameters.network.task.conditions])


def trial_lists(parameters: Parameters) -> list[tuple[Trial, ...]]:
    """The experiment's trials, dealt out over its replicates and shuffled within each.

    ``experiment.trials`` of every condition at every delay in all; each replicate gets as many
    as any other, give or take one.

    Raises
    ------
    ParameterError
        If there are fewer trials than replicates, or a replicate's last longer than a run may.
    """
    e, task = parameters.experiment, parameters.network.task
    kinds = [(condition, delay) for delay in e.delays for condition in task.conditions]
    n_trials = len(kinds) * e.trials
    if n_trials < e.replicates:
        raise ParameterError(
            f"--replicates is {e.replicates}, allowed is at most the number of trials, "
            f"{n_trials} (conditions x delays x --trials): ask for fewer replicates"
        )
    _check_length(parameters)
    deck = [kind for kind in kinds for _ in range(e.trials)]
    lists = []
    for r in range(e.replicates):
        hand = deck[r :: e.replicates]
        order = np.random.default_rng((e.seed, r)).permutation(len(hand))
        lists.append(schedule(parameters, [hand[i] for i in order]))
    return lists


def mean_length(parameters: Parameters) -> float:
    """How long the trials of a replicate last, s, by arithmetic: the mean over replicates."""
    e, task = parameters.experiment, parameters.network.task
    kinds = [(condition, delay) for delay in e.delays for condition in task.conditions]
    settle = parameters.timing.settle
    each = schedule(parameters, kinds)[-1].end - settle
    return settle + each * e.trials / e.replicates


def _check_length(parameters: Parameters) -> None:
    """Refuse what is longer than a run can count, before it is laid out."""
    length, longest = mean_length(parameters), longest_run(parameters)
    if length > longest:
        replicates = math.ceil(length * parameters.experiment.replicates / longest) + 1
        raise ParameterError(
            f"the trials of one replicate last about {length:.3g} s, allowed is at most "
            f"{longest:.3g} s ({MAX_STEPS} time steps): use --replicates {replicates} or more"
        )
