"""The examples of docs/extending.md, as another package that this project never heard of."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from pfc_standalone import Parameters, deal, simulate, with_values
from pfc_standalone.__main__ import main
from pfc_standalone.analysis.agreement import population_samples
from pfc_standalone.commands import COMMANDS
from pfc_standalone.figures import save_figures
from pfc_standalone.noise import brian_functions

PAGE = Path(__file__).parent.parent / "docs" / "extending.md"
SMALL = {
    "network.n_per_unit": 10,
    "experiment.trials": 1,
    "experiment.delays": "0.1",
    "experiment.replicates": 1,
}


@pytest.fixture
def my_doors(tmp_path, monkeypatch):
    """The page's files and entry points, as they lie where a package is installed."""
    blocks = dict(
        re.findall(r"```python\n# my_doors/(\w+\.py)\n(.*?)```", PAGE.read_text(), re.DOTALL)
    )
    (entries,) = re.findall(r"```ini\n(.*?)```", PAGE.read_text(), re.DOTALL)
    package, described = tmp_path / "my_doors", tmp_path / "my_doors-1.dist-info"
    for name in [n for n in sys.modules if n.partition(".")[0] == "my_doors"]:
        monkeypatch.delitem(sys.modules, name)
    package.mkdir()
    described.mkdir()
    (package / "__init__.py").write_text("")
    for name, text in blocks.items():
        (package / name).write_text(text)
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: my_doors\nVersion: 1\n")
    (described / "entry_points.txt").write_text(entries)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))  # for the processes that generate and run
    monkeypatch.syspath_prepend(tmp_path)
    return package


def run(target="numpy", **values):
    named = {name.replace("__", "."): value for name, value in values.items()}
    return simulate(deal(with_values(Parameters(), SMALL | named)), target, duration=0.5)


def test_every_door_opens(my_doors, tmp_path, capsys):
    data = run("slow-cpp", network__task="left-right")
    assert data.attrs["target"] == "slow-cpp"
    assert data.sizes["spike"] > 100
    assert set(data["trial_condition"].values.ravel().tolist()) == {"L", "R"}

    samples = population_samples(data, 0.0, 0.5)
    assert 0 < samples["memory_inh", "first_spike"][0][0] < 0.5

    (tmp_path / "figures").mkdir()
    written = {p.name for p in save_figures(data, tmp_path / "figures")}
    assert {"sizes.png", "raster.png"} <= written

    assert brian_functions()["ramp"].pyfunc(2.0) == 1.0
    assert {"hello", "verify"} <= set(COMMANDS.names())
    assert main(["hello", "you"]) == 0
    assert capsys.readouterr().out == "hello you\n"


def test_a_model_a_connection_and_a_rule(my_doors):
    usual, quiet = run(), run(network__model="no-background")
    late = [int((d["spike_time"] > 0.25).sum()) for d in (usual, quiet)]  # after the reset
    assert late[1] < late[0] / 5
    assert late[0] > 50
    weak = run(network__connectivity="weak-fibres")
    assert 100 < weak.sizes["spike"] < usual.sizes["spike"]
    learned = run(network__learning_rule="counting")["learned_input"].values
    none = run(network__learning_rule="counting", input__background_exc=0.0)
    assert np.unique(learned).size > np.unique(none["learned_input"].values).size > 1


def test_source_of_another_package_decides_a_build(my_doors):
    from build_targets.cpp import CppTarget

    parameters = with_values(Parameters(), {"network.model": "no-background"})
    before = CppTarget().source_digest(parameters)
    with (my_doors / "model.py").open("a") as file:
        file.write("# changed\n")
    assert CppTarget().source_digest(parameters) != before
