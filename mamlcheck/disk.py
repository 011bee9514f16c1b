"""The disk: all that mamlcheck writes goes through this file, and so does the text that it reads.

A file is written beside its place, forced to the disk and moved there, so that its place holds the old text or the new
one, whatever happens. Files that belong together are switched together by a single move of a symbolic link:

    1. the new files are written into a folder of their own, `new`, and the old ones are kept in `old` beside it;
    2. each place becomes a link to its file in `set`, a link to `old`: what is read there is still the old text;
    3. `set` is moved to `new`: the one instant from which on all places have their new text;
    4. each place becomes a file again.

After a kill at any point the places hold the old texts or the new ones, some of them through links, which the next run
turns into files again. A folder's other files are never touched. Where a system has no symbolic links the files are
moved one by one; an error still puts the old ones back, a kill may come in between.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TextIO

from mamlcheck.errors import InputError

PART = ".mamlcheck-part-"  # names of files that are being written
SET = ".mamlcheck-set-"  # names of folders with files that are being switched


# -- reading -------------------------------------------------------------------------------------------------
def read_text(path: str | Path, largest: int, what: str) -> str:
    """The text of a file that has at most `largest` bytes. `what` it should be, such as 'an instance file'.

    Raises `InputError` for anything that is no such file: a folder, a device, a pipe, one that is too large or no text.
    """
    try:
        return read_bytes(path, largest, what).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not text in UTF-8: {what} is") from error


def read_bytes(path: str | Path, largest: int, what: str) -> bytes:
    """The same for a file that is no text."""
    check_file(path, largest, what)
    try:
        with open(path, "rb") as file:
            data = file.read(largest + 1)  # what the system says of a size need not be true
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read: {error.strerror or error}") from error
    if len(data) > largest:
        raise InputError(_too_large(path, largest, what))
    return data


def nowhere() -> TextIO:
    """A file that takes all text and keeps none, open until the process ends."""
    return open(os.devnull, "w", encoding="utf-8")


def check_file(path: str | Path, largest: int, what: str) -> None:
    """Raise `InputError` unless this is an ordinary file of at most `largest` bytes. Nothing is opened."""
    try:
        found = os.stat(path)
    except (OSError, ValueError) as error:  # ValueError: a path that holds a NUL
        raise InputError(f"{str(path)!r} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    for is_it, name in _KINDS:
        if is_it(found.st_mode):
            raise InputError(f"{str(path)!r} cannot be read: it is {name}, and {what} is an ordinary file")
    if found.st_size > largest:
        raise InputError(_too_large(path, largest, what))


_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (lambda mode: not stat.S_ISREG(mode), "a device"),
)


def _too_large(path: str | Path, largest: int, what: str) -> str:
    return f"{path} is larger than {largest >> 20} MiB: {what} is smaller"


# -- writing one file ----------------------------------------------------------------------------------------
def write_text(path: str | Path, text: str) -> None:
    """Write a file at once: its place holds the old text or the new one. Raises `InputError` where it cannot be.

    A symbolic link is followed; a file that is there keeps its permissions, a new one has those of any new file. A
    device or a pipe is written to directly: it holds nothing that could be lost.
    """
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: str | Path, data: bytes) -> None:
    """The same for a file that is no text."""
    try:
        target = Path(os.path.realpath(path))
        if _is_special(target):
            with open(target, "wb") as file:
                file.write(data)
            return
        before = _to_replace(target)
        part = target.parent / (PART + secrets.token_hex(8))
        try:
            _create(part, data, before)
            os.replace(part, target)
        finally:
            part.unlink(missing_ok=True)
        _force(target.parent)
    except (OSError, ValueError) as error:
        raise InputError(_not_written(path, error)) from error


def _not_written(path: str | Path, error: Exception) -> str:
    reason = getattr(error, "strerror", None) or error
    return f"{path} cannot be written ({reason}), and what was there is as it was: give a place that can be written"


def _is_special(path: Path) -> bool:
    """Whether it is there, and neither a file nor a folder."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _to_replace(path: Path) -> os.stat_result | None:
    """What is known of the file in a place, None where there is none; `OSError` where it must not be written."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, f"{path.name or path} is a folder")
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, f"{path.name or path} is write-protected")
    return found


def _create(path: Path, data: bytes, like: os.stat_result | None) -> None:
    """Make a new file and force it to the disk, with the permissions of the one that it replaces."""
    new = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    with os.fdopen(new, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if like is not None:
        with contextlib.suppress(OSError, AttributeError):  # only root may give files away, and not on every system
            os.chown(path, like.st_uid, like.st_gid)
        os.chmod(path, stat.S_IMODE(like.st_mode))


def _force(folder: Path) -> None:
    """Force the names in a folder to the disk, where the system does that for folders."""
    with contextlib.suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def make_room(folder: Path, suffix: str, most: int) -> None:
    """Remove the oldest files of a folder that end with a suffix, so that at most so many bytes are left of them.

    The newest one stays. Raises `OSError`.
    """
    found = sorted(((path.stat(), path) for path in folder.glob(f"*.{suffix}")), key=lambda each: -each[0].st_mtime_ns)
    total = 0
    for place, (known, path) in enumerate(found):
        total += known.st_size
        if place and total > most:
            path.unlink(missing_ok=True)


# -- writing files that belong together ----------------------------------------------------------------------
def writable_folder(folder: Path) -> None:
    """Make the folder, and a nameless file in it: what cannot be written must be known before hours of work.

    Raises `OSError`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


