"""A spiking prefrontal-cortex network, written once in Brian2, and what is measured from it."""
