"""What a task is: the units of each layer, their images, projections, and what is right.

A *task* is data. It is checked when it is made, so that a network is never built from one that
contradicts itself; `populations`, `stimulus`, `trials` and `weights` turn it into tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pfc_standalone.errors import TaskError

LAYERS = ("input", "memory", "output")
MAX_UNITS = 8
MAX_PIXELS = 16
#: nS, summed over the source unit, as the parameters of the built-in tasks allow.
MAX_CONDUCTANCE = 1000.0
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.=+-]{0,15}")
_RESERVED = ("nonselective", "inh")
#: Of a projection, in the order of their `Projection.nmda_share`.
RECEPTORS = ("ampa", "nmda")
_FORWARD = (("input", "memory"), ("input", "output"), ("memory", "output"))


@dataclass(frozen=True)
class Projection:
    """Excitation from one selective unit onto another, in a later layer.

    Attributes
    ----------
    source, destination : str
        Populations, such as "input_X" and "output_T".
    conductance : float or str
        nS, summed over the source unit; or the name of the parameter that has it.
    gated : bool
        Open only from cue onset to ``timing.gate_extra`` after the cue's end. The gate acts on
        AMPA.
    receptor : str or float
        "ampa", "nmda", or the share of the conductance that goes through NMDA, from 0 to 1. The
        conductance is that of AMPA, whatever the receptor; models say what NMDA takes its place.
    """

    source: str
    destination: str
    conductance: float | str
    gated: bool = False
    receptor: float | str = "ampa"

    @property
    def nmda_share(self) -> float:
        """Share of the conductance that goes through NMDA."""
        r = self.receptor
        return float(RECEPTORS.index(r)) if isinstance(r, str) else float(r)


@dataclass(frozen=True)
class Condition:
    """One kind of trial.

    Attributes
    ----------
    name : str
    cue, probe : str or None
        Input units whose images are shown; None shows nothing. A trial without probe is answered
        while the cue is shown, and ends with its delay.
    correct : str or None
        Output unit that should respond; None if none should.
    """

    name: str
    cue: str | None = None
    probe: str | None = None
    correct: str | None = None


@dataclass(frozen=True)
class Task:
    """What distinguishes one task's network and trials from another's.

    Attributes
    ----------
    name : str
    units : mapping
        From each of `LAYERS` to its selective units, 1 to 8.
    images : mapping
        From each input unit to its rows of "0" and "1", top to bottom; all of one size, up to
        16x16.
    projections : tuple of Projection
    conditions : tuple of Condition
    memory_of_cue : mapping, optional
        From an input unit to the memory unit that should hold it; by default, of the same name.

    Raises
    ------
    TaskError
        If anything contradicts the rest; one sentence.
    """

    name: str
    units: Mapping[str, tuple[str, ...]]
    images: Mapping[str, tuple[str, ...]]
    projections: tuple[Projection, ...]
    conditions: tuple[Condition, ...]
    memory_of_cue: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_name("task.name", self.name)
        self._check_units()
        self._check_images()
        self._check_projections()
        self._check_conditions()
        self._check_memory()

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of an image."""
        rows = next(iter(self.images.values()))
        return len(rows), len(rows[0])

    @property
    def n_pixels(self) -> int:
        """Pixels of an image."""
        rows, columns = self.shape
        return rows * columns

    def populations(self) -> list[str]:
        """Names of the selective populations."""
        return [f"{layer}_{unit}" for layer in LAYERS for unit in self.units[layer]]

    def condition(self, name: str) -> Condition:
        """The condition of that name."""
        for condition in self.conditions:
            if condition.name == name:
                return condition
        raise TaskError(
            f"the condition is {name}, allowed is {_one_of(c.name for c in self.conditions)}"
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain dicts, lists, texts and numbers, from which `from_dict` makes the same task."""
        return {
            "name": self.name,
            "units": {layer: list(units) for layer, units in self.units.items()},
            "images": {unit: list(rows) for unit, rows in self.images.items()},
            "projections": [dict(vars(p)) for p in self.projections],
            "conditions": {
                c.name: {k: v for k, v in vars(c).items() if k != "name" and v is not None}
                for c in self.conditions
            },
            "memory_of_cue": dict(self.memory_of_cue),
        }

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Task:
        """The task that a task file or `as_dict` describes.

        Raises
        ------
        TaskError
            If something is missing, unknown or of the wrong kind.
        """
        _table("the task", raw)
        keys = ("name", "units", "images", "projections", "conditions")
        _check_keys("the task", raw, keys, ("memory_of_cue",))
        units, images = _table("units", raw["units"]), _table("images", raw["images"])
        conditions = _table("conditions", raw["conditions"])
        if not isinstance(raw["projections"], list):
            raise TaskError("projections is not a list: write [[projections]] before each")
        return cls(
            name=_text("name", raw["name"]),
            units={k: _texts(f"units.{k}", v) for k, v in units.items()},
            images={k: _rows(f"images.{k}", v) for k, v in images.items()},
            projections=tuple(_projection(p) for p in raw["projections"]),
            conditions=tuple(_condition(name, c) for name, c in conditions.items()),
            memory_of_cue={
                k: _text(f"memory_of_cue.{k}", v)
                for k, v in _table("memory_of_cue", raw.get("memory_of_cue", {})).items()
            },
        )

    def _check_units(self) -> None:
        if set(self.units) != set(LAYERS):
            raise TaskError(
                f"units has the layers {', '.join(self.units) or 'none'}, allowed are exactly "
                f"{', '.join(LAYERS)}"
            )
        for layer, units in self.units.items():
            if not 1 <= len(units) <= MAX_UNITS:
                raise TaskError(
                    f"units.{layer} has {len(units)} units, allowed are 1 to {MAX_UNITS}"
                )
            for unit in units:
                _check_name(f"a unit of units.{layer}", unit)
                if unit in _RESERVED:
                    raise TaskError(
                        f"a unit of units.{layer} is {unit}, which names another population: "
                        "choose another name"
                    )
            _check_different(f"units.{layer}", units)

    def _check_images(self) -> None:
        if set(self.images) != set(self.units["input"]):
            raise TaskError(
                f"images has {', '.join(self.images) or 'none'}, allowed is exactly one for each "
                f"input unit: {', '.join(self.units['input'])}"
            )
        for unit, rows in self.images.items():
            if not (isinstance(rows, tuple) and rows and all(isinstance(r, str) for r in rows)):
                raise TaskError(f"images.{unit} is {rows!r}, allowed is a tuple of rows of 0 and 1")
            lengths = {len(row) for row in rows}
            if len(lengths) != 1:
                raise TaskError(f"images.{unit} has rows of different length: make them equal")
            if set("".join(rows)) - set("01"):
                raise TaskError(f"images.{unit} is {rows!r}, allowed in its rows are only 0 and 1")
            if not (1 <= len(rows) <= MAX_PIXELS and 1 <= len(rows[0]) <= MAX_PIXELS):
                raise TaskError(
                    f"images.{unit} has {len(rows)} rows of {len(rows[0])}, allowed are 1 to "
                    f"{MAX_PIXELS} of 1 to {MAX_PIXELS}"
                )
            if "1" not in "".join(rows):
                raise TaskError(f"images.{unit} has no pixel that is on: set one to 1")
        sizes = {unit: (len(rows), len(rows[0])) for unit, rows in self.images.items()}
        if len(set(sizes.values())) != 1:
            shown = ", ".join(f"{u} {r}x{c}" for u, (r, c) in sizes.items())
            raise TaskError(f"images have different sizes ({shown}): make them equal")
        seen: dict[tuple[str, ...], str] = {}
        for unit, rows in self.images.items():
            if rows in seen:
                raise TaskError(
                    f"images.{unit} is the same as images.{seen[rows]}: nothing could tell them "
                    "apart"
                )
            seen[rows] = unit

    def _check_projections(self) -> None:
        known = self.populations()
        for p in self.projections:
            name = f"the projection {p.source} -> {p.destination}"
            for end in (p.source, p.destination):
                if end not in known:
                    raise TaskError(f"{name} names {end}, allowed is {_one_of(known)}")
            layers = p.source.partition("_")[0], p.destination.partition("_")[0]
            if layers not in _FORWARD:
                raise TaskError(
                    f"{name} leads from {layers[0]} to {layers[1]}, allowed is "
                    + _one_of(f"{a} to {b}" for a, b in _FORWARD)
                )
            g = p.conductance
            number = isinstance(g, int | float) and not isinstance(g, bool)
            if not isinstance(g, str) and not (number and 0 <= g <= MAX_CONDUCTANCE):
                raise TaskError(
                    f"{name} has the conductance {g!r}, allowed is a number from 0 to "
                    f"{MAX_CONDUCTANCE:g} nS, or a parameter's name"
                )
            if not isinstance(p.gated, bool):
                raise TaskError(f"{name} has gated = {p.gated!r}, allowed is true or false")
            self._check_receptor(name, p)
        _check_different(
            "projections", [f"{p.source} -> {p.destination}" for p in self.projections]
        )

    @staticmethod
    def _check_receptor(name: str, p: Projection) -> None:
        r = p.receptor
        number = isinstance(r, int | float) and not isinstance(r, bool)
        if r not in RECEPTORS and not (number and 0 <= float(r) <= 1):
            raise TaskError(
                f"{name} has the receptor {r!r}, allowed is {_one_of(RECEPTORS)}, or the share of "
                "NMDA, a number from 0 to 1"
            )
        if p.gated and p.nmda_share > 0:
            raise TaskError(
                f"{name} has gated = true and the receptor {r!r}, allowed is ampa: the gate acts "
                "on AMPA only"
            )

    def _check_conditions(self) -> None:
        if not self.conditions:
            raise TaskError("conditions has none, allowed is at least one")
        for c in self.conditions:
            _check_name("a condition", c.name)
            roles = (("cue", c.cue), ("probe", c.probe), ("correct", c.correct))
            for role, unit in roles:
                layer = "output" if role == "correct" else "input"
                if unit is not None and unit not in self.units[layer]:
                    raise TaskError(
                        f"conditions.{c.name}.{role} is {unit}, allowed is "
                        f"{_one_of(self.units[layer])}, or none at all"
                    )
            if c.cue is None and c.probe is None:
                raise TaskError(f"conditions.{c.name} shows nothing: give it a cue or a probe")
        _check_different("conditions", [c.name for c in self.conditions])

    def _check_memory(self) -> None:
        for cue, memory in self.memory_of_cue.items():
            for unit, layer in ((cue, "input"), (memory, "memory")):
                if unit not in self.units[layer]:
                    raise TaskError(
                        f"memory_of_cue has {cue} = {memory}, allowed in the {layer} layer is "
                        + _one_of(self.units[layer])
                    )
        if not self.memory_of_cue:
            same = {u: u for u in self.units["input"] if u in self.units["memory"]}
            object.__setattr__(self, "memory_of_cue", same)


# --------------------------------------------------------------------- from plain data
def _projection(raw: Any) -> Projection:
    what = "a projection"
    needed, optional = ("source", "destination", "conductance"), ("gated", "receptor")
    _check_keys(what, _table(what, raw), needed, optional)
    return Projection(
        _text(f"{what}'s source", raw["source"]),
        _text(f"{what}'s destination", raw["destination"]),
        raw["conductance"],
        raw.get("gated", False),
        raw.get("receptor", RECEPTORS[0]),
    )


def _condition(name: str, raw: Any) -> Condition:
    what = f"conditions.{name}"
    _check_keys(what, _table(what, raw), (), ("cue", "probe", "correct"))
    return Condition(name, **{k: _text(f"{what}.{k}", v) for k, v in raw.items()})


def _check_keys(
    what: str, raw: Mapping[str, Any], needed: tuple[str, ...], optional: tuple[str, ...]
) -> None:
    for key in needed:
        if key not in raw:
            raise TaskError(f"{what} has no {key}: it needs {', '.join(needed)}")
    for key in raw:
        if key not in needed + optional:
            raise TaskError(f"{what} has {key}, allowed is {_one_of(needed + optional)}")


def _table(what: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TaskError(f"{what} is {value!r}, allowed is a table of names and values")
    return value


def _text(what: str, value: Any) -> str:
    if not isinstance(value, str):
        raise TaskError(f"{what} is {value!r}, allowed is a text in quotation marks")
    return value


def _texts(what: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise TaskError(f"{what} is {value!r}, allowed is a list of texts")
    return tuple(_text(f"an entry of {what}", v) for v in value)


def _rows(what: str, value: Any) -> tuple[str, ...]:
    return tuple(value.split()) if isinstance(value, str) else _texts(what, value)


def _check_name(what: str, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise TaskError(
            f"{what} is {name!r}, allowed are 1 to 16 letters, digits and the signs . = + -, a "
            "letter or digit first"
        )


def _check_different(what: str, names: Iterable[str]) -> None:
    names = list(names)
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice is not None:
        raise TaskError(f"{what} has {twice} twice: leave one out")


def _one_of(names: Iterable[str]) -> str:
    return "one of: " + ", ".join(names)
