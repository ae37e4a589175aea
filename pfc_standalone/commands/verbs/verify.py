"""Say whether targets compute the same, spike by spike and in distribution."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pfc_standalone.commands.options import (
    Parser,
    add_output_option,
    add_parameter_options,
    parameters_from,
    weights_from,
)
from pfc_standalone.commands.progress import progress_bars, report_errors
from pfc_standalone.errors import ParameterError
from pfc_standalone.models import get_model
from pfc_standalone.parameters import with_values
from pfc_standalone.results.folder import check_output, write_new
from pfc_standalone.simulation.targets import get_target
from pfc_standalone.simulation.verify import (
    ALPHA,
    EQUAL,
    MIN_EXACT_SPIKES,
    MIN_SEEDS,
    REAL,
    late_starts,
    verify,
)
from pfc_standalone.simulation.verify_activities import verify_activities

#: Of networks whose spikes are compared, unless the user says.
_DEFAULT_SIZE = 25


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m pfc_standalone verify",
        description="Run the network on several targets and compare: with strict math and one "
        "seed, spike by spike; with the default build and many seeds, the distributions of rate, "
        "ISI CV and count correlation of every population. Of a model without spikes, activities "
        "are compared one by one.",
        epilog="Exit code: 0 if the targets agree, 4 if they do not, 3 if one cannot run here.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--targets", default="cpp,cython,numpy", metavar="NAME,NAME",
        help="the first is the reference of the others (default: cpp,cython,numpy)",
    )  # fmt: skip
    add_parameter_options(parser, ("--model", "--task", "--n-per-unit", "--seed", "--delay"))
    parser.add_argument(
        "--seeds", type=int, default=MIN_SEEDS,
        help="seeds of each target for the comparison of distributions "
        f"(default and least: {MIN_SEEDS})",
    )  # fmt: skip
    parser.add_argument(
        "--late", action="store_true",
        help="compare spike by spike also what happens after a minute and at the end of the "
        "longest run possible, by runs that begin late",
    )  # fmt: skip
    add_output_option(
        parser,
        "new file for the verdict as JSON (default: results/verify-nN-DATE-TIME.json)",
        "FILE",
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    arguments = _parser().parse_args(argv)
    return report_errors(lambda: _main(arguments))


def _main(arguments: argparse.Namespace) -> int:
    parameters = parameters_from(arguments)
    if vars(arguments)["network.n_per_unit"] is None:
        parameters = with_values(parameters, {"network.n_per_unit": _DEFAULT_SIZE})
    weights = weights_from(arguments)
    weights.check(parameters)
    names = arguments.targets.split(",")
    if len(names) < 2 or len(set(names)) < len(names):
        raise ParameterError(
            f"--targets is {arguments.targets}, allowed are two or more different ones, such as "
            "cpp,numpy"
        )
    if arguments.seeds < MIN_SEEDS:
        raise ParameterError(f"--seeds is {arguments.seeds}, allowed is {MIN_SEEDS} or more")
    targets = [get_target(name) for name in names]
    starts = (0.0, *(late_starts(parameters) if arguments.late else ()))
    stamp = time.strftime("%Y%m%d-%H%M%S")
    spikes, network = get_model(parameters).has_spikes, parameters.network
    kind = f"n{network.n_per_unit}" if spikes else network.model
    default = Path("results") / f"verify-{kind}-{stamp}.json"
    output = arguments.output or default
    check_output(output)
    with progress_bars() as report:
        if spikes:
            found = verify(parameters, targets, arguments.seeds, report, weights, starts)
        else:
            found = verify_activities(parameters, targets, report, weights, starts)
    (print_report if spikes else print_activities)(found)
    written = write_new(output, json.dumps(found, indent=1) + "\n")
    print(f"Written to {written}")
    return 0 if found["agree"] else 4


def print_activities(found: dict[str, Any]) -> None:
    """Print the verdict of `verify_activities` and what it rests on."""
    from rich.table import Table

    from pfc_standalone.commands.console import console

    out = console()
    table = Table(
        *("build", "from s", "target", "reference", "activities", "same bits"),
        "largest difference",
        title=f"Activity by activity: seed {found['seed']}",
    )
    for r in found["activities"]:
        apart = f"{r['largest_difference']:.3g}"
        cells = r["target"], r["reference"], str(r["compared"]), str(r["equal"]), apart
        table.add_row(r["build"], f"{r['start']:.10g}", *cells)
    out.print(table)
    out.print(
        f"Allowed: none with strict math, {found['tolerance']:g} with the default build. The noise "
        "is the same on every target, so nothing is compared in distribution."
    )
    verdict = "agree" if found["agree"] else "DO NOT AGREE"
    out.print(f"Verdict: {', '.join(found['targets'])} {verdict}.")


def print_report(found: dict[str, Any]) -> None:
    """Print the verdict of `verify` and what it rests on."""
    from rich.table import Table

    from pfc_standalone.commands.console import console

    out = console()
    table = Table(
        "target", "reference", "spikes equal", "from s", "until s", "then",
        title=f"Spike by spike: strict math, seed {found['seed']}, n_per_unit "
        f"{found['n_per_unit']}",
    )  # fmt: skip
    for e in found["exact"]:
        then = "the end" if e["cause"] == EQUAL else e["cause"]
        times = (f"{e[name]:.4f}" for name in ("start", "horizon"))
        table.add_row(e["target"], e["reference"], str(e["spikes"]), *times, then)
    out.print(table)
    for e in found["exact"]:
        if e["cause"] != EQUAL:
            v = " and ".join(f"{1e3 * x:.12g} mV on {name}" for name, x in e["v"].items())
            out.print(
                f"{e['target']} and {e['reference']} part at {e['horizon']:.4f} s: neuron "
                f"{e['neuron']} ({e['population']}) fires on {e['first_with']} alone. One step "
                f"before, its membrane potential was {v}; over all neurons the largest difference "
                f"was {1e3 * e['largest_difference']:.3g} mV. Likely cause: {e['cause']}."
            )
        if e["cause"] != REAL and not e["agrees"]:
            out.print(
                f"{e['target']}: {e['spikes']} equal spikes prove too little; at least "
                f"{MIN_EXACT_SPIKES} are asked for."
            )
    table = Table(
        *("target", "comparisons", "differ", "smallest corrected p", "largest KS distance"),
        title=f"In distribution: default build, {found['seeds']} seeds a target",
    )
    for d in found["distributions"]:
        comparisons = d["comparisons"]
        differ = sum(c["p_corrected"] < ALPHA for c in comparisons)
        if comparisons:
            p = min(c["p_corrected"] for c in comparisons)
            worst = max(comparisons, key=lambda c: c["distance"] / c["null_95"])
            ks = (
                f"{worst['distance']:.3f} ({worst['statistic']}, {worst['population']}; seeds: "
                f"95 % below {worst['null_95']:.3f})"
            )
            table.add_row(d["target"], str(len(comparisons)), str(differ), f"{p:.2g}", ks)
    out.print(table)
    for d in found["distributions"]:
        for c in d["comparisons"]:
            if c["p_corrected"] < ALPHA:
                out.print(
                    f"{d['target']}: {c['statistic']} of {c['population']} differs: KS distance "
                    f"{c['distance']:.3f}, 95 % of distances between seeds lie below "
                    f"{c['null_95']:.3f}, corrected p {c['p_corrected']:.2g}."
                )
        if d["silent"]:
            out.print(f"{d['target']}: too silent to judge: {'; '.join(d['silent'])}.")
        if d["not_compared"]:
            out.print(f"{d['target']}: not compared: {'; '.join(d['not_compared'])}.")
    verdict = "agree" if found["agree"] else "DO NOT AGREE"
    out.print(f"Verdict: {', '.join(found['targets'])} {verdict}.")


COMMAND = main
