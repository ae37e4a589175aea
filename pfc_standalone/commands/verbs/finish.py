"""Finish a results folder that a command could not: simulate what is missing, label, draw."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from pfc_standalone.commands.conclude import conclude
from pfc_standalone.commands.options import Parser
from pfc_standalone.commands.progress import progress_bars, report_errors
from pfc_standalone.commands.report import print_report
from pfc_standalone.errors import ResultsError
from pfc_standalone.results.dataset import DATASET_FILE, load_results
from pfc_standalone.results.folder import Workplace
from pfc_standalone.simulation.simulate import Job, read_plan, runs_in
from pfc_standalone.simulation.targets import get_target


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m pfc_standalone finish",
        description="Finish a results folder that a command could not: simulate what is missing, "
        "label, summarise and draw.",
        allow_abbrev=False,
    )
    parser.add_argument("folder", metavar="DIR", type=Path, help="the folder that was asked for")
    parser.add_argument("--no-figures", action="store_true", help="draw no figures")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    arguments = _parser().parse_args(argv)
    return report_errors(lambda: _main(arguments))


def _main(arguments: argparse.Namespace) -> int:
    place = Workplace(_asked_for(arguments.folder.expanduser()))
    if not place.plan.is_file():
        if (place.output / DATASET_FILE).is_file():
            raise ResultsError(f"{place.output} is finished already: nothing is left to do")
        raise ResultsError(f"{place.folder} does not exist: give the folder that was asked for")
    with place.claimed():
        _simulate_missing(place)
        summary = conclude(place, figures=not arguments.no_figures)
    print_report(summary, place.output, arguments.json)
    return 0


def _asked_for(folder: Path) -> Path:
    """The folder that was asked for, also where its partial folder is named instead."""
    return folder.with_name(folder.name.removesuffix(".partial"))


def _simulate_missing(place: Workplace) -> None:
    from rich.console import Console

    described = load_results(place.plan)
    plan = read_plan(described)
    try:
        runs_in(plan, place.runs)
    except ResultsError:
        with progress_bars(Console(stderr=True, highlight=False)) as report:
            target = get_target(described.attrs["target"])
            job = Job(plan, target, target.build(plan.parameters, report))
            place.note_build(job.facts(), job.build.phases)
            job.run(report, folder=place.runs)


COMMAND = main
