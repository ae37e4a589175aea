"""A sweep from its plan to its folder; `verbs.sweep` begins one, `verbs.finish` goes on with it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pfc_standalone.commands.conclude import reading_plan, unfinished
from pfc_standalone.commands.experiments import KIND, SWEEP
from pfc_standalone.commands.pages.results import write_page
from pfc_standalone.commands.progress import progress_bars, say
from pfc_standalone.commands.run import keeping_runs
from pfc_standalone.experiment.sweep import Sweep, shown
from pfc_standalone.provenance import made_here
from pfc_standalone.record import Labelled, Record
from pfc_standalone.results.dataset import DATASET_FILE, load_results, with_facts, write_dataset
from pfc_standalone.results.folder import SUMMARY_FILE, Workplace, write_whole
from pfc_standalone.results.provenance import provenance
from pfc_standalone.results.rows import Rows, count_rows
from pfc_standalone.results.sweep_table import (
    TABLE_FILE,
    read_sweep,
    sweep_dataset,
    write_sweep_csv,
)
from pfc_standalone.simulation.engines import Engine
from pfc_standalone.simulation.engines.local import Local
from pfc_standalone.simulation.footprint import check_footprint
from pfc_standalone.simulation.sweeping import Requests, SweepJob, plan_groups
from pfc_standalone.simulation.targets import get_target

#: The data of the figure.
MEANS_FILE = "sweep-means.csv"
#: Of points that failed, so many are in the summary.
_SHOWN = 100


class SweepPlace(Workplace):
    """The partial folder of a sweep: what is kept of a run is its rows."""

    @property
    def rows(self) -> Path:
        """File of the rows."""
        return self.runs / "rows.jsonl"

    @property
    def points(self) -> Path:
        """Folder of what points left, where that is kept."""
        return self.runs / "points"

    def finished_runs(self) -> int:
        """How many points have a row."""
        return count_rows(self.rows)


def add_cluster_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--cluster``."""
    parser.add_argument(
        "--cluster", metavar="ADDRESS",
        help="simulate on the workers of a Dask scheduler (tcp://HOST:PORT, or the file that it "
        "wrote), or on a cluster of this machine's cores (local); default: processes here",
    )  # fmt: skip


def engine_of(cluster: str | None) -> Engine:
    """The engine that ``--cluster`` asks for."""
    if cluster is None:
        return Local()
    from pfc_standalone.simulation.engines.dask import Dask

    return Dask(None if cluster == "local" else cluster)


def go_on(
    place: SweepPlace, plan: Labelled, cluster: str | None, figures: Sequence[str]
) -> dict[str, Any]:
    """Simulate what is left of a sweep, and make its folder; returns its summary."""
    with reading_plan(place):
        sweep, target = read_sweep(plan), get_target(plan.attrs["target"])
    engine = engine_of(cluster)
    with progress_bars(n_points=len(sweep)) as report:
        groups = plan_groups(sweep, target, report)
        if isinstance(engine, Local):
            for group in groups:
                check_footprint(
                    Requests(sweep, target, group, group.numbers[:1])[int(group.numbers[0])], 1, 1
                )
        builds = [target.build(group.parameters, report) for group in groups]
        job = SweepJob(sweep, target, groups, builds)
        phases = {p: sum(b.phases[p] for b in builds) for p in ("generate", "compile")}
        place.note_build(job.facts(), phases, made_here())
        facts = place.notes()[0]
        rows = Rows(place.rows, len(sweep))

        def keep(numbers: Sequence[int], dataset: Record) -> None:
            place.points.mkdir(exist_ok=True)
            write_dataset(with_facts(dataset, facts), place.points / f"{numbers[0]:07}.nc")

        with keeping_runs(place, len(sweep), "points"):
            failed = job.run(
                rows, engine, place.runs, report, keep if plan.attrs["spikes"] else None
            )
    return _conclude(place, sweep, rows, facts, failed, figures)


def finish_sweep(output: Path, figures: Sequence[str], as_json: bool) -> int:
    """Go on, on this machine, with a sweep that lies unfinished; the exit code."""
    place = SweepPlace(output)
    with place.claimed():
        summary = go_on(place, load_results(place.plan), None, figures)
    return end_sweep(summary, output, as_json)


def _conclude(
    place: SweepPlace,
    sweep: Sweep,
    rows: Rows,
    facts: dict[str, Any],
    failed: dict[int, str],
    figures: Sequence[str],
) -> dict[str, Any]:
    from pfc_standalone.analysis.sweep_effect import sweep_means_csv  # scipy takes long

    with unfinished(place, "their table could not be written"):
        files = place.new_files()
        dataset = with_facts(sweep_dataset(sweep, rows), {KIND: SWEEP, **facts})
        write_dataset(dataset, files / DATASET_FILE)
        write_sweep_csv(sweep, rows, files / TABLE_FILE)
        if means := sweep_means_csv(dataset):
            write_whole(files / MEANS_FILE, means)
        summary = {
            KIND: SWEEP,
            "target": facts["target"],
            "points": len(sweep),
            "axes": {name: list(map(shown, values)) for name, values in sweep.axes.items()},
            "seeds": sweep.seeds,
            "builds": facts["digest"].split(","),
            "failed": len(failed),
            "failures": [
                {"point": n, **sweep.labels(n), "error": error}
                for n, error in sorted(failed.items())[:_SHOWN]
            ],
            "provenance": provenance(dataset),
        }
        write_whole(files / SUMMARY_FILE, json.dumps(summary, indent=1) + "\n")
    if figures:
        with unfinished(place, "their figure could not be drawn", " (--no-figures leaves it out)"):
            from pfc_standalone.figures import save_figures

            save_figures(dataset, files, figures, ("sweep",))
    with unfinished(place, "their page could not be written"):
        write_page(files, "sweep.html.jinja", summary, [sweep.parameters])
    with unfinished(place, "their folder could not be given its name"):
        if place.points.is_dir():
            place.points.rename(files / "points")
        place.complete(files)
    return summary


def end_sweep(summary: dict[str, Any], output: Path, as_json: bool) -> int:
    """Print the summary; the exit code."""
    if as_json:
        print(json.dumps(summary, indent=1))
    else:
        print_sweep(summary, output)
    if not summary["failed"]:
        return 0
    first = summary["failures"][0]
    say(
        f"error: {summary['failed']} of {summary['points']} points failed three times (all others "
        f"are in {output}); the first, point {first['point']}: {first['error']}"
    )
    return 1


def print_sweep(summary: dict[str, Any], output: Path) -> None:
    """Say how many points are whole, and where."""
    n_whole = summary["points"] - summary["failed"]
    print(f"{n_whole} of {summary['points']} points are in {output / TABLE_FILE}")
