"""Pages that open from disk without network: templates that share their head, and images in them.

A template begins with ``{% extends "page.html.jinja" %}`` and fills ``title`` and ``body``.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import jinja2

_HERE = Path(__file__).parent


def render(template: str, folder: Path = _HERE, **values: Any) -> str:
    """The text of a page.

    Parameters
    ----------
    template : str
        Name of a file.
    folder : Path
        Where it lies; this one by default. What it extends may lie here.
    values
        Names that the template uses; text among them is escaped.
    """
    loader = jinja2.FileSystemLoader([folder, _HERE])
    environment = jinja2.Environment(loader=loader, autoescape=True)
    return environment.get_template(template).render(**values)


def embedded(png: bytes) -> str:
    """An image as the address of itself."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
