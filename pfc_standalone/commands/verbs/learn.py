"""Learn weights from random ones by a rule of plasticity, and examine them."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pfc_standalone.commands.learning import (
    LearnPlace,
    describe_learning,
    end_learning,
    go_on,
)
from pfc_standalone.commands.options import (
    Parser,
    add_figure_options,
    add_json_option,
    add_output_option,
    add_parameter_options,
    add_target_option,
    figure_formats,
    parameters_from,
    path,
    typed,
)
from pfc_standalone.commands.progress import report_errors
from pfc_standalone.errors import ParameterError
from pfc_standalone.experiment.curriculum import Syllabus
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.parameters.groups import LEARNING_RULES
from pfc_standalone.simulation.targets import get_target, require

_PROGRAM = "python -m pfc_standalone learn"
#: Without a teacher, units of the input layer must compete for images (docs/learning.md).
COMPETITIVE = {
    "input.gain": 1.0,
    "input.w_plus": 1.8,
    "input.exc_to_inh": 1.5,
    "learn_input.threshold": 0.005,
    "learn_input.stay_rate": 8.0,
}
_OPTIONS = (
    *("--task", "--n-per-unit", "--seed", "--connectivity", "--precision", "--strict-math"),
    "--no-simd",
)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog=_PROGRAM,
        description="Train pixels -> input and input -> memory from random weights, in one run; "
        "examine what was learned; write weights that every other command takes (--weights FILE).",
        allow_abbrev=False,
    )
    add_parameter_options(parser, _OPTIONS, weights=False)
    rules = [name for name in LEARNING_RULES.names() if name not in ("none", "fixed")]
    for option, kind, default, text in (
        ("--presentations", int, 40, "of each image, while pixels -> input learns"),
        ("--cue-trials", int, 20, "of each cue, while input -> memory learns"),
        ("--tests", int, 200, "presentations at each fraction of flipped pixels, at least"),
        ("--flips", float, 0.0, "probability with which each pixel is flipped in training"),
        ("--share", float, 0.0, "part of all presentations that show the first image; 0: equal"),
    ):
        parser.add_argument(option, type=kind, default=default, help=f"{text} (default: {default})")
    parser.add_argument("--rule", choices=rules, default="covariance", help="default: covariance")
    parser.add_argument(
        "--teacher", choices=("faded", "none"), default="faded",
        help="whether background shows each input unit its image at first (default: faded); "
        "without, the input layer competes, and units get their images afterwards",
    )  # fmt: skip
    parser.add_argument(
        "--patterns", type=path, metavar="FILE",
        help="learn the images of this file instead (docs/learning.md)",
    )  # fmt: skip
    add_target_option(parser)
    add_output_option(
        parser,
        "new folder for weights, summary and figures (default: results/learn-TASK-DATE-TIME)",
    )
    add_figure_options(parser)
    add_json_option(parser, "the summary")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    arguments = _parser().parse_args(argv)
    return report_errors(lambda: _main(arguments))


def _main(arguments: argparse.Namespace) -> int:
    _check(arguments)
    parameters = _parameters(arguments)
    target = get_target(arguments.target)
    require(target)
    name = f"learn-{parameters.network.task.name}-{time.strftime('%Y%m%d-%H%M%S')}"
    place = LearnPlace(arguments.output or Path("results") / name)
    syllabus = Syllabus(
        presentations=arguments.presentations, trials=arguments.cue_trials,
        teacher=arguments.teacher != "none", flips=arguments.flips, share=arguments.share,
        seed=parameters.experiment.seed,
    )  # fmt: skip
    plan = describe_learning(parameters, syllabus, target.name, arguments.tests)
    with place.claimed(plan):
        summary = go_on(place, plan, figure_formats(arguments))
    end_learning(summary, place.output, arguments.json)
    return 0


def _check(arguments: argparse.Namespace) -> None:
    for option, low, high in (
        ("presentations", 1, 10_000), ("cue_trials", 1, 10_000), ("tests", 4, 100_000),
        ("flips", 0, 0.5), ("share", 0, 0.95),
    ):  # fmt: skip
        value = getattr(arguments, option)
        if not low <= value <= high:
            raise ParameterError(
                f"--{option.replace('_', '-')} is {value:g}, allowed are {low:g} to {high:g}"
            )


def _parameters(arguments: argparse.Namespace) -> Parameters:
    from pfc_standalone.tasks.patterns import read_patterns, with_patterns

    parameters = parameters_from(arguments)
    given = typed(arguments)
    chosen: dict[str, Any] = {"network.learning_rule": arguments.rule}
    if "network.layers" not in given:
        chosen["network.layers"] = "memory"
    if "network.weights_every" not in given:
        chosen["network.weights_every"] = 10.0
    if arguments.teacher == "none":
        chosen |= {name: value for name, value in COMPETITIVE.items() if name not in given}
    parameters = with_values(parameters, chosen)
    if arguments.patterns:
        task = with_patterns(parameters.network.task, read_patterns(arguments.patterns))
        network = replace(parameters.network, task=task)
        parameters = replace(parameters, network=network)
    if parameters.network.model != "spiking":
        raise ParameterError(
            f"the model is {parameters.network.model}, which has no synapses that learn: use "
            "--set network.model=spiking"
        )
    return parameters


COMMAND = main
