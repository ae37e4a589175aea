"""How a parameter is declared and checked: a dataclass field with unit, bounds and source."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field, fields
from typing import Any, Literal

Binding = Literal["build", "run"]


class ParameterError(ValueError):
    """A value that is not allowed; the message names the parameter, the value and the bound."""


def parameter(
    default: Any,
    unit: str,
    doc: str,
    source: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] | None = None,
    binding: Binding = "run",
) -> Any:
    """Declare a parameter: its default, unit, meaning, source, and what it may be."""
    return field(
        default=default,
        metadata={
            "unit": unit,
            "doc": doc,
            "source": source,
            "low": low,
            "high": high,
            "choices": choices,
            "binding": binding,
        },
    )


@dataclass(frozen=True)
class ParameterGroup:
    """A group of parameters, checked when it is made."""

    def __post_init__(self) -> None:
        for f in fields(self):
            check(f.name, getattr(self, f.name), f)


def allowed_range(f: dataclasses.Field[Any]) -> str:
    """The values that a field allows, in words."""
    m = f.metadata
    if m["choices"]:
        return " or ".join(m["choices"])
    if f.type == "bool":
        return "true or false"
    kind = "a whole number" if f.type == "int" else "a number"
    return f"{kind} from {m['low']:g} to {m['high']:g}"


def from_text(name: str, text: str, f: dataclasses.Field[Any]) -> Any:
    """The value that a text stands for; raises `ParameterError` if it stands for none."""
    if f.type == "bool":
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
        raise _not_allowed(name, text, f)
    if f.type == "tuple[str, ...]":
        return tuple(part.strip() for part in text.split(","))
    if f.type in ("int", "float"):
        try:
            number = float(text)
        except ValueError:
            raise _not_allowed(name, text, f) from None
        if f.type == "int" and number.is_integer():
            return int(number)
        return number
    return text


def check(name: str, value: Any, f: dataclasses.Field[Any]) -> None:
    """Raise `ParameterError` unless the field allows the value."""
    m = f.metadata
    if f.type == "tuple[str, ...]":
        for text in value:
            try:
                number = float(text)
            except (TypeError, ValueError):
                raise _not_allowed(name, text, f) from None
            if not m["low"] <= number <= m["high"]:
                raise _not_allowed(name, text, f)
        if not value or len(set(map(float, value))) != len(value):
            raise ParameterError(f"{name} is {value!r}, allowed are different values, at least one")
        return
    kinds: dict[str, tuple[type, ...]] = {
        "bool": (bool,), "int": (int,), "float": (int, float), "str": (str,),
    }  # fmt: skip
    right_type = isinstance(value, kinds[f.type]) and (f.type == "bool" or value is not True)  # type: ignore[index]
    if not right_type or isinstance(value, bool) != (f.type == "bool"):
        raise _not_allowed(name, value, f)
    if m["choices"] and value not in m["choices"]:
        raise _not_allowed(name, value, f)
    if f.type in ("int", "float") and not (math.isfinite(value) and m["low"] <= value <= m["high"]):
        raise _not_allowed(name, value, f)


def _not_allowed(name: str, value: Any, f: dataclasses.Field[Any]) -> ParameterError:
    unit = f" {f.metadata['unit']}" if f.metadata["unit"] else ""
    shown = value if isinstance(value, str) else repr(value)
    return ParameterError(f"{name} is {shown}, allowed is {allowed_range(f)}{unit}")


def check_multiple(name: str, value: float, unit: str, of: str, step: float) -> None:
    """Raise `ParameterError` unless the value is a multiple of the step."""
    if abs(value / step - round(value / step)) > 1e-6:
        raise ParameterError(
            f"{name} is {value:g} {unit}, allowed is a multiple of {of} = {step:g} {unit}"
        )
