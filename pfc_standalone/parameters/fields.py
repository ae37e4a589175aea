"""How a parameter is declared and checked: a dataclass field with unit, bounds and source."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from pfc_standalone.errors import ParameterError
from pfc_standalone.parameters.units import SI
from pfc_standalone.registry import Registry
from pfc_standalone.tasks import TASKS, Task, find_task

Binding = Literal["build", "run"]


def parameter(
    default: Any,
    unit: str,
    doc: str,
    source: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] | Registry | None = None,
    binding: Binding = "run",
) -> Any:
    """Declare a parameter: its default, unit, meaning, source, and what it may be.

    The unit, one of `units.SI`, gives the factor to SI. ``choices`` may be a registry, whose
    variants are asked for when a value is checked.
    """
    assert unit in SI, unit
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
        return " or ".join(_choices(f))
    if f.type == "bool":
        return "true or false"
    if f.type == "Task":
        return f"{' or '.join(TASKS.names())} or a task file"
    kind = "a whole number" if f.type == "int" else "a number"
    return f"{kind} from {m['low']:g} to {m['high']:g}"


def _choices(f: dataclasses.Field[Any]) -> tuple[str, ...]:
    choices = f.metadata["choices"]
    return choices.names() if isinstance(choices, Registry) else choices


def from_text(name: str, text: str, f: dataclasses.Field[Any]) -> Any:
    """The value that a text stands for; raises `ParameterError` if it stands for none."""
    if f.type == "bool":
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
        raise _not_allowed(name, text, f)
    if f.type == "Task":
        return find_task(text)
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
    if f.type == "Task":
        if not isinstance(value, Task):
            raise _not_allowed(name, value, f)
        return
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
    if m["choices"] and value not in _choices(f):
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
