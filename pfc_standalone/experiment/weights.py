"""Weights between layers, as a value and as a file: by hand from the parameters, or learned.

They hold for any ``network.n_per_unit``: conductances of projections are summed over the source
unit. What lies within a layer follows from the parameters alone. Weights that were learned are
there synapse by synapse too, for networks of the same size whose synapses can differ.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.errors import ParameterError, ResultsError
from pfc_standalone.experiment.trained import Networks, is_trained, read_trained, write_trained
from pfc_standalone.netcdf import read_netcdf, write_netcdf
from pfc_standalone.parameters import Parameters, parameter_field
from pfc_standalone.record import Record
from pfc_standalone.tasks import Task

FORMAT_VERSION = 1
_KIND = "pfc_standalone weights"
#: mV, beyond the way from rest to threshold.
_MOST_RAISED = 20
_ADVICE = "make it with Weights.save, or with the command that learns"


@dataclass(frozen=True)
class Weights:
    """Weights that differ from those that the parameters describe; none of them by default.

    Attributes
    ----------
    projections : mapping
        From (source, destination), such as ("input_A", "memory_A"), to nS summed over the source.
    pixels : mapping
        From an input unit to the conductance, nS, of one spike of a fibre of each pixel:
        (n_pixels,) ndarray of float64.
    provenance : mapping
        How they came about, as texts.
    synapses : mapping
        From "input" to the conductance of every synapse of a pixel's fibre onto an input unit's
        neuron, and from "memory" to that of input neurons onto memory neurons, nS: (n_sources,
        n_destinations) ndarray of float64. Networks with ``network.learning_rule`` use them, all
        others use the above.
    thresholds : mapping
        From a population to the rise of its threshold, mV; in networks with
        ``network.learning_rule`` alone.
    networks : mapping
        All weights of trained networks of the model rate, by the seed of each; nothing else then.
    """

    projections: Mapping[tuple[str, str], float] = field(default_factory=dict)
    pixels: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=lambda: {"made": "by hand"})
    networks: Networks = field(default_factory=dict)
    synapses: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    thresholds: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def by_hand(cls, parameters: Parameters) -> Weights:
        """All weights that the parameters describe."""
        task = parameters.network.task
        return cls(
            {(p.source, p.destination): parameters.conductance(p) for p in task.projections},
            {
                unit: parameters.afferents.g_pixel * shares
                for unit, shares in pixel_shares(parameters).items()
            },
        )

    def over(self, parameters: Parameters) -> Weights:
        """All weights: these, and those of the parameters where these say nothing."""
        hand = Weights.by_hand(parameters)
        return Weights(
            {**hand.projections, **self.projections},
            {**hand.pixels, **self.pixels},
            self.provenance,
            self.networks,
            self.synapses,
            self.thresholds,
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain lists, texts and numbers, from which `from_dict` makes the same weights."""
        plain: dict[str, Any] = {
            "projections": [[s, d, float(g)] for (s, d), g in self.projections.items()],
            "pixels": {unit: values.tolist() for unit, values in self.pixels.items()},
            "provenance": dict(self.provenance),
        }
        if self.synapses:
            plain["synapses"] = {
                layer: [list(w.shape), base64.b64encode(w.astype("<f8").tobytes()).decode()]
                for layer, w in self.synapses.items()
            }
        if self.thresholds:
            plain["thresholds"] = {name: float(v) for name, v in self.thresholds.items()}
        if self.networks:
            plain["networks"] = {
                seed: [[s, d, float(w)] for (s, d), w in network.items()]
                for seed, network in self.networks.items()
            }
        return plain

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Weights:
        """The weights that `as_dict` wrote."""
        return cls(
            {(s, d): g for s, d, g in raw["projections"]},
            {unit: np.array(values) for unit, values in raw["pixels"].items()},
            raw["provenance"],
            {
                int(seed): {(s, d): w for s, d, w in network}
                for seed, network in raw.get("networks", {}).items()
            },
            {
                layer: np.frombuffer(base64.b64decode(text), "<f8").reshape(shape).copy()
                for layer, (shape, text) in raw.get("synapses", {}).items()
            },
            raw.get("thresholds", {}),
        )

    def check(self, parameters: Parameters) -> None:
        """Raise `ParameterError` if a weight is none, or a network of these parameters has no place
        for it.
        """
        self._check_model(parameters.network.model)
        self._check_values("the weights have")
        task = parameters.network.task
        known = {(p.source, p.destination) for p in task.projections} | into_memory(task)
        for source, destination in self.projections:
            if (source, destination) not in known:
                raise ParameterError(
                    f"the weights have the projection {source} -> {destination}, which the task "
                    f"{task.name} has not: use weights that were made for it"
                )
        for unit, values in self.pixels.items():
            if unit not in task.units["input"] or values.shape != (task.n_pixels,):
                raise ParameterError(
                    f"the weights have {values.size} pixels onto the input unit {unit}, the task "
                    f"{task.name} has {task.n_pixels} onto {', '.join(task.units['input'])}: use "
                    "weights that were made for it"
                )
        self._check_images(task)
        if parameters.network.learning_rule != "none":
            self._check_synapses(parameters)

    def _check_images(self, task: Task) -> None:
        """Weights of pixels that were learned mean nothing with other images."""
        if not self.pixels or "images" not in self.provenance:
            return
        learned = json.loads(self.provenance["images"])
        other = [u for u in learned if list(task.images.get(u, ())) != learned[u]]
        if other or set(learned) != set(task.images):
            raise ParameterError(
                f"the weights were learned with other images than those of the task {task.name} "
                f"({', '.join(other) or 'fewer'}): use the task that they were learned for, "
                f"{self.provenance.get('task', 'unknown')}, or learn this one's"
            )

    def _check_synapses(self, parameters: Parameters) -> None:
        network = parameters.network
        units = {layer: len(network.task.units[layer]) for layer in ("input", "memory")}
        fibres = parameters.afferents.fibres_per_pixel * network.task.n_pixels
        neurons = {layer: n * network.n_per_unit for layer, n in units.items()}
        shapes = {
            "input": (fibres, neurons["input"]),
            "memory": (neurons["input"], neurons["memory"]),
        }
        size = self.provenance.get("n_per_unit", "as they were made with")
        for layer, w in self.synapses.items():
            if w.shape != shapes.get(layer):
                wanted = "none" if layer not in shapes else "{}x{}".format(*shapes[layer])
                raise ParameterError(
                    f"the weights have {w.shape[0]}x{w.shape[1]} synapses onto the {layer} layer, "
                    f"this network has {wanted}: use --n-per-unit {size}, or --set "
                    "network.learning_rule=none, which uses their means"
                )

    def without_synapses(self) -> Weights:
        """The means alone, for networks whose synapses cannot differ."""
        if not self.synapses and not self.thresholds:
            return self
        return replace(self, synapses={}, thresholds={})

    def _check_model(self, model: str) -> None:
        if self.networks and model != "rate":
            raise ParameterError(
                f"the weights are those of trained networks, and the model is {model}: use --model "
                "rate, or weights in nS"
            )
        if model == "rate" and (self.projections or self.pixels):
            raise ParameterError(
                "the weights are conductances of a spiking network, and the model is rate: use "
                "--model spiking, or weights made with python -m pfc_standalone train-rate-model"
            )

    def _check_values(self, who: str) -> None:
        named = {f"{s} -> {d}": np.array([g]) for (s, d), g in self.projections.items()}
        named |= {f"pixels -> {unit}": values for unit, values in self.pixels.items()}
        named |= {f"a synapse onto the {layer} layer": w for layer, w in self.synapses.items()}
        for name, value in self.thresholds.items():
            if not abs(value) <= _MOST_RAISED:
                raise ParameterError(
                    f"{who} a threshold of {name} raised by {value:g} mV, allowed are numbers from "
                    f"-{_MOST_RAISED} to {_MOST_RAISED}"
                )
        for name, values in named.items():
            if not (np.isfinite(values).all() and (values >= 0).all()):
                raise ParameterError(
                    f"{who} {name} = {np.min(values):g} nS, allowed are numbers from 0"
                )

    def save(self, path: str | Path) -> None:
        """Write a file, whole or not at all.

        Raises
        ------
        ResultsError
            If it cannot be written.
        """
        if self.networks:
            write_trained(
                Path(path), self.networks, {"command": "", "date": ""} | dict(self.provenance)
            )
            return
        pairs = list(self.projections)
        data: dict[str, Any] = {
            "source": ("projection", np.array([s for s, _ in pairs], dtype="U32")),
            "destination": ("projection", np.array([d for _, d in pairs], dtype="U32")),
            "conductance": (
                "projection", np.array(list(self.projections.values()), dtype=np.float64),
                {"units": "nS", "long_name": "summed over the source unit"},
            ),
            "input_unit": ("input_unit", np.array(list(self.pixels), dtype="U32")),
        }  # fmt: skip
        if self.pixels:
            data["pixel_conductance"] = (
                ("input_unit", "pixel"), np.stack(list(self.pixels.values())),
                {"units": "nS", "long_name": "of one spike of a fibre"},
            )  # fmt: skip
        for layer, w in self.synapses.items():
            data[f"synapses_{layer}"] = (
                (f"{layer}_source", f"{layer}_neuron"), w,
                {"units": "nS", "long_name": f"of each synapse onto the {layer} layer"},
            )  # fmt: skip
        if self.thresholds:
            names = np.array(list(self.thresholds), dtype="U32")
            data["threshold_population"] = ("threshold", names)
            raised = np.array(list(self.thresholds.values()), dtype=np.float64)
            data["threshold_raised"] = ("threshold", raised, {"units": "mV"})
        provenance = json.dumps(dict(self.provenance))
        attributes = {"kind": _KIND, "format_version": FORMAT_VERSION, "provenance": provenance}
        try:
            write_netcdf(Record(data, {}, attributes), Path(path))
        except OSError as error:
            raise ResultsError(
                f"the weights cannot be written to {path}: {error.strerror or error}"
            ) from error

    @classmethod
    def load(cls, path: str | Path) -> Weights:
        """Read a file.

        Raises
        ------
        ParameterError
            If it is missing, broken, of another kind or version, or holds what no weight can be.
        """
        path = Path(path).expanduser()
        if is_trained(path):
            networks, provenance = read_trained(path)
            return cls(provenance=provenance, networks=networks)
        try:
            data = read_netcdf(path)
        except FileNotFoundError:
            raise ParameterError(f"the weights file {path} does not exist") from None
        except (OSError, ValueError) as error:
            raise ParameterError(
                f"the weights file {path} cannot be read ({error}): {_ADVICE}"
            ) from None
        if data.attrs.get("kind") != _KIND:
            raise ParameterError(f"{path} is no file of weights: {_ADVICE}")
        version = data.attrs.get("format_version")
        if version != FORMAT_VERSION:
            raise ParameterError(
                f"the weights file {path} is of format version {version}, this program reads "
                f"{FORMAT_VERSION}: {_ADVICE}"
            )
        try:
            found = cls._from_dataset(data)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise ParameterError(
                f"the weights file {path} lacks something ({error}): {_ADVICE}"
            ) from None
        found._check_values(f"the weights file {path} has")
        return found

    @classmethod
    def _from_dataset(cls, data: Any) -> Weights:
        sources, destinations = (data[n].values.tolist() for n in ("source", "destination"))
        g = data["conductance"].values.astype(np.float64).tolist()
        pixels = {}
        if "pixel_conductance" in data:
            rows = data["pixel_conductance"].values.astype(np.float64)
            pixels = dict(zip(data["input_unit"].values.tolist(), rows, strict=True))
        provenance = {str(k): str(v) for k, v in json.loads(data.attrs["provenance"]).items()}
        pairs = zip(sources, destinations, strict=True)
        synapses = {
            layer: data[f"synapses_{layer}"].values.astype(np.float64)
            for layer in ("input", "memory")
            if f"synapses_{layer}" in data
        }
        thresholds = {}
        if "threshold_population" in data:
            raised = (data[f"threshold_{n}"].values.tolist() for n in ("population", "raised"))
            thresholds = dict(zip(*raised, strict=True))
        return cls(
            dict(zip(pairs, g, strict=True)), pixels, provenance,
            synapses=synapses, thresholds=thresholds,
        )  # fmt: skip


