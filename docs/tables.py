"""Write the tables of numbers into pages of this folder, from the code.

``python docs/tables.py`` rewrites what stands between ``<!-- table: NAME -->`` and
``<!-- end -->``; with ``--check`` it changes nothing and fails where a table is not up to date.
"""

from __future__ import annotations

import dataclasses
import json
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from typing import Any

from pfc_standalone.analysis.bounds import BOUNDS, Bound
from pfc_standalone.analysis.checks import rate, sizes, spiking
from pfc_standalone.analysis.gain_effect import ADULTS, DISSOCIATION, PUBLISHED
from pfc_standalone.analysis.sources import SOURCES
from pfc_standalone.analysis.stages import STAGES
from pfc_standalone.experiment.weights import pixel_shares
from pfc_standalone.models.rate.trained import shipped
from pfc_standalone.models.rate.training import Recipe
from pfc_standalone.models.rate.units import SIGNS
from pfc_standalone.models.spiking.populations import population_table
from pfc_standalone.parameters import Parameters, parameter_fields, with_values
from pfc_standalone.parameters.fields import allowed_range
from pfc_standalone.tasks import LAYERS, TASKS

HERE = Path(__file__).parent
PAGES = tuple(
    HERE / f"{name}.md" for name in ("model", "rate-model", "gain", "learning", "building-up")
)
#: What ``check-model`` left; and why a quantity does not hold its bound.
CHECK = HERE / "check-spiking.json"
UNKNOWN = "not known"
_OTHER_GAIN = (
    "the gain at which memory outlives the short delay and not the long one is found for each size "
    "of network ([gain.md](gain.md)), and is not the one tried here"
)
REASONS = {
    "accuracy": "chance fluctuations of few neurons decide some conflicts; of few trials a single "
    "error is out of bounds",
    "AY correct less BX correct, normal gain": "Y drives N nearly alone and strongly, so that A's "
    "preparation of T hardly delays it, while X drives both outputs, which must compete",
    "rise of BX errors at a long delay": _OTHER_GAIN,
    "rise of errors at a short delay": _OTHER_GAIN,
    "memory held at reduced gain, short delay": _OTHER_GAIN,
    "memory held at reduced gain, long delay": "few neurons fluctuate: a lower gain loses more, "
    "but spoils the short delay (below)",
    "change of the ISI CV in the delay with size": "memory of few neurons fluctuates, and so do "
    "their rates within a delay",
}
_BLOCK = re.compile(r"(<!-- table: (\S+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
P = Parameters()


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table."""
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(_shown(cell) for cell in line)} |\n" for line in lines)


def _shown(cell: object) -> str:
    return f"{cell:g}" if isinstance(cell, float) else str(cell).replace("|", "\\|")


def population_sizes() -> str:
    """Populations of each layer, in units of n."""
    n = 1000
    populations = population_table(with_values(P, {"network.n_per_unit": n}))
    rows = []
    for layer in LAYERS:
        size = {p.name: p.size / n for p in populations if p.layer == layer}
        units = P.network.task.units[layer]
        rest, inh = size.get(f"{layer}_nonselective", 0.0), size[f"{layer}_inh"]
        rows.append([layer, f"{', '.join(units)}: 1 each", rest, inh, sum(size.values())])
    rows.append(["all", "", "", "", sum(row[-1] for row in rows)])  # type: ignore[misc]
    return table(["layer", "selective", "non-selective", "inhibitory", "in all"], rows)


def groups(*names: str) -> Callable[[], str]:
    """Parameters of some groups, one a row; groups of one kind share their rows."""

    def rows() -> str:
        columns = [name if len(names) > 1 else "value" for name in names]
        of_first = [(n, f) for n, f in parameter_fields() if n.startswith(f"{names[0]}.")]
        lines = []
        for name, f in of_first:
            leaf, m = name.partition(".")[2], f.metadata
            shown = [_value(P[f"{group}.{leaf}"]) for group in names]
            allowed = allowed_range(f).removeprefix("a number from ")
            lines.append([f"`{leaf}`", *shown, m["unit"], m["doc"], allowed, m["source"]])
        return table(["", *columns, "unit", "meaning", "allowed", "source"], lines)

    return rows


def _value(value: object) -> str:
    value = getattr(value, "name", value)  # a task
    return ", ".join(value) if isinstance(value, tuple) else _shown(value)


def projections() -> str:
    """Projections between layers of the built-in tasks."""
    rows = []
    for name in TASKS.names():
        p = with_values(P, {"network.task": name})
        for q in p.network.task.projections:
            gate = "while the gate is open" if q.gated else ""
            receptor = q.receptor.upper() if isinstance(q.receptor, str) else q.receptor
            ends = [q.source, q.destination]
            rows.append([name, *ends, p.conductance(q), receptor, f"`{q.conductance}`", gate])
    return table(["task", "source", "destination", "nS", "receptor", "parameter", ""], rows)


def pixels() -> str:
    """Images of the built-in tasks, with the conductance of each pixel's fibres."""
    parts = []
    for name in TASKS.names():
        p = with_values(P, {"network.task": name})
        for unit, share in pixel_shares(p).items():
            _, columns = p.network.task.shape
            on = p.network.task.images[unit]
            weights = (p.afferents.g_pixel * share).reshape(-1, columns)
            lines = (
                "  ".join(
                    f"{w:5.2f}" if bit == "1" else "    ." for w, bit in zip(row, bits, strict=True)
                )
                for row, bits in zip(weights, on, strict=True)
            )
            parts.append(f"{name}, {unit}:\n" + "\n".join(line.rstrip() for line in lines) + "\n")
    return "```\n" + "\n".join(parts) + "```\n"


def bounds() -> str:
    """What the spiking network must do."""
    parts = {
        "task": (*BOUNDS, *spiking.TASK),
        "no cue": spiking.QUIET_ROWS,
        "reduced gain": spiking.REDUCED_ROWS,
        "both gains": spiking.EFFECT_ROWS,
        "sizes": sizes.OVER_SIZES,
    }
    rows = [
        [b.name, of, b.allowed, f"from {b.n_from}" if b.n_from else "any", b.source, b.why]
        for of, some in parts.items()
        for b in some
    ]
    return table(["quantity", "of", "allowed", "n_per_unit", "source", "why"], rows)


def rows_of(*bounds: Bound[Any]) -> Callable[[], str]:
    """Bounds that do not ask for a size."""

    def rows() -> str:
        cells = [[b.name, b.allowed, b.source, b.why] for b in bounds]
        return table(["quantity", "allowed", "source", "why"], cells)

    return rows


def sources() -> str:
    """The papers that bounds come from."""
    return table(["key", "paper"], [[key, text] for key, text in SOURCES.items()])


def out_of_bounds() -> str:
    """What of the last check that was kept does not hold, with its reason."""
    found = json.loads(CHECK.read_text())
    failed: dict[str, list[str]] = {}
    for row in found["verdicts"]:
        if row["holds"] is False:
            value = f"{row['value']:.3g} {row['unit']}".strip()
            at = f"{row['of'].removeprefix('n_per_unit ')}: {row['where']}: {value}"
            failed.setdefault(row["name"], []).append(at)
    allowed = {row["name"]: row["allowed"] for row in found["verdicts"]}
    rows = [
        [name, allowed[name], "; ".join(at), REASONS.get(name, UNKNOWN)]
        for name, at in failed.items()
    ]
    command, n = found["command"], len(found["verdicts"])
    head = f"`{command}`, {found['date']}: {found['hold']} of {n} values hold. These do not:\n\n"
    return head + table(["quantity", "allowed", "n_per_unit, where and value", "reason"], rows)


def stages() -> str:
    """What must hold in each stage, beside rows of the table of bounds."""
    rows = []
    for name, stage in STAGES.items():
        rows += [[name, b.name, b.allowed, b.why] for b in stage.own]
        known = {b.name: b for b in BOUNDS}
        rows += [[name, n, known[n].allowed, known[n].why] for n in stage.names if n in known]
        if not stage.names:
            rows.append([name, "all rows of the table of bounds", "", ""])
    return table(["stage", "what", "allowed", "why"], rows)


def recipe() -> str:
    """Numbers of the training of the rate model."""
    meanings = {
        "rate": "learning rate of Adam",
        "decay_1": "decay of Adam's mean of the gradient",
        "decay_2": "decay of Adam's mean of its square",
        "noise": "s.d. of the noise of each net input while training",
        "prepared": "activity up to which an output may prepare before the probe",
        "self_decay": "weight of the squared self-excitation in the loss",
        "target_from": "s after probe onset: from here outputs must show the answer",
        "target_to": "s after probe onset: until here",
        "patience": "epochs in a row in which all trials must be right",
        "max_epochs": "then training gives up",
        "delays": "s, all in every epoch",
        "frequencies": "of AX, AY, BX and BY",
    }
    rows = []
    for f in dataclasses.fields(Recipe):
        value = getattr(Recipe(), f.name)
        shown = ", ".join(map(_shown, value)) if isinstance(value, tuple) else value
        rows.append([f"`{f.name}`", shown, meanings[f.name]])
    return table(["", "value", "meaning"], rows)


def trained() -> str:
    """Weights of the networks of the rate model that come along."""
    networks = shipped().values()
    rows = []
    for (source, destination), sign in SIGNS.items():
        values = [n[source, destination] for n in networks]
        spread = f"{min(values):.2f} to {max(values):.2f}"
        row = [source, destination, "+" if sign > 0 else "-", f"{median(values):.2f}", spread]
        rows.append(row)
    return table(["source", "destination", "sign", "median", "range"], rows)


TABLES: dict[str, Callable[[], str]] = {
    "sizes": population_sizes,
    "network": groups("network"),
    "experiment": groups("experiment"),
    "membrane": groups("membrane"),
    "neurons": groups("exc", "inh"),
    "receptors": groups("receptors"),
    "recurrent": groups("recurrent"),
    "layers": groups("input", "memory", "output"),
    "projections": projections,
    "pixels": pixels,
    "afferents": groups("afferents"),
    "timing": groups("timing"),
    "decision": groups("decision"),
    "bounds": bounds,
    "out-of-bounds": out_of_bounds,
    "sources": sources,
    "findings": rows_of(*DISSOCIATION, *PUBLISHED, *ADULTS),
    "rate-bounds": rows_of(*rate.SHARES, *rate.EFFECT_ROWS),
    "learning": groups("learning"),
    "plastic": groups("learn_input", "learn_memory"),
    "stages": stages,
    "rate": groups("rate"),
    "recipe": recipe,
    "trained": trained,
}


def with_tables(text: str) -> str:
    """The text of a page with its tables as the code has them.

    Raises
    ------
    KeyError
        If the page asks for a table that there is not.
    """
    return _BLOCK.sub(lambda m: m[1] + TABLES[m[2]]() + m[4], text)


def main() -> None:
    """Entry point."""
    for page in PAGES:
        text = page.read_text()
        new = with_tables(text)
        if "--check" not in sys.argv:
            page.write_text(new)
        elif new != text:
            sys.exit(f"docs/{page.name} is not up to date: run python docs/tables.py")


if __name__ == "__main__":
    main()
