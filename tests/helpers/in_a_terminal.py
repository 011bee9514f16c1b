"""Commands and scripts in a pseudo-terminal, as a person sees them."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

COMMAND = [sys.executable, "-c", "import sys; sys.argv[0] = 'mamlcheck'; from mamlcheck.cli import main; main()"]
PATIENCE_SECONDS = 240  # a report takes 40 s where two other tests run beside it
HIDDEN, SHOWN = "\x1b[?25l", "\x1b[?25h"  # the cursor


def in_terminal(
    command: list[str], columns: int = 80, stop_when: str | None = None
) -> tuple[int, list[tuple[float, str]]]:
    """Exit status and everything seen, each part with its second; Ctrl-C once `stop_when` was seen."""
    own, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR", "CI")}
    process = subprocess.Popen(
        command, stdin=other, stdout=other, stderr=other, start_new_session=True, env=environment | {"TERM": "xterm"}
    )
    os.close(other)
    seen, start = list[tuple[float, str]](), time.monotonic()
    while time.monotonic() < start + PATIENCE_SECONDS:
        if select.select([own], [], [], 0.1)[0]:
            try:
                part = os.read(own, 65536)
            except OSError as error:
                if error.errno == errno.EIO:
                    break
                raise
            if not part:
                break
            seen.append((time.monotonic() - start, part.decode(errors="replace")))
        if stop_when is not None and re.search(stop_when, "".join(text for _, text in seen)):
            process.send_signal(signal.SIGINT)
            stop_when = None
    os.close(own)
    with contextlib.suppress(ProcessLookupError):
        if process.poll() is None and time.monotonic() >= start + PATIENCE_SECONDS:
            process.kill()
    return process.wait(), seen
