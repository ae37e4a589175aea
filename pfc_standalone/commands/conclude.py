"""From finished runs to a results folder: label them, write results, draw figures, make a page."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from pfc_standalone.commands.experiments import KIND, TASK, experiment_of
from pfc_standalone.commands.pages.results import parameters_in, write_page
from pfc_standalone.commands.progress import say
from pfc_standalone.commands.verdict_table import VERDICT_WORDS
from pfc_standalone.errors import ResultsError, UnfinishedError
from pfc_standalone.record import Record
from pfc_standalone.results.dataset import DATASET_FILE, load_results, with_facts, write_dataset
from pfc_standalone.results.folder import SUMMARY_FILE, Workplace, write_whole
from pfc_standalone.simulation.simulate import Plan, cost, label_runs, read_plan, runs_in


def conclude(
    place: Workplace,
    plan: Plan | None = None,
    kind: str = TASK,
    *,
    figures: Sequence[str] = (),
) -> dict[str, Any]:
    """Make the results folder from finished runs; returns the summary.

    Parameters
    ----------
    plan : Plan, optional
        What was run; without, it and its kind are as the folder has them.
    kind : str
        Kind of the experiment, see `experiments`.
    figures : sequence of {"png", "pdf"}
        Formats of figures to draw; none by default.

    Raises
    ------
    UnfinishedError
        If something goes wrong; the runs stay where they are.
    """
    with unfinished(place, "their results could not be written"):
        if plan is None:
            described = load_results(place.plan)
            plan, kind = read_plan(described), described.attrs.get(KIND, TASK)
        experiment, labelled = experiment_of(kind), _label(place, plan)
        dataset: Any = labelled if kind == TASK else labelled.assign_attrs({KIND: kind}).to_xarray()
        files = place.new_files()
        write_dataset(experiment.kept(dataset), files / DATASET_FILE)
        summary = experiment.summarise(dataset)
        write_whole(files / SUMMARY_FILE, json.dumps(summary, indent=1) + "\n")
    if figures:
        with unfinished(
            place, "their figures could not be drawn", " (--no-figures leaves them out)"
        ):
            from pfc_standalone.figures import save_figures

            save_figures(dataset, files, figures, experiment.figures)
    with unfinished(place, "their page could not be written"):
        write_page(files, experiment.page, summary, parameters_in(dataset), **VERDICT_WORDS)
    with unfinished(place, "their folder could not be given its name"):
        place.complete(files)
    return summary


def _label(place: Workplace, plan: Plan) -> Record:
    runs = runs_in(plan, place.runs)
    facts, phases, costs = place.notes()
    return with_facts(label_runs(plan, runs), facts | (costs or cost(plan, runs, phases)))


@contextlib.contextmanager
def reading_plan(place: Workplace) -> Iterator[None]:
    """A plan that cannot be read within is one of another version; raises `ResultsError`."""
    try:
        yield
    except (KeyError, ValueError, TypeError) as error:
        reason = " ".join(str(error).split())
        raise ResultsError(
            f"{place.plan} is no plan that this version of the program can go on with ({reason})"
        ) from None


@contextlib.contextmanager
def unfinished(place: Workplace, what: str, hint: str = "") -> Iterator[None]:
    """What goes wrong within, once all runs are done, says how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"all runs are done and kept: go on with {place.way_on}") from None
    except SystemExit:
        say(f"error: ended; all runs are kept: go on with {place.way_on}")
        raise
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        if isinstance(error, MemoryError):
            reason = f"memory is exhausted: {reason}"
        if place.is_removed():
            raise place.removed from error
        raise UnfinishedError(
            f"all runs are done and kept in {place.folder}, but {what} ({reason}): go on with "
            f"{place.way_on}{hint}"
        ) from error
