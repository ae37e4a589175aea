"""The command line that every target's script shares."""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from pfc_standalone.experiment import Experiment, plan, run_experiment
from pfc_standalone.fields import ParameterError, allowed_range
from pfc_standalone.parameters import Parameters, parameter_fields, with_values
from pfc_standalone.results import (
    DATASET_FILE,
    SUMMARY_FILE,
    ResultsError,
    check_output,
    results_folder,
    write_dataset,
)
from pfc_standalone.targets import PHASES, Progress, RequirementError, Target, TargetError

if TYPE_CHECKING:
    from rich.console import Console

#: Options that set one parameter, by option.
_OPTIONS = {
    "--task": "network.task",
    "--n-per-unit": "network.n_per_unit",
    "--trials": "experiment.trials",
    "--delay": "experiment.delays",
    "--seed": "experiment.seed",
    "--replicates": "experiment.replicates",
    "--connectivity": "network.connectivity",
    "--precision": "network.precision",
    "--strict-math": "build.strict_math",
    "--no-simd": "build.simd",
    "--traces": "network.traces",
}


class Parser(argparse.ArgumentParser):
    """Errors are one sentence."""

    def error(self, message: str) -> NoReturn:
        """End the program with exit code 2."""
        self.exit(2, f"error: {message} (--help lists the options)\n")


def make_parser(target_name: str) -> argparse.ArgumentParser:
    """The parser of a target's script; help lines come from the parameter fields."""
    parser = Parser(
        description=f"Build the prefrontal-cortex network for the {target_name} target, run its "
        "task, and report accuracy, reaction times, rates and what it cost.",
        allow_abbrev=False,
    )
    known = dict(parameter_fields())
    for option, name in _OPTIONS.items():
        f = known[name]
        text = f.metadata["doc"].replace("%", "%%")
        if f.type == "bool":
            const = "false" if option.startswith("--no-") else "true"
            parser.add_argument(
                option, dest=name, action="store_const", const=const, help=f"{text} (default: off)"
                if const == "true" else f"do not {text} (default: on)",
            )  # fmt: skip
            continue
        unit = f"{f.metadata['unit']}; " if f.metadata["unit"] else ""
        if f.type == "tuple[str, ...]":
            shown, text = " and ".join(Parameters()[name]), text + "; may be given several times"
        else:
            shown = str(Parameters()[name])
        parser.add_argument(
            option,
            dest=name,
            metavar="SECONDS" if option == "--delay" else option[2:].upper().replace("-", "_"),
            action="append" if f.type == "tuple[str, ...]" else "store",
            help=f"{text} ({unit}default: {shown}; {allowed_range(f)})",
        )
    parser.add_argument(
        "--set", dest="set", metavar="NAME=VALUE", action="append", default=[],
        help="set any parameter; may be given several times (--list-parameters shows names, "
        "units, defaults and ranges)",
    )  # fmt: skip
    parser.add_argument("--list-parameters", action="store_true", help="show every parameter; stop")
    parser.add_argument(
        "--output", metavar="DIR", type=Path,
        help="new folder for results and figures (default: results/TASK-TARGET-nN-DATE-TIME)",
    )  # fmt: skip
    parser.add_argument(
        "--generate-only", action="store_true", help="generate the source, say where it is; stop"
    )
    parser.add_argument("--compile-only", action="store_true", help="generate and compile; stop")
    parser.add_argument(
        "--json", action="store_true",
        help="print the summary as JSON on standard output, and nothing else there",
    )  # fmt: skip
    return parser


def values_set(options: list[str]) -> dict[str, Any]:
    """Names and values of ``--set`` options; raises `ParameterError`."""
    values: dict[str, Any] = {}
    for option in options:
        name, equals, value = option.partition("=")
        if not equals:
            raise ParameterError(
                f"--set is {option}, allowed is NAME=VALUE, such as memory.gain=0.9"
            )
        values[name] = value
    return values


