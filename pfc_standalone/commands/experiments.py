"""Kinds of experiment: what is kept of its runs, its summary, its figures, and how it is printed.

The plan of an experiment names its kind, so that ``finish`` ends each as the command that began it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pfc_standalone.errors import ResultsError

#: Attribute of a plan and dataset that names the kind; without, it is `TASK`.
KIND = "experiment"
#: What a target's script runs. Its functions take any `Labelled`, since its commands import no
#: xarray; those of other kinds a `Dataset`.
TASK = "task"
#: Many experiments; `sweeping` ends it.
SWEEP = "sweep"
#: Training and examinations; `learning` ends it.
LEARN = "learn"


@dataclass(frozen=True)
class Experiment:
    """A kind of experiment.

    Attributes
    ----------
    summarise : callable
        Of a dataset, what ``summary.json`` holds.
    show : callable
        Prints a summary: (summary, results folder, as JSON).
    page : str
        Template of the page.
    figures : tuple of str or None
        Names of those that are drawn; None for all.
    kept : callable
        Of a dataset, what ``results.nc`` holds.
    """

    summarise: Callable[[Any], dict[str, Any]]
    show: Callable[[dict[str, Any], Path, bool], None]
    page: str
    figures: tuple[str, ...] | None = None
    kept: Callable[[Any], Any] = lambda dataset: dataset


def experiment_of(kind: str) -> Experiment:
    """The experiment of a kind; raises `ResultsError` if this program has none of that name.

    The analysis is imported here: scipy takes long.
    """
    if kind == TASK:
        from pfc_standalone.analysis.summary import summarise
        from pfc_standalone.commands.report import print_report

        return Experiment(summarise, print_report, "task.html.jinja")
    if kind == "gain":
        from pfc_standalone.analysis.gain_summary import summarise_gain
        from pfc_standalone.commands.gain_report import print_gain_report

        return Experiment(
            summarise_gain, print_gain_report, "gain.html.jinja", ("gain",), _answers_alone
        )
    raise ResultsError(
        f"the plan is of an experiment called {kind}, allowed are task and gain: use the version "
        "of the program that made it"
    )


def _answers_alone(dataset: Any) -> Any:
    """The dataset without spikes, potentials and activities, from which the answers were read."""
    evidence = {"spike", "neuron", "activity_unit", "activity_time"}
    return dataset.drop_dims(evidence & set(map(str, dataset.dims)))
