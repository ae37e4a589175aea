"""The trials of a dataset as rows, and how phases and response of one are drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from pfc_standalone.figures.style import DELAY, STIMULUS
from pfc_standalone.record import Labelled
from pfc_standalone.results.dataset import parameter_values
from pfc_standalone.tasks import Task

_COLUMNS = (
    "condition", "cue", "probe", "correct_response", "delay", "delay_text", "start", "onset",
    "cue_end", "probe_onset", "window_start", "end", "response", "reaction_time", "premature",
    "correct",
)  # fmt: skip
_NAME_SIZE = 7  # of a phase's name, points


@dataclass(frozen=True)
class TrialRow:
    """One trial and what was answered; times in s from the start of the simulation.

    Attributes
    ----------
    position, replicate : int
        Of its replicate in the dataset, and the number by which spikes refer to it.
    cue, probe, correct_response, response : str
        "" for none.
    delay : float
        s; ``delay_text`` as it was typed.
    probe_onset, probe_end : float
        NaN without a probe.
    window, tau : float
        Of the decision that was made: length of its window and time constant, s (none of a model
        whose units have activities).
    threshold, floor, fall : float
        Of the decision, Hz (or an activity), the part of it that is left in the end, and s.
    reaction_time : float
        From ``window_start``; NaN without a response in the window.
    """

    position: int
    replicate: int
    condition: str
    cue: str
    probe: str
    correct_response: str
    delay: float
    delay_text: str
    start: float
    onset: float
    cue_end: float
    probe_onset: float
    probe_end: float
    window_start: float
    end: float
    response: str
    reaction_time: float
    premature: bool
    correct: bool
    window: float
    tau: float
    threshold: float
    floor: float
    fall: float

    @property
    def answered_from(self) -> str:
        """Whose onset opens the decision window: "probe" or "cue"."""
        return "probe" if self.probe else "cue"


def trial_rows(dataset: Labelled) -> list[TrialRow]:
    """All trials of a dataset with responses, replicate by replicate."""
    columns = {name: dataset[f"trial_{name}"].values.tolist() for name in _COLUMNS}
    numbers = dataset["replicate"].values.tolist()
    stays = "activity" in dataset  # the threshold
    rule = "rate" if stays else "decision"
    probe, window, tau, threshold, floor, fall = (
        parameter_values(dataset, name).tolist()
        for name in (
            *("timing.probe", f"{rule}.window", "decision.tau", f"{rule}.threshold"),
            *("decision.floor", "decision.fall"),
        )
    )
    present = np.argwhere(dataset["trial_condition"].values != "").tolist()
    return [
        TrialRow(
            position=r,
            replicate=numbers[r],
            probe_end=columns["probe_onset"][r][k] + probe[r],
            window=window[r],
            tau=tau[r],
            threshold=threshold[r],
            floor=1.0 if stays else floor[r],
            fall=fall[r],
            **{name: column[r][k] for name, column in columns.items()},
        )
        for r, k in present
    ]


def by_condition(trials: Iterable[TrialRow], task: Task) -> dict[str, list[TrialRow]]:
    """Trials of each condition that has any, conditions in the order of the task."""
    found: dict[str, list[TrialRow]] = {c.name: [] for c in task.conditions}
    for trial in trials:
        found.setdefault(trial.condition, []).append(trial)
    return {condition: some for condition, some in found.items() if some}


def example_trials(trials: list[TrialRow], task: Task) -> list[TrialRow]:
    """Two trials of the first of these replicates, of the shortest delay.

    Their conditions have the same probe and different correct responses, so that only what was
    remembered can tell them apart; if no two have, they are the first two.
    """
    first = min(t.position for t in trials)
    by_delay = sorted((t for t in trials if t.position == first), key=lambda t: t.delay)
    kinds = [some[0] for some in by_condition(by_delay, task).values()]
    pairs = [
        [a, b]
        for i, a in enumerate(kinds)
        for b in kinds[i + 1 :]
        if a.probe and a.probe == b.probe and a.correct_response != b.correct_response
    ]
    chosen = pairs[0] if pairs else kinds[:2]
    return (chosen + [t for t in by_delay if t not in chosen])[:2]


def spikes_of(
    dataset: Labelled, trial: TrialRow
) -> dict[str, tuple[NDArray[np.float64], NDArray[np.integer[Any]]]]:
    """Spikes of each population in a trial: times (s), and neurons within the population."""
    time, replicate = dataset["spike_time"].values, dataset["spike_replicate"].values
    chosen = (time >= trial.start) & (time < trial.end) & (replicate == trial.replicate)
    time, neuron = time[chosen], dataset["spike_neuron"].values[chosen]
    found = {}
    for name, start, size in zip(
        *(dataset[f"population_{n}"].values.tolist() for n in ("name", "start", "size")),
        strict=True,
    ):
        mine = (neuron >= start) & (neuron < start + size)
        found[name] = time[mine], neuron[mine] - start
    return found


def title(trial: TrialRow) -> str:
    """What a panel that shows one trial is called."""
    return f"{trial.condition}, delay {trial.delay_text} s"


def shade_phases(axes: Sequence[Axes], trial: TrialRow, letters_only: bool = False) -> None:
    """Shade cue, delay and probe in a column of panels; name them above the first."""
    phases = _phases(trial)
    spans = [(phase.start, phase.stop - phase.start) for phase in phases]
    shades = [DELAY if phase.kind == "delay" else STIMULUS for phase in phases]
    for ax in axes:
        ax.broken_barh(
            spans, (0, 1), transform=ax.get_xaxis_transform(), facecolors=shades,
            edgecolor="white", linewidth=1, zorder=-10,
        )  # fmt: skip
    axes[0].set_xlim(trial.start - trial.onset, trial.end - trial.onset)
    axes[-1].set_xlabel("time from cue onset (s)")
    _name_phases(axes[0], phases, letters_only)


@dataclass(frozen=True)
class _Phase:
    """A phase of a trial; times in s from the cue's onset."""

    kind: str  # "cue", "delay" or "probe"
    unit: str  # what is shown, "" for nothing
    start: float
    stop: float


