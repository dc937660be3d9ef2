"""Digests: a folder's changes with the names and contents of its files."""

from baselines.storage.checksums import sha256


def test_the_digest_of_a_folder_is_that_of_its_files(tmp_path):
    folder = tmp_path / "data"
    (folder / "inner").mkdir(parents=True)
    (folder / "a.txt").write_text("一")
    (folder / "inner" / "b.txt").write_text("二")
    before = sha256(folder)
    (folder / ".DS_Store").write_text("")
    assert sha256(folder) == before and len(before) == 64
    (folder / "inner" / "b.txt").write_text("二二")
    changed = sha256(folder)
    (folder / "a.txt").rename(folder / "c.txt")
    assert len({before, changed, sha256(folder)}) == 3
