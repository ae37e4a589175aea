"""What containers and schedulers leave of a machine is what counts, and is said."""

from __future__ import annotations

import json
import os

import psutil
import pytest

from pfc_standalone import machine
from pfc_standalone.errors import ParameterError
from pfc_standalone.experiment import Point
from pfc_standalone.limits import Limit, free_memory, memory_limit, processor_limit
from pfc_standalone.models import RunRequest, get_model
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.simulation import footprint
from pfc_standalone.simulation.footprint import check_disk, check_experiment, check_footprint

GIB = 2**30
MACHINE = psutil.virtual_memory().total
P = with_values(Parameters(), {"network.n_per_unit": 10, "network.batch": 1})


@pytest.fixture
def tree(tmp_path):
    """Fake /sys/fs/cgroup and /proc: files by their paths, and the lines of /proc/self/cgroup."""

    def make(files, *lines):
        cgroups, proc = tmp_path / "cgroup", tmp_path / "proc"
        (proc / "self").mkdir(parents=True)
        (proc / "self" / "cgroup").write_text("".join(f"{line}\n" for line in lines))
        cgroups.mkdir()
        for path, text in files.items():
            (cgroups / path).parent.mkdir(parents=True, exist_ok=True)
            (cgroups / path).write_text(f"{text}\n")
        return cgroups, proc, {}

    return make


V2, V1 = "0::/a/b", "4:memory:/a/b"
MAX, V1_MAX = "memory.max", "memory.limit_in_bytes"


@pytest.mark.parametrize(
    ("files", "lines", "expected"),
    [
        ({}, [], None),
        ({f"a/b/{MAX}": "max", f"a/{MAX}": "max"}, [V2], None),
        ({f"a/b/{MAX}": GIB}, [V2], (GIB, MAX)),
        ({f"a/b/{MAX}": 2 * GIB, f"a/{MAX}": GIB}, [V2], (GIB, MAX)),  # of a parent
        ({f"a/b/{MAX}": GIB, f"a/{MAX}": 2 * GIB}, [V2], (GIB, MAX)),
        ({MAX: GIB}, [V2], (GIB, MAX)),  # a container sees its own group as the root
        ({f"a/b/{MAX}": 10**15}, [V2], None),  # more than there is
        ({f"a/b/{MAX}": "nonsense"}, [V2], None),
        ({f"a/b/{MAX}": ""}, [V2], None),
        ({f"unified/a/b/{MAX}": GIB}, [V2], (GIB, MAX)),
        ({f"memory/a/b/{V1_MAX}": GIB}, [V1], (GIB, V1_MAX)),
        ({f"memory/a/b/{V1_MAX}": 2 * GIB, f"memory/a/{V1_MAX}": GIB}, [V1], (GIB, V1_MAX)),
        ({f"memory/{V1_MAX}": GIB}, [V1], (GIB, V1_MAX)),
        ({f"memory/a/b/{V1_MAX}": 9223372036854771712}, [V1], None),
        ({f"memory/a/b/{V1_MAX}": GIB, f"a/b/{MAX}": "max"}, [V1, V2], (GIB, V1_MAX)),
        ({f"memory/a/b/{V1_MAX}": GIB}, ["3:cpu:/a/b"], None),
        ({f"a/b/{MAX}": GIB}, ["no line of a control group"], None),
        ({f"../{MAX}": GIB, MAX: 2 * GIB}, ["0::/../a"], (2 * GIB, MAX)),
    ],
)
def test_memory_of_control_groups(tree, files, lines, expected):
    found = memory_limit(*tree(files, *lines))
    if expected is None:
        assert found == Limit(MACHINE)
    else:
        assert found == Limit(expected[0], f"control group, {expected[1]}")


