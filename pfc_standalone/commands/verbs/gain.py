"""The paper's headline: errors at normal and reduced gain, after a short and a long delay."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pfc_standalone.commands.experiments import KIND, experiment_of
from pfc_standalone.commands.options import (
    Parser,
    add_figure_options,
    add_json_option,
    add_output_option,
    add_parameter_options,
    add_target_option,
    figure_formats,
    parameters_from,
    typed,
    weights_from,
)
from pfc_standalone.commands.progress import progress_bars, report_errors
from pfc_standalone.commands.run import run_plan
from pfc_standalone.experiment import Point, Weights
from pfc_standalone.experiment.gain_points import TRAINING_SEED, both_gains, gain_points
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.results.dataset import with_facts
from pfc_standalone.results.folder import Workplace, check_output, new_workplace
from pfc_standalone.simulation.footprint import check_disk, check_experiment
from pfc_standalone.simulation.simulate import describe_plan, plan_runs
from pfc_standalone.simulation.targets import get_target

_RESULTS = Path("results")
_KIND = "gain"
#: Trials of each condition, delay and gain unless the user says: of the spiking network, and, as in
#: the paper, of each network of the rate model.
_TRIALS = {"spiking": 200, "rate": 1000}
#: Replicates that they are dealt out over: of the spiking network, a process each on cpp; of each
#: network of the rate model, of which one process simulates many.
_REPLICATES, _RATE_REPLICATES, _RATE_BATCH = 16, 10, 80
_OPTIONS = (
    "--model", "--n-per-unit", "--trials", "--delay", "--seed", "--replicates", "--connectivity",
    "--precision", "--strict-math", "--no-simd",
)  # fmt: skip


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m pfc_standalone gain",
        description="Do the AX-CPT at normal and at reduced gain of memory, after a short and a "
        "long delay, and say what became of errors and reaction times, beside what the published "
        "model and healthy adults do. Of the rate model, all trained networks are asked.",
        epilog="Exit code: 0 whatever is found, since the verdicts are findings (check-model is "
        "the command that fails); 1 to 3 as of other commands.",
        allow_abbrev=False,
    )
    defaults = {
        "--trials": "200, of the model rate 1000 of each network",
        "--replicates": "16, of the model rate 10 of each network",
    }
    add_parameter_options(parser, _OPTIONS, defaults)
    parser.add_argument(
        "--gain", type=float, metavar="GAIN",
        help="the reduced gain; the normal one is memory.gain (default: 0.8 of the model rate, of "
        "the spiking network that of its size, docs/gain.md)",
    )  # fmt: skip
    add_target_option(parser)
    add_output_option(
        parser, "new folder for results and figure (default: results/gain-TARGET-nN-DATE-TIME)"
    )
    add_figure_options(parser)
    add_json_option(parser, "the summary")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    arguments = _parser().parse_args(argv)
    return report_errors(lambda: _main(arguments))


def _main(arguments: argparse.Namespace) -> int:
    from pfc_standalone.analysis.answers import check_conditions  # scipy takes long to import
    from pfc_standalone.commands.conclude import conclude

    target = get_target(arguments.target)
    parameters, weights = _parameters(arguments), weights_from(arguments)
    check_conditions(parameters.network.task)
    gains = both_gains(parameters, arguments.gain)
    if arguments.output is not None:
        check_output(arguments.output)
    check_experiment(parameters, parameters.network.batch or 1)
    points = _points(parameters, gains, weights, TRAINING_SEED in typed(arguments))
    plan = plan_runs(points, target)
    parent = _RESULTS if arguments.output is None else arguments.output.parent
    check_disk(plan.requests[0], len(plan.requests), parent)
    described = with_facts(describe_plan(plan, target), {KIND: _KIND})
    place = _workplace(arguments.output, parameters, target.name)
    with place.claimed(described):
        with progress_bars() as report:
            run_plan(place, plan, target, report)
        summary = conclude(place, plan, _KIND, figures=figure_formats(arguments))
    experiment_of(_KIND).show(summary, place.output, arguments.json)
    return 0


def _parameters(arguments: argparse.Namespace) -> Parameters:
    """What the user asked for, and this command's own defaults for what was not typed."""
    parameters, given = parameters_from(arguments), typed(arguments)
    rate = parameters.network.model == "rate"
    own: dict[str, Any] = {
        "experiment.trials": _TRIALS["rate" if rate else "spiking"],
        "experiment.replicates": _RATE_REPLICATES if rate else _REPLICATES,
    }
    own |= {"network.batch": _RATE_BATCH} if rate else {"network.record_outputs_only": True}
    chosen = with_values(parameters, {n: v for n, v in own.items() if n not in given})
    if "experiment.replicates" in given:
        return chosen
    e = chosen.experiment
    kinds = len(e.delays) * len(chosen.network.task.conditions)
    return with_values(chosen, {"experiment.replicates": min(e.replicates, kinds * e.trials)})


def _points(
    parameters: Parameters, gains: tuple[float, float], weights: Weights, one: bool
) -> list[Point]:
    """Of the rate model, all trained networks, or the one that was asked for."""
    seeds: Sequence[int] = ()
    if parameters.network.model == "rate":
        from pfc_standalone.models.rate.trained import shipped

        seeds = [parameters.rate.training_seed] if one else sorted(weights.networks or shipped())
    return gain_points(parameters, gains, seeds, weights)


def _workplace(output: Path | None, parameters: Parameters, target_name: str) -> Workplace:
    if output is not None:
        return Workplace(output)
    network = parameters.network
    kind = f"n{network.n_per_unit}" if network.model == "spiking" else network.model
    return new_workplace(_RESULTS, f"gain-{target_name}-{kind}")


COMMAND = main
