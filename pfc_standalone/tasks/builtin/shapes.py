"""Circle or cross: one image, one winner at the output, and a memory that outlasts the image."""

from pfc_standalone.tasks.task import Condition, Projection, Task

_SHAPES = ("circle", "cross")

TASK = Task(
    name="shapes",
    units=dict.fromkeys(("input", "memory", "output"), _SHAPES),
    images={
        "circle": ("01110", "10001", "10001", "10001", "01110"),
        "cross": ("10001", "01010", "00100", "01010", "10001"),
    },
    projections=tuple(
        Projection(f"{source}_{shape}", f"{target}_{shape}", f"shapes.{source}_to_{target}", gated)
        for source, target, gated in (
            ("input", "memory", True),
            ("input", "output", False),
            ("memory", "output", False),
        )
        for shape in _SHAPES
    ),
    conditions=tuple(Condition(s, cue=s, probe=None, correct=s) for s in _SHAPES),
)
