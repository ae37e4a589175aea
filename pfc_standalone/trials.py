"""The trial list of every replicate: which condition when."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pfc_standalone.fields import ParameterError
from pfc_standalone.parameters import Parameters
from pfc_standalone.tasks import Condition, get_task


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
    probe_onset: float  # end of the delay; NaN for a task without probe
    window_start: float  # the decision window opens here
    end: float


def schedule(
    parameters: Parameters, conditions: list[tuple[Condition, str]], start: float | None = None
) -> list[Trial]:
    """Lay trials out in time, one after the other.

    Parameters
    ----------
    conditions : list of (Condition, delay in s as text)
    start : float, optional
        When the first begins; ``timing.settle`` by default.
    """
    timing, task = parameters.timing, get_task(parameters.network.task)
    t = timing.settle if start is None else start
    trials = []
    for condition, delay in conditions:
        onset = round(t + timing.rest, 9)
        delay_end = round(onset + timing.cue + float(delay), 9)
        has_probe = task.responds_to == "probe"
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
                probe_onset=delay_end if has_probe else float("nan"),
                window_start=delay_end if has_probe else onset,
                end=end,
            )
        )
        t = end
    return trials


def trial_lists(parameters: Parameters) -> list[list[Trial]]:
    """The experiment's trials, dealt out over its replicates and shuffled within each.

    ``experiment.trials`` of every condition at every delay in all; each replicate gets as many
    as any other, give or take one.

    Raises
    ------
    ParameterError
        If a replicate's trials are longer than ``network.block_duration``.
    """
    e = parameters.experiment
    conditions = get_task(parameters.network.task).conditions
    deck = [
        (condition, delay)
        for delay in e.delays
        for condition in conditions
        for _ in range(e.trials)
    ]
    if len(deck) < e.replicates:
        raise ParameterError(
            f"--replicates is {e.replicates}, allowed is at most the number of trials, "
            f"{len(deck)} (conditions x delays x --trials): ask for fewer replicates"
        )
    lists = []
    for r in range(e.replicates):
        hand = deck[r :: e.replicates]
        order = np.random.default_rng((e.seed, r)).permutation(len(hand))
        lists.append(schedule(parameters, [hand[i] for i in order]))
    longest = max(trials[-1].end for trials in lists)
    block = parameters.network.block_duration
    if longest > block:
        enough = math.ceil(longest * e.replicates / block) + 1
        raise ParameterError(
            f"the trials of one replicate last {longest:g} s, allowed is at most "
            f"network.block_duration = {block:g} s: use --replicates {enough} or more"
        )
    return lists
