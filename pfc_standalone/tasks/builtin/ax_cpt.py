"""The AX continuous performance test: respond to X as the target only if A came before it.

Reference: Braver TS, Cohen JD, Servan-Schreiber D (1995). A computational model of prefrontal
cortex function. NIPS 7:141-148.

Each letter has 11 pixels that are on, of which at most 5 are shared with another letter: a letter
of fewer pixels would lose every competition, in learning too. ``examples/letters_1.toml`` has the
letters of 12, 13, 9 and 7 pixels that were used before.
"""

from pfc_standalone.tasks.task import Condition, Projection, Task

TASK = Task(
    name="ax-cpt",
    units={"input": ("A", "B", "X", "Y"), "memory": ("A", "B"), "output": ("T", "N")},
    # eleven pixels each, none unused and none in all four, as learning needs (docs/learning.md)
    images={
        "A": ("00100", "00100", "01010", "11111", "10001"),
        "B": ("11000", "10100", "11000", "10100", "11100"),
        "X": ("11011", "01010", "00100", "01010", "10001"),
        "Y": ("10001", "10001", "01111", "00001", "00110"),
    },
    projections=(
        Projection("input_A", "memory_A", "axcpt.input_to_memory", gated=True),
        Projection("input_B", "memory_B", "axcpt.input_to_memory", gated=True),
        Projection("input_X", "output_T", "axcpt.x_to_t"),
        Projection("input_X", "output_N", "axcpt.x_to_n"),
        Projection("input_Y", "output_N", "axcpt.y_to_n", receptor="nmda"),
        Projection("input_Y", "output_T", "axcpt.y_to_t", receptor="nmda"),
        Projection("memory_A", "output_T", "axcpt.a_to_t", receptor="nmda"),
        Projection("memory_B", "output_N", "axcpt.b_to_n", receptor="nmda"),
    ),
    conditions=(
        Condition("AX", cue="A", probe="X", correct="T"),
        Condition("AY", cue="A", probe="Y", correct="N"),
        Condition("BX", cue="B", probe="X", correct="N"),
        Condition("BY", cue="B", probe="Y", correct="N"),
    ),
)
