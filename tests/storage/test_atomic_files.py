"""Whole or not at all: what is left after a full disk, an exception, and a kill between the two renames."""

import errno
import itertools
import os
import subprocess
import sys

import pytest
from kill_points import kill_points

from baselines.errors import InputError
from baselines.storage import atomic_files as files
from baselines.storage import temporary_names
from baselines.storage.atomic_files import atomic_folder, atomic_path, atomic_write, recover
from baselines.storage.folder_lock import only_builder


def full_disk(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with atomic_write(path, "w") as file:
        file.write("新\n")
        file.flush()
        assert path.read_text() == "old"
    assert path.read_bytes() == "新\n".encode()
    assert names(tmp_path) == ["a.txt"]


def test_bytes_and_a_path_for_libraries(tmp_path):
    with atomic_write(tmp_path / "a") as file:
        file.write(b"\x00\x01")
    with atomic_path(tmp_path / "b") as temporary:
        temporary.write_bytes(b"\x02")
    assert (tmp_path / "a").read_bytes() + (tmp_path / "b").read_bytes() == b"\x00\x01\x02"
    assert names(tmp_path) == ["a", "b"]


def test_the_old_file_survives_a_full_disk_in_the_middle(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(OSError, match="No space left"), atomic_write(path, "w") as file:
        file.write("half of the new")
        full_disk()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_the_old_file_survives_a_full_disk_on_sync(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_text("old")
    monkeypatch.setattr(files.os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"), atomic_write(path, "w") as file:
        file.write("new")
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_appending_is_refused(tmp_path):
    with pytest.raises(ValueError, match="mode='a'"), atomic_write(tmp_path / "a", "a"):
        pass


def old_folder(tmp_path):
    folder = tmp_path / "best"
    folder.mkdir()
    (folder / "weights").write_text("old")
    (folder / "only in the old one").touch()
    return folder


def test_a_folder_is_replaced_whole(tmp_path):
    folder = old_folder(tmp_path)
    with atomic_folder(folder) as building:
        (building / "deep").mkdir()
        (building / "deep" / "weights").write_text("new")
        assert (folder / "weights").read_text() == "old"
    assert names(folder) == ["deep"]
    assert names(tmp_path) == ["best"]


def test_a_first_folder_needs_no_parent(tmp_path):
    with atomic_folder(tmp_path / "runs" / "best") as building:
        (building / "weights").write_text("new")
    assert (tmp_path / "runs" / "best" / "weights").read_text() == "new"


def test_the_old_folder_survives_a_full_disk(tmp_path):
    folder = old_folder(tmp_path)
    with pytest.raises(OSError, match="No space left"), atomic_folder(folder) as building:
        (building / "weights").write_text("half")
        full_disk()
    assert (folder / "weights").read_text() == "old"
    assert names(tmp_path) == ["best"]


def test_a_file_is_whole_after_a_death_at_any_event(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    contents = []
    for run in kill_points(monkeypatch, tmp_path):
        path.write_text("old")
        with run, atomic_write(path, "w") as file:
            file.write("new")
        contents.append(path.read_text())
        with atomic_write(path, "w") as file:
            file.write("newest")
        assert path.read_text() == "newest" and names(tmp_path) == ["a.txt"]
    before = contents.index("new")
    assert contents == ["old"] * before + ["new"] * (len(contents) - before) and 3 <= before < len(contents) - 1


@pytest.mark.parametrize("exchange", [True, False])
@pytest.mark.parametrize("replaces", [True, False])
def test_a_folder_is_whole_after_a_death_at_any_event(tmp_path, monkeypatch, exchange, replaces):
    """Old or new, never a mixture, nor, where there was one, none; and the next write leaves nothing behind."""
    contents = []
    for run in kill_points(monkeypatch, tmp_path, exchange):
        files.remove(tmp_path / "best")
        if replaces:
            old_folder(tmp_path)
        with run, atomic_folder(tmp_path / "best") as building:
            for name in ("weights", "config"):
                (building / name).write_text("new")
        recover(tmp_path / "best")
        present = (tmp_path / "best").exists()
        contents.append({path.name: path.read_text() for path in (tmp_path / "best").iterdir()} if present else None)
        with atomic_folder(tmp_path / "best") as building:
            (building / "weights").write_text("newest")
        assert names(tmp_path / "best") == ["weights"] and names(tmp_path) == ["best"]
    old = {"weights": "old", "only in the old one": ""} if replaces else None
    new = {"weights": "new", "config": "new"}
    before = contents.index(new)
    assert contents == [old] * before + [new] * (len(contents) - before) and 5 < before < len(contents)


def test_a_folder_of_ones_own_is_tidied_whoever_wrote(tmp_path):
    (tmp_path / "last").mkdir()
    (tmp_path / ".best.building").mkdir()
    for name in ("last/.state.safetensors.0badcafe.tmp", ".best.building/weights", "last/state.safetensors", ".notes"):
        (tmp_path / name).touch()
    temporary_names.sweep_inside(tmp_path)
    assert names(tmp_path) == [".notes", "last"] and names(tmp_path / "last") == ["state.safetensors"]


class Killed(BaseException):
    pass


def killed_at(number, patch):
    """Lets the process die at the renaming of a folder with this number; a dead process tidies nothing."""
    renames = itertools.count()

    def killed(source, destination, really=os.rename):
        if next(renames) == number:
            raise Killed
        really(source, destination)

    patch.setattr(files.os, "rename", killed)
    patch.setattr(files, "remove", lambda path: None)
    patch.setattr(files, "_exchange", lambda *paths: False)             # as on a system that cannot


@pytest.mark.parametrize("rename", [0, 1])
def test_a_kill_at_any_rename_is_recoverable(tmp_path, monkeypatch, rename):
    """Renames: 0 moves the old one away, 1 moves the new one in."""
    folder = old_folder(tmp_path)
    with monkeypatch.context() as patch:
        killed_at(rename, patch)
        with pytest.raises(Killed), atomic_folder(folder) as building:
            (building / "weights").write_text("new")
    assert folder.exists() == (rename == 0)
    recover(folder)
    assert (folder / "weights").read_text() == "old"
    with atomic_folder(folder) as building:
        (building / "weights").write_text("newest")
    assert (folder / "weights").read_text() == "newest"
    assert names(tmp_path) == ["best"]


def test_folders_change_places_in_one_step_where_the_system_can(tmp_path, monkeypatch):
    folder = old_folder(tmp_path)
    monkeypatch.setattr(files.os, "rename", lambda *paths: pytest.fail("two steps"))
    with atomic_folder(folder) as building:
        (building / "weights").write_text("new")
    assert (folder / "weights").read_text() == "new" and names(tmp_path) == ["best"]


def test_a_reader_may_put_the_old_folder_back_meanwhile(tmp_path, monkeypatch):
    folder = old_folder(tmp_path)
    monkeypatch.setattr(files, "_exchange", lambda *paths: False)
    moved = []

    def rename(source, destination, really=os.rename):
        really(source, destination)
        if destination.name.endswith("previous") and not moved:
            moved.append(destination)
            really(destination, source)

    monkeypatch.setattr(files.os, "rename", rename)
    with atomic_folder(folder) as building:
        (building / "weights").write_text("new")
    assert (folder / "weights").read_text() == "new" and names(tmp_path) == ["best"]


TOKEN = f"{temporary_names._host()}-{{}}-0123456789abcdef"


def dead_process():
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_the_next_writer_removes_what_a_killed_one_left(tmp_path):
    left = TOKEN.format(dead_process())
    for name in (f".a.{left}.tmp", ".a.0123abcd.tmp"):
        (tmp_path / name).touch()
    for name in (f".b.{left}.building", f".b.{left}.previous", ".b.building", ".b.previous", ".b.complete"):
        (tmp_path / name).mkdir()
    (tmp_path / "b").mkdir()
    with atomic_write(tmp_path / "a", "w") as file:
        file.write("new")
    with atomic_folder(tmp_path / "b"):
        pass
    assert names(tmp_path) == ["a", "b"]


def test_what_others_still_write_or_own_stays(tmp_path):
    alive, ours = f".a.{TOKEN.format(os.getppid())}.tmp", f".a.b.{TOKEN.format(dead_process())}.tmp"
    elsewhere = ".a.0000-1-0123456789abcdef.tmp"
    for name in (alive, ours, elsewhere):
        (tmp_path / name).touch()
    with atomic_write(tmp_path / "a", "w") as file, atomic_write(tmp_path / "a", "w") as other:
        file.write("first"), other.write("second")
    assert names(tmp_path) == sorted([alive, ours, elsewhere, "a"]) and (tmp_path / "a").read_text() == "first"
    os.utime(tmp_path / elsewhere, (0, 0))
    with atomic_write(tmp_path / "a", "w"):
        pass
    assert elsewhere not in names(tmp_path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("name", [".best.complete", ".best.previous", ".best.0123456789abcdef.previous"])
def test_a_folder_that_another_user_planted_is_not_adopted(tmp_path, name):
    (tmp_path / name).mkdir()
    os.chown(tmp_path / name, 12345, 12345)
    recover(tmp_path / "best")
    assert names(tmp_path) == [name]


def test_a_fixed_name_is_not_adopted(tmp_path):
    (tmp_path / ".best.complete").mkdir()
    recover(tmp_path / "best")
    assert not (tmp_path / "best").exists()


def test_recovery_brings_the_old_folder_back(tmp_path):
    old_folder(tmp_path).rename(tmp_path / f".best.{TOKEN.format(dead_process())}.previous")
    recover(tmp_path / "best")
    assert (tmp_path / "best" / "weights").read_text() == "old"
    recover(tmp_path / "absent")
    assert names(tmp_path) == ["best"]


def test_links_are_followed(tmp_path):
    (tmp_path / "there").mkdir()
    for name in ("file", "folder"):
        (tmp_path / f"{name}.link").symlink_to(tmp_path / "there" / name)
    for content in ("first", "second"):                                 # the first time the links lead to what is not there yet
        with atomic_write(tmp_path / "file.link", "w") as file:
            file.write(content)
        with atomic_folder(tmp_path / "folder.link") as folder:
            (folder / content).touch()
        assert (tmp_path / "there" / "file").read_text() == content and names(tmp_path / "there" / "folder") == [content]
    assert (tmp_path / "file.link").is_symlink() and (tmp_path / "folder.link").is_symlink()
    assert names(tmp_path / "there") == ["file", "folder"]


def test_a_loop_of_links_is_one_line(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    for write in (atomic_write, atomic_folder, only_builder):
        with pytest.raises(InputError, match="form a loop"), write(tmp_path / "loop"):
            pass


def test_what_cannot_be_replaced_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    for path in (".", "", "..", "none/..", "/", tmp_path):
        with pytest.raises(InputError, match="Cannot write to"), atomic_folder(path):
            pass
    with pytest.raises(InputError, match="it is a file"), atomic_folder("file"):
        pass
    with pytest.raises(InputError, match="is not a folder"), atomic_write("file/inside"):
        pass
    with pytest.raises(InputError, match="it is a folder"), atomic_write(tmp_path):
        pass
    with pytest.raises(InputError, match="not a regular file"), atomic_write(os.devnull):
        pass
    with atomic_folder("a.index/../a.index") as folder:
        (folder / "x").touch()
    assert names(tmp_path) == ["a.index", "file"]


def test_a_lock_is_no_ones_link(tmp_path):
    (tmp_path / ".index.lock").symlink_to(tmp_path / "precious")
    with pytest.raises(InputError, match="its lock"), only_builder(tmp_path / "index"):
        pass
    assert not (tmp_path / "precious").exists()
