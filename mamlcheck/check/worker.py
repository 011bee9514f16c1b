"""The start of a worker process. It is imported there before NumPy, whose linear algebra reads its settings once."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from multiprocessing.connection import Connection, wait

from mamlcheck.memory import keep_what_is_freed

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""How many threads linear algebra may use, as each of its libraries reads it when it is loaded."""


def start_worker(leash: Connection) -> None:
    """One thread for linear algebra, unless the environment says another number; Ctrl-C is the parent's to answer.

    leash: the end of a pipe whose other end the parent closes when it no longer wants what this worker is doing.
    """
    keep_what_is_freed()
    for name in THREADS:
        os.environ.setdefault(name, "1")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_when_let_go, args=(leash,), daemon=True).start()


def _end_when_let_go(leash: Connection) -> None:
    """With the parent, however that ended, SIGKILL included: nobody is left who would take what comes of the work."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([leash, parent.sentinel])
        os._exit(1)


__all__ = ["start_worker"]
