"""Train networks of the published rate model by back-propagation through time."""

from __future__ import annotations

import argparse
import dataclasses
import shlex
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pfc_standalone.commands.options import (
    Parser,
    add_output_option,
    check_used,
    values_set,
)
from pfc_standalone.commands.progress import progress_bars, report_errors
from pfc_standalone.errors import ParameterError, ResultsError
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.results.folder import check_output

if TYPE_CHECKING:
    from pfc_standalone.models.rate.training import Recipe, Trained

_PROGRAM = "python -m pfc_standalone train-rate-model"
_MOST_SEEDS = 1000
#: Groups of parameters that decide what is learned.
_GROUPS = ("timing", "rate", "memory.gain")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog=_PROGRAM,
        description="Train networks of the published rate model by back-propagation through time "
        "under its constraints of sign, each from a seed of its own, and write their weights. "
        "Use them with --model rate --weights FILE --set rate.training_seed=SEED.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--seeds", type=int, default=24,
        help=f"how many networks (default: 24; 1 to {_MOST_SEEDS})",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, help="the first seed (default: 0)")
    add_output_option(
        parser, "new file for the weights (default: results/rate-weights-DATE-TIME.json)", "FILE"
    )
    parser.add_argument(
        "--set", metavar="NAME=VALUE", action="append", default=[],
        help="set a parameter of the model or the timing; may be given several times",
    )  # fmt: skip
    parser.add_argument(
        "--recipe", metavar="NAME=VALUE", action="append", default=[],
        help="set a number of the training, such as noise=0; may be given several times "
        "(docs/rate-model.md lists them)",
    )  # fmt: skip
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    arguments = _parser().parse_args(argv)
    return report_errors(lambda: _main(arguments))


def _main(arguments: argparse.Namespace) -> int:
    from pfc_standalone.experiment.trained import write_trained
    from pfc_standalone.models.rate.checks import check_parameters
    from pfc_standalone.models.rate.training import train

    if not 1 <= arguments.seeds <= _MOST_SEEDS:
        raise ParameterError(f"--seeds is {arguments.seeds}, allowed are 1 to {_MOST_SEEDS}")
    if not 0 <= arguments.seed <= 2**31 - 1 - arguments.seeds:
        raise ParameterError(f"--seed is {arguments.seed}, allowed are whole numbers from 0")
    values = values_set(arguments.set)
    parameters = with_values(Parameters(), values | {"network.model": "rate"})
    check_used(parameters, values)
    check_parameters(parameters)
    recipe = _recipe(arguments.recipe)
    seeds = range(arguments.seed, arguments.seed + arguments.seeds)
    default = Path("results") / f"rate-weights-{time.strftime('%Y%m%d-%H%M%S')}.json"
    output = arguments.output or default
    check_output(output)
    with progress_bars() as report:
        found = train(parameters, seeds, recipe, lambda done: report("train", done))
    learned = [n for n in found if n.learned]
    _say(found, learned)
    if not learned:
        raise ResultsError(
            f"none of {len(found)} networks learned the task in {recipe.max_epochs} epochs, "
            "nothing was written: try more (--recipe max_epochs=N), or another recipe"
        )
    write_trained(
        output,
        {n.seed: n.weights for n in learned},
        _facts(arguments, parameters, recipe),
        {n.seed: n.epochs for n in learned},
    )
    print(f"Written to {output}")
    return 0


def _recipe(options: list[str]) -> Recipe:
    """The recipe with some numbers changed; raises `ParameterError`."""
    from pfc_standalone.models.rate.training import Recipe

    known = {f.name: f for f in dataclasses.fields(Recipe) if f.type in ("int", "float")}
    changes: dict[str, Any] = {}
    for name, text in values_set(options).items():
        if name not in known:
            raise ParameterError(
                f"--recipe has {name}, allowed is one of: {', '.join(known)}, as NAME=VALUE"
            )
        try:
            changes[name] = int(text) if known[name].type == "int" else float(text)
        except ValueError:
            raise ParameterError(f"--recipe {name} is {text}, allowed is a number") from None
    return dataclasses.replace(Recipe(), **changes)


def _facts(arguments: argparse.Namespace, parameters: Parameters, recipe: Recipe) -> dict[str, Any]:
    from pfc_standalone.machine import versions
    from pfc_standalone.provenance import made_here

    words = ["--seed", str(arguments.seed), "--seeds", str(arguments.seeds)]
    for option in ("set", "recipe"):
        for value in getattr(arguments, option):
            words += [f"--{option}", value]
    return {
        **made_here(),
        "command": f"{_PROGRAM} {shlex.join(words)}",
        "versions": {name: versions()[name] for name in ("python", "numpy")},
        "recipe": dataclasses.asdict(recipe),
        "parameters": {
            name: value for name, value in parameters.as_dict().items() if name.startswith(_GROUPS)
        },
    }


def _say(found: list[Trained], learned: list[Trained]) -> None:
    print(f"{len(learned)} of {len(found)} networks learned the task", end="")
    if learned:
        epochs = sorted(n.epochs for n in learned)
        print(
            f", in {epochs[0]} to {epochs[-1]} epochs (median {epochs[len(epochs) // 2]})", end=""
        )
    print(".")
    for network in found:
        if not network.learned:
            print(f"Seed {network.seed} did not, in {network.epochs} epochs: left out.")


COMMAND = main
