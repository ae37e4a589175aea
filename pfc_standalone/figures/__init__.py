"""Figures of a dataset, one a file: how one is found, drawn and written.

A figure is a file in `figures.builtin`, or an entry point of the group
``pfc_standalone.figures``; what it draws with stands in `figures.style` and `figures.trial`.
Everything is drawn on `matplotlib.figure.Figure` objects, never through pyplot, so nothing needs
a display and no figure outlives its call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from pfc_standalone.errors import PFCError
from pfc_standalone.figures.backend import import_matplotlib
from pfc_standalone.record import Labelled, Record
from pfc_standalone.registry import Registry

if TYPE_CHECKING:
    import matplotlib.figure
    import xarray as xr
    from matplotlib.layout_engine import LayoutEngine

__all__ = ["FIGURES", "FORMATS", "Figure", "FigureError", "draw", "save_figures"]

import_matplotlib()  # before any file of this folder, or a figure of another package, does

_OURS = "pfc_standalone.figures.builtin"
FIGURES = Registry("figure", _OURS, "FIGURE", "pfc_standalone.figures")
FORMATS = ("png", "pdf")
_DPI = {"png": 200, "pdf": 300}  # in a PDF, of the parts that are drawn as pixels
_OPTIONS: dict[str, dict[str, Any]] = {
    "png": {"pil_kwargs": {"compress_level": 1}},
    "pdf": {"metadata": {"CreationDate": None}},  # the same data gives the same bytes
}
#: Each glyph of several characters would have a PDF embed one more font.
_NO_LIGATURES = ("-liga",)


class Figure(Protocol):
    """What a file calls ``FIGURE``: a function that draws a dataset."""

    def __call__(self, dataset: xr.Dataset, /) -> dict[str, matplotlib.figure.Figure]:
        """Draw none, one or several figures, by file name without ending.

        A figure gives none if the dataset lacks what it shows. matplotlib's settings are its
        defaults and `style.STYLE` meanwhile; changes to them last as long as the call.
        """


class FigureError(PFCError):
    """Figures could not be drawn or written; the message says which and why."""


def draw(dataset: Labelled, name: str) -> dict[str, matplotlib.figure.Figure]:
    """Draw figures of a dataset without writing them: in a notebook the last line of a cell shows
    one, ``draw(data, "raster")["raster"]``.

    Parameters
    ----------
    dataset : Dataset
        From `simulate` or `load_results`.
    name : str
        Which file of figures: those of `save_figures`, or of another package.

    Returns
    -------
    dict of str to matplotlib.figure.Figure
        By name, such as ``rates`` and ``rates_long``; no figure is known to pyplot.

    Raises
    ------
    ParameterError
        If there is no figure of that name.
    FigureError
        If the dataset lacks what the figure shows.
    """
    import matplotlib as mpl

    from pfc_standalone.figures.style import SETTINGS

    with mpl.rc_context(SETTINGS):
        drawn = _drawn(name, dataset)
    if not drawn:
        raise FigureError(f"the figure {name} was not drawn: the dataset has nothing that it shows")
    return drawn


def save_figures(
    dataset: Labelled,
    folder: Path,
    formats: Sequence[str] = FORMATS,
    names: Sequence[str] | None = None,
) -> list[Path]:
    """Draw a dataset in every way that there is, and write each figure in every format.

    Those that come with the program are ``raster`` (example trials), ``rates`` (shortest delay),
    ``rates_long`` (longest delay, if there are several), ``behaviour``, and ``traces`` if traces
    were recorded; of a model without spikes, ``activities`` and ``activities_long`` instead. All
    replicates are pooled, whatever their labels, but in ``gain``, of results at two values of
    ``memory.gain``.

    Parameters
    ----------
    dataset : Dataset
        Of an experiment, with responses; with or without trials and spikes.
    folder : Path
        An existing folder; figures of the same name are replaced.
    formats : sequence of {"png", "pdf"}
        What to write; both by default.
    names : sequence of str, optional
        Which files of figures, instead of all that there are.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    FigureError
        If a figure fails, once all others are written.
    """
    every = sorted(FIGURES.names() if names is None else names)
    return write_figures({n: partial(_drawn, n, dataset) for n in every}, folder, formats)


def write_figures(
    draw: Mapping[str, Callable[[], Mapping[str, matplotlib.figure.Figure]]],
    folder: Path,
    formats: Sequence[str] = FORMATS,
) -> list[Path]:
    """Draw figures and write them; `save_figures` has the rest.

    Parameters
    ----------
    draw : mapping
        By the name that an error has, functions that give figures by file name without ending.
    """
    import matplotlib as mpl

    from pfc_standalone.figures.style import SETTINGS

    written: dict[str, list[Path]] = {}
    failures: dict[str, Exception] = {}
    for name, make in draw.items():
        try:
            with mpl.rc_context(SETTINGS):
                for stem, figure in make().items():
                    if stem in written:
                        raise ValueError(f"another figure is called {stem} too")
                    written[stem] = _write(figure, folder, stem, formats)
        except Exception as error:
            failures[name] = error
    if failures:
        raise FigureError(_in_words(failures)) from next(iter(failures.values()))
    return [path for paths in written.values() for path in paths]


def _drawn(name: str, dataset: Labelled) -> dict[str, matplotlib.figure.Figure]:
    """What one kind of figure gives."""
    draw: Figure = FIGURES.get(name)
    ours = draw.__module__.startswith(_OURS)  # those of others may ask for all that xarray has
    shown: Any = dataset.to_xarray() if isinstance(dataset, Record) and not ours else dataset
    return draw(shown)


def _write(
    figure: matplotlib.figure.Figure, folder: Path, stem: str, formats: Sequence[str]
) -> list[Path]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    FigureCanvasAgg(figure)
    figure.set_dpi(_DPI["png"])
    engine = figure.get_layout_engine()
    if engine is not None:
        _lay_out(figure, engine)
    if "pdf" in formats:
        for text in figure.findobj(Text):
            text.set_fontfeatures(_NO_LIGATURES)
    written = []
    for kind in formats:
        written.append(folder / f"{stem}.{kind}")
        figure.savefig(written[-1], dpi=_DPI[kind], **_OPTIONS[kind])
    return written


def _lay_out(figure: matplotlib.figure.Figure, engine: LayoutEngine) -> None:
    """Lay a figure out once, and keep its ticks as they are then."""
    from matplotlib.ticker import FixedFormatter, FixedLocator

    for ax in figure.axes:
        for spine in ax.spines.values():  # as large as what they frame
            spine.set_in_layout(False)
    engine.execute(figure)
    figure.set_layout_engine(None)  # "none" would draw twice for each file
    for ax in figure.axes:
        for axis in (a for a in (ax.xaxis, ax.yaxis) if a.get_visible()):
            places = np.asarray(axis.get_majorticklocs()).tolist()  # names have a list of them
            formatter = axis.get_major_formatter()
            fixed = FixedFormatter(formatter.format_ticks(places))
            fixed.set_offset_string(formatter.get_offset())
            axis.set_major_locator(FixedLocator(places))
            axis.set_major_formatter(fixed)


def _in_words(failures: dict[str, Exception]) -> str:
    reasons = [
        f"{name} ({' '.join(str(error).split()) or type(error).__name__})"
        for name, error in failures.items()
    ]
    figures = "the figure" if len(reasons) == 1 else "the figures"
    was = "was" if len(reasons) == 1 else "were"
    return f"{figures} {', '.join(reasons)} {was} not drawn, all others were"
