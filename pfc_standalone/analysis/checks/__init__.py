"""Everything that a model must do, checked: bounds of a size, over sizes, and of trained networks.

`analysis.bounds` has the rows of one run of the task, `analysis.gain_effect` those of the gain.
"""
