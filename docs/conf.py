"""How Sphinx makes the site: ``sphinx-build -W docs build/site``, without network."""

from __future__ import annotations

import importlib.metadata
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from gallery_of_examples import GALLERY
from sphinx.application import Sphinx
from written import fill_in, lead_elsewhere

project = "PFC standalone"
author = copyright = "The PFC standalone authors"
version = release = importlib.metadata.version("pfc-standalone")

extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon", "myst_nb", "sphinx_gallery.gen_gallery"]
exclude_patterns = ["gallery/**.ipynb", "jupyter_execute"]
suppress_warnings = ["config.cache"]  # the gallery's settings hold functions

html_theme = "furo"
html_title = "PFC standalone"
html_show_sourcelink = False
default_role = "code"

# Markdown and notebooks
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 300
os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # or the kernel warns of frozen modules

# Reference: docstrings are numpydoc
autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_google_docstring = False
napoleon_use_ivar = True

sphinx_gallery_conf = GALLERY


def setup(app: Sphinx) -> None:
    """Have pages filled in, and their links lead to where the site has them."""
    app.connect("source-read", fill_in)
    app.connect("source-read", lead_elsewhere)