#: No weight but those of the parameters.
BY_HAND = Weights()


def into_memory(task: Task) -> set[tuple[str, str]]:
    """Pairs of an input and a memory unit that learning may connect: all, if the task has any."""
    layers = [
        (p.source.partition("_")[0], p.destination.partition("_")[0]) for p in task.projections
    ]
    if ("input", "memory") not in layers:
        return set()
    units = task.units
    return {(f"input_{i}", f"memory_{m}") for i in units["input"] for m in units["memory"]}


def images(task: Task) -> dict[str, NDArray[np.bool_]]:
    """The task's images by input unit, each (n_pixels,) of bool, rows top to bottom."""
    return {
        unit: np.array([c == "1" for row in rows for c in row])
        for unit, rows in task.images.items()
    }


def brightness(parameters: Parameters) -> dict[str, float]:
    """Of each image, by input unit: the factor on the rate of its pixels (``afferents.dimming``).

    Whoever sums fixed weights over pixels is driven by the square root of their number before
    these weights are learned, and by its inverse after, where energies are equal.

    Raises
    ------
    ParameterError
        If pixels of an image of few would have a higher rate than a fibre may have.
    """
    a, shown = parameters.afferents, images(parameters.network.task)
    n = {unit: int(image.sum()) for unit, image in shown.items()}
    mean = sum(n.values()) / len(n)
    bright: dict[str, float] = {unit: (mean / k) ** a.dimming for unit, k in n.items()}
    unit = max(bright, key=bright.__getitem__)
    highest = parameter_field("afferents.rate_on").metadata["high"]
    if (rate := a.rate_on * bright[unit]) > highest:
        raise ParameterError(
            f"pixels of the image of {unit} have a rate of {rate:.4g} Hz, since it has {n[unit]} "
            f"where images have {mean:.4g} on average; allowed is up to {highest:g} Hz: lower "
            f"afferents.dimming (now {a.dimming:g}) or afferents.rate_on (now {a.rate_on:g} Hz)"
        )
    return bright


