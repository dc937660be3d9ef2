"""What goes wrong: lines that are no use, damaged and foreign folders, a full disk, two builders, another vocabulary."""

import concurrent.futures
import errno
import gzip
import json
import multiprocessing
import os
import shutil

import pytest
from small_index import ids, index_of, key, spelling

from baselines.errors import InputError
from baselines.retrieval.prefix_index import builder, reading
from baselines.retrieval.prefix_index.builder import build
from baselines.retrieval.prefix_index.format import INDEX
from baselines.retrieval.prefix_index.index import PrefixIndex
from baselines.storage import array_folder as files
from baselines.storage import atomic_files as whole_or_not
from baselines.storage import folder_lock as lock

GOOD = "中国\ta\t1"


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr(whole_or_not, "_sync", lambda path: None)


def built(tmp_path, content, format="knowledge", **options):
    source = tmp_path / "source.txt"
    source.write_bytes(content if isinstance(content, bytes) else content.encode())
    return build(source, tmp_path / "index", spelling(), format, **options)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"\xe4\xb8\xad\ta", r"source.txt:2: expected subject, predicate and object .*but got 2 columns: '中\\ta'"),
        (b"a\tb\tc\td", r"source.txt:2: .*but got 4 columns"),
        (b"alone", r"source.txt:2: .*but got 1 column: "),
        (b"\ta\tb", r"source.txt:2: expected a subject and a predicate that are not empty"),
        (b"a\t\tb", r"source.txt:2: expected a subject and a predicate"),
        (b"\xd6\xd0\ta\tb", r"source.txt:2: expected UTF-8"),
        (b"a\tb\t" + b"x" * 100 + b"\t" * 3, r"source.txt:2: .*Correct the line, or skip all such lines with --skip_bad_lines"),
    ],
)
def test_a_line_that_is_no_use_is_told_with_its_number(tmp_path, line, message):
    content = b"\n".join([GOOD.encode(), line, GOOD.encode()])
    with pytest.raises(InputError, match=message) as told:
        built(tmp_path, content)
    assert len(str(told.value)) < 400 and "\n" not in str(told.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source.txt"]

    counts = built(tmp_path, content, skip_bad_lines=True)
    assert (counts["skipped_lines"], counts["rows"], counts["keys"], counts["repeated_rows"]) == (1, 2, 1, 1)


@pytest.mark.parametrize(
    ("format", "line"), [("tsv", "a"), ("tsv", "\t1"), ("jsonl", "a"), ("jsonl", '{"key": 1}'), ("jsonl", '{"key": "\\ud800"}')]
)
def test_other_formats_tell_too(tmp_path, format, line):
    good = {"tsv": "a\t1", "jsonl": '{"key": "a", "value": 1}'}[format]
    with pytest.raises(InputError, match="source.txt:2: expected"):
        built(tmp_path, f"{good}\n{line}\n", format)
    assert built(tmp_path, f"{good}\n{line}\n", format, skip_bad_lines=True)["keys"] == 1


@pytest.mark.parametrize("content", [b"", b"\n\n", b"a\n"])
def test_a_file_without_a_key_is_refused(tmp_path, content):
    with pytest.raises(InputError, match="has no keys"):
        built(tmp_path, content, skip_bad_lines=True)


def test_missing_files_and_unknown_formats(tmp_path):
    with pytest.raises(InputError, match="nowhere.txt does not exist"):
        build(tmp_path / "nowhere.txt", tmp_path / "index", spelling())
    with pytest.raises(InputError, match="Did you mean jsonl"):
        built(tmp_path, GOOD, "json")
    (tmp_path / "cut.gz").write_bytes(gzip.compress(GOOD.encode() * 99)[:-9])
    with pytest.raises(InputError, match="gzip file is damaged"):
        build(tmp_path / "cut.gz", tmp_path / "index", spelling())


@pytest.mark.parametrize("chunk", [1, 7, 1 << 22])
def test_line_ends_a_mark_of_utf8_blank_lines_and_chunks_do_not_matter(tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(reading, "CHUNK_BYTES", chunk)
    content = "\ufeff中国\ta\t1\r\n\r\n中\tb\t2\n \n国（人民）\ta\t3".encode()
    assert built(tmp_path, content)["rows"] == 3
    index = PrefixIndex.open(tmp_path / "index")
    found = {entry.name: entry.values for entry in map(index.entry, range(3))}
    assert found == {"中国": ("1",), "中": ("2",), "国（人民）": ("3",)}
    (tmp_path / "source.gz").write_bytes(gzip.compress(content))
    build(tmp_path / "source.gz", tmp_path / "of_gzip", spelling())
    assert (tmp_path / "of_gzip" / INDEX.header).read_bytes() == (tmp_path / "index" / INDEX.header).read_bytes()


def test_brackets_that_do_not_match_are_counted_and_kept(tmp_path):
    lines = ["中）\ta\t1", "国（\ta\t2", "（人民）\ta\t3", "中（国（a）\ta\t4", "人（a）（b）\ta\t5"]
    index = index_of(tmp_path, lines)
    assert index.header["counts"]["unbalanced_names"] == 3
    found = {entry.name: (entry.subject, entry.meaning) for entry in map(index.entry, range(len(index)))}
    assert found == {"中）": ("中）", ""), "国（": ("国（", ""), "（人民）": ("（人民）", ""), "中（国（a）": ("中", "国（a"),
                     "人（a）（b）": ("人", "a）（b")}  # fmt: skip


def test_an_object_of_a_megabyte_and_a_subject_without_a_token(tmp_path):
    large = "长" * 350_000
    index = index_of(tmp_path, [f"中\ta\t{large}", f"中\ta\t{large}", "\u3000\ta\t1", GOOD])
    assert index.lookup(key("中", "a", ""))[0].values == (large,)
    assert [entry.name for entry in index.lookup(key("㛃", "a", ""))] == ["\u3000"]


def test_an_end_within_a_string_is_an_unknown_token(tmp_path):
    (tmp_path / "source.txt").write_text("ab\n")
    odd = spelling()
    odd = type(odd)(lambda texts: [[5, odd.end_id, 6] for _ in texts], "odd", odd.vocab_size, odd.unknown_id, odd.end_id)
    build(tmp_path / "source.txt", tmp_path / "index", odd, "lines")
    assert PrefixIndex.open(tmp_path / "index").lookup([5, odd.unknown_id, 6])[0].name == "ab"
    wrong = type(odd)(lambda texts: [[10**6] for _ in texts], "odd", odd.vocab_size, odd.unknown_id, odd.end_id)
    with pytest.raises(ValueError, match="expected ids below"):
        build(tmp_path / "source.txt", tmp_path / "index", wrong, "lines")


def test_one_file_gives_one_index_byte_by_byte(tmp_path):
    lines = [f"{subject}\t{predicate}\t{number}" for number, subject in enumerate("中国人㛃a") for predicate in ("a", "A", "ba")]
    built(tmp_path, "\n".join(lines))
    shutil.copytree(tmp_path / "index", tmp_path / "first")
    built(tmp_path, "\n".join(lines))
    for file in (tmp_path / "first").iterdir():
        assert (tmp_path / "index" / file.name).read_bytes() == file.read_bytes()
    assert len(list((tmp_path / "first").iterdir())) == len(list((tmp_path / "index").iterdir()))


def test_numbers_too_large_for_a_word_are_sorted_all_the_same(tmp_path, monkeypatch):
    names, predicates = ["㛃", "a", "A（中）", "㛄", "A"], ["b", "㛃", "B", "㛄"]
    lines = [f"{name}\t{predicate}\t{name}" for name in names for predicate in predicates]
    built(tmp_path, "\n".join(lines))
    (tmp_path / "index").rename(tmp_path / "one_word")
    for word in (2, 20, 1000):
        monkeypatch.setattr(builder, "_WORD", word)
        built(tmp_path, "\n".join(lines))
        assert (tmp_path / "index" / INDEX.header).read_bytes() == (tmp_path / "one_word" / INDEX.header).read_bytes()


# Damage


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sound")
    index_of(folder, [GOOD, "㛃\ta\t1", "中国（人民）\tab\t2"])
    return folder / "index"


@pytest.fixture
def copied(sound, tmp_path):
    shutil.copytree(sound, tmp_path / "copy")
    return tmp_path / "copy"


def names_of_files(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != INDEX.header)


def test_a_cut_or_missing_file_is_refused_on_opening(copied):
    for name in names_of_files(copied):
        path = copied / name
        content = path.read_bytes()
        for damaged in (content[:-1], content + b"0", None):
            path.unlink() if damaged is None else path.write_bytes(damaged)
            with pytest.raises(InputError, match=f"{name} (has .* bytes, not|is missing)"):
                PrefixIndex.open(copied)
        path.write_bytes(content)
    PrefixIndex.open(copied, verify=True)


def test_a_flipped_bit_is_found_by_verifying(copied):
    for name in names_of_files(copied):
        content = (copied / name).read_bytes()
        (copied / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        with pytest.raises(InputError, match="checksum mismatch"):
            PrefixIndex.open(copied, verify=True)
        (copied / name).write_bytes(content)


def test_damage_to_what_an_array_is_is_refused(copied):
    path = copied / "trie_labels.npy"
    content = path.read_bytes()
    path.write_bytes(b"no array" + content[8:])
    with pytest.raises(InputError, match="trie_labels.npy"):
        PrefixIndex.open(copied)


def test_a_changed_foreign_or_later_header_is_refused(copied, tmp_path):
    path = copied / INDEX.header
    header = json.loads(path.read_text())
    for content, message in (
        ("{", "not JSON"),
        ("[]", "is not the header of an index"),
        ('{"format": "model"}', "is not the header of an index"),
        (json.dumps(header | {"version": 1}), "has version 1 of the format, not 2"),
        (json.dumps(header | {"end_id": 3}), "changed after it was written"),
        ("\xff", "not JSON"),
    ):
        path.write_bytes(content.encode("latin-1"))
        with pytest.raises(InputError, match=message):
            PrefixIndex.open(copied)
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InputError, match="is not an index"):
            PrefixIndex.open(folder)


def test_another_vocabulary_is_refused(sound):
    PrefixIndex.open(sound, "small")
    with pytest.raises(InputError, match="built with another vocabulary"):
        PrefixIndex.open(sound, "large")


# Writing


def test_what_is_no_index_is_never_replaced(tmp_path):
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="exists and is not an index"):
        built(tmp_path, GOOD)
    assert (tmp_path / "index" / "thesis.txt").read_text() == "mine"
    shutil.rmtree(tmp_path / "index")
    (tmp_path / "index").write_text("mine")
    with pytest.raises(InputError, match="it is a file. Name a folder"):
        built(tmp_path, GOOD)


def test_a_full_disk_leaves_the_old_index(tmp_path, monkeypatch):
    built(tmp_path, GOOD)
    blocks = files.ArrayFolderWriter.blocks

    def full(self, name, *rest):
        if name == "values":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return blocks(self, name, *rest)

    monkeypatch.setattr(files.ArrayFolderWriter, "blocks", full)
    with pytest.raises(InputError, match="Cannot write to .*: No space left on device. Free space"):
        built(tmp_path, "国\ta\t1")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index", "source.txt"]
    assert PrefixIndex.open(tmp_path / "index", verify=True).lookup(key("中国", "a", ""))


def hold(folder, held, leave):
    with lock.only_builder(folder):
        held.set()
        leave.wait(120)


def test_a_second_builder_is_refused_while_the_first_works(tmp_path):
    context = multiprocessing.get_context("spawn")
    held, leave = context.Event(), context.Event()
    process = context.Process(target=hold, args=(tmp_path / "index", held, leave))
    process.start()
    assert held.wait(120)
    with pytest.raises(InputError, match="being built by another process"):
        built(tmp_path, GOOD)
    process.kill()                                                      # a lock goes with its process
    process.join()
    assert built(tmp_path, GOOD)["keys"] == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index", "source.txt"]


def names(folder):
    index = PrefixIndex.open(folder, verify=True)
    return [index.entry(key).name for key in range(len(index))]


def test_many_processes_read_an_index_and_one_that_is_replaced_is_read_to_its_end(tmp_path):
    built(tmp_path, "中国\ta\t1\n国\ta\t2")
    opened = PrefixIndex.open(tmp_path / "index")
    with concurrent.futures.ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        assert list(pool.map(names, [tmp_path / "index"] * 4)) == [["国", "中国"]] * 4
    built(tmp_path, "人民\ta\t3")
    assert [opened.entry(key).values for key in range(len(opened))] == [("2",), ("1",)]
    assert names(tmp_path / "index") == ["人民"]


def test_progress_is_reported(tmp_path):
    seen = []
    built(tmp_path, GOOD, report=lambda *what: seen.append(what))
    assert [stage for stage, done, total in seen if done <= total] == [stage for stage, *_ in seen]
    assert list(dict.fromkeys(stage for stage, *_ in seen)) == ["reading", "tokenizing", "sorting", "writing"]


def test_a_key_of_very_many_tokens(tmp_path):
    text = "中国" * 3000
    index = index_of(tmp_path, [text, text + "a"], "lines")
    assert [entry.name for entry in index.lookup(ids(text))] == [text]