@pytest.mark.parametrize(
    ("files", "lines", "expected"),
    [
        ({"a/b/cpu.max": "100000 100000"}, ["0::/a/b"], 1),
        ({"a/b/cpu.max": "max 100000", "a/cpu.max": "50000 100000"}, ["0::/a/b"], 1),
        ({"a/b/cpu.max": "max 100000"}, ["0::/a/b"], None),
        ({"a/b/cpu.max": "nonsense"}, ["0::/a/b"], None),
        ({"a/b/cpu.max": "100000 0"}, ["0::/a/b"], None),
        (
            {"cpu/a/cpu.cfs_quota_us": 90_000, "cpu/a/cpu.cfs_period_us": 100_000},
            ["5:cpu:/a/b"],
            1,
        ),
        (
            {"cpu,cpuacct/cpu.cfs_quota_us": 1, "cpu,cpuacct/cpu.cfs_period_us": 100_000},
            ["5:cpu,cpuacct:/a"],
            1,
        ),
        (
            {"cpu/a/cpu.cfs_quota_us": -1, "cpu/a/cpu.cfs_period_us": 100_000},
            ["5:cpu:/a"],
            None,
        ),
    ],
)
def test_processors_of_control_groups(tree, files, lines, expected, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(64)))
    found = processor_limit(*tree(files, *lines))
    if expected is None:
        assert found == Limit(64)
    else:
        assert found.amount == expected
        assert found.source.startswith("control group, cpu.")


def test_a_part_of_a_processor_counts_as_one(tree, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(64)))
    found = processor_limit(*tree({"cpu.max": "250000 100000"}, "0::/"))
    assert found == Limit(3, "control group, cpu.max")


@pytest.mark.parametrize(
    ("environment", "processors", "memory"),
    [
        ({"SLURM_CPUS_PER_TASK": "3"}, 3, None),
        ({"SLURM_CPUS_ON_NODE": "5"}, 5, None),
        ({"SLURM_CPUS_ON_NODE": "5", "SLURM_CPUS_PER_TASK": "2"}, 2, None),
        ({"SLURM_CPUS_PER_TASK": "many"}, None, None),
        ({"SLURM_CPUS_PER_TASK": "0"}, None, None),
        ({"SLURM_MEM_PER_NODE": "512"}, None, 512 * 2**20),
        ({"SLURM_MEM_PER_NODE": "0"}, None, None),
        ({"SLURM_MEM_PER_CPU": "100", "SLURM_CPUS_PER_TASK": "4"}, 4, 400 * 2**20),
        ({"SLURM_MEM_PER_CPU": "100", "SLURM_CPUS_ON_NODE": "2"}, 2, 200 * 2**20),
        ({"SLURM_MEM_PER_CPU": "100"}, None, None),
        ({"SLURM_MEM_PER_NODE": "4G"}, None, None),
    ],
)
def test_what_slurm_gives(tree, environment, processors, memory, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(64)))
    cgroups, proc, _ = tree({})
    found = processor_limit(cgroups, proc, environment)
    assert found.amount == (processors or 64)
    assert found.source.startswith("SLURM_CPUS" if processors else "")
    found = memory_limit(cgroups, proc, environment)
    assert found.amount == (memory or MACHINE)
    assert found.source.startswith("SLURM_MEM" if memory else "")


def test_affinity_is_a_limit(tree, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {3, 5})
    assert processor_limit(*tree({})) == Limit(2, "processor affinity")


@pytest.mark.parametrize(
    ("files", "line"),
    [
        (
            {
                "a/memory.max": GIB,
                "a/memory.current": GIB * 3 // 4,
                "a/memory.stat": f"anon 5\ninactive_file {GIB // 4}",
            },
            "0::/a",
        ),
        (
            {
                "memory/a/memory.limit_in_bytes": GIB,
                "memory/a/memory.usage_in_bytes": GIB * 3 // 4,
                "memory/a/memory.stat": f"cache 5\ntotal_inactive_file {GIB // 4}",
            },
            "4:memory:/a",
        ),
    ],
)
def test_free_memory_is_what_a_group_has_left(tree, files, line):
    """Caches of files give way, so they are free."""
    assert free_memory(*tree(files, line)) == GIB // 2


def test_a_group_that_is_over_its_limit_has_nothing_left(tree):
    files = {"memory.max": GIB, "memory.current": 2 * GIB}
    assert free_memory(*tree(files, "0::/")) == 0


# ----------------------------------------------------------------------- who listens to it
@pytest.fixture
def small_machine(monkeypatch):
    """A machine of 200 MB and two processors, by SLURM."""
    monkeypatch.setenv("SLURM_MEM_PER_NODE", "200")
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "1")


