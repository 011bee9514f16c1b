"""One thread for each process of the tests: pytest runs as many processes as there are cores.

Matrices are small here. Threads of BLAS and of PyTorch beside those of the other processes would wait for one another
and burn most of the time in it. What is set here is inherited by the processes that tests start. It has to be set
before NumPy is imported, hence in a file of its own, which pytest loads before any other. A number that is given
stands.
"""

from __future__ import annotations

import os

for library in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(library, "1")
