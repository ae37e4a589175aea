"""Tasks as plain data and as files: what goes in comes back, and what is wrong is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from pfc_standalone.errors import ParameterError, TaskError
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.tasks import TASKS, Task, find_task, read_task

EXAMPLES = Path(__file__).parent.parent / "examples"
EXAMPLE = EXAMPLES / "match_to_sample.toml"
FIRST_LETTERS = EXAMPLES / "letters_1.toml"
LETTERS = {
    "A": ["010", "111", "101"],
    "B": ["110", "111", "110"],
}
FILE = """
name = "letters"

[units]
input = ["A", "B"]
memory = ["A", "B"]
output = ["T", "N"]

[images]
A = ["010", "111", "101"]
B = '''
110
111
110
'''

[[projections]]
source = "input_A"
destination = "memory_A"
conductance = "axcpt.input_to_memory"
gated = true

[[projections]]
source = "memory_B"
destination = "output_N"
conductance = 3.5
receptor = "nmda"

[conditions]
A = { cue = "A", correct = "T" }
BA = { cue = "B", probe = "A" }

[memory_of_cue]
A = "B"
"""


def letters(**changes):
    """A small task as plain data."""
    return {
        "name": "letters",
        "units": {"input": ["A", "B"], "memory": ["A"], "output": ["T"]},
        "images": LETTERS,
        "projections": [],
        "conditions": {"A": {"cue": "A", "correct": "T"}},
    } | changes


def projecting(**changes):
    first = {"source": "input_A", "destination": "memory_A", "conductance": 1.0}
    return letters(projections=[first | changes])


def refused(error, function, *arguments):
    """The sentence with which something is refused."""
    with pytest.raises(error) as caught:
        function(*arguments)
    said = str(caught.value)
    assert "\n" not in said
    return said


# ------------------------------------------------------------------------ back and forth
@pytest.mark.parametrize("name", [*TASKS.names(), str(EXAMPLE), str(FIRST_LETTERS)])
def test_a_task_comes_back_from_plain_data(name):
    task = find_task(name)
    assert Task.from_dict(task.as_dict()).as_dict() == task.as_dict()
    assert Task.from_dict(task.as_dict()) == task
    assert with_values(Parameters(), {"network.task": task.as_dict()}).network.task == task


def test_a_file_is_read_as_it_is_written(tmp_path):
    path = tmp_path / "letters.toml"
    path.write_text(FILE)
    task = find_task(str(path))
    assert task == read_task(path) == Task.from_dict(task.as_dict())
    assert task.name == "letters"
    assert task.units == {"input": ("A", "B"), "memory": ("A", "B"), "output": ("T", "N")}
    assert task.images == {unit: tuple(rows) for unit, rows in LETTERS.items()}
    assert task.shape == (3, 3)
    one, two = task.projections
    assert (one.conductance, one.gated) == ("axcpt.input_to_memory", True)
    assert (two.source, two.destination) == ("memory_B", "output_N")
    assert (two.conductance, two.gated) == (3.5, False)
    assert [(p.receptor, p.nmda_share) for p in (one, two)] == [("ampa", 0), ("nmda", 1)]
    cue_alone, both = task.conditions
    assert (cue_alone.cue, cue_alone.probe, cue_alone.correct) == ("A", None, "T")
    assert (both.cue, both.probe, both.correct) == ("B", "A", None)
    assert task.memory_of_cue == {"A": "B"}
    parameters = with_values(Parameters(), {"network.task": str(path)})
    assert parameters.conductance(one) == parameters.axcpt.input_to_memory
    assert parameters.conductance(two) == 3.5


def test_letters_have_as_many_pixels_and_the_first_ones_are_kept():
    task, first = find_task("ax-cpt"), find_task(str(FIRST_LETTERS))
    pixels = [
        {unit: "".join(rows).count("1") for unit, rows in t.images.items()} for t in (task, first)
    ]
    assert pixels == [dict.fromkeys("ABXY", 11), {"A": 12, "B": 13, "X": 9, "Y": 7}]
    different = {"name", "images"}
    kept = [{k: v for k, v in t.as_dict().items() if k not in different} for t in (task, first)]
    assert kept[0] == kept[1]


def test_a_cue_is_held_by_the_memory_of_its_name_unless_told():
    assert Task.from_dict(letters()).memory_of_cue == {"A": "A"}
    told = Task.from_dict(letters(memory_of_cue={"B": "A"}))
    assert told.memory_of_cue == {"B": "A"}


# ------------------------------------------------------------------------ what is refused
WRONG = {
    "name empty": (letters(name=""), "task.name is ''"),
    "name odd": (letters(name="my task"), "task.name is 'my task', allowed are 1 to 16 letters"),
    "name number": (letters(name=5), "name is 5, allowed is a text in quotation marks"),
    "unknown key": (letters(colour="red"), "the task has colour, allowed is one of: name, units"),
    "layers": (letters(units={"input": ["A"]}), "units has the layers input, allowed are exactly"),
    "units a text": (
        letters(units={"input": "AB", "memory": ["A"], "output": ["T"]}),
        "units.input is 'AB', allowed is a list of texts",
    ),
    "no unit": (
        letters(units={"input": ["A", "B"], "memory": [], "output": ["T"]}),
        "units.memory has 0 units, allowed are 1 to 8",
    ),
    "many units": (
        letters(units={"input": ["A", "B"], "memory": list("abcdefghi"), "output": ["T"]}),
        "units.memory has 9 units, allowed are 1 to 8",
    ),
    "unit twice": (
        letters(units={"input": ["A", "B"], "memory": ["A"], "output": ["T", "T"]}),
        "units.output has T twice",
    ),
    "unit of another population": (
        letters(units={"input": ["A", "B"], "memory": ["inh"], "output": ["T"]}),
        "a unit of units.memory is inh, which names another population",
    ),
    "no images": (letters(images={}), "images has none, allowed is exactly one for each"),
    "image missing": (letters(images={"A": ["1"]}), "images has A, allowed is exactly one for"),
    "rows ragged": (
        letters(images=LETTERS | {"A": ["010", "11"]}),
        "images.A has rows of different length",
    ),
    "pixel": (letters(images=LETTERS | {"A": ["012"] * 3}), "allowed in its rows are only 0 and 1"),
    "image large": (
        letters(images={"A": ["1" * 17], "B": ["1" * 16 + "0"]}),
        "images.A has 1 rows of 17, allowed are 1 to 16 of 1 to 16",
    ),
    "image dark": (letters(images=LETTERS | {"B": ["000"] * 3}), "images.B has no pixel that is"),
    "image sizes": (
        letters(images=LETTERS | {"B": ["11"]}),
        "images have different sizes (A 3x3, B 1x2)",
    ),
    "images same": (
        letters(images={"A": ["10"], "B": ["10"]}),
        "images.B is the same as images.A",
    ),
    "projections": (letters(projections={}), "projections is not a list"),
    "projection a text": (letters(projections=["x"]), "a projection is 'x', allowed is a table"),
    "source": (projecting(source="input_C"), "names input_C, allowed is one of: input_A, input_B"),
    "destination": (projecting(destination="memory_inh"), "names memory_inh, allowed is one of"),
    "backwards": (
        projecting(source="memory_A", destination="input_A"),
        "leads from memory to input, allowed is one of: input to memory",
    ),
    "conductance negative": (projecting(conductance=-1), "conductance -1, allowed is a number"),
    "conductance huge": (projecting(conductance=1e9), "allowed is a number from 0 to 1000 nS"),
    "conductance NaN": (projecting(conductance=float("nan")), "has the conductance nan, allowed"),
    "conductance bool": (projecting(conductance=True), "has the conductance True, allowed is"),
    "gated": (projecting(gated="yes"), "has gated = 'yes', allowed is true or false"),
    "projection key": (projecting(gain=1), "a projection has gain, allowed is one of: source"),
    "projection twice": (
        letters(projections=projecting()["projections"] * 2),
        "projections has input_A -> memory_A twice",
    ),
    "receptor": (
        projecting(receptor="gaba"),
        "has the receptor 'gaba', allowed is one of: ampa",
    ),
    "receptor above 1": (projecting(receptor=1.5), "has the receptor 1.5, allowed is one of: ampa"),
    "receptor of no number": (
        projecting(receptor=float("nan")),
        "has the receptor nan, allowed",
    ),
    "receptor a truth": (projecting(receptor=True), "has the receptor True, allowed is one of"),
    "receptor a list": (projecting(receptor=["nmda"]), "has the receptor ['nmda'], allowed is one"),
    "gated nmda": (
        projecting(receptor=0.5, gated=True),
        "has gated = true and the receptor 0.5, allowed is ampa: the gate acts on AMPA only",
    ),
    "no conditions": (letters(conditions={}), "conditions has none, allowed is at least one"),
    "condition a text": (letters(conditions={"A": "A"}), "conditions.A is 'A', allowed is a table"),
    "condition key": (letters(conditions={"A": {"que": "A"}}), "conditions.A has que, allowed is"),
    "condition name": (letters(conditions={"a b": {"cue": "A"}}), "a condition is 'a b', allowed"),
    "cue": (letters(conditions={"A": {"cue": "Q"}}), "conditions.A.cue is Q, allowed is one of"),
    "cue a number": (letters(conditions={"A": {"cue": 1}}), "conditions.A.cue is 1, allowed is a"),
    "probe": (letters(conditions={"A": {"probe": "Q"}}), "conditions.A.probe is Q, allowed is"),
    "correct": (
        letters(conditions={"A": {"cue": "A", "correct": "A"}}),
        "conditions.A.correct is A, allowed is one of: T, or none at all",
    ),
    "nothing shown": (letters(conditions={"A": {"correct": "T"}}), "conditions.A shows nothing"),
    "memory of cue": (letters(memory_of_cue={"A": "Q"}), "memory_of_cue has A = Q, allowed in the"),
    "memory of what": (
        letters(memory_of_cue={"Q": "A"}),
        "memory_of_cue has Q = A, allowed in the",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_task_that_contradicts_itself_is_one_sentence(what):
    raw, message = WRONG[what]
    assert message in refused(TaskError, Task.from_dict, raw)


@pytest.mark.parametrize("key", letters())
def test_a_task_that_lacks_something_is_one_sentence(key):
    raw = letters()
    del raw[key]
    assert f"the task has no {key}: it needs" in refused(TaskError, Task.from_dict, raw)


@pytest.mark.parametrize("name", ["no.such", "memory.gain", "network.n_per_unit"])
def test_a_conductance_must_be_one(name):
    raw = projecting(conductance=name)
    said = refused(TaskError, with_values, Parameters(), {"network.task": raw})
    assert f"takes its conductance from {name}, which is no conductance" in said


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cannot be used: the task has no name"),
        (b"name = [", "is not TOML: "),
        (b"name = 1\nname = 2", "is not TOML: "),
        (b"\xff\xfe", "is not text in UTF-8"),
        (b"#" * (2**20 + 1), "is larger than 1 MiB: is it one?"),
        (FILE.replace("0", "2").encode(), "cannot be used: images.A is "),
    ],
)
def test_a_file_that_is_no_task_is_one_sentence(tmp_path, content, message):
    path = tmp_path / "task.toml"
    path.write_bytes(content)
    said = refused(TaskError, find_task, str(path))
    assert said.startswith(f"the task file {path} ")
    assert message in said


def test_a_task_that_is_not_there_is_one_sentence(tmp_path):
    missing = tmp_path / "missing.toml"
    said = refused(TaskError, find_task, str(missing))
    assert said == f"the task file {missing} cannot be read: No such file or directory"
    assert "cannot be read: Is a directory" in refused(TaskError, find_task, str(tmp_path))
    said = refused(TaskError, find_task, "chess")
    assert "the task is chess, allowed is one of: ax-cpt, shapes; or a task file" in said


# ------------------------------------------------------------------------ what a task bounds
@pytest.mark.parametrize("layer", ["input", "memory", "output"])
def test_potentiation_is_bound_by_a_units_share(layer):
    """With w_plus = 1 / f all of a unit's recurrent input comes from itself; f is its share."""
    parameters = with_values(Parameters(), {"network.task": letters(), "network.n_per_unit": 20})
    bound = 1 / parameters.unit_share(layer)
    n_units = len(letters()["units"][layer])
    assert bound == pytest.approx(n_units + parameters[f"{layer}.nonselective"])
    at = with_values(parameters, {f"{layer}.w_plus": bound})
    assert at[f"{layer}.w_plus"] == bound
    change = {f"{layer}.w_plus": bound * 1.001}
    said = refused(ParameterError, with_values, parameters, change)
    assert f"{layer}.w_plus is {bound * 1.001:g}, allowed is at most {bound:g}" in said


@pytest.mark.parametrize("name", ["x" * 300, "~nosuchuser/x.toml", "a\0b.toml", "", "no\nname"])
def test_a_name_that_cannot_be_one_is_one_sentence(name):
    with pytest.raises(TaskError) as caught:
        find_task(name)
    assert "\n" not in str(caught.value)


def test_changing_what_describes_a_task_leaves_the_task():
    task = find_task("ax-cpt")
    before = task.projections[0].conductance
    task.as_dict()["projections"][0]["conductance"] = 1.0
    assert task.projections[0].conductance == before


@pytest.mark.parametrize("text", ["a = " + "[" * 5000, "a = " + "9" * 5000])
def test_text_beyond_the_reader_is_one_sentence(text, tmp_path):
    (tmp_path / "t.toml").write_text(text)
    with pytest.raises(TaskError, match="is not TOML"):
        find_task(str(tmp_path / "t.toml"))
    with pytest.raises(TaskError, match="the task is None"):
        Task.from_dict(None)
