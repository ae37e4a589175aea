"""What a notebook shows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pfc_standalone import Parameters, deal, draw, with_values
from pfc_standalone.errors import ParameterError
from pfc_standalone.figures import FigureError
from pfc_standalone.results.dataset import describe_points

nbformat = pytest.importorskip("nbformat", reason="the group docs is not installed")
nbclient = pytest.importorskip("nbclient", reason="the group docs is not installed")
TUTORIAL = Path(__file__).parent.parent / "docs" / "tutorial.ipynb"
CODE = """
from pfc_standalone import progress_bars
with progress_bars() as report:
    for phase, done in (("compile", 0.5), ("simulate", 0.251), ("simulate", 0.999)):
        report(phase, done)
"""


def test_bars_grow_in_one_output():
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CODE)])
    nbclient.NotebookClient(book, timeout=60).execute()
    (output,) = book.cells[0].outputs
    assert output["output_type"] == "display_data"
    assert output["data"]["text/plain"] == "compile: 100 %\nsimulate: 100 %"
    assert output["data"]["text/html"].count("value='100'") == 2


def test_the_tutorial_is_kept_without_outputs():
    cells = json.loads(TUTORIAL.read_text())["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert len(code) >= 5
    assert not any(cell["outputs"] or cell["execution_count"] for cell in code)


def test_a_figure_that_cannot_be_drawn_is_one_sentence():
    small = with_values(Parameters(), {"network.n_per_unit": 10, "experiment.trials": 1})
    unanswered = describe_points(deal(small))
    with pytest.raises(FigureError, match=r"^the figure raster was not drawn: the dataset has "):
        draw(unanswered, "raster")
    with pytest.raises(ParameterError, match=r"the figure is rster, .*did you mean raster"):
        draw(unanswered, "rster")
