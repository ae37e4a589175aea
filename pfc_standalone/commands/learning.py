"""Learning from its plan to its folder; `verbs.learn` begins it, `verbs.finish` goes on with it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pfc_standalone.commands.conclude import reading_plan, unfinished
from pfc_standalone.commands.experiments import KIND, LEARN
from pfc_standalone.commands.pages.results import write_page
from pfc_standalone.commands.progress import progress_bars
from pfc_standalone.commands.run import keeping_runs
from pfc_standalone.experiment import Point
from pfc_standalone.experiment.curriculum import Syllabus
from pfc_standalone.parameters import Parameters
from pfc_standalone.record import Labelled, Record
from pfc_standalone.results.dataset import load_results, parameters_of, record_of, with_facts
from pfc_standalone.results.folder import SUMMARY_FILE, Workplace, write_whole
from pfc_standalone.results.raw import NOTE
from pfc_standalone.simulation.targets import get_target

WEIGHTS_FILE = "weights.nc"


class LearnPlace(Workplace):
    """The partial folder of learning, whose runs lie in a folder for each phase."""

    def finished_runs(self) -> int:
        """How many runs are whole."""
        return sum(1 for _ in self.runs.glob(f"*/[0-9]*/{NOTE}"))


def describe_learning(
    parameters: Parameters, syllabus: Syllabus, target: str, tests: int
) -> Record:
    """The plan of learning, as a dataset without results."""
    facts = {KIND: LEARN, "syllabus": asdict(syllabus), "target": target, "tests": tests}
    return with_facts(record_of([Point(parameters)]), facts)


def go_on(place: LearnPlace, plan: Labelled, figures: Sequence[str]) -> dict[str, Any]:
    """Do what is left of a plan, and make its folder; returns the summary.

    Raises
    ------
    ResultsError
        If this version of the program cannot read the plan.
    """
    from pfc_standalone.analysis.learning import summarise_learning  # scikit-learn takes long
    from pfc_standalone.simulation.learn import learn, n_runs

    with reading_plan(place):
        parameters, tests = parameters_of(plan), int(plan.attrs["tests"])
        syllabus = Syllabus(**json.loads(plan.attrs["syllabus"]))
        target = get_target(plan.attrs["target"])
    with progress_bars() as report, keeping_runs(place, n_runs(parameters)):
        learned = learn(parameters, syllabus, target, tests, report, place=place)
    with unfinished(place, "their results could not be written"):
        summary, files = summarise_learning(learned), place.new_files()
        learned.weights.save(files / WEIGHTS_FILE)
        write_whole(files / SUMMARY_FILE, json.dumps(summary, indent=1) + "\n")
    if figures:
        with unfinished(
            place, "their figures could not be drawn", " (--no-figures leaves them out)"
        ):
            from pfc_standalone.figures.learning import save_learning_figures

            save_learning_figures(learned, files, figures)
    with unfinished(place, "their page could not be written"):
        write_page(files, "learn.html.jinja", summary, [parameters])
    with unfinished(place, "their folder could not be given its name"):
        place.complete(files)
    return summary


def finish_learning(output: Path, figures: Sequence[str], as_json: bool) -> int:
    """Go on with learning that lies unfinished; the exit code."""
    place = LearnPlace(output)
    with place.claimed():
        summary = go_on(place, load_results(place.plan), figures)
    end_learning(summary, output, as_json)
    return 0


def end_learning(summary: dict[str, Any], output: Path, as_json: bool) -> None:
    """Print the summary."""
    if as_json:
        print(json.dumps(summary, indent=1))
    else:
        print_learning(summary, output)


def print_learning(summary: dict[str, Any], output: Path) -> None:
    """Print what was learned and where it is."""
    from rich.table import Table

    from pfc_standalone.commands.console import console

    out = console()
    table = Table(
        "reader", *(f"{float(f):.0%} flipped" for f in summary["identification"]),
        title=f"Images identified: {summary['task']}, {summary['rule']}, "
        f"n_per_unit {summary['n_per_unit']}, chance {summary['chance']:.2f}",
    )  # fmt: skip
    for reader, shown in (
        ("identification", "the network"),
        ("nearest_template", "nearest template"),
        ("linear_classifier", "linear classifier"),
    ):
        cells = (
            f"{f['value']:.3f} ({f['low']:.3f} to {f['high']:.3f})"
            for f in summary[reader].values()
        )
        table.add_row(shown, *cells)
    out.print(table)
    chosen = summary["neurons_selective"]
    out.print(f"Neurons that prefer their unit's image: {chosen['value']:.1%} of {chosen['n']}.")
    for memory, share in summary["memory_share"].items():
        out.print(f"Memory {memory} gets {share:.1%} of its input from its own image's unit.")
    for cue, held in summary["memory_held"].items():
        out.print(f"Cue {cue} was held in {held['value']:.0%} of {held['n']} trials.")
    seconds = summary["phases_s"]
    out.print(
        "Wall-clock time: "
        + ", ".join(f"{name} {value:.1f} s" for name, value in seconds.items())
        + "."
    )
    out.print(f"Weights, summary and figures: {output}", soft_wrap=True)
