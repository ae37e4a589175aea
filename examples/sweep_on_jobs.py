"""A sweep on the nodes of a computing centre
===========================================

Through SLURM, PBS or LSF (docs/cluster.md)::

    python examples/sweep_on_jobs.py slurm --jobs 20 --queue normal -- \
        --over memory.gain=0.8:1:0.02 --over network.n_per_unit=100,400 --seeds 20 --output gains

Start it on the login node, in tmux or screen: it hands in the jobs, waits for them, and collects
the table. Given again, the same command goes on where it stopped. ``--print`` shows the job script
and hands in nothing.
"""

from __future__ import annotations

import argparse
import sys

import dask_jobqueue

from pfc_standalone.commands.verbs import sweep

KINDS = {"slurm": "SLURMCluster", "pbs": "PBSCluster", "lsf": "LSFCluster"}


def main(arguments: list[str]) -> int:
    """Start workers as jobs, and sweep on them; the sweep's exit code."""
    parser = argparse.ArgumentParser(description="A sweep on the nodes of a computing centre.")
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--jobs", type=int, default=4, help="of one node each (default: 4)")
    parser.add_argument("--cores", type=int, default=32, help="of a node (default: 32)")
    parser.add_argument("--memory", default="64GB", help="of a node (default: 64GB)")
    parser.add_argument("--hours", type=int, default=4, help="walltime of a job (default: 4)")
    parser.add_argument("--queue", help="queue or partition")
    parser.add_argument("--scratch", default="$TMPDIR", help="of a node (default: $TMPDIR)")
    parser.add_argument("--print", action="store_true", help="show the job script; stop")
    parser.add_argument("sweep", nargs="*", help="options of python -m pfc_standalone sweep")
    chosen = parser.parse_args(arguments)
    with getattr(dask_jobqueue, KINDS[chosen.kind])(
        cores=chosen.cores,
        processes=chosen.cores,  # a worker a core: what kills one costs one point
        memory=chosen.memory,
        walltime=f"{chosen.hours:02}:00" + ("" if chosen.kind == "lsf" else ":00"),
        queue=chosen.queue,
        local_directory=chosen.scratch,
        # a worker leaves before its job ends, and its point goes to another one at once
        worker_extra_args=["--lifetime", f"{60 * chosen.hours - 10}m", "--lifetime-stagger", "4m"],
        scheduler_options={"dashboard_address": ":0"},
        **({"lsf_units": "mb"} if chosen.kind == "lsf" else {}),
    ) as cluster:
        if chosen.print:
            print(cluster.job_script())
            return 0
        cluster.scale(jobs=chosen.jobs)
        return sweep.main([*chosen.sweep, "--cluster", cluster.scheduler_address])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
