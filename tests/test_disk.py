"""What is written to the disk is there as a whole, or what was there before is, whatever interrupts it."""

from __future__ import annotations

import ast
import errno
import json
import os
import resource
import socket
import stat
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import mamlcheck
from mamlcheck import disk
from mamlcheck.cli import main
from mamlcheck.errors import InputError

PACKAGE = Path(mamlcheck.__file__).parent

OLD = {"results.json": "old results", "index.html": "old page", "witnesses/a.json": "old witness"}
NEW = {"results.json": "new results", "index.html": "new page", "witnesses/b.json": "new witness"}


# -- killed at any point -------------------------------------------------------------------------------------
def killed(tmp_path: Path, kept: dict[str, str], call: str) -> Iterator[tuple[bool, dict[str, str], list[str]]]:
    for name, text in kept.items():
        (tmp_path / "kept" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "kept" / name).write_text(text)
    command = [sys.executable, str(Path(__file__).with_name("killed.py")), "there", "kept", call]
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    for line in done.stdout.splitlines():
        yield tuple(json.loads(line))


@pytest.mark.parametrize("kept", [{}, {"notes.txt": "mine", "data/deep/x": "mine too"}, OLD | {"notes.txt": "mine"}])
def test_a_set_that_is_killed_at_any_point_is_the_old_one_or_the_new_one(tmp_path: Path, kept: dict[str, str]) -> None:
    call = f"disk.write_together(disk.Path('there'), {NEW!r})"
    found = list(killed(tmp_path, kept, call))
    states = Counter("new" if there == kept | NEW else "old" if there == kept else str(there) for _, there, _ in found)
    assert set(states) == {"old", "new"}
    assert min(states.values()) > 10  # it was killed often, before and after the one instant
    assert found[-1][0]
    names = sorted(kept | NEW)
    assert all(again == names for _, _, again in found)  # the next run leaves files, no links and no litter


def test_a_file_that_is_killed_at_any_point_is_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    call = "disk.write_text('there/w.json', 'new')"
    found = list(killed(tmp_path, {"w.json": "old", "notes.txt": "mine"}, call))
    states = Counter((there.pop("w.json"), str(there)) for _, there, _ in found)
    assert set(states) == {("old", "{'notes.txt': 'mine'}"), ("new", "{'notes.txt': 'mine'}")}
    assert found[-1][0]


def test_writers_of_one_folder_come_one_after_the_other(tmp_path: Path) -> None:
    """Every set is of one writer, while they write and in the end."""
    script = (
        "import sys; from pathlib import Path; from mamlcheck import disk\n"
        "for k in range(40): disk.write_together(Path('there'), {n: f'{sys.argv[1]} {k}' for n in ('a', 'b', 'c')})"
    )
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    writers = [
        subprocess.Popen([sys.executable, "-c", script, name], cwd=tmp_path, env=environment, stderr=subprocess.PIPE)
        for name in ("first", "second")
    ]
    for writer in writers:
        _, said = writer.communicate(timeout=120)
        assert writer.returncode == 0, said
    assert sorted(os.listdir(tmp_path / "there")) == ["a", "b", "c"]
    assert len({(tmp_path / "there" / name).read_text() for name in "abc"}) == 1


def test_a_set_is_not_written_over_one_that_it_does_not_know(tmp_path: Path) -> None:
    disk.write_together(tmp_path, OLD)
    for expected in ({"results.json": "older results"}, {"results.json": None}, {"witnesses/b.json": "a witness"}):
        with pytest.raises(InputError, match="changed by somebody else"):
            disk.write_together(tmp_path, NEW, expected)
    assert disk.write_together(tmp_path, NEW, {"results.json": "old results", "witnesses/b.json": None}) == tuple(NEW)
    assert disk.write_together(tmp_path, NEW) == ()


# -- errors --------------------------------------------------------------------------------------------------
def everything(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}


WRITERS: dict[str, Callable[[Path], Any]] = {
    "a file": lambda folder: disk.write_text(folder / "index.html", "new page"),
    "a set": lambda folder: disk.write_together(folder, NEW),
}


