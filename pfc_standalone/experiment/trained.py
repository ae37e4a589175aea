"""A file of trained networks: the weights of each by the seed it was trained from."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pfc_standalone.errors import ParameterError, ResultsError
from pfc_standalone.files import write_whole

KIND = "pfc_standalone trained networks"
FORMAT_VERSION = 1
#: Of each network: from (source, destination) to the weight.
Networks = Mapping[int, Mapping[tuple[str, str], float]]
_ADVICE = "make it with python -m pfc_standalone train-rate-model"


def is_trained(path: Path) -> bool:
    """Whether a file is text in braces, as these are and files of conductances are not."""
    try:
        with path.open("rb") as file:
            return file.read(1) == b"{"
    except OSError:
        return False


def read_trained(path: Path) -> tuple[Networks, dict[str, str]]:
    """Networks of a file, and how they came about.

    Raises
    ------
    ParameterError
        If the file is missing, broken, or of another kind or version.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParameterError(f"the weights file {path} does not exist") from None
    except (OSError, ValueError) as error:
        raise ParameterError(f"the weights file {path} cannot be read ({error})") from None
    if not isinstance(raw, dict) or raw.get("kind") != KIND:
        raise ParameterError(f"{path} is no file of trained networks: {_ADVICE}")
    if raw.get("format_version") != FORMAT_VERSION:
        raise ParameterError(
            f"the weights file {path} is of format version {raw.get('format_version')}, this "
            f"program reads {FORMAT_VERSION}: {_ADVICE}"
        )
    try:
        return _networks(raw), {n: str(raw[n]) for n in ("command", "date")}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ParameterError(
            f"the weights file {path} lacks something ({error}): {_ADVICE}"
        ) from None


def _networks(raw: Mapping[str, Any]) -> Networks:
    pairs = [(str(source), str(destination)) for source, destination in raw["projections"]]
    found = {}
    for seed, network in raw["networks"].items():
        weights = [float(w) for w in network["weights"]]
        if not all(map(math.isfinite, weights)):
            raise ValueError(f"network {seed} has a weight that is no number")
        found[int(seed)] = dict(zip(pairs, weights, strict=True))
    return found


def write_trained(
    path: Path,
    networks: Networks,
    facts: Mapping[str, Any],
    epochs: Mapping[int, int] | None = None,
) -> None:
    """Write a file, whole or not at all, a network a line.

    Parameters
    ----------
    facts : mapping
        How they came about: at least ``command`` and ``date``, as texts.
    epochs : mapping, optional
        How long each network was trained.

    Raises
    ------
    ResultsError
        If it cannot be written.
    """
    pairs = list(next(iter(networks.values())))
    head = {"kind": KIND, "format_version": FORMAT_VERSION, **facts, "projections": pairs}
    lines = [f" {json.dumps(key)}: {json.dumps(value)},\n" for key, value in head.items()]
    rows = []
    for seed, weights in networks.items():
        row: dict[str, Any] = {"epochs": epochs[seed]} if epochs else {}
        rows.append(f'  "{seed}": {json.dumps(row | {"weights": list(weights.values())})}')
    text = "{\n" + "".join(lines) + ' "networks": {\n' + ",\n".join(rows) + "\n }\n}\n"
    try:
        write_whole(path, text.encode())
    except OSError as error:
        raise ResultsError(
            f"the weights cannot be written to {path}: {error.strerror or error}"
        ) from error
