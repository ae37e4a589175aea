"""Run an experiment again from its results, and say whether the same comes out."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pfc_standalone.commands.experiments import KIND, SWEEP, TASK
from pfc_standalone.commands.options import (
    Parser,
    add_figure_options,
    add_json_option,
    add_output_option,
    figure_formats,
    path,
)
from pfc_standalone.commands.progress import progress_bars, report_errors
from pfc_standalone.errors import ParameterError, ResultsError
from pfc_standalone.results.dataset import DATASET_FILE, load_results, with_facts
from pfc_standalone.results.folder import SUMMARIES, Workplace, check_output, read_json
from pfc_standalone.simulation.simulate import Plan, describe_plan, read_plan, simulate
from pfc_standalone.simulation.targets import Target, get_target, require

if TYPE_CHECKING:
    import xarray as xr


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m pfc_standalone reproduce",
        description="Run the experiment of a results folder again, on the same target, and "
        "compare: with strict math spikes must be equal, with the default build they must be equal "
        "or agree in distribution. Versions, compiler and processor are named where they differ.",
        epilog="Exit code: 0 if the same came out, 4 if not; 3 if the target cannot run here.",
        allow_abbrev=False,
    )
    parser.add_argument("folder", metavar="DIR", type=path, help="a folder that a run printed")
    add_output_option(parser, "new folder to keep the new run in (default: it is not kept)")
    add_figure_options(parser)
    add_json_option(parser, "the verdict")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    arguments = _parser().parse_args(argv)
    return report_errors(lambda: _main(arguments))


def _main(arguments: argparse.Namespace) -> int:
    # scipy takes long to import
    from pfc_standalone.simulation.reproduce import check_comparable, compare_again

    before = _load(arguments.folder)
    check_comparable(before)
    plan, target = _plan(before, arguments.folder)
    require(target)
    if arguments.output is None:
        again = _run(plan, target)
    else:
        kind = before.attrs.get(KIND, TASK)
        again = _keep(plan, target, kind, arguments.output, figure_formats(arguments))
    found = compare_again(before, again)
    if arguments.json:
        print(json.dumps(found, indent=1))
    else:
        _print(found)
        if arguments.output is not None:
            print(f"The new run: {arguments.output}")
    return 0 if found["reproduced"] else 4


def _load(folder: Path) -> xr.Dataset:
    """The dataset; where there is none, the command that made the folder is named."""
    if folder.is_dir() and not (folder / DATASET_FILE).exists():
        for name in SUMMARIES:
            said = read_json(folder / name) if (folder / name).is_file() else {}
            made = said.get("provenance", said)
            if isinstance(made, dict) and (command := made.get("command")):
                raise ResultsError(
                    f"{folder} has no {DATASET_FILE}, from which alone runs are done again: run "
                    f"its own command again, and compare: {command}"
                )
    found = load_results(folder)
    if found.attrs.get(KIND) == SWEEP:
        raise ResultsError(
            f"{folder} holds a sweep, whose points are numbers without their runs: run its own "
            f"command again with another --output, and compare sweep.csv: {found.attrs['command']}"
        )
    return found


def _plan(dataset: xr.Dataset, folder: Path) -> tuple[Plan, Target]:
    try:
        plan, name = read_plan(dataset), dataset.attrs["target"]
    except (ParameterError, KeyError, ValueError, TypeError) as error:
        reason = " ".join(str(error).split())
        version = dataset.attrs.get("version", "unknown")
        raise ResultsError(
            f"{folder} holds no experiment that this version of the program can run ({reason}): "
            f"use the one that made it (version {version}, commit "
            f"{dataset.attrs.get('built_with_git_commit') or 'unknown'})"
        ) from None
    return plan, get_target(name)


def _run(plan: Plan, target: Target) -> xr.Dataset:
    with progress_bars() as report:
        return simulate(
            plan.points, target, duration=plan.requests[0].duration, start=plan.start,
            on_progress=report,
        )  # fmt: skip


def _keep(
    plan: Plan, target: Target, kind: str, output: Path, figures: Sequence[str]
) -> xr.Dataset:
    """The same in a results folder, as the command that made the first one leaves it."""
    from pfc_standalone.commands.conclude import conclude
    from pfc_standalone.commands.run import run_plan

    check_output(output)
    described = describe_plan(plan, target)
    place = Workplace(output)
    with place.claimed(described if kind == TASK else with_facts(described, {KIND: kind})):
        with progress_bars() as report:
            run_plan(place, plan, target, report)
        conclude(place, plan, kind, figures=figures)
    return load_results(output)


def _print(found: dict[str, Any]) -> None:
    build = "strict math" if found["strict"] else "the default build"
    print(f"Compared with {build}: {found['number']} {found['compared']}.")
    if parting := found["parts_at"]:
        who = f"neuron {parting['neuron']} of replicate {parting['replicate']}"
        print(
            f"The first {parting['spikes_before']} spikes are equal; at {parting['time']:.4f} s "
            f"{who} fires in one run alone."
        )
    elif not found["equal"] and found["compared"] == "activities":
        print(f"Activities differ by {found['largest_difference']:.3g} at most.")
    if found["distribution"]:
        _print_distribution(found["distribution"])
    for name, (then, now) in found["changed"].items():
        print(f"Made with another {name.replace('_', ' ')}: then {then or '-'}, now {now or '-'}.")
    print(f"Verdict: {_verdict(found)}.")


def _print_distribution(result: dict[str, Any]) -> None:
    if result["reason"]:
        print(f"Distributions cannot be judged: {result['reason']}.")
        return
    print(
        f"{len(result['comparisons'])} distributions compared, {len(result['differing'])} differ."
    )
    for c in result["differing"]:
        print(
            f"{c['statistic']} of {c['population']} differs (corrected p {c['p_corrected']:.2g})."
        )
    if result["silent"]:
        print(f"Too silent to judge: {'; '.join(result['silent'])}.")


def _verdict(found: dict[str, Any]) -> str:
    if found["equal"]:
        return f"reproduced, all {found['compared']} are equal"
    if found["reproduced"]:
        return f"reproduced, {found['compared']} are not equal and agree"
    if found["distribution"] and found["distribution"]["reason"]:
        return "NOT REPRODUCED, spikes are not equal and too few to judge whether they agree"
    return f"NOT REPRODUCED, {found['compared']} are not equal" + (
        " and do not agree" if found["distribution"] else ""
    )


COMMAND = main
