"""No learning: pixels reach the input layer as the connectivity has it."""

RULE = None
