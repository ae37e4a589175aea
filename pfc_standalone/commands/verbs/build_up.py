"""Build the network up to a stage, and check what must hold there."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pfc_standalone.commands.options import (
    Parser,
    add_figure_options,
    add_output_option,
    add_parameter_options,
    add_target_option,
    figure_formats,
    parameters_from,
    typed,
    weights_from,
)
from pfc_standalone.commands.progress import progress_bars, report_errors
from pfc_standalone.errors import ParameterError
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.results.folder import SUMMARY_FILE, Workplace, check_output, write_whole
from pfc_standalone.simulation.targets import Progress, Target, get_target, require

_PROGRAM = "python -m pfc_standalone build-up"
_STAGES = ("input", "memory", "output", "learning")
#: What a stage is checked with unless the user says.
_USUAL: dict[str, Any] = {
    "network.n_per_unit": 50,
    "experiment.trials": 16,
    "experiment.replicates": 4,
    "experiment.delays": ("2",),
}
_OPTIONS = (
    *("--task", "--n-per-unit", "--trials", "--delay", "--seed", "--replicates"),
    *("--connectivity", "--precision", "--strict-math", "--no-simd"),
)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog=_PROGRAM,
        description="Build the network up to a layer and nothing beyond, run its trials, print "
        "each thing that must hold there, and draw one figure (docs/building-up.md). Usual are "
        "--n-per-unit 50 --trials 16 --replicates 4 --delay 2.",
        epilog="Exit code: 0 if all holds, 4 if anything does not; 1 to 3 as of other commands.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--stage", choices=_STAGES, required=True,
        help="up to which layer; or learning, from random weights, of input and memory",
    )  # fmt: skip
    add_parameter_options(parser, _OPTIONS)
    add_target_option(parser)
    add_output_option(
        parser, "new folder for the figure (default: results/build-up-STAGE-DATE-TIME)"
    )
    add_figure_options(parser)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    arguments = _parser().parse_args(argv)
    return report_errors(lambda: _main(arguments))


def _main(arguments: argparse.Namespace) -> int:
    from pfc_standalone.analysis.bounds import as_row
    from pfc_standalone.analysis.stages import STAGES
    from pfc_standalone.analysis.summary import without_nan
    from pfc_standalone.commands.pages.results import write_page
    from pfc_standalone.commands.verdict_table import VERDICT_WORDS
    from pfc_standalone.results.provenance import provenance

    stage = STAGES[arguments.stage]
    parameters = _parameters(arguments, stage.layers)
    target = get_target(arguments.target)
    require(target)
    name = f"build-up-{arguments.stage}-{time.strftime('%Y%m%d-%H%M%S')}"
    output = arguments.output or Path("results") / name
    if not arguments.no_figures:
        check_output(output)
    with progress_bars() as report:
        do = _learn if arguments.stage == "learning" else _simulate
        measured, draw = do(arguments, parameters, target, report)
    verdicts = stage.judge(measured, parameters.network.n_per_unit)
    made = measured["provenance"] if isinstance(measured, dict) else provenance(measured)
    summary = {
        "experiment": "build-up",
        "stage": arguments.stage,
        "verdicts": [without_nan(as_row(v)) for v in verdicts],
        "provenance": made,
    }
    print_stage(summary)
    figures = figure_formats(arguments)
    if figures or arguments.output is not None:
        with Workplace(output).filling() as files:
            if figures:
                draw(files, figures)
            write_whole(files / SUMMARY_FILE, json.dumps(summary, indent=1) + "\n")
            write_page(files, "stage.html.jinja", summary, [parameters], **VERDICT_WORDS)
        print(f"{'Figure, verdicts' if figures else 'Verdicts'} and page: {output}")
    return 0 if all(v.holds for v in verdicts) else 4


def _parameters(arguments: argparse.Namespace, layers: str) -> Parameters:
    parameters = parameters_from(arguments)
    given = typed(arguments)
    if "network.layers" in given:
        raise ParameterError("network.layers is set, allowed is --stage alone, which chooses it")
    chosen = {name: value for name, value in _USUAL.items() if name not in given}
    return with_values(parameters, chosen | {"network.layers": layers})


def _simulate(
    arguments: argparse.Namespace, parameters: Parameters, target: Target, report: Progress
) -> tuple[Any, Any]:
    from pfc_standalone.experiment import deal
    from pfc_standalone.simulation.simulate import simulate

    dataset = simulate(deal(parameters, weights_from(arguments)), target, on_progress=report)

    def draw(folder: Path, formats: Sequence[str]) -> None:
        from pfc_standalone.figures.stage import save_stage_figure

        save_stage_figure(dataset, folder, formats)

    return dataset, draw


def _learn(
    arguments: argparse.Namespace, parameters: Parameters, target: Target, report: Progress
) -> tuple[Any, Any]:
    from pfc_standalone.analysis.learning import summarise_learning
    from pfc_standalone.experiment.curriculum import Syllabus
    from pfc_standalone.simulation.learn import learn

    if arguments.weights:
        raise ParameterError(
            "--weights is given with --stage learning, which makes them: leave it out"
        )
    chosen: dict[str, Any] = {"network.weights_every": 10.0}
    if parameters.network.learning_rule == "none":
        chosen["network.learning_rule"] = "covariance"
    syllabus = Syllabus(seed=parameters.experiment.seed)
    learned = learn(with_values(parameters, chosen), syllabus, target, on_progress=report)

    def draw(folder: Path, formats: Sequence[str]) -> None:
        from pfc_standalone.figures.learning import save_learning_figures

        save_learning_figures(learned, folder, formats, ("receptive_fields",))

    return summarise_learning(learned), draw


def print_stage(summary: dict[str, Any]) -> None:
    """Print the verdicts of a stage."""
    from pfc_standalone.commands.console import console
    from pfc_standalone.commands.verdict_table import WIDTH, verdict_table

    out, rows = console(width=None if sys.stdout.isatty() else WIDTH), summary["verdicts"]
    out.print(verdict_table(rows, f"Stage {summary['stage']}"))
    failed: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if not row["holds"]:
            failed.setdefault((row["name"], row["why"]), []).append(row["where"])
    for (name, why), where in failed.items():
        out.print(f"Does not hold: {name} ({', '.join(where)}). Why it must: {why}.")
    if not failed:
        out.print(f"All {len(rows)} hold.")


COMMAND = main
