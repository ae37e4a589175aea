"""The page of a results folder: what was found, its figures, and where it comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pfc_standalone.commands.options import as_typed
from pfc_standalone.commands.pages import embedded, render
from pfc_standalone.parameters import Parameters, parameter_field, parameter_fields
from pfc_standalone.record import Labelled
from pfc_standalone.results import parameters_of
from pfc_standalone.results.folder import write_whole

PAGE_FILE = "report.html"


def write_page(
    folder: Path, template: str, summary: dict[str, Any], parameters: list[Parameters], **more: Any
) -> None:
    """Write the page of a folder, with the PNG figures that lie in it.

    Parameters
    ----------
    template : str
        Name of a file beside this one.
    parameters : list of Parameters
        All that were simulated.
    more
        Names that the template uses beside ``summary``, ``images`` by file name without ending, and
        ``differing``, see `differing`.

    Raises
    ------
    ResultsError
        If it cannot be written.
    """
    images = {png.stem: embedded(png.read_bytes()) for png in sorted(folder.glob("*.png"))}
    page = render(template, summary=summary, images=images, differing=differing(parameters), **more)
    write_whole(folder / PAGE_FILE, page)


def parameters_in(dataset: Labelled) -> list[Parameters]:
    """Parameters of a dataset: one, or one of each replicate where they vary."""
    varies = json.loads(dataset.attrs["varying"])
    return [parameters_of(dataset, k) for k in range(dataset.sizes["replicate"] if varies else 1)]


def differing(parameters: list[Parameters]) -> list[tuple[str, str, str, str, str]]:
    """Parameters that are not the defaults: name, values, default, unit and meaning."""
    usual, rows = Parameters(), []
    for name, _ in parameter_fields():
        values = list(dict.fromkeys(as_typed(p[name]) for p in parameters))
        if values != [as_typed(usual[name])]:
            m = parameter_field(name).metadata
            rows.append((name, " or ".join(values), as_typed(usual[name]), m["unit"], m["doc"]))
    return rows
