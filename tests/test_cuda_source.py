"""What the generated CUDA source does in a time step, counted in its text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import quiet

from build_targets.cuda import CudaTarget
from pfc_standalone.errors import RequirementError
from pfc_standalone.parameters import Parameters, with_values

#: brian2cuda's own random numbers, of which our networks use none.
_RANDOM = "random_number_buffer"
DOCUMENT = Path(__file__).parent.parent / "docs" / "benchmarking.md"


def in_a_step(source):
    """Kernel launches and copies to the host of each code object that the loop calls.

    Constant delays need no queue: what pushes spikes into one returns at once.
    """
    main = (source / "main.cu").read_text()
    called = set(re.findall(r"\.add\(&\w+, _run_(\w+)\);", main)) - {_RANDOM}
    assert called
    found = {}
    for name in called:
        text = (source / "code_objects" / f"{name}.cu").read_text()
        body = text.partition(f"\nvoid _run_{name}()\n")[2].partition("\nvoid _debugmsg_")[0]
        if name.endswith("_push_spikes"):
            body, queue = body.split("else if (", 1)
            assert "_scalar_delay)" in body
            assert "<<<" in queue
        else:
            assert "<<<" in body
        found[name] = (body.count("<<<"), body.count("DeviceToHost"))
    return found


def generate(**values):
    target = CudaTarget()
    try:
        source, _ = target.generate(
            with_values(Parameters(), {"network.n_per_unit": 10} | values), quiet
        )
    except RequirementError as missing:
        pytest.skip(str(missing))
    return source


def total(counts):
    return tuple(sum(column) for column in zip(*counts.values(), strict=True))


def test_launches_and_copies_of_a_step_are_those_of_the_document():
    usual = in_a_step(generate())
    unrecorded = in_a_step(generate(**{"network.record_spikes": False}))
    strict = in_a_step(generate(**{"build.strict_math": True}))
    # one launch serves all replicates
    assert in_a_step(generate(**{"network.batch": 3})) == usual
    # the order of the other targets is made on the GPU
    assert total(strict)[0] > total(usual)[0]
    assert total(strict)[1] == total(usual)[1]
    assert all(copies == 0 for name, (_, copies) in strict.items() if "thresholder" in name)
    stated = " ".join(DOCUMENT.read_text().split())
    for counts, words in ((usual, ""), (unrecorded, " without a spike monitor"),
                          (strict, " with strict math")):  # fmt: skip
        launches, copies = total(counts)
        noun = "copy" if copies == 1 else "copies"
        assert f"{launches} launches and {copies} {noun}{words}" in stated
