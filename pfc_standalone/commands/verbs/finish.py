"""Finish a results folder that a command could not: simulate what is missing, label, draw."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pfc_standalone.commands.conclude import conclude, reading_plan
from pfc_standalone.commands.experiments import KIND, LEARN, SWEEP, TASK, experiment_of
from pfc_standalone.commands.options import Parser, add_figure_options, figure_formats, path
from pfc_standalone.commands.progress import progress_bars, report_errors
from pfc_standalone.errors import ResultsError
from pfc_standalone.provenance import made_here
from pfc_standalone.results.dataset import DATASET_FILE, load_results
from pfc_standalone.results.folder import SUMMARY_FILE, Workplace
from pfc_standalone.simulation.simulate import Job, read_plan, runs_in
from pfc_standalone.simulation.targets import get_target

if TYPE_CHECKING:
    import xarray as xr


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m pfc_standalone finish",
        description="Finish a results folder that a command could not: simulate what is missing, "
        "label, summarise and draw.",
        allow_abbrev=False,
    )
    parser.add_argument("folder", metavar="DIR", type=path, help="the folder that was asked for")
    add_figure_options(parser)
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    arguments = _parser().parse_args(argv)
    return report_errors(lambda: _main(arguments))


def _main(arguments: argparse.Namespace) -> int:
    place = Workplace(_asked_for(arguments.folder))
    _check_unfinished(place)
    kind = load_results(place.plan).attrs.get(KIND, TASK)
    if kind == SWEEP:
        from pfc_standalone.commands.sweeping import finish_sweep

        return finish_sweep(place.output, figure_formats(arguments), arguments.json)
    if kind == LEARN:
        from pfc_standalone.commands.learning import finish_learning

        return finish_learning(place.output, figure_formats(arguments), arguments.json)
    with place.claimed():
        described = load_results(place.plan)
        _simulate_missing(place, described)
        summary = conclude(place, figures=figure_formats(arguments))
    experiment_of(described.attrs.get(KIND, TASK)).show(summary, place.output, arguments.json)
    return 0


def _check_unfinished(place: Workplace) -> None:
    try:
        if place.plan.is_file():
            return
        finished = any((place.output / n).is_file() for n in (DATASET_FILE, SUMMARY_FILE))
    except OSError as error:
        raise ResultsError(f"{place.output} cannot be read: {error.strerror}") from None
    if finished:
        raise ResultsError(f"{place.output} is finished already: nothing is left to do")
    raise ResultsError(f"{place.folder} holds no plan: give the folder that was asked for")


def _asked_for(folder: Path) -> Path:
    """The folder that was asked for, also where its partial folder is named instead."""
    if folder.name in ("", ".."):
        raise ResultsError(f"DIR is {folder}, allowed is the folder that a command was asked for")
    return folder.with_name(folder.name.removesuffix(".partial") or folder.name)


def _simulate_missing(place: Workplace, described: xr.Dataset) -> None:
    with reading_plan(place):
        plan = read_plan(described)
        target = get_target(described.attrs["target"])
    try:
        runs_in(plan, place.runs)
        whole = True
    except ResultsError:
        whole = False
    if whole and place.knows_its_build():
        return
    with progress_bars() as report:
        job = Job(plan, target, target.build(plan.parameters, report))
        place.note_build(job.facts(), job.build.phases, made_here())
        job.run(report, folder=place.runs)


COMMAND = main
