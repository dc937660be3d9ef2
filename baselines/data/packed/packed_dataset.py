"""Packed rows on disk: token files in a folder, memory-mapped, written by several processes, the same for any number of them.

train_tokens.npy   uint16, or uint32 for large vocabularies: the ids of all rows end to end
train_starts.npy   uint8, 1 where a word begins
train_rows.npy     int64 (rows + 1,), where each row begins in both
dev_*.npy          the same of the text that is held out; records.json, the header, see array_folder.py
"""

import concurrent.futures
import functools
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from baselines.data.packed.packing import Packer
from baselines.data.packed.text_corpus import TextCorpus
from baselines.errors import InputError
from baselines.runtime.concurrency import bounded_map
from baselines.storage import array_folder
from baselines.storage.atomic_files import atomic_folder, recover
from baselines.tokenizers.tokenizer import Tokenizer

RECORDS = array_folder.Kind("packed-records", 1, "records.json", "packed records", "Pack them again: run.py pretrain.")
PARAGRAPHS_PER_JOB = 50
BLOCK_SIZE = 1 << 24
_packing = None


class PackedDataset:
    """The rows of a split: `records[i]` is (token_ids, starts), views of the files.

    Args:
        header: what they were made of: {"made_of": …, "counts": …}.
        tokens: ids of all rows, end to end.
        starts: 1 where a word begins, of the same length.
        rows: int64 (rows + 1,), where each row begins in both.
    """

    def __init__(self, header: dict, tokens: np.ndarray, starts: np.ndarray, rows: np.ndarray):
        self.header, self.tokens, self.starts, self.rows = header, tokens, starts, rows

    @classmethod
    def open(cls, folder: str | Path, split: str) -> "PackedDataset":
        """Raises InputError for a folder that is damaged or foreign, and for a split without rows."""
        recover(folder)
        header = array_folder.read_header(folder, RECORDS)
        arrays = array_folder.open_arrays(folder, header)
        dataset = cls(header, *(arrays[f"{split}_{name}"] for name in ("tokens", "starts", "rows")))
        if not len(dataset):
            raise InputError(f"{folder}: there are no rows of the split {split}. Pack more text.")
        return dataset

    def __len__(self):
        return len(self.rows) - 1

    def __getitem__(self, number):
        part = slice(self.rows[number], self.rows[number + 1])
        return self.tokens[part], self.starts[part]

    def padded(self, numbers: np.ndarray, length: int, pad_id: int) -> tuple[np.ndarray, np.ndarray]:
        """(token_ids int32, starts bool), both (rows, length), of some rows, padded to `length`; each padding token is a word."""
        begin, places = self.rows[numbers], np.arange(length)
        real = places < (self.rows[numbers + 1] - begin)[:, None]
        where = np.where(real, begin[:, None] + places, 0)
        return np.where(real, self.tokens[where], pad_id).astype(np.int32), np.where(real, self.starts[where], 1).astype(bool)


def write_records(
    folder: str | Path,
    corpora: Mapping[str, TextCorpus],
    tokenizer: Tokenizer,
    max_length: int,
    held_out: int = 0,
    workers: int = 1,
    made_of: dict | None = None,
    advance: Callable[[int], None] = lambda lines: None,
    worked: Callable | None = None,
) -> dict[str, int | dict]:
    """Packs {"train": Corpus, and "dev" if there is one} into a folder. Returns the counts that its header holds.

    Args:
        folder: made or replaced in one step.
        corpora: the texts.
        tokenizer: of the checkpoint.
        max_length: tokens of a row, at most.
        held_out: one in `held_out` paragraphs of "train" goes to "dev"; 0: none.
        workers: processes that tokenize; the files are the same for any number.
        made_of: a record of the sources, for the header.
        advance: called with the number of lines read, now and then.
        worked: worked(build, jobs) yields build()(job) of each job in their order, in place of `workers`.
    """
    counts, build = {}, functools.partial(Packing, tokenizer, max_length)
    pack = functools.partial(worked or functools.partial(packed, workers), build)
    with atomic_folder(folder) as building:
        splits = {split: Column(building, split, len(tokenizer.vocabulary)) for split in ("train", "dev")}
        for name, corpus in corpora.items():
            cut = 0
            for split, rows, lost in pack(jobs(corpus, name, held_out)):
                splits[split].extend(rows)
                cut += lost
                advance(corpus.lines)
            counts[name] = {"lines": corpus.lines, "skipped_lines": corpus.skipped, "tokens_cut": cut}
        writer = array_folder.ArrayFolderWriter(building, RECORDS)
        for split, column in splits.items():
            counts[f"{split}_rows"], counts[f"{split}_tokens"] = column.write(writer)
        writer.header(made_of=made_of or {}, max_length=max_length, counts=counts)
    return counts


