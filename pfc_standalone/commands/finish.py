"""Finish what an interrupted command began: label its runs, write results, draw figures."""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pfc_standalone.analysis.summary import summarise
from pfc_standalone.commands.options import Parser
from pfc_standalone.commands.progress import progress_bars, report_errors
from pfc_standalone.commands.report import print_report
from pfc_standalone.errors import PFCError, ResultsError, UnfinishedError
from pfc_standalone.results.dataset import DATASET_FILE, load_results, with_facts, write_dataset
from pfc_standalone.results.folder import SUMMARY_FILE, Workplace
from pfc_standalone.simulation.simulate import Job, cost, label_runs, read_plan, runs_in
from pfc_standalone.simulation.targets import get_target

if TYPE_CHECKING:
    import xarray as xr


def conclude(place: Workplace, figures: bool = True) -> dict[str, Any]:
    """Make the results folder from finished runs; returns the summary.

    Raises
    ------
    UnfinishedError
        If something goes wrong; the runs stay where they are.
    """
    with _unfinished(place, "their results could not be written"):
        files = place.folder / "files"
        shutil.rmtree(files, ignore_errors=True)
        files.mkdir()
        dataset = _label(place)
        write_dataset(dataset, files / DATASET_FILE)
        summary = summarise(dataset)
        (files / SUMMARY_FILE).write_text(json.dumps(summary, indent=1) + "\n")
    if figures:
        with _unfinished(
            place, "their figures could not be drawn", " (--no-figures leaves them out)"
        ):
            from pfc_standalone.figures import save_figures

            save_figures(dataset, files)
    with _unfinished(place, "their folder could not be given its name"):
        place.complete(files)
    return summary


def _label(place: Workplace) -> xr.Dataset:
    plan = read_plan(load_results(place.plan))
    runs = runs_in(plan, place.runs)
    dataset = label_runs(plan, runs)
    facts, phases, costs = place.notes()
    return with_facts(dataset, facts | (costs or cost(plan, runs, phases)))


@contextlib.contextmanager
def _unfinished(place: Workplace, what: str, hint: str = "") -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"all runs are done and kept: go on with {place.way_on}") from None
    except SystemExit:
        print(f"error: ended; all runs are kept: go on with {place.way_on}", file=sys.stderr)
        raise
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UnfinishedError(
            f"all runs are done and kept in {place.folder}, but {what} ({reason}): go on with "
            f"{place.way_on}{hint}"
        ) from error


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
    if arguments.json:
        print(json.dumps(summary, indent=1))
    else:
        print_report(summary, place.output)
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
    except PFCError:
        with progress_bars(Console(stderr=True, highlight=False)) as report:
            target = get_target(described.attrs["target"])
            job = Job(plan, target, target.build(plan.parameters, report))
            place.note_build(job.facts(), job.build.phases)
            job.run(report, folder=place.runs)
