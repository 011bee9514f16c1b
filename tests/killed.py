"""Runs a writer of `mamlcheck.disk` again and again, and kills it at its n-th dealing with the disk, for every n.

python killed.py FOLDER KEPT CALL: each time FOLDER is made a copy of KEPT, or is not there if KEPT is none, and a child
process runs CALL, Python that writes. Prints a line of JSON after each: whether the child ended by itself, what each
file of FOLDER holds (a link that leads nowhere is no file), and which names are in it once CALL is run again, in peace.
"""

import json
import os
import shutil
import signal
import sys
from pathlib import Path

from mamlcheck import disk  # noqa: F401  for CALL

EVENTS = ("open", "os.", "shutil.", "tempfile.", "fcntl.", "glob.", "pathlib.")


def _killed_at(n: int, call: str) -> None:
    """Runs in the child."""
    seen = 0

    def hook(event: str, _: object) -> None:
        nonlocal seen
        if event.startswith(EVENTS):
            seen += 1
            if seen == n:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    exec(call)
    os._exit(0)


def _forked(n: int, call: str) -> bool:
    """Whether the child was not killed."""
    child = os.fork()
    if not child:
        try:
            _killed_at(n, call)
        finally:
            os._exit(9)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise SystemExit("the call failed")
    return os.WIFEXITED(status)


def _contents(folder: Path) -> dict[str, str]:
    files = (Path(top, name) for top, _, names in os.walk(folder) for name in names)
    return {str(f.relative_to(folder)): f.read_text() for f in files if f.is_file() and ".mamlcheck-" not in str(f)}


def main() -> None:
    folder, kept, call = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    for n in range(1, 1000):
        shutil.rmtree(folder, ignore_errors=True)
        if kept.is_dir():
            shutil.copytree(kept, folder, symlinks=True)
        done = _forked(n, call)
        found = _contents(folder)
        _forked(0, call)
        names = sorted(str(p.relative_to(folder)) + "@" * p.is_symlink() for p in folder.rglob("*") if not p.is_dir())
        print(json.dumps([done, found, names]), flush=True)
        if done:
            return


if __name__ == "__main__":
    main()
