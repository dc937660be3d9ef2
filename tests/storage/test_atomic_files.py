"""Whole or not at all: what is left after a full disk, an exception, and a kill between the two renames."""

import errno
import os

import pytest

from baselines.storage import atomic_files as files
from baselines.storage.atomic_files import atomic_folder, atomic_path, atomic_write, recover


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


class Killed(BaseException):
    pass


@pytest.mark.parametrize(("rename", "found"), [(0, "old"), (1, "old"), (2, "new")])
def test_a_kill_at_any_rename_is_recoverable(tmp_path, monkeypatch, rename, found):
    """Renames: 0 marks the new folder complete, 1 moves the old one away, 2 moves the new one in."""
    folder = old_folder(tmp_path)
    renames = iter(range(9))

    def killed(source, destination, really=os.rename):
        if next(renames) == rename:
            raise Killed
        really(source, destination)

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "rename", killed)
        patch.setattr(files.shutil, "rmtree", lambda *_, **__: None)    # a killed process tidies nothing
        with pytest.raises(Killed), atomic_folder(folder) as building:
            (building / "weights").write_text("new")
    assert folder.exists() == (rename < 2)
    recover(folder)
    assert (folder / "weights").read_text() == found
    with atomic_folder(folder) as building:
        (building / "weights").write_text("newest")
    assert (folder / "weights").read_text() == "newest"
    assert names(tmp_path) == ["best"]


def test_recovery_without_the_new_folder_brings_the_old_one_back(tmp_path):
    old_folder(tmp_path).rename(tmp_path / ".best.previous")
    recover(tmp_path / "best")
    assert (tmp_path / "best" / "weights").read_text() == "old"
    recover(tmp_path / "absent")
    assert names(tmp_path) == ["best"]
