"""Sweeps a long range, kills the command and its workers on the way, and holds what comes of it to an undisturbed run.

python tests/kill_sweep.py [--instances N] [--kills K] [--jobs J] [--claim ID] [--folder DIR]

First the range is swept in peace, and then again with K kills (SIGKILL) at random times, of the command and of one of
its workers in turn. Prints the digests, which must be equal, the time that the undisturbed run took, and the largest
memory of any of its processes. By hand: the 10,000,000 instances it takes by default, twice, are 20 minutes of work for
two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path


def children(pid: int) -> list[int]:
    """The processes that a process has started (Linux)."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def memory(pid: int) -> int:
    """The most that a process has had in memory until now, in KiB (Linux)."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return max((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), default=0)


def begun(given: argparse.Namespace, store: Path) -> subprocess.Popen[bytes]:
    command = ["-m", "mamlcheck", "sweep", given.claim, "--range", f"0:{given.instances}", "--store", str(store)]
    return subprocess.Popen([sys.executable, *command, "--jobs", str(given.jobs)], stdout=subprocess.DEVNULL)


def watched(process: subprocess.Popen[bytes]) -> int:
    """Waits for the command to end; the largest memory of any of its processes in KiB."""
    most = 0
    while process.poll() is None:
        most = max([most, *map(memory, (process.pid, *children(process.pid)))])
        time.sleep(0.2)
    if process.returncode:
        raise SystemExit(f"the command ended with status {process.returncode}")
    return most


def digest(store: Path) -> str:
    command = [sys.executable, "-m", "mamlcheck", "merge", str(store), "--json"]
    return str(json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["digest"])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--instances", type=int, default=10_000_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--claim", default="lemma_4_8")
    parser.add_argument("--folder", type=Path, default=Path("kill-sweep"))
    given = parser.parse_args()
    peace, war = given.folder / "peace", given.folder / "war"
    shutil.rmtree(given.folder, ignore_errors=True)
    start = time.monotonic()
    most = watched(begun(given, peace))
    seconds = time.monotonic() - start
    print(f"in peace: {seconds:.1f} s, {given.instances / seconds:,.0f} instances/s")
    print(f"largest memory of a process: {most / 1024:.0f} MB")
    rng, process, kills = random.Random(1), begun(given, war), 0
    while kills < given.kills and process.poll() is None:
        time.sleep(rng.uniform(0.5, 2 * seconds / given.kills))
        if process.poll() is not None:
            break
        kills += 1
        workers = children(process.pid)
        if kills % 2 and workers:
            os.kill(rng.choice(workers), signal.SIGKILL)
            continue
        process.kill()
        process.wait()
        process = begun(given, war)
    watched(process)
    one, other = digest(peace), digest(war)
    print(f"{kills} kills; digests\n{one}\n{other}")
    raise SystemExit(one != other)


if __name__ == "__main__":
    main()
