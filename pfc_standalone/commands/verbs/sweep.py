"""Simulate every combination of values of parameters, here or on a cluster, into one table."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pfc_standalone.commands.experiments import KIND, SWEEP
from pfc_standalone.commands.options import (
    Parser,
    add_figure_options,
    add_json_option,
    add_output_option,
    add_parameter_options,
    add_target_option,
    check_used,
    figure_formats,
    parameters_from,
    typed,
    weights_from,
)
from pfc_standalone.commands.progress import report_errors
from pfc_standalone.commands.run import check_read_from_spikes
from pfc_standalone.commands.sweeping import SweepPlace, add_cluster_option, end_sweep, go_on
from pfc_standalone.errors import ParameterError
from pfc_standalone.experiment.sweep import Sweep, make_sweep
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.results.folder import check_output, new_workplace
from pfc_standalone.results.sweep_table import describe_sweep
from pfc_standalone.simulation.targets import get_target

_RESULTS = Path("results")
_OPTIONS = (
    "--model", "--task", "--n-per-unit", "--trials", "--delay", "--seed", "--connectivity",
    "--precision", "--strict-math", "--no-simd",
)  # fmt: skip


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m pfc_standalone sweep",
        description="Simulate every combination of values of parameters, each under several seeds, "
        "on this machine or on a Dask cluster, into one table: a row a point. What was interrupted "
        "goes on by the same command with the same --output.",
        epilog="Exit code: 1 if a point failed three times; the others are in the table. "
        "docs/cluster.md has clusters.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--over", metavar="NAME=VALUES", action="append", required=True,
        help="values of a parameter: separated by commas, or START:STOP:STEP with both ends "
        "(memory.gain=0.8:1:0.02); given several times, all combinations",
    )  # fmt: skip
    parser.add_argument(
        "--seeds", type=int, default=1, metavar="N",
        help="seeds of each combination, counted up from --seed; each does all trials (default: 1)",
    )  # fmt: skip
    parser.add_argument(
        "--spikes",
        action="store_true",
        help="keep all that every point left, as points/NUMBER.nc, not its numbers alone",
    )
    add_cluster_option(parser)
    add_parameter_options(parser, _OPTIONS)
    add_target_option(parser)
    add_output_option(
        parser, "folder for the table and figure (default: results/sweep-TARGET-DATE-TIME)"
    )
    add_figure_options(parser)
    add_json_option(parser, "the summary")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    arguments = _parser().parse_args(argv)
    return report_errors(lambda: _main(arguments))


def _main(arguments: argparse.Namespace) -> int:
    target = get_target(arguments.target)
    sweep = _sweep(arguments, parameters_from(arguments))
    if arguments.output is None:
        place = SweepPlace(new_workplace(_RESULTS, f"sweep-{target.name}").output)
    else:
        check_output(arguments.output)
        place = SweepPlace(arguments.output)
    said = {KIND: SWEEP, "target": target.name, "spikes": int(arguments.spikes)}
    plan = describe_sweep(sweep).assign_attrs(said)
    with place.claimed(plan):
        summary = go_on(place, plan, arguments.cluster, figure_formats(arguments))
    return end_sweep(summary, place.output, arguments.json)


def _sweep(arguments: Any, parameters: Parameters) -> Sweep:
    check_read_from_spikes(parameters)
    if not parameters.network.batch:  # a point that fails is alone
        parameters = with_values(parameters, {"network.batch": 1})
    sweep = make_sweep(parameters, arguments.over, arguments.seeds, weights_from(arguments))
    given = typed(arguments) & set(sweep.axes)
    if given:
        raise ParameterError(
            f"{min(given)} has a value and is in --over too, allowed is one of them: leave the "
            "value out"
        )
    check_used(parameters, sweep.axes)
    return sweep


COMMAND = main
