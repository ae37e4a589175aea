"""The figures, a file each; each has a function that draws a dataset, under ``FIGURE``."""