@pytest.mark.parametrize("what", WRITERS)
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("function", ["replace", "fsync", "symlink", "open"])
def test_an_error_anywhere_leaves_the_old_files_or_the_new_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, error: BaseException, function: str
) -> None:
    disk.write_together(tmp_path, OLD)
    real, calls = getattr(os, function), 0
    for failing in range(1, 100):
        before, calls = everything(tmp_path), 0

        def breaking(*arguments: Any, failing: int = failing, **more: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == failing:
                raise error
            return real(*arguments, **more)

        monkeypatch.setattr(os, function, breaking)
        said = ""
        try:
            WRITERS[what](tmp_path)
        except InputError as caught:
            said = str(caught)
        except KeyboardInterrupt:
            pass
        monkeypatch.setattr(os, function, real)
        after = everything(tmp_path)
        there = {name: text for name, text in after.items() if ".mamlcheck-" not in name}
        new = before | (NEW if what == "a set" else {"index.html": "new page"})
        assert (there == before and "No space left on device" in said) if said else there in (before, new)
        assert after == there or there == new  # what is left over belongs to what is there
        if calls < failing:
            assert there == new
            break
        disk.write_together(tmp_path, OLD)
        (tmp_path / "witnesses/b.json").unlink(missing_ok=True)
    assert failing > 1 or (what, function) == ("a file", "symlink")


def test_without_symbolic_links_files_are_moved_and_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: Any) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "symlink", no_links)
    disk.write_together(tmp_path, OLD)
    assert everything(tmp_path) == OLD
    real, moved = os.replace, []

    def breaking(source: Path, target: Path) -> None:
        moved.append(target)
        if len(moved) == 2:
            raise OSError(errno.EIO, "Input/output error")
        real(source, target)

    monkeypatch.setattr(os, "replace", breaking)
    with pytest.raises(InputError, match="Input/output error"):
        disk.write_together(tmp_path, NEW)
    assert everything(tmp_path) == OLD


@pytest.mark.parametrize("what", WRITERS)
def test_a_file_that_grows_beyond_the_limit_leaves_what_was_there(tmp_path: Path, what: str) -> None:
    """The system's own error, as on a full disk."""
    disk.write_together(tmp_path, OLD)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4, limits[1]))
    try:
        with pytest.raises(InputError, match="File too large"):
            WRITERS[what](tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert everything(tmp_path) == OLD


def test_a_full_device_is_said() -> None:
    with pytest.raises(InputError, match=r"/dev/full cannot be written .No space left on device"):
        disk.write_text("/dev/full", "text")


@pytest.mark.parametrize("name", ["", "taken/below", "no/such/folder", "a\0b"])
def test_what_cannot_be_written_is_said(tmp_path: Path, name: str) -> None:
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(InputError, match=r"cannot be written .*give a place that can be written"):
        disk.write_text(tmp_path / name, "text")
    assert everything(tmp_path) == {"taken": "mine"}


def test_a_write_protected_file_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk.write_together(tmp_path, OLD)
    monkeypatch.setattr(os, "access", lambda path, mode: "index" not in str(path))  # root may write everywhere
    for write in WRITERS.values():
        with pytest.raises(InputError, match=r"index.html is write-protected"):
            write(tmp_path)
    assert everything(tmp_path) == OLD


# -- as an ordinary write ------------------------------------------------------------------------------------
@pytest.mark.parametrize("what", WRITERS)
@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_permissions_are_those_of_an_ordinary_write(tmp_path: Path, what: str, umask: int) -> None:
    before = os.umask(umask)
    try:
        WRITERS[what](tmp_path)
        assert stat.S_IMODE((tmp_path / "index.html").stat().st_mode) == 0o666 & ~umask
        (tmp_path / "index.html").write_text("other")
        (tmp_path / "index.html").chmod(0o640)
        WRITERS[what](tmp_path)
        assert stat.S_IMODE((tmp_path / "index.html").stat().st_mode) == 0o640
    finally:
        os.umask(before)


def test_a_symbolic_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real/file")
    for text in ("one", "two"):
        disk.write_text(tmp_path / "link", text)
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "real/file").read_text() == text
    assert os.listdir(tmp_path / "real") == ["file"]
    (tmp_path / "there").symlink_to("real")
    disk.write_together(tmp_path / "there", NEW)
    assert everything(tmp_path / "real") == NEW | {"file": "two"}