def require_writable(folder: Path, given: str) -> None:
    """The same, before anything is checked. given: how the folder was given. Raises `InputError`."""
    try:
        writable_folder(folder)
    except OSError as error:
        reason = "it is a file" if isinstance(error, FileExistsError) else error.strerror or error
        raise InputError(
            f"{given} cannot be written ({reason}): give a folder that can; nothing was checked yet"
        ) from error


def require_place(path: Path, given: str) -> None:
    """Raise `InputError` where no file can be written, before anything is computed. given: how the place was given."""
    target = Path(os.path.realpath(path))
    try:
        if not _is_special(target):
            _to_replace(target)
            with tempfile.TemporaryFile(dir=target.parent):
                pass
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{given} cannot be written ({reason}): give another place; nothing was done yet") from error


def write_together(
    folder: Path, texts: Mapping[str, str], expected: Mapping[str, str | None] | None = None
) -> tuple[str, ...]:
    """Write files of a folder, all or none, and return the names of those that changed; names are relative paths.

    expected: the texts that must be in the folder now, None where a file must not be. Raises `InputError` where they
    are not, or where something cannot be written; then all files are as they were.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            _mend(folder)
            for name, text in (expected or {}).items():
                if _content(folder / name) != (None if text is None else text.encode("utf-8")):
                    raise InputError(
                        f"{folder / name} was changed by somebody else meanwhile, and nothing was written: run this "
                        "again, and it starts from what is there now"
                    )
            data = {name: text.encode("utf-8") for name, text in texts.items()}
            changed = {name: content for name, content in data.items() if _content(folder / name) != content}
            if changed:
                _switch(folder, changed)
            return tuple(changed)
    except OSError as error:
        raise InputError(_not_written(folder, error)) from error


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One writer in a folder at a time. The lock ends with the process, however that ends."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


def _switch(folder: Path, data: Mapping[str, bytes]) -> None:
    """Steps 1 to 4 of the module's docstring. Whatever interrupts them, `_mend` goes back to `set`, or on to it."""
    home = folder / (SET + secrets.token_hex(8))
    try:
        for name, content in data.items():
            before = _to_replace(folder / name)
            for place in (home / "new" / name, home / "old" / name, folder / name):
                place.parent.mkdir(parents=True, exist_ok=True)
            _create(home / "new" / name, content, before)
            if before is not None:
                _same_file(folder / name, home / "old" / name)
        _force(home)
        try:
            os.symlink("old", home / "set")
        except (OSError, NotImplementedError):
            _move_all(home, folder, data)
            return
        for name in data:
            start = os.path.realpath((folder / name).parent)
            _link(os.path.relpath(Path(os.path.realpath(home)) / "set" / name, start), folder / name, home)
        _link("new", home / "set", home)
        _force(folder)
    finally:
        _mend(folder)


def _link(to: str, place: Path, home: Path) -> None:
    """Make a place a symbolic link, at once, whatever was there."""
    os.symlink(to, home / "link")
    os.replace(home / "link", place)


def _same_file(source: Path, place: Path) -> None:
    try:
        os.link(os.path.realpath(source), place)
    except OSError:
        shutil.copy2(source, place)


def _move_all(home: Path, folder: Path, names: Iterable[str]) -> None:
    """The files one by one, where there are no symbolic links; an error puts the old ones back."""
    moved = []
    try:
        for name in names:
            moved.append(name)
            os.replace(home / "new" / name, folder / name)
    except BaseException:
        for name in moved:
            if (home / "old" / name).is_file():
                os.replace(home / "old" / name, folder / name)
            else:
                (folder / name).unlink(missing_ok=True)
        raise


def _mend(folder: Path) -> None:
    """Turn the links of switches, done or cut short, into the files that they lead to, and clear up after them."""
    for home in folder.glob(SET + "*"):
        current = Path(os.path.realpath(home / "set"))
        with contextlib.suppress(OSError):  # a link that stays still leads to the right file
            for name in _files_below(home / "new"):
                place = folder / name
                if place.is_symlink() and Path(os.path.realpath(place)) == current / name:
                    if (current / name).is_file():
                        os.replace(current / name, place)
                    else:  # there was no such file, and there is none
                        place.unlink()
            shutil.rmtree(home)


def _files_below(folder: Path) -> list[Path]:
    return [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
