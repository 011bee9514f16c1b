"""Subjects that misbehave, for a process of their own."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time

import numpy as np

from mamlcheck.conformance import subject


def right(problem):
    p = problem.on("numpy")
    return lambda: [p.gradient(p.parameters, task.outer) for task in p.tasks]


def hang(problem):
    return lambda: time.sleep(1000)


def hang_and_ignore(problem):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return lambda: time.sleep(1000)


def leaves_a_child(problem):
    def call():
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
        print(f"child {child.pid}", flush=True)
        time.sleep(1000)

    return call


def os_exit(problem):
    return lambda: os._exit(3)


def sys_exit(problem):
    return lambda: sys.exit("enough")


def segfault(problem):
    return lambda: ctypes.string_at(0)


def interrupt(problem):
    def call():
        raise KeyboardInterrupt

    return call


def recursion(problem):
    def call():
        return call()

    return call


def noisy(problem):
    answer = right(problem)

    def call():
        for _ in range(25):
            sys.stdout.write("x" * 1_000_000)
            sys.stderr.write("y" * 1_000_000)
        print("the end", flush=True)
        return answer()

    return call


def talks_json(problem):
    answer = right(problem)

    def call():
        print('{"directions": [], "failure": null}', flush=True)
        os.write(2, b"\xff\xfe not UTF-8\n")
        return answer()

    return call


def forks(problem):
    """Its children go on and return as well."""
    answer = right(problem)

    def call():
        os.fork()
        return answer()

    return call


def replaces_stdout(problem):
    answer = right(problem)

    class Closed:
        def write(self, text):
            raise RuntimeError("nothing may be written")

        flush = fileno = close = write

    def call():
        sys.stdout = sys.stderr = Closed()
        return answer()

    return call


def writes_everywhere(problem):
    """Into every open file: the pipe of the answers is among them."""
    answer = right(problem)

    def call():
        for descriptor in range(3, 20):
            with contextlib.suppress(OSError):
                os.write(descriptor, b'[1]\n{"answers": 99}\nno JSON\n')
        return answer()

    return call


def killed(problem):
    return lambda: os.kill(os.getpid(), signal.SIGKILL)


def reads_and_closes(problem):
    answer = right(problem)

    def call():
        assert sys.stdin.read() == ""
        with contextlib.suppress(OSError):  # the second call finds it closed
            os.close(1)
        os.chdir("/")
        return answer()

    return call


def exits_on_one_problem(problem):
    if problem.name == "linear-robust":
        os._exit(1)
    return right(problem)


@subject("HF-MAML", delta=0.01, reduction="sum", steps=(1, 2))
def declared(problem):
    return right(problem)


def subnormal(problem):
    values = {k: np.full(v.shape, 5e-324) for k, v in problem.parameters.items()}
    values["hidden.bias"][:] = [0.1, -1e139, 2.0**-1074, 1 / 3]
    return lambda: values


@subject("MAML")
def zeros(problem):
    return lambda: {k: np.zeros(v.shape) for k, v in problem.parameters.items()}


not_callable = 3