def test_a_pipe_and_a_device_are_written_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append((tmp_path / "pipe").read_text()))
    reader.start()
    disk.write_text(tmp_path / "pipe", "through")
    reader.join(10)
    assert got == ["through"]
    disk.write_text("/dev/null", "away")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


# -- nothing else writes -------------------------------------------------------------------------------------
WRITING = {
    "write_text", "write_bytes", "mkdir", "makedirs", "touch", "rename", "renames", "unlink", "rmdir", "rmtree",
    "symlink", "symlink_to", "link", "hardlink_to", "chmod", "copy2", "copyfile", "copytree", "savez", "tofile",
    "NamedTemporaryFile", "TemporaryDirectory", "TemporaryFile", "mkstemp", "mkdtemp",
}  # fmt: skip
OPENING = {"open", "fdopen"}


def writes(source: str) -> list[str]:
    """Calls that write to the disk by themselves, or may."""
    imported = {
        name.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and node.module == "mamlcheck.disk"
        for name in node.names
    }
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        owner = getattr(getattr(node.func, "value", None), "id", "")
        given = [a.value for a in (*node.args, *(k.value for k in node.keywords)) if isinstance(a, ast.Constant)]
        modes = [v for v in given if isinstance(v, str) and set(v) <= set("rwxabt+") and set(v) & set("wxa+")]
        ours = owner == "disk" or (name in imported and not owner)
        if (name in WRITING and not ours) or (name in OPENING and modes) or (name, owner) in (
            ("replace", "os"), ("dump", "json"), ("open", "os"), ("save", "np"), ("move", "shutil"),
        ):  # fmt: skip
            found.append(f"{name}, line {node.lineno}")
    return found


def test_all_writing_goes_through_one_file() -> None:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.name != "disk.py" and (calls := writes(path.read_text())):
            found[str(path.relative_to(PACKAGE))] = calls
    # The calls elsewhere are of a worker's pipe, and of bytes in memory: no files.
    elsewhere = {"conformance/subjects/worker.py": 1, "runs/keeping.py": 1}
    assert {name: len(calls) for name, calls in found.items()} == elsewhere, found


@pytest.mark.parametrize(
    "line",
    [
        "path.write_text(text)", "open(path, 'w')", "path.open('wb')", "open(p, mode='a')", "os.replace(a, b)",
        "json.dump(x, file)", "path.mkdir()", "tempfile.NamedTemporaryFile()", "shutil.copy2(a, b)", "path.unlink()",
        "path.rename(b)", "os.open(path, 1)",
    ],
)  # fmt: skip
def test_a_way_of_writing_is_noticed(line: str) -> None:
    assert writes(line)
    assert not writes("from mamlcheck.disk import write_text\nwrite_text(path, text)\nopen(p, 'rb')\nopen(p)")


# -- what is no file -----------------------------------------------------------------------------------------
READERS = {
    "show {}": "an instance file",
    "diff {} {}": "a file that mamlcheck wrote",
    "reference update --adopt {} --reference there": "an instance file",
    "report --data {} --task a --target b --out there": "a table",
    "hunt {}": "a claim file",
}


@pytest.fixture
def odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Names of what is no ordinary file, or one that is too large, and what is said of each."""
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe.py")
    os.mkdir("folder.py")
    with open("huge.py", "wb") as file:
        file.truncate(2**33)  # takes no room on the disk
    os.symlink("/dev/zero", "zero.py")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.py")
        yield {
            "pipe.py": "a pipe", "folder.py": "a folder", "huge.py": "larger than", "zero.py": "a device",
            "socket.py": "a socket", "nothing.py": "o such file",
        }  # fmt: skip


@pytest.mark.parametrize("line", READERS)
def test_what_is_no_file_is_refused_at_once(line: str, odd: dict[str, str]) -> None:
    for name, said in odd.items():
        place = name.replace(".py", ".csv") if "--data" in line else name
        if place != name and name != "nothing.py":
            os.rename(name, place)
        result = CliRunner().invoke(main, line.format(place, place).split())
        assert result.exit_code == 2, (name, result.output, result.exception)
        assert "Traceback" not in result.output
        if name != "nothing.py":
            assert said in result.stderr, (name, result.stderr)
        assert len(result.stderr) < 600
