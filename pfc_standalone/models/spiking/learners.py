"""What populations that learn have, beside synapses: learning rates, mean rates, thresholds, and
a teacher. One row a population and replicate, brought up to date once a frame of the stimulus;
neurons copy what concerns them.

The mean rate of a population, m, follows the count c of its spikes in a frame, of the length T:
``m += (c/(size*T) - m)*(1 - exp(-T/tau_rate))``, in frames in which it learns. Its threshold rises
by ``step*c/size`` in frames of training, and decays with ``tau_threshold``. Spikes are counted as
whole numbers, so that their order makes no difference.

The teacher has a fibre of its own for each neuron that learns, which fires at random, at most once
a time step, with the rate that the teacher has for the population now; its spikes are those of the
neuron's background.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pfc_standalone.experiment.changes import change_rows
from pfc_standalone.experiment.points import Point
from pfc_standalone.models.spiking.populations import Layout, Population, population_table
from pfc_standalone.models.spiking.stimulus import point_changes
from pfc_standalone.parameters import SI, Parameters

if TYPE_CHECKING:
    import brian2 as b2

#: Variables of a row that a run takes.
TAKES = ("mean_rate", "raised", "raised_step", "w_max", "w_total", "kappa", "offset")
#: Tables that a run takes: by change of the stimulus and population.
TABLES = ("change_rate", "change_teacher", "change_training")
#: What each of the teacher's fibres is given when a run starts.
TEACHER_TAKES = ("rng_seed", "noise_replicate", "weight")

EQUATIONS = """
spike_count : integer
rate : siemens
teacher : 1
training : 1
mean_rate : Hz
mean_trace : 1
raised : volt
transmits : 1
size : integer (constant)
replicate : integer (constant)
gated : 1 (constant)
raised_step : volt (constant)
w_max : siemens (constant)
w_total : siemens (constant)
kappa : 1 (constant)
offset : 1 (constant)
change : integer (linked)
schedule_gate : 1 (linked)
"""

# What was counted in the frame that ends belongs to what it showed; then comes the next.
NEXT_FRAME = """
frame_rate = spike_count/(size*learner_frame)
mean_rate = mean_rate + int(rate > learner_none)*learner_weight*(frame_rate - mean_rate)
raised = raised + training*(raised_step*spike_count/size - learner_decay*raised)
spike_count = 0
mean_trace = mean_rate*learner_trace
rate = change_rate(change*second, i)
teacher = change_teacher(change*second, i)
training = change_training(change*second, i)
transmits = 1 + gated*(schedule_gate - 1)
"""

#: What neurons copy: their own name, the row's, and the unit.
_COPIES = (
    ("eta", "rate", "siemens"),
    ("mean_now", "mean_trace", "1"),
    ("w_max", "w_max", "siemens"),
    ("w_total", "w_total", "siemens"),
    ("kappa", "kappa", "1"),
    ("offset", "offset", "1"),
    ("raised", "raised", "volt"),
    ("transmits", "transmits", "1"),
    ("training", "training", "1"),
)
NEURON = "\n".join(
    f"plastic_{own} : {unit}\nlearner_{name} : {unit} (linked)" for own, name, unit in _COPIES
)

COPY = "\n".join(f"plastic_{own} = learner_{name}" for own, name, _ in _COPIES)

TEACHER = """
probability : 1
learner_teacher : 1 (linked)
uniform : 1
weight : siemens (constant)
replicate : integer (constant)
neuron : integer (constant)
destination : integer (constant)
rng_seed : integer (constant)
noise_replicate : integer (constant)
"""

TEACHER_UNIFORM = (
    "uniform = counter_uniform(rng_seed, noise_replicate, STREAM_TEACHER, neuron, t_in_timesteps)"
)


def namespace(parameters: Parameters) -> dict[str, Any]:
    """Names that the equations use, and tables for a run to fill."""
    import brian2 as b2

    frame = parameters.si("network.stimulus_dt")
    rows, batch = change_rows(parameters), parameters.network.batch
    columns = batch * len(population_table(parameters))

    def table(name: str, n: int, unit: Any = 1) -> b2.TimedArray:
        return b2.TimedArray(np.zeros((rows, n)) * unit, dt=1 * b2.second, name=name)

    return {
        "learner_none": 0 * b2.siemens,
        "learner_frame": frame * b2.second,
        "learner_weight": -math.expm1(-frame / parameters.si("learning.tau_rate")),
        "learner_decay": -math.expm1(-frame / parameters.si("learning.tau_threshold")),
        "learner_trace": parameters.si("learning.tau_trace") * b2.second,
        "change_rate": table("change_rate", columns, b2.siemens),
        "change_teacher": table("change_teacher", columns),
        "change_training": table("change_training", columns),
    }


def create(
    parameters: Parameters,
    names: dict[str, Any],
    schedule: b2.NeuronGroup,
    neurons: b2.NeuronGroup,
) -> dict[str, Any]:
    """The group, synapses that count spikes for it, and the copies that neurons have."""
    import brian2 as b2

    populations, batch = population_table(parameters), parameters.network.batch
    frame = parameters.si("network.stimulus_dt") * b2.second
    group = b2.NeuronGroup(len(populations) * batch, EQUATIONS, namespace=names, name="learners")
    group.size = np.tile([max(p.size, 1) for p in populations], batch)
    group.replicate = np.repeat(np.arange(batch), len(populations))
    group.gated = np.tile([float(p.layer == "memory") for p in populations], batch)
    group.change = b2.linked_var(schedule, "change", index="replicate")
    group.schedule_gate = b2.linked_var(schedule, "gate", index="replicate")
    # after the schedule, before neurons copy
    group.run_regularly(NEXT_FRAME, dt=frame, when="start", order=-2, name="learners_next_frame")
    for _, name, _ in _COPIES:
        setattr(neurons, f"learner_{name}", b2.linked_var(group, name, index="destination"))
    neurons.run_regularly(COPY, dt=frame, when="start", order=-1, name="neurons_learners")
    counts = b2.Synapses(
        neurons, group, on_pre="spike_count_post += 1", namespace=names, name="spike_counts",
        delay=parameters.si("network.synaptic_delay") * b2.second,
    )  # fmt: skip
    numbers = [k for k, p in enumerate(populations) if learns(p)]
    counts.connect(
        j="k for k in range(destination_pre, destination_pre + 1) "
        f"if population_pre >= {min(numbers)} and population_pre <= {max(numbers)}",
        namespace=names,
    )
    return {
        "learners": group,
        "spike_counts": counts,
        **_create_teachers(parameters, names, group, neurons),
    }


def learns(population: Population) -> bool:
    """Whether synapses onto a population may learn."""
    return population.unit != "" and population.layer != "output"


def _taught(parameters: Parameters) -> Layout:
    """The neurons of all populations that learn, in all replicates."""
    populations, batch = population_table(parameters), parameters.network.batch
    layout = Layout.of([p.size for p in populations], batch)
    mine = np.isin(layout.population, [k for k, p in enumerate(populations) if learns(p)])
    return Layout(layout.population[mine], layout.replicate[mine], layout.neuron[mine])


def _create_teachers(
    parameters: Parameters, names: dict[str, Any], group: b2.NeuronGroup, neurons: b2.NeuronGroup
) -> dict[str, Any]:
    import brian2 as b2

    layout, frame = _taught(parameters), parameters.si("network.stimulus_dt") * b2.second
    teachers = b2.NeuronGroup(
        len(layout.neuron), TEACHER, threshold="uniform < probability", reset="", namespace=names,
        name="teachers",
    )  # fmt: skip
    n_populations = len(population_table(parameters))
    teachers.destination = layout.replicate * n_populations + layout.population
    teachers.replicate, teachers.neuron = layout.replicate, layout.neuron
    teachers.learner_teacher = b2.linked_var(group, "teacher", index="destination")
    teachers.run_regularly(
        "probability = learner_teacher", dt=frame, when="start", order=-1, name="teachers_rate"
    )
    teachers.run_regularly(TEACHER_UNIFORM, when="start", name="teachers_uniform")
    synapses = b2.Synapses(
        teachers, neurons, on_pre="g_plastic_post += weight_pre", namespace=names,
        delay=parameters.si("network.synaptic_delay") * b2.second, name="from_teachers",
    )  # fmt: skip
    synapses.connect("replicate_pre == replicate_post and neuron_pre == neuron_post")
    return {"teachers": teachers, "from_teachers": synapses}


def values(points: tuple[Point, ...], start: float) -> dict[str, NDArray[Any]]:
    """What a run takes, by name."""
    rows: dict[str, list[float]] = {name: [] for name in TAKES}
    tables = [_tables(point, start) for point in points]
    for point in points:
        p = point.parameters
        for population in population_table(p):
            group = f"learn_{population.layer}"
            mine = learns(population)
            n_sources = (
                p.afferents.fibres_per_pixel
                if population.layer == "input"
                else p.network.n_per_unit
            )
            rows["mean_rate"].append(p[f"{group}.rate"] if mine else 0.0)
            raised = point.weights.thresholds.get(population.name, 0.0)
            rows["raised"].append(raised * SI["mV"])
            rows["raised_step"].append(p.si(f"{group}.threshold") if mine else 0.0)
            rows["w_max"].append(p.si(f"{group}.w_max") / n_sources if mine else 0.0)
            rows["w_total"].append(p.si(f"{group}.total") if mine else 0.0)
            for name in ("kappa", "offset"):
                rows[name].append(p[f"{group}.{name}"] if mine else 0.0)
    replicate = _taught(points[0].parameters).replicate
    of_teachers = {
        "rng_seed": np.array([p.parameters.experiment.seed for p in points], np.int32),
        "noise_replicate": np.array([p.replicate for p in points], np.int32),
        "weight": np.array([p.parameters.si("exc.g_background") for p in points]),
    }
    return (
        {f"learners.{name}": np.array(row) for name, row in rows.items()}
        | {f"teachers.{name}": of_teachers[name][replicate] for name in TEACHER_TAKES}
        | {
            f"{name}.values": np.concatenate([t[k] for t in tables], axis=1).ravel()
            for k, name in enumerate(TABLES)
        }
    )


def _sources(parameters: Parameters, population: Population) -> int:
    """Fibres or neurons of one source unit of what learns onto a population."""
    if population.layer == "input":
        return parameters.afferents.fibres_per_pixel
    return parameters.network.n_per_unit


def _tables(point: Point, start: float) -> tuple[NDArray[np.float64], ...]:
    """Learning rate (S), the teacher's spikes a time step, and whether it is training, of each
    change and population.
    """
    parameters = point.parameters
    populations = population_table(parameters)
    index = {p.name: k for k, p in enumerate(populations)}
    rate, teacher, training = (
        np.zeros((change_rows(parameters), len(populations))) for _ in range(3)
    )
    full = np.zeros(len(populations))
    for k, p in enumerate(populations):
        if learns(p):
            group = f"learn_{p.layer}"
            w_max = parameters.si(f"{group}.w_max") / _sources(parameters, p)
            full[k] = parameters[f"{group}.eta"] * w_max
    layer = np.array([p.layer for p in populations])
    _, patterns = point_changes(point, start)
    if point.lesson is None:  # a task's trials: pixels learn always, memory while its gate is open
        gates = (patterns // 2) % 2
        rate[: len(patterns)] = np.where(layer == "memory", full * gates[:, None], full)
        training[: len(patterns)] = parameters.network.learning_rule != "fixed"
        return rate, teacher, training
    for k, scene in enumerate(point.lesson.scenes):
        for name, factor in scene.learning.items():
            rate[k, layer == name] = factor * full[layer == name]
        for name, khz in scene.teacher.items():
            teacher[k, index[name]] = khz * parameters.network.dt
        training[k] = np.isin(layer, scene.training)
    return rate, teacher, training
