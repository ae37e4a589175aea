"""The command line that every target's script shares."""

from __future__ import annotations

import argparse
import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pfc_standalone.commands.options import (
    Parser,
    add_figure_options,
    add_json_option,
    add_output_option,
    add_parameter_options,
    figure_formats,
    list_parameters,
    parameters_from,
    weights_from,
)
from pfc_standalone.commands.progress import progress_bars, report_errors, say
from pfc_standalone.commands.report import print_report
from pfc_standalone.errors import ParameterError, PFCError, TargetError, UnfinishedError
from pfc_standalone.experiment import deal
from pfc_standalone.parameters import Parameters
from pfc_standalone.provenance import made_here
from pfc_standalone.results.folder import Workplace, check_output, new_workplace
from pfc_standalone.simulation.footprint import check_disk, check_experiment
from pfc_standalone.simulation.simulate import Job, Plan, cost, describe_plan, plan_runs
from pfc_standalone.simulation.targets import Progress, Target

#: Where results are kept unless the user says.
_RESULTS = Path("results")


def make_parser(target_name: str) -> argparse.ArgumentParser:
    """The parser of a target's script."""
    parser = Parser(
        description=f"Build the prefrontal-cortex network for the {target_name} target, run its "
        "task, and report accuracy, reaction times, rates and what it cost.",
        allow_abbrev=False,
    )
    add_parameter_options(parser)
    parser.add_argument("--list-parameters", action="store_true", help="show every parameter; stop")
    add_output_option(
        parser, "new folder for results and figures (default: results/TASK-TARGET-nN-DATE-TIME)"
    )
    add_figure_options(parser)
    parser.add_argument(
        "--generate-only", action="store_true", help="generate the source, say where it is; stop"
    )
    parser.add_argument("--compile-only", action="store_true", help="generate and compile; stop")
    add_json_option(parser, "the summary")
    return parser


def main(
    target_name: str,
    make_target: Callable[[argparse.Namespace], Target],
    add_options: Callable[[argparse.ArgumentParser], None] = lambda parser: None,
    argv: Sequence[str] | None = None,
) -> int:
    """Run a target's command line; return the exit code.

    Parameters
    ----------
    target_name : str
        For ``--help``.
    make_target : callable
        Makes the target from the parsed arguments.
    add_options : callable
        Adds the options that this target alone has.

    Returns
    -------
    int
        0 when all went well, 1 when the target failed, 2 when the request is not possible, 3 when
        the machine lacks something for what is left to do, 130 when interrupted.
    """
    parser = make_parser(target_name)
    add_options(parser)
    return report_errors(lambda: _main(make_target, parser.parse_args(argv)))


def _main(make_target: Callable[[argparse.Namespace], Target], arguments: Any) -> int:
    if arguments.list_parameters:
        list_parameters()
        return 0
    target, parameters = make_target(arguments), parameters_from(arguments)
    check_read_from_spikes(parameters)
    weights = weights_from(arguments)
    if arguments.output is not None:
        check_output(arguments.output)
    batch = parameters.network.batch or target.default_batch(parameters.experiment.replicates)
    check_experiment(parameters, batch)
    plan = plan_runs(deal(parameters, weights), target)
    if arguments.generate_only or arguments.compile_only:
        _only_build(arguments.generate_only, target, plan.parameters)
        return 0
    parent = _RESULTS if arguments.output is None else arguments.output.parent
    check_disk(plan.requests[0], len(plan.requests), parent)
    described = describe_plan(plan, target)
    place = _workplace(arguments.output, parameters, target.name)
    from pfc_standalone.commands.conclude import conclude

    with place.claimed(described):
        with progress_bars() as report:
            run_plan(place, plan, target, report)
        summary = conclude(place, plan, figures=figure_formats(arguments))
    print_report(summary, place.output, arguments.json)
    return 0


def check_read_from_spikes(parameters: Parameters) -> None:
    """Raise `ParameterError` unless all spikes are recorded, from which an experiment is read."""
    for name, needed in {"record_spikes": True, "record_outputs_only": False}.items():
        if (value := getattr(parameters.network, name)) != needed:
            raise ParameterError(
                f"network.{name} is {str(value).lower()}, allowed is {str(needed).lower()}: an "
                "experiment is read from its spikes"
            )


def _only_build(generate_only: bool, target: Target, parameters: Parameters) -> None:
    with progress_bars() as report:
        if generate_only:
            source, _ = target.generate(parameters, report)
            said = f"Generated {source}; nothing was compiled (--generate-only)."
        else:
            digest = target.build(parameters, report).digest
            said = f"Built {digest}; nothing was run (--compile-only)."
    print(said)


def _workplace(output: Path | None, parameters: Parameters, target_name: str) -> Workplace:
    network = parameters.network
    if output is None:
        kind = f"n{network.n_per_unit}" if network.model == "spiking" else network.model
        name = f"{network.task.name}-{target_name}-{kind}"
        return new_workplace(_RESULTS, name)
    return Workplace(output)


def run_plan(place: Workplace, plan: Plan, target: Target, report: Progress) -> None:
    """Build and run; every run's results are in the workplace as it ends."""
    with keeping_runs(place, len(plan.requests)):
        job = Job(plan, target, target.build(plan.parameters, report))
        place.note_build(job.facts(), job.build.phases, made_here())
        began = time.perf_counter()
        runs = job.run(report, folder=place.runs)
        place.note_cost(cost(plan, runs, job.build.phases, time.perf_counter() - began))


@contextlib.contextmanager
def keeping_runs(place: Workplace, n_runs: int, what: str = "runs") -> Iterator[None]:
    """What ends the work within says how to go on, if runs are done."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, PFCError, OSError, MemoryError) as error:
        if place.is_removed():
            raise place.removed from error
        if not (done := place.finished_runs()):
            raise
        said = f"{done} of {n_runs} {what} are done and kept: go on with {place.way_on}"
        if isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt(said) from error
        if isinstance(error, SystemExit):
            say(f"error: ended; {said}")
            raise
        if isinstance(error, TargetError):
            raise TargetError(f"{error}; {said}") from error
        reason = " ".join(str(error).split()) or "memory is exhausted"
        raise UnfinishedError(f"{reason}; {said}") from error
