"""What every process of the tests is to know before anything else is imported; pytest loads this file first.

Each process runs in one thread: pytest starts as many as there are cores. Matrices are small here, and threads of BLAS
and of PyTorch beside those of the other processes would wait for one another and burn most of the time in it. A number
of threads that is given stands. What is set here is inherited by the processes that tests start.
"""

from __future__ import annotations

import os
import shutil
import tempfile

import pytest

for library in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(library, "1")


def pytest_configure(config: pytest.Config) -> None:
    """Keep what JAX compiles, for as long as the tests of this process run.

    A subject makes its functions anew for each problem, and JAX compiles them anew, which is most of the time that the
    tests of JAX take. Each process has a folder of its own, since JAX can read what another is still writing.
    """
    folder = tempfile.mkdtemp(prefix="mamlcheck-jax-")
    config.add_cleanup(lambda: shutil.rmtree(folder))
    os.environ["JAX_COMPILATION_CACHE_DIR"] = folder
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"
