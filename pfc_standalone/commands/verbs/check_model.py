"""Say whether the model does what it must, bound by bound, size by size, delay by delay."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pfc_standalone.commands.options import (
    Parser,
    add_json_option,
    add_output_option,
    add_parameter_options,
    add_target_option,
    parameters_from,
    typed,
    weights_from,
)
from pfc_standalone.commands.progress import progress_bars, report_errors
from pfc_standalone.errors import ParameterError
from pfc_standalone.experiment import Weights
from pfc_standalone.experiment.check_points import rate_points, spiking_points
from pfc_standalone.experiment.gain_points import TRAINING_SEED, both_gains
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.results.folder import (
    CHECK_FILE,
    Workplace,
    check_output,
    new_workplace,
    write_whole,
)
from pfc_standalone.results.provenance import provenance
from pfc_standalone.simulation import simulate
from pfc_standalone.simulation.targets import Progress, Target, get_target

if TYPE_CHECKING:
    from pfc_standalone.analysis.bounds import Verdict

_PROGRAM = "python -m pfc_standalone check-model"
_RESULTS = Path("results")
_SIZES = "25,100"
#: Trials of each condition at each delay and gain unless the user says; of the rate model of each
#: network, whose replicates a process simulates many of.
_TRIALS = {"spiking": 20, "rate": 200}
_RATE = {"experiment.replicates": 4, "network.batch": 80}
_OPTIONS = (
    "--model", "--trials", "--delay", "--seed", "--replicates", "--strict-math",
)  # fmt: skip


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog=_PROGRAM,
        description="Simulate the model at normal and at reduced gain of memory, and without a "
        "cue, and hold what it does against every bound (docs/model.md lists them with their "
        "sources). Of the rate model, all trained networks are asked.",
        epilog="Exit code: 0 if every bound that was measured holds, 4 if one does not; 1 to 3 as "
        "of other commands.",
        allow_abbrev=False,
    )
    add_parameter_options(
        parser, _OPTIONS, {"--trials": "20, of the model rate 200 of each network"}
    )
    parser.add_argument(
        "--sizes", metavar="N,N",
        help=f"values of n_per_unit, of the spiking network (default: {_SIZES})",
    )  # fmt: skip
    parser.add_argument(
        "--gain", type=float, metavar="GAIN",
        help="the reduced gain (default: 0.8 of the model rate, of the spiking network that of "
        "each size, docs/gain.md)",
    )  # fmt: skip
    add_target_option(parser)
    add_output_option(
        parser,
        "new folder for the verdicts as check.json and as a page, report.html (default: "
        "results/check-MODEL-DATE-TIME)",
    )
    add_json_option(parser, "the verdicts")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    words = list(sys.argv[2:] if argv is None else argv)
    arguments = _parser().parse_args(words)
    # what was asked, without where it was to be written
    where = ("" if arguments.output is None else str(arguments.output), "--output", "--json")
    asked = [w for w in words if w not in where and not w.startswith("--output=")]
    return report_errors(lambda: _main(arguments, shlex.join(asked)))


def _main(arguments: argparse.Namespace, words: str) -> int:
    from pfc_standalone.analysis.answers import check_conditions  # scipy takes long to import

    parameters, weights = parameters_from(arguments), weights_from(arguments)
    check_conditions(parameters.network.task)
    given, rate = typed(arguments), parameters.network.model == "rate"
    own = {"experiment.trials": _TRIALS["rate" if rate else "spiking"]} | (_RATE if rate else {})
    parameters = with_values(parameters, {n: v for n, v in own.items() if n not in given})
    sizes = _sizes(arguments.sizes, parameters, given)
    networks = [with_values(parameters, {"network.n_per_unit": n}) for n in sizes] or [parameters]
    gains = [both_gains(p, arguments.gain) for p in networks]
    target = get_target(arguments.target)
    if arguments.output is not None:
        check_output(arguments.output)
    with progress_bars() as report:
        if rate:
            seeds = _training_seeds(parameters, weights, TRAINING_SEED in given)
            groups, made = _check_rate(parameters, gains[0], seeds, weights, target, report)
        else:
            groups, made = _check_spiking(networks, gains, weights, target, report)
    of = [f"n_per_unit {n}" for n in sizes] or ["all networks"]
    found = _found(parameters, dict(zip(of, gains, strict=True)), groups, target.name)
    found["command"] = f"{_PROGRAM} {words}".strip()
    found["provenance"] = made
    output = _write(found, networks, arguments.output)
    if arguments.json:
        print(json.dumps(found, indent=1))
    else:
        print_check(found, output)
    return 4 if any(row["holds"] is False for row in found["verdicts"]) else 0


def _sizes(text: str | None, parameters: Parameters, given: set[str]) -> list[int]:
    """The sizes that are asked for; none of a model that has none."""
    if parameters.network.model != "spiking":
        if text is not None:
            raise ParameterError(
                f"--sizes is given, and the model {parameters.network.model} makes no use of it: "
                "leave it out, or choose another --model"
            )
        return []
    if "network.n_per_unit" in given:
        raise ParameterError("network.n_per_unit is given, allowed is --sizes in its place")
    words = (text or _SIZES).split(",")
    if not all(w.isdecimal() for w in words) or len(set(map(int, words))) < len(words):
        raise ParameterError(
            f"--sizes is {text}, allowed are different whole numbers with commas between them, "
            f"such as {_SIZES}"
        )
    return sorted(map(int, words))


def _training_seeds(parameters: Parameters, weights: Weights, one: bool) -> list[int]:
    from pfc_standalone.models.rate.trained import shipped

    return [parameters.rate.training_seed] if one else sorted(weights.networks or shipped())


Groups = dict[str, list["Verdict"]]
Made = dict[str, Any]


def _check_rate(
    parameters: Parameters, gains: tuple[float, float], seeds: list[int], weights: Weights,
    target: Target, report: Progress,
) -> tuple[Groups, Made]:  # fmt: skip
    from pfc_standalone.analysis.checks.rate import check_rate

    data = simulate(rate_points(parameters, gains, seeds, weights), target, on_progress=report)
    return {"all networks": check_rate(data)}, provenance(data)


def _check_spiking(
    networks: list[Parameters], gains: list[tuple[float, float]], weights: Weights,
    target: Target, report: Progress,
) -> tuple[Groups, Made]:  # fmt: skip
    from pfc_standalone.analysis.checks.sizes import check_sizes, of_size
    from pfc_standalone.analysis.checks.spiking import check_size

    groups: Groups = {}
    measured, made = {}, []
    for p, pair in zip(networks, gains, strict=True):
        n = p.network.n_per_unit

        def of_this(phase: str, done: float, n: int = n) -> None:
            report(f"n {n}: {phase}", done)

        data = simulate(spiking_points(p, pair, weights), target, on_progress=of_this)
        groups[f"n_per_unit {n}"] = check_size(data)
        measured[n] = of_size(data)
        made.append(provenance(data))
    groups |= {"over sizes": check_sizes(measured)}
    return groups, made[0] | {"digest": [m["digest"] for m in made]}


def _found(
    parameters: Parameters, gains: dict[str, tuple[float, float]], groups: Groups, target: str
) -> dict[str, Any]:
    from pfc_standalone.analysis.bounds import as_row
    from pfc_standalone.analysis.summary import without_nan

    rows = [{"of": of, **as_row(v)} for of, verdicts in groups.items() for v in verdicts]
    counts = Counter(row["holds"] for row in rows)
    found: dict[str, Any] = without_nan(
        {
            "experiment": "check-model",
            "model": parameters.network.model,
            "target": target,
            "seed": parameters.experiment.seed,
            "trials": parameters.experiment.trials,
            "delays": list(parameters.experiment.delays),
            "gains": {of: {"normal": a, "reduced": b} for of, (a, b) in gains.items()},
            "date": time.strftime("%Y-%m-%d"),
            "hold": counts[True],
            "fail": counts[False],
            "not_measured": counts[None],
            "verdicts": rows,
        }
    )
    return found


def _counts(found: dict[str, Any]) -> str:
    return (
        f"{found['hold']} of {len(found['verdicts'])} values hold their bound, {found['fail']} do "
        f"not, {found['not_measured']} could not be measured."
    )


def _write(found: dict[str, Any], parameters: list[Parameters], asked: Path | None) -> Path:
    """The folder with the verdicts and the page."""
    from pfc_standalone.analysis.sources import SOURCES
    from pfc_standalone.commands.pages.results import write_page
    from pfc_standalone.commands.verdict_table import VERDICT_WORDS

    used = {row["source"] for row in found["verdicts"]}
    place = Workplace(asked) if asked else new_workplace(_RESULTS, f"check-{found['model']}")
    with place.filling() as files:
        write_whole(files / CHECK_FILE, json.dumps(found, indent=1) + "\n")
        write_page(
            files, "check.html.jinja", found, parameters, counts=_counts(found),
            groups=_by_group(found).items(),
            sources={key: text for key, text in SOURCES.items() if key in used}, **VERDICT_WORDS,
        )  # fmt: skip
    return place.output


def _by_group(found: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in found["verdicts"]:
        groups.setdefault(row["of"], []).append(row)
    return groups


def print_check(found: dict[str, Any], output: Path) -> None:
    """Print the verdicts and where they are."""
    from pfc_standalone.commands.console import console
    from pfc_standalone.commands.verdict_table import WIDTH, verdict_table

    out = console(width=None if sys.stdout.isatty() else WIDTH)
    for of, rows in _by_group(found).items():
        out.print(verdict_table(rows, f"Model {found['model']}, {of}"))
    out.print(_counts(found))
    verdict = "does what it must" if not found["fail"] else "DOES NOT do all that it must"
    out.print(f"Verdict: the model {found['model']} {verdict}.")
    out.print(f"Verdicts and page: {output}", soft_wrap=True)


COMMAND = main
