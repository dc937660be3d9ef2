"""Files without the records that were there before, in the same file or an earlier one, and a list of what was dropped."""

import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from baselines.corpus.hashing import RepeatFinder
from baselines.corpus.record_files import RecordFiles, normalized
from baselines.errors import InputError
from baselines.storage.atomic_files import atomic_folder


def deduplicate(
    files: RecordFiles, out: str | Path, names: Sequence[str], exact: bool = False, advance: Callable = lambda: None
) -> dict:
    """Writes each file, without repeated records, and dropped.jsonl to the folder `out`.

    The first record of those that are the same is kept. Memory: about a byte per record while hashes are sorted, and some 40 for
    each record that is dropped.

    Args:
        files: the records.
        out: folder, made or replaced in one step.
        names: fields whose texts are compared.
        exact: only equal texts are the same; else also those that differ in case, white space and punctuation.
        advance: called for every record, twice.

    Returns:
        {"records", "kept", "dropped", "skipped", "files": {name: [records, kept]}}.

    Raises:
        InputError: for two files of one name, and for what `files` refuses.
    """
    out = Path(out)
    outputs = [path.name for path in files.paths]
    if len(set(outputs)) < len(outputs):
        raise InputError(f"{out}: two input files have the same name: {', '.join(outputs)}. Each keeps its own, so rename one.")
    with RepeatFinder() as repeats:
        for record in files:
            text = record.text(names)
            repeats.add(text if exact else normalized(text))
            advance()
        pairs = [np.concatenate(each) if each else np.zeros(0, np.int64) for each in zip(*repeats.pairs(), strict=True)]
        count = repeats.count
    repeated, first = pairs
    order = np.argsort(repeated)
    repeated, first = repeated[order], first[order]
    with atomic_folder(out) as building:
        counts = _write(files, building, outputs, repeated, first, advance)
    return {"records": count, "kept": count - len(repeated), "dropped": len(repeated), "skipped": files.skipped, "files": counts}


def _write(files, folder, outputs, repeated, first, advance):
    counts, output, current, next_repeat = {name: [0, 0] for name in outputs}, None, None, 0
    originals = np.unique(first)
    places = np.zeros(len(originals), [("file", "<i4"), ("line", "<i8")])
    with open(folder / "dropped.jsonl", "w", encoding="utf-8") as dropped:
        try:
            for number, record in enumerate(files):
                if record.file != current:
                    if output:
                        output.close()
                    current = record.file
                    output = open_output(folder / outputs[current])
                    output.write(files.header)
                counts[outputs[current]][0] += 1
                row = int(np.searchsorted(originals, number)) if len(originals) else 0
                if row < len(originals) and originals[row] == number:
                    places[row] = record.file, record.line
                if next_repeat < len(repeated) and repeated[next_repeat] == number:
                    origin = places[np.searchsorted(originals, first[next_repeat])]
                    line = {"dropped": files.origin(record), "same_as": f"{outputs[origin['file']]}:{origin['line']}"}
                    dropped.write(json.dumps(line, ensure_ascii=False) + "\n")
                    next_repeat += 1
                else:
                    output.write(record.raw)
                    counts[outputs[current]][1] += 1
                advance()
        finally:
            if output:
                output.close()
    return counts


def open_output(path: Path) -> BinaryIO:
    """A file open for bytes, compressed where its name says so; the same bytes in, the same out."""
    return gzip.GzipFile("", "wb", 6, open(path, "wb"), mtime=0) if path.suffix == ".gz" else open(path, "wb")