def _phases(trial: TrialRow) -> list[_Phase]:
    cue_end = trial.cue_end - trial.onset
    phases = []
    if trial.cue:
        phases.append(_Phase("cue", trial.cue, 0.0, cue_end))
    if trial.delay > 0:
        phases.append(_Phase("delay", "", cue_end, cue_end + trial.delay))
    if trial.probe:
        start, stop = trial.probe_onset - trial.onset, trial.probe_end - trial.onset
        phases.append(_Phase("probe", trial.probe, start, stop))
    return phases


def _name_phases(ax: Axes, phases: list[_Phase], letters_only: bool) -> None:
    crowded = letters_only and _overlap(ax, phases)
    for phase in phases:
        at, align = (phase.start + phase.stop) / 2, "center"
        if crowded:  # cue and probe away from each other, and nothing between them
            if phase.kind == "delay":
                continue
            at, align = (phase.stop, "right") if phase.kind == "cue" else (phase.start, "left")
        text = phase.unit or phase.kind
        if phase.unit and not letters_only:
            text = f"{phase.kind}\n{phase.unit}"
        ax.annotate(
            text, (at, 1), xycoords=("data", "axes fraction"), xytext=(0, 2),
            textcoords="offset points", ha=align, va="bottom", fontsize=_NAME_SIZE,
            in_layout=False,  # the title above has room for it
        )  # fmt: skip


def _overlap(ax: Axes, phases: list[_Phase]) -> bool:
    """Whether the names of neighbouring phases would run into each other, roughly."""
    first, last = ax.get_xlim()
    figure = ax.get_figure(root=True)
    assert figure is not None
    points = 72 * ax.get_position().width * figure.get_figwidth()
    for a, b in pairwise(phases):
        apart = (b.start + b.stop - a.start - a.stop) / 2 / (last - first) * points
        letters = len(a.unit or a.kind) + len(b.unit or b.kind)
        if apart < 0.6 * _NAME_SIZE * letters / 2:
            return True
    return False


def show_response(ax: Axes, trial: TrialRow, colours: dict[str, str]) -> None:
    """Draw the decision window as a box and the response as a triangle in it."""
    opens, window = trial.window_start - trial.onset, trial.window
    ax.broken_barh([(opens, window)], (0.2, 0.6), facecolor="white", edgecolor="black")
    if trial.reaction_time >= 0:  # not NaN
        ax.plot(
            opens + trial.reaction_time, 0.5, marker="v", markersize=6, linestyle="none",
            color=colours[trial.response], markeredgecolor="black", markeredgewidth=0.5,
        )  # fmt: skip
    room_left = opens - (trial.start - trial.onset)
    left = room_left > trial.end - trial.onset - opens - window
    ax.annotate(
        _outcome(trial), (opens if left else opens + window, 0.5), xytext=(-4 if left else 4, 0),
        textcoords="offset points", ha="right" if left else "left", va="center",
    )  # fmt: skip
    ax.set_ylim(0, 1)
    ax.set_yticks([])
    ax.set_ylabel("response", rotation=0, ha="right", va="center")


def _outcome(trial: TrialRow) -> str:
    if not trial.response:
        return "none, correct" if trial.correct else "none"
    outcome = "premature" if trial.premature else "correct" if trial.correct else "wrong"
    return f"{trial.response}, {outcome}"