def jobs(corpus: TextCorpus, name: str, held_out: int) -> Iterator[tuple[str, list]]:
    """Yields (split, paragraphs), some paragraphs at a time; one in `held_out` of the training text goes to dev."""
    splits = {"train": [], "dev": []}
    for number, paragraph in enumerate(corpus.paragraphs(), start=1):
        split = "dev" if name == "dev" or held_out and number % held_out == 0 else "train"
        splits[split].append(paragraph)
        if len(splits[split]) == PARAGRAPHS_PER_JOB:
            yield split, splits[split]
            splits[split] = []
    yield from ((split, paragraphs) for split, paragraphs in splits.items() if paragraphs)


class Packing:
    """(split, paragraphs) -> (split, [(token_ids, starts), …], tokens that were cut off)."""

    def __init__(self, tokenizer: Tokenizer, max_length: int):
        self._packer = Packer(tokenizer, max_length)

    def __call__(self, job: tuple) -> tuple:
        split, paragraphs = job
        before = self._packer.cut
        rows = [row for paragraph in paragraphs for row in self._packer.rows(paragraph)]
        return split, rows, self._packer.cut - before


def packed(workers: int, build: Callable, jobs: Iterable) -> Iterator:
    """Yields build()(job) of each job, in the order of the jobs, by `workers` processes."""
    if workers == 1:
        yield from map(build(), jobs)
        return
    context = multiprocessing.get_context("spawn")                      # a fork of a process with a backend's threads may hang
    with concurrent.futures.ProcessPoolExecutor(workers, context, _start, (build,)) as pool:
        try:
            for future in bounded_map(functools.partial(pool.submit, _work), jobs, 3 * workers):
                yield future.result()
        except concurrent.futures.BrokenExecutor:
            raise InputError(
                f"--workers {workers}: a process was killed, perhaps because memory ran out. Start again with fewer workers."
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)


def _start(build):
    global _packing
    _packing = build()


def _work(job):
    return _packing(job)


class Column:
    """The rows of a split, put end to end on the disk until it is known how many there are."""

    def __init__(self, folder: Path, split: str, vocab_size: int):
        self.split, self.lengths = split, []
        self.dtypes = {"tokens": np.uint16 if vocab_size <= 1 << 16 else np.uint32, "starts": np.uint8}
        self.files = {name: open(folder / f"{split}_{name}.unfinished", "wb") for name in self.dtypes}

    def extend(self, rows: Iterable[tuple[np.ndarray, np.ndarray]]) -> None:
        for name, place in (("tokens", 0), ("starts", 1)):
            self.files[name].write(b"".join(row[place].astype(self.dtypes[name]).tobytes() for row in rows))
        self.lengths += [len(row[0]) for row in rows]

    def write(self, writer: array_folder.ArrayFolderWriter) -> tuple[int, int]:
        """(rows, tokens) of the arrays that it writes."""
        rows = np.concatenate([[0], np.cumsum(self.lengths, dtype=np.int64)]).astype(np.int64)
        for name, file in self.files.items():
            file.close()
            with open(file.name, "rb") as source:
                read = functools.partial(source.read, BLOCK_SIZE)
                blocks = (np.frombuffer(block, self.dtypes[name]) for block in iter(read, b""))
                writer.blocks(f"{self.split}_{name}", self.dtypes[name], rows[-1], blocks)
            Path(file.name).unlink()
        writer.array(f"{self.split}_rows", rows)
        return len(self.lengths), int(rows[-1])
