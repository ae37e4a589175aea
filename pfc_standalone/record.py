"""Labelled arrays in the way of xarray's `Dataset`, without its import.

xarray and pandas take longer to import than a short experiment to label, so commands keep what
they found in a `Record`. Whatever a function returns to a user is a `Dataset`: `Record.to_xarray`.
Functions that read one take either, as `Labelled`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import xarray as xr


class Values(Protocol):
    """What is read of one variable."""

    @property
    def values(self) -> NDArray[Any]:
        """The array."""


class Labelled(Protocol):
    """What `Record` and `Dataset` have in common."""

    @property
    def attrs(self) -> dict[Any, Any]:
        """What is known of the whole."""

    @property
    def sizes(self) -> Mapping[Any, int]:
        """Length of each dimension."""

    @property
    def variables(self) -> Mapping[Any, Any]:
        """Every variable, coordinates among them."""

    @property
    def coords(self) -> Any:
        """Names of coordinates."""

    def __getitem__(self, name: str, /) -> Values: ...

    def __contains__(self, name: object, /) -> bool: ...

    def __iter__(self) -> Iterator[Any]:
        """Names of variables that are no coordinates."""

    def assign(self, variables: Mapping[Any, Any], /) -> Self:
        """The same with more variables."""

    def assign_attrs(self, attrs: Mapping[Any, Any], /) -> Self:
        """The same with more attributes."""


@dataclass(frozen=True, eq=False)
class Column:
    """One variable: an array, the names of its dimensions, and what is known of it."""

    dims: tuple[str, ...]
    values: NDArray[Any]
    attrs: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, given: Any) -> Column:
        """From what xarray takes: dimensions (or one's name), values, and perhaps attributes.

        Raises
        ------
        ValueError
            If there are not as many dimensions as the array has.
        """
        dims, values, *attrs = given
        dims, values = (dims,) if isinstance(dims, str) else tuple(dims), np.asarray(values)
        if len(dims) != values.ndim:
            raise ValueError(f"an array of shape {values.shape} has the dimensions {dims}")
        return cls(dims, values, dict(*attrs))


class Record:
    """Labelled arrays that share dimensions.

    Parameters
    ----------
    data, coordinates : mapping
        From a name to what `Column.of` takes. A variable with the name of its only dimension is a
        coordinate.
    attrs : mapping
        What is known of the whole.

    Raises
    ------
    ValueError
        If two variables differ in the length of a dimension.
    """

    def __init__(
        self, data: Mapping[str, Any], coordinates: Mapping[str, Any], attrs: Mapping[str, Any]
    ) -> None:
        self._fill({n: Column.of(v) for n, v in {**data, **coordinates}.items()}, set(coordinates))
        self.attrs: dict[Any, Any] = dict(attrs)

    def _fill(self, variables: dict[str, Column], coordinates: set[str]) -> None:
        self.variables: dict[str, Column] = variables
        self.coords = coordinates | {n for n, v in variables.items() if v.dims == (n,)}
        self.sizes: dict[str, int] = {}
        for name, column in variables.items():
            for dim, size in zip(column.dims, column.values.shape, strict=True):
                if self.sizes.setdefault(dim, size) != size:
                    raise ValueError(f"{name} has {size} values on {dim}, not {self.sizes[dim]}")

    def __getitem__(self, name: str, /) -> Column:
        return self.variables[name]

    def __contains__(self, name: object, /) -> bool:
        return name in self.variables

    def __iter__(self) -> Iterator[str]:
        return (name for name in self.variables if name not in self.coords)

    def assign(self, variables: Mapping[str, Any], /) -> Self:
        """The same with more variables; arrays are shared, not copied."""
        more = {name: Column.of(value) for name, value in variables.items()}
        return self._with(self.variables | more, self.attrs)

    def assign_attrs(self, attrs: Mapping[str, Any], /) -> Self:
        """The same with more attributes."""
        return self._with(self.variables, self.attrs | dict(attrs))

    def _with(self, variables: dict[str, Column], attrs: dict[Any, Any]) -> Self:
        other = type(self)({}, {}, attrs)
        other._fill(variables, self.coords)
        return other

    def to_xarray(self) -> xr.Dataset:
        """The same as xarray has it; arrays are shared, not copied."""
        import xarray as xr

        parts: tuple[dict[str, Any], dict[str, Any]] = {}, {}
        for name, column in self.variables.items():
            parts[name in self.coords][name] = (column.dims, column.values, column.attrs)
        return xr.Dataset(*parts, self.attrs)
