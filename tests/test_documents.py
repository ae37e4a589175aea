"""The documents say what the code does: their numbers, their tables, their links."""

from __future__ import annotations

import importlib.util
import re
from math import inf
from pathlib import Path

import pytest

from pfc_standalone import deal, load_results, simulate, study
from pfc_standalone.analysis.bounds import BOUNDS
from pfc_standalone.models.spiking.populations import neurons_per_replicate, population_table
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.results.dataset import describe_points, write_dataset

ROOT = Path(__file__).parent.parent
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("docs/*.ipynb")]
P = Parameters()


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, ROOT / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows_of(page, beginning):
    """Cells of the Markdown table whose head begins so."""
    lines = (ROOT / page).read_text().splitlines()
    at = next(k for k, line in enumerate(lines) if line.startswith(beginning))
    for line in [lines[at], *lines[at + 2 :]]:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split("|")]


def test_the_tables_of_the_model_are_those_of_the_code():
    tables = load(Path("docs/tables.py"))
    pages = {path.name: path.read_text() for path in tables.PAGES}
    for page in pages.values():
        assert tables.with_tables(page) == page, "run python docs/tables.py"
    asked_for = re.findall(r"<!-- table: (\S+) -->", "".join(pages.values()))
    assert set(asked_for) == set(tables.TABLES)
    page = pages["model.md"]
    assert f"| {tables.UNKNOWN} |" not in page, "say why in docs/tables.py"
    changed = page.replace("| `w_plus` | 1 | 2.7 |", "| `w_plus` | 1 | 2.8 |")
    assert changed != page
    assert tables.with_tables(changed) == page


@pytest.mark.parametrize(
    "said",
    [
        f"filtered rate reaches a threshold of {P.decision.threshold:g} Hz",
        f"is shown for {1e3 * P.timing.cue:g} ms",
        "has {:g} neurons for each".format(
            neurons_per_replicate(population_table(with_values(P, {"network.n_per_unit": 1000})))
            / 1000
        ),
        "{}x{}-pixel images".format(*P.network.task.shape),
    ],
)
def test_the_readme_states_the_defaults(said):
    assert said in (ROOT / "README.md").read_text()


def test_the_measured_table_keeps_the_bounds():
    bounds = {}
    for b in BOUNDS:  # a later row of the same start is for larger networks
        bounds.setdefault(b.name.partition(" of ")[0], []).append(b)

    def check(name, n, cell):
        values = [float(v) for v in re.findall(r"(?<![\w.])\.?\d[\d.]*", cell)]
        assert values
        for b in bounds[name]:
            if n >= b.n_from:
                assert all(max(b.low, -inf) <= v <= b.high for v in values), (name, n, cell)

    checked = set()
    for row, n, cell in measured_rows():
        for start, name in {
            "accuracy": "accuracy",
            "premature": "premature responses",
            "memory held": "memory held",
            "spontaneous, exc": "spontaneous excitatory rate",
            "spontaneous, inh": "spontaneous inhibitory rate",
            "ISI CV": "ISI CV in the delay",
            "count corr": "count correlation in the delay",
            "largest 50 ms": "largest 50 ms rate",
        }.items():
            if row.startswith(start):
                check(name, n, cell)
                checked.add(start)
    assert len(checked) == 8


def measured_rows():
    """Row, n_per_unit and cell of the measured table."""
    head, *rows = rows_of("docs/model.md", "| | n = 25 |")
    for row, *cells in rows:
        for size, cell in zip(head[1:], cells, strict=True):
            yield row, int(size.removeprefix("n = ")), cell


def test_the_readme_has_the_speeds_of_the_benchmark():
    """Two copies of one measurement do not part."""
    full = {
        (row[0], row[1]): float(row[5])
        for row in rows_of("docs/benchmarking.md", "| target |")
        if row[2] == "1"
    }
    head, *rows = rows_of("README.md", "| wall-clock s for each")
    sizes = [re.match(r"n = (\d+)", cell)[1] for cell in head[1:]]
    assert len(rows) >= 5
    for target, *cells in rows:
        for size, cell in zip(sizes, cells, strict=True):
            if cell:
                assert float(cell) == pytest.approx(full[target, size], rel=0.06), (target, size)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page):
    text = page.read_text()
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" not in target:
            path, _, anchor = target.partition("#")
            linked = page.parent / path if path else page
            assert linked.exists(), target
            if anchor:
                heads = re.findall(r"^#+ (.*)$", linked.read_text(), re.MULTILINE)
                assert anchor in [
                    re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in heads
                ]


def test_the_figure_of_the_network_is_drawn_from_the_parameters():
    network = load(Path("docs/figures/network.py"))

    def words(figure):
        return {t.get_text() for t in figure.axes[0].texts}

    at_100 = words(network.draw(P))
    assert {"100", "800", "250"} <= at_100
    at_30 = words(network.draw(with_values(P, {"network.n_per_unit": 30, "memory.w_plus": 2.0})))
    assert {"30", "240", "75"} <= at_30
    assert any("2.7 (memory)" in t for t in at_100)
    assert any("2 (memory)" in t for t in at_30)


# ------------------------------------------------------------------------ the layout of results
def layout():
    """Dimensions, type and unit by variable, and the attributes, as docs/results.md has them."""
    head, *rows = rows_of("docs/results.md", "| variable |")
    assert head == ["variable", "dimensions", "type", "unit", "meaning"]
    variables = {row[0].strip("`"): tuple(row[1:4]) for row in rows}
    attributes = [
        name for row in rows_of("docs/results.md", "| attribute |") for name in row[0].split(", ")
    ]
    return variables, {name.strip("`") for name in attributes[1:]}


@pytest.fixture(scope="module")
def datasets(tmp_path_factory, build_cache):
    """As they are read: of both models, traces recorded, and of outputs alone at two gains."""
    folder = tmp_path_factory.mktemp("layout")
    small = {"experiment.trials": 1, "experiment.delays": "0.75", "experiment.replicates": 1}
    spiking = small | {"network.n_per_unit": 10, "network.traces": True}
    outputs = with_values(P, spiking | {"network.record_outputs_only": True})
    made = {
        "spiking": simulate(deal(with_values(P, spiking)), "numpy", duration=0.1),
        "rate": simulate(deal(with_values(P, small | {"network.model": "rate"})), "numpy"),
        "outputs": describe_points(study(outputs, over={"memory.gain": [1.0, 0.9]})),
    }
    for name, dataset in made.items():
        write_dataset(dataset, folder / f"{name}.nc")
    return {name: load_results(folder / f"{name}.nc") for name in made}


def test_the_layout_of_results_is_the_one_in_the_document(datasets):
    variables, attributes = layout()
    words = {"U": "text", "O": "text", "b": "bool"}
    found = {}
    for dataset in datasets.values():
        for name, variable in dataset.variables.items():
            kind = words.get(variable.dtype.kind, variable.dtype.name)
            unit = variable.attrs.get("units", "")
            found.setdefault(name, set()).add((", ".join(variable.dims), kind, unit))
    varying = found.pop("memory.gain")
    assert varying == {("replicate", "float64", "")}
    assert found == {name: {said} for name, said in variables.items()}
    written = {n for d in datasets.values() for n in d.attrs}
    built_with = {n for n in written if n.startswith("built_with_")}
    assert attributes == (written - built_with) | {"built_with_*", "experiment"}
