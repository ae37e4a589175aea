"""The gallery: which examples are executed when the site is built, and their figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from sphinx_gallery.scrapers import figure_rst

#: Those that take seconds; the others are shown, not executed.
EXECUTED = ("gain_curve", "one_trial", "own_task", "rate_gain", "rate_time_step", "weight_search")
_SEEN = "_figures_of_the_gallery"


def scrape(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Save the figures that a block left in variables: ours are made without pyplot."""
    variables = block_vars["example_globals"]
    seen = variables.setdefault(_SEEN, set())
    paths = []
    for value in list(variables.values()):
        if isinstance(value, Figure) and id(value) not in seen:
            seen.add(id(value))
            paths.append(next(block_vars["image_path_iterator"]))
            value.savefig(paths[-1], dpi=150)
    return str(figure_rst(paths, gallery_conf["src_dir"]))


HERE = Path(__file__).parent
GALLERY = {
    "examples_dirs": str(HERE.parent / "examples"),
    "gallery_dirs": "gallery",
    "filename_pattern": rf"/({'|'.join(EXECUTED)})\.py",
    "ignore_pattern": r"on_device\.py",
    "image_scrapers": (scrape,),
    "abort_on_example_error": True,
    "only_warn_on_example_error": False,
    "download_all_examples": False,
    "show_memory": False,
    "write_computation_times": False,
    "remove_config_comments": True,
    "within_subsection_order": "FileNameSortKey",
}
