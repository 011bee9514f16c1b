"""A process that runs programs in Arb for another one: `python -m mamlcheck.programs.worker`.

It reads requests from standard input and writes replies to standard output, and ends with its input. A program comes
with the first request that needs it, and is kept; a request at another precision starts afresh.
"""

from __future__ import annotations

import sys
from typing import cast

from mamlcheck.arithmetic import arb
from mamlcheck.arithmetic.arrays import Objects
from mamlcheck.arithmetic.packing import packed, unpacked
from mamlcheck.programs.messages import received, send
from mamlcheck.programs.program import Array
from mamlcheck.programs.running import Running
from mamlcheck.programs.undecided import Undecided


def main() -> None:
    """Serve until there are no more requests."""
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    ar, running, arrays = arb(53), dict[str, Running](), dict[Array, Array]()
    while (asked := received(requests)) is not None:
        bits, name, program, inputs = asked
        if bits != ar.precision:
            ar, running = arb(bits), {known: Running(one.program, arb(bits)) for known, one in running.items()}
        if program is not None:
            running[name] = Running(program.sharing(arrays), ar)
        with ar.working():
            try:
                outputs = running[name]({key: unpacked(x) for key, x in inputs.items()})
                found: object = [packed(cast("Objects", x)) for x in outputs]
            except Undecided as error:
                found = error.parts
        send(replies, found)


if __name__ == "__main__":
    main()