def shown_images(parameters: Parameters) -> NDArray[np.float64]:
    """The task's images in the order of its input units, each pixel 0 or as bright as its image.

    Returns
    -------
    (n_images, n_pixels) ndarray of float64
    """
    task, bright = parameters.network.task, brightness(parameters)
    shown = images(task)
    return np.array([bright[unit] * shown[unit] for unit in task.units["input"]])


def pixel_shares(parameters: Parameters) -> dict[str, NDArray[np.float64]]:
    """How much of an input unit's drive each pixel of its image carries.

    A pixel that other images have too says less: its weight falls with their number
    (``afferents.share_1``, ``share_2``, then 0). The weights of an image sum to 1, or to more if
    it is dimmer than others and to less if it is brighter, so that each drives its unit alike.

    Raises
    ------
    ParameterError
        If no pixel of an image carries any weight.
    """
    shown = images(parameters.network.task)
    shared_by = np.sum(list(shown.values()), axis=0)
    a = parameters.afferents
    by_others = np.array([1.0, a.share_1, a.share_2] + [0.0] * len(shown))
    shares, bright = {}, brightness(parameters)
    for unit, image in shown.items():
        weight = image * by_others[np.maximum(shared_by - 1, 0)]
        if not weight.sum() > 0:
            raise ParameterError(
                f"no pixel of the image of {unit} carries any weight, since other images have all "
                f"of them too: change the image, or raise afferents.share_1 (now {a.share_1:g}) "
                f"or afferents.share_2 (now {a.share_2:g})"
            )
        shares[unit] = weight / weight.sum() / bright[unit]
    return shares
