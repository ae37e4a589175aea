"""No learning: layers are connected as the connectivity has it."""

RULE = None