def parameters_from(arguments: argparse.Namespace, target: Target) -> Parameters:
    """The parameters that parsed arguments ask for; raises `ParameterError`.

    The target chooses how many replicates a process simulates, unless the user does.
    """
    values = values_set(arguments.set)
    given = vars(arguments)
    for name in _OPTIONS.values():
        if given[name] is not None:
            values[name] = tuple(given[name]) if isinstance(given[name], list) else given[name]
    shown_as = {name: option for option, name in _OPTIONS.items() if given[name] is not None}
    parameters = with_values(Parameters(), values, shown_as)
    if "network.batch" not in values:
        batch = target.default_batch(parameters.experiment.replicates)
        parameters = with_values(parameters, {"network.batch": batch})
    return parameters


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


def report_errors(command: Callable[[], int]) -> int:
    """Run a command; an error becomes one sentence on standard error and an exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return command()
    except (ParameterError, ResultsError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except RequirementError as error:
        print(error, file=sys.stderr)
        return 3
    except TargetError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("error: interrupted; no results were written", file=sys.stderr)
        return 130


def _main(make_target: Callable[[argparse.Namespace], Target], arguments: Any) -> int:
    from rich.console import Console

    log = Console(stderr=True, highlight=False)
    if arguments.list_parameters:
        _list_parameters()
        return 0
    target = make_target(arguments)
    parameters = parameters_from(arguments, target)
    output = arguments.output or _default_output(parameters, target.name)
    if arguments.generate_only or arguments.compile_only:
        plan(parameters)
        with progress_bars(log) as report:
            if arguments.generate_only:
                source, _ = target.generate(parameters, report)
            else:
                build = target.build(parameters, report)
        if arguments.generate_only:
            print(f"Generated {source}; nothing was compiled (--generate-only).")
        else:
            print(f"Built {build.digest}; nothing was run (--compile-only).")
        return 0
    check_output(output)
    with progress_bars(log) as report:
        experiment = run_experiment(parameters, target, report)
        report("write", 0.0)
        summary = _write(experiment, parameters, target.name, output)
        report("write", 1.0)
    if arguments.json:
        print(json.dumps(summary, indent=1))
    else:
        _print_report(summary, parameters, output)
    return 0


def _default_output(parameters: Parameters, target_name: str) -> Path:
    network = parameters.network
    stamp = time.strftime("%Y%m%d-%H%M%S")
    name = f"{network.task}-{target_name}-n{network.n_per_unit}-{stamp}"
    path, again = Path("results") / name, 1
    while path.exists():
        again += 1
        path = path.with_name(f"{name}-{again}")
    return path


def _list_parameters() -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("name", "default", "unit", "allowed", "set when", "meaning", "source", box=None)
    for name, f in parameter_fields():
        m = f.metadata
        default = Parameters()[name]
        shown = " ".join(default) if isinstance(default, tuple) else str(default)
        table.add_row(name, shown, m["unit"], allowed_range(f), m["binding"], m["doc"], m["source"])
    width = None if sys.stdout.isatty() else 200
    Console(highlight=False, width=width).print(table)


@contextlib.contextmanager
def progress_bars(log: Console) -> Iterator[Progress]:
    """Progress bars on a terminal, a line a phase elsewhere."""
    from rich import progress as bars

    started: dict[str, Any] = {}
    if not log.is_terminal:

        def line(phase: str, done: float) -> None:
            if phase not in started:
                started[phase] = True
                log.print(f"{phase} ...")

        yield line
        return
    columns = (
        bars.TextColumn("{task.description:>10}"),
        bars.BarColumn(),
        bars.TaskProgressColumn(),
        bars.TimeElapsedColumn(),
    )
    with bars.Progress(*columns, console=log) as display:

        def bar(phase: str, done: float) -> None:
            for other, task in started.items():
                if other != phase:
                    display.update(task, completed=1.0)
            if phase not in started:
                started[phase] = display.add_task(phase, total=1.0)
            display.update(started[phase], completed=done)

        yield bar
        for task in started.values():
            display.update(task, completed=1.0)


def summarise(experiment: Experiment, parameters: Parameters, target_name: str) -> dict[str, Any]:
    """The summary of an experiment, ready for JSON: NaN is null."""
    from pfc_standalone import activity, behaviour

    network, dataset = parameters.network, experiment.dataset
    simulate = experiment.phases["simulate"]
    summary = {
        "target": target_name,
        "task": network.task,
        "n_per_unit": network.n_per_unit,
        "seed": parameters.experiment.seed,
        "replicates": parameters.experiment.replicates,
        "connectivity": network.connectivity,
        "precision": network.precision,
        "digest": experiment.digest,
        "accuracy": behaviour.accuracy(dataset),
        "reaction_time_s": behaviour.reaction_time(dataset),
        "premature_responses": behaviour.premature_responses(dataset),
        "memory_held": activity.memory_held(dataset, parameters),
        "population_rates_hz": activity.population_rates(dataset, parameters),
        "phases_s": {phase: experiment.phases[phase] for phase in PHASES},
        "simulated_s": experiment.simulated,
        "real_time_factor": simulate / experiment.simulated,
        "spikes": dataset.sizes["spike"],
    }
    return {key: _without_nan(value) for key, value in summary.items()}


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_nan(v) for k, v in value.items()}
    if isinstance(value, float) and math.isnan(value):
        return None
    return value


def _write(
    experiment: Experiment, parameters: Parameters, target_name: str, output: Path
) -> dict[str, Any]:
    from pfc_standalone import plotting

    began = time.perf_counter()
    with results_folder(output) as folder:
        write_dataset(experiment.dataset, folder / DATASET_FILE)
        experiment.phases["write"] += time.perf_counter() - began
        plotting.save_figures(experiment.dataset, parameters, folder)
        summary = summarise(experiment, parameters, target_name)
        (folder / SUMMARY_FILE).write_text(json.dumps(summary, indent=1) + "\n")
    return summary


def _print_report(summary: dict[str, Any], parameters: Parameters, output: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    out = Console(highlight=False)

    def number(value: float | None, digits: int = 2) -> str:
        return "-" if value is None else f"{value:.{digits}f}"

    table = Table("delay s", "condition", "trials", "accuracy (95 % interval)", "median RT ms",
                  title=f"Behaviour: {summary['task']}, {summary['target']}, "
                  f"n_per_unit {summary['n_per_unit']}")  # fmt: skip
    for delay, conditions in summary["accuracy"].items():
        for condition, a in conditions.items():
            rt = summary["reaction_time_s"][delay][condition]["value"]
            table.add_row(
                delay, condition, str(a["n"]),
                f"{a['value']:.3f} ({a['low']:.3f} to {a['high']:.3f})",
                number(None if rt is None else rt * 1e3, 0),
            )  # fmt: skip
    out.print(table)
    early, held = summary["premature_responses"], summary["memory_held"]
    out.print(
        f"Responses before the decision window: {early['value']:.1%} of {early['n']} trials. "
        + "Memory held: "
        + ", ".join(f"{h['value']:.1%} at {d} s" for d, h in held.items())
        + "."
    )
    table = Table("population", "spontaneous Hz", "delay Hz", title="Mean rates")
    for name, rates in summary["population_rates_hz"].items():
        delay = number(rates["delay"])
        if "delay_other" in rates:
            delay += f" (other cue: {number(rates['delay_other'])})"
        table.add_row(name, number(rates["spontaneous"]), delay)
    out.print(table)
    table = Table(*PHASES, title="Wall-clock time of each phase, s")
    table.add_row(*(f"{summary['phases_s'][phase]:.2f}" for phase in PHASES))
    out.print(table)
    out.print(
        f"Simulated {summary['simulated_s']:.1f} s of biological time over "
        f"{summary['replicates']} replicates at a real-time factor of "
        f"{summary['real_time_factor']:.3f} (wall-clock per biological second); "
        f"{summary['spikes']} spikes."
    )
    out.print(f"Results and figures: {output}", soft_wrap=True)
