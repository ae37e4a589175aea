"""What a layer of units identifies: presentations, what fired, and what other readers make of them.

All functions are of plain arrays. A *reader* says which image was presented; the network's is its
most active unit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


def spike_counts(
    time: NDArray[np.float64],
    neuron: NDArray[np.int32],
    onsets: NDArray[np.float64],
    duration: float,
    neurons: range,
) -> Counts:
    """Spikes of each neuron while each image was shown.

    Parameters
    ----------
    time, neuron : (n_spikes,) ndarray, s and numbers
        In order of time.
    onsets : (n_presentations,) ndarray of float64, s
        In order, further apart than ``duration``.
    neurons : range
        Which neurons.

    Returns
    -------
    (n_presentations, n_neurons) ndarray of int64
    """
    counts = np.zeros((onsets.size, len(neurons)), np.int64)
    if not onsets.size:
        return counts
    shown = np.searchsorted(onsets, time + 1e-9, side="right") - 1
    inside = (shown >= 0) & (time < onsets[np.maximum(shown, 0)] + duration - 1e-9)
    inside &= (neuron >= neurons.start) & (neuron < neurons.stop)
    np.add.at(counts, (shown[inside], neuron[inside] - neurons.start), 1)
    return counts


def of_units(counts: Counts, n_units: int) -> Counts:
    """Counts summed over the neurons of each unit: (n_presentations, n_units)."""
    return counts.reshape(len(counts), n_units, -1).sum(axis=2)


def mean_by_image(values: NDArray[Any], image: NDArray[np.int64], n_images: int) -> NDArray[Any]:
    """Mean over the presentations of each image, (n_images, ...); NaN of one never presented."""
    shape = (n_images, *values.shape[1:])
    return np.array(
        [values[image == k].mean(axis=0) if (image == k).any() else np.full(shape[1:], np.nan)
         for k in range(n_images)]
    )  # fmt: skip


def labels(counts: Counts, image: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which image each unit stands for: one each, so that what fired counts most.

    Parameters
    ----------
    counts : (n_presentations, n_units) ndarray
    image : (n_presentations,) ndarray of int

    Returns
    -------
    (n_units,) ndarray of int64
    """
    from scipy.optimize import linear_sum_assignment

    n_units = counts.shape[1]
    mean = np.nan_to_num(mean_by_image(counts, image, n_units))
    _, image_of = linear_sum_assignment(mean.T, maximize=True)
    return np.asarray(image_of, np.int64)


def winners(counts: Counts, label: NDArray[np.int64]) -> NDArray[np.int64]:
    """The image for which the most active unit stands; -1 where none fired, or two as much."""
    best = counts.max(axis=1)
    clear = (best > 0) & ((counts == best[:, None]).sum(axis=1) == 1)
    return np.where(clear, label[counts.argmax(axis=1)], -1)


def nearest_template(shown: NDArray[np.bool_], templates: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The image with the fewest pixels other than shown; of several, one by chance.

    Parameters
    ----------
    shown : (n_presentations, n_pixels) ndarray of bool
    templates : (n_images, n_pixels) ndarray of bool
    """
    distance = (shown[:, None, :] != templates[None]).sum(axis=2)
    by_chance = np.random.default_rng(0).random(distance.shape)
    return np.argmin(distance + 0.5 * by_chance, axis=1)


def linear_classifier(
    trained_on: NDArray[np.bool_], image: NDArray[np.int64], shown: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """What a logistic regression on pixels reads, trained on the presentations of training."""
    from sklearn.linear_model import LogisticRegression

    reader = LogisticRegression(max_iter=1000).fit(trained_on.astype(float), image)
    return np.asarray(reader.predict(shown.astype(float)), np.int64)


def selective(counts: Counts, image: NDArray[np.int64], label: NDArray[np.int64]) -> NDArray[Any]:
    """Whether each neuron fired most for the image that its unit stands for: (n_neurons,) of bool.

    A neuron that never fired prefers none.
    """
    mean = np.nan_to_num(mean_by_image(counts, image, label.size))
    wanted = np.repeat(label, counts.shape[1] // label.size)
    return np.asarray((mean.argmax(axis=0) == wanted) & (mean.max(axis=0) > 0))
