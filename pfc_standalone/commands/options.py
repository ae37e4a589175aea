"""Options that commands share: parameters, tasks and weights."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from pfc_standalone.errors import ParameterError
from pfc_standalone.experiment import Weights
from pfc_standalone.experiment.weights import BY_HAND
from pfc_standalone.models import get_model
from pfc_standalone.parameters import (
    RENAMED,
    Parameters,
    allowed_range,
    parameter_fields,
    with_values,
)

#: Options that set one parameter, by option.
OPTIONS = {
    "--model": "network.model",
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


def path(text: str) -> Path:
    """The path that an argument names; for argparse."""
    try:
        return Path(text).expanduser()
    except RuntimeError as error:  # nobody of that name
        raise argparse.ArgumentTypeError(f"{text} is no path ({error})") from None


def add_parameter_options(
    parser: argparse.ArgumentParser,
    options: Collection[str] = tuple(OPTIONS),
    defaults: Mapping[str, str] | None = None,
    *,
    weights: bool = True,
) -> None:
    """Add options that set parameters; help lines come from the parameters' fields.

    Parameters
    ----------
    defaults : mapping, optional
        From an option to what its help calls the default, where a command has one of its own.
    weights : bool
        Add ``--weights`` too; a command that makes weights takes none.
    """
    known = dict(parameter_fields())
    for option, name in OPTIONS.items():
        if option not in options:
            continue
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
            shown = as_typed(Parameters()[name])
        shown = (defaults or {}).get(option, shown)
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
    if weights:
        parser.add_argument(
            "--weights", metavar="FILE", type=path,
            help="weights between layers, instead of those of the parameters",
        )  # fmt: skip


def as_typed(value: Any) -> str:
    """The value of a parameter as it is typed, without the definition of a task."""
    return " ".join(value) if isinstance(value, tuple) else str(getattr(value, "name", value))


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


def parameters_from(arguments: argparse.Namespace) -> Parameters:
    """The parameters that parsed arguments ask for.

    Raises
    ------
    ParameterError
        If one is not allowed, or the model that is asked for does not use it.
    """
    values = values_set(arguments.set)
    given = vars(arguments)
    options = {name: o for o, name in OPTIONS.items() if given.get(name) is not None}
    for name in options:
        values[name] = tuple(given[name]) if isinstance(given[name], list) else given[name]
    parameters = with_values(Parameters(), values, options)
    check_used(parameters, typed(arguments), options)
    return parameters


def typed(arguments: argparse.Namespace) -> set[str]:
    """Names of all parameters that the user gave a value, by an option or by ``--set``."""
    given = vars(arguments)
    names = {RENAMED.get(name, name) for name in values_set(arguments.set)}
    return names | {name for name in OPTIONS.values() if given.get(name) is not None}


def check_used(
    parameters: Parameters, names: Iterable[str], shown_as: Mapping[str, str] | None = None
) -> None:
    """Raise `ParameterError` if the model of the parameters makes no use of one of these.

    Parameters
    ----------
    shown_as : mapping, optional
        What the error calls a parameter instead of its name.
    """
    model = parameters.network.model
    kind = get_model(parameters)
    for name in sorted(names):
        if not kind.uses(name):
            raise ParameterError(
                f"{(shown_as or {}).get(name, name)} is given, and the model {model} makes no use "
                "of it: leave it out, or choose another --model"
            )


def weights_from(arguments: argparse.Namespace) -> Weights:
    """The weights that parsed arguments ask for; raises `ParameterError`."""
    return Weights.load(arguments.weights) if arguments.weights else BY_HAND


def add_target_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--target``; `simulation.targets.get_target` says which there are."""
    parser.add_argument("--target", default="cpp", help="what to build and run (default: cpp)")


def add_output_option(parser: argparse.ArgumentParser, holds: str, metavar: str = "DIR") -> None:
    """Add ``--output``, the path of something new; ``holds`` says what, and what is the default."""
    parser.add_argument("--output", metavar=metavar, type=path, help=holds)


def add_json_option(parser: argparse.ArgumentParser, what: str) -> None:
    """Add ``--json``, which prints that alone."""
    parser.add_argument(
        "--json", action="store_true",
        help=f"print {what} as JSON on standard output, and nothing else there",
    )  # fmt: skip


def add_figure_options(parser: argparse.ArgumentParser) -> None:
    """Add options that say which figures are drawn."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--no-figures", action="store_true", help="draw no figures")
    which.add_argument("--pdf", action="store_true", help="draw figures as PDF too, not only PNG")


def figure_formats(arguments: argparse.Namespace) -> tuple[str, ...]:
    """The formats of figures that parsed arguments ask for."""
    return () if arguments.no_figures else ("png", "pdf") if arguments.pdf else ("png",)


def list_parameters() -> None:
    """Print every parameter."""
    from rich.table import Table

    from pfc_standalone.commands.console import console

    table = Table("name", "default", "unit", "allowed", "set when", "meaning", "source", box=None)
    for name, f in parameter_fields():
        m = f.metadata
        default = Parameters()[name]
        shown = as_typed(default)
        table.add_row(name, shown, m["unit"], allowed_range(f), m["binding"], m["doc"], m["source"])
    width = None if sys.stdout.isatty() else 200
    console(width=width).print(table)
