"""The commands of ``python -m pfc_standalone``: a file each, whose docstring is its description."""
