"""Results as a block of neo, for elephant and whatever else reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pfc_standalone.exports.contents import (
    made_on,
    needed,
    neurons_of,
    span,
    traces_of,
    trials_of,
)
from pfc_standalone.record import Labelled
from pfc_standalone.results import task_of
from pfc_standalone.results.provenance import provenance

if TYPE_CHECKING:
    import neo


def to_neo(dataset: Labelled) -> neo.Block:
    """Results as a block: a segment each replicate, a group each population.

    Every neuron is a spike train, silent ones among them, annotated with ``replicate``,
    ``neuron``, ``population``, ``layer``, ``selective_unit`` and ``cell_type``. A segment has its
    trials as the epoch ``trials``, labelled with their conditions, whose array annotations are the
    columns of `contents.TRIAL_COLUMNS`; onsets and responses as events; and traces, where they
    were recorded, of the first replicate, a channel a neuron. The block's annotations say where the
    results come from.

    Parameters
    ----------
    dataset : Dataset
        From `load_results` or `simulate`.

    Raises
    ------
    ResultsError
        If it has no spikes.
    RequirementError
        If neo is not installed (extra ``neo``).
    """
    neurons, trials = neurons_of(dataset), trials_of(dataset)
    core, pq = needed("neo", "neo"), needed("quantities", "neo")
    start, stop = span(dataset)
    block = core.Block(
        name=task_of(dataset).name, rec_datetime=made_on(dataset), provenance=provenance(dataset)
    )
    segments: dict[int, neo.Segment] = {}
    groups: dict[str, neo.Group] = {}
    for number in dataset["replicate"].values.tolist():
        segments[number] = core.Segment(name=f"replicate {number}", replicate=number)
        _add_trials(segments[number], trials, core, pq)
    for row, times in neurons.trains():
        train = core.SpikeTrain(
            times, units=pq.s, t_start=start, t_stop=stop,
            name=f"{row['population']} {row['neuron']}", **row,
        )  # fmt: skip
        segments[row["replicate"]].spiketrains.append(train)
        name = row["population"]
        groups.setdefault(name, core.Group(name=name)).add(train)
    _add_traces(next(iter(segments.values())), dataset, core, pq)
    block.segments.extend(segments.values())
    block.groups.extend(groups.values())
    return block


def _add_trials(segment: Any, trials: dict[str, Any], core: Any, pq: Any) -> None:
    mine = trials["replicate"] == segment.annotations["replicate"]
    own = {name: values[mine] for name, values in trials.items()}
    segment.epochs.append(
        core.Epoch(
            own["start"] * pq.s,
            (own["end"] - own["start"]) * pq.s,
            own["condition"],
            name="trials",
            array_annotations={n: v for n, v in own.items() if n != "replicate"},
        )
    )
    events = {"cue": (own["onset"], own["cue"]), "probe": (own["probe_onset"], own["probe"])}
    if "response" in own:
        events["response"] = own["window_start"] + own["reaction_time"], own["response"]
    for name, (times, labels) in events.items():
        shown = (labels != "") & ~np.isnan(times)
        segment.events.append(core.Event(times[shown] * pq.s, labels[shown], name=name))


def _add_traces(segment: Any, dataset: Labelled, core: Any, pq: Any) -> None:
    for name, (values, unit) in traces_of(dataset).items():
        times = dataset["trace_time"].values
        segment.analogsignals.append(
            core.AnalogSignal(
                values * getattr(pq, unit),
                t_start=times[0] * pq.s,
                sampling_period=(times[1] - times[0]) * pq.s,
                name=name,
                array_annotations={"neuron": dataset["trace_neuron"].values},
            )
        )