def test_doctor_shows_the_limits(small_machine, capsys):
    from pfc_standalone.commands.verbs import doctor

    assert machine.available_cores() == 1
    assert doctor.main(["--json"]) == 0
    found = json.loads(capsys.readouterr().out)["machine"]
    assert found["cores"] == 1
    assert found["memory_gb"] == 0.2
    assert found["memory_free_gb"] <= 0.2
    assert found["memory_limited_by"] == "SLURM_MEM_PER_NODE"
    doctor._print({"machine": found, "packages": {}, "targets": {}})
    shown = capsys.readouterr().out
    assert "0.2 (limited by SLURM_MEM_PER_NODE)" in " ".join(shown.split())


def test_a_request_is_checked_against_the_limits(small_machine):
    def request(**values):
        return RunRequest((Point(with_values(P, values)),), 10.0)

    assert check_footprint(request(), 4, 2) == 2
    with pytest.raises(ParameterError, match=r"GB \(limited by SLURM_MEM_PER_NODE\): use a small"):
        check_footprint(request(**{"network.n_per_unit": 20_000}), 1, 2)
    with pytest.raises(ParameterError, match=r"this machine has 0\.21 GB"):
        check_experiment(with_values(P, {"experiment.trials": 10_000}), 1)


def test_as_many_processes_as_find_room(monkeypatch):
    request = RunRequest((Point(P),), 10.0)
    one = footprint.get_model(P).footprint(P, 10.0)
    for n in (1, 3, 5):
        room = int(one.process * (n + 0.5) + 8 * one.results + one.analysis + 2e5)
        monkeypatch.setattr(footprint, "memory_limit", lambda room=room: Limit(room))
        assert check_footprint(request, 8, 64) == n


@pytest.mark.parametrize(
    "values",
    [
        {"experiment.trials": 1_000_000},
        {"experiment.trials": 1_000_000, "experiment.replicates": 65_536},
        {"experiment.trials": 200_000, "experiment.replicates": 65_536, "network.batch": 4096},
        {"network.n_per_unit": 100_000, "experiment.trials": 1000},
        {"network.n_per_unit": 100_000, "network.connectivity": "explicit"},
        {"network.n_per_unit": 100_000, "network.learning_rule": "pair-stdp"},
        {"network.n_per_unit": 100_000, "network.batch": 4096},
        {"network.stimulus_changes": 2**27, "network.batch": 64},
        {"network.traces": True, "network.trace_dt": 0.1, "experiment.trials": 5000},
    ],
)
def test_what_no_machine_holds_is_refused_by_arithmetic(values, monkeypatch):
    """At once, with the estimate, and before there is a single trial."""
    monkeypatch.setattr(footprint, "memory_limit", lambda: Limit(16 * GIB))
    parameters = with_values(P, {"network.n_per_unit": 100, "experiment.replicates": 4} | values)
    with pytest.raises(ParameterError) as caught:
        check_experiment(parameters, parameters.network.batch)
    assert "GB of memory" in str(caught.value)
    assert "this machine has 17.2 GB" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_the_default_command_needs_is_not_refused(monkeypatch):
    monkeypatch.setattr(footprint, "memory_limit", lambda: Limit(2 * GIB))
    check_experiment(Parameters(), 1)


def test_a_disk_that_is_too_small(tmp_path, monkeypatch):
    monkeypatch.setattr(
        footprint.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 1_000_000})
    )
    request = RunRequest((Point(P),), 100.0)
    check_disk(RunRequest((Point(P),), 1.0), 1, tmp_path / "not" / "there" / "yet")
    with pytest.raises(ParameterError, match=r"GB on disk, and .* has 0\.001 GB free: free space"):
        check_disk(request, 4, tmp_path / "not" / "there" / "yet")


def test_more_synapses_than_can_be_numbered_are_refused():
    """They would fit into the memory of a large machine."""
    values = {"network.connectivity": "explicit", "network.n_per_unit": 4000, "network.batch": 1}
    parameters = with_values(Parameters(), values)
    points = [Point(parameters, ())]
    with pytest.raises(ParameterError, match="as many as Brian2 can number"):
        get_model(parameters).fit(parameters, points)
    pooled = with_values(parameters, {"network.connectivity": "pooled"})
    get_model(pooled).fit(pooled, points)
