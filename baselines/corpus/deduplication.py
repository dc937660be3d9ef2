"""Files without the records that were there before, in the same file or an earlier one, and a list of what was dropped."""

import gzip
import json
from pathlib import Path

import numpy as np

from baselines.corpus.hashing import Repeats
from baselines.corpus.record_files import normalized
from baselines.errors import InputError
from baselines.storage.atomic_files import atomic_folder


def deduplicate(files, out, names, exact=False, advance=lambda: None):
    """Writes each file, without repeated records, and dropped.jsonl to the folder `out`.

    files    a corpus.record_files.RecordFiles
    names    fields whose texts are compared
    exact    only the same texts are the same; else also those that differ in case, white space and punctuation
    advance  called for every record, twice

    Returns {"records", "kept", "dropped", "skipped", "files": {name: [records, kept]}}. The first record of those that are the
    same is kept. Memory: about a byte per record while hashes are sorted, and some 40 for each record that is dropped.
    """
    out = Path(out)
    outputs = [path.name for path in files.paths]
    if len(set(outputs)) < len(outputs):
        raise InputError(f"{out}: expected files of different names, for each keeps its own. Received: {', '.join(outputs)}.")
    with Repeats() as repeats:
        for record in files:
            text = record.text(names)
            repeats.add(text if exact else normalized(text))
            advance()
        pairs = [np.concatenate(each) if each else np.zeros(0, np.int64) for each in zip(*repeats.pairs(), strict=True)]
        count = repeats.count
    repeated, first = pairs
    order = np.argsort(repeated)
    repeated, first = repeated[order], first[order]
    places = {}
    with atomic_folder(out) as building:
        counts = _write(files, building, outputs, repeated, first, places, advance)
    return {"records": count, "kept": count - len(repeated), "dropped": len(repeated), "skipped": files.skipped, "files": counts}


def _write(files, folder, outputs, repeated, first, places, advance):
    counts, opened, current, next_one = {name: [0, 0] for name in outputs}, None, None, 0
    wanted = np.unique(first)
    place = np.zeros(len(wanted), [("file", "<i4"), ("line", "<i8")])
    with open(folder / "dropped.jsonl", "w", encoding="utf-8") as dropped:
        try:
            for number, record in enumerate(files):
                if record.file != current:
                    if opened:
                        opened.close()
                    current = record.file
                    opened = opener(folder / outputs[current])
                    opened.write(files.header)
                counts[outputs[current]][0] += 1
                at = int(np.searchsorted(wanted, number)) if len(wanted) else 0
                if at < len(wanted) and wanted[at] == number:
                    place[at] = record.file, record.line
                if next_one < len(repeated) and repeated[next_one] == number:
                    origin = place[np.searchsorted(wanted, first[next_one])]
                    told = {"dropped": files.origin(record), "same_as": f"{outputs[origin['file']]}:{origin['line']}"}
                    dropped.write(json.dumps(told, ensure_ascii=False) + "\n")
                    next_one += 1
                else:
                    opened.write(record.raw)
                    counts[outputs[current]][1] += 1
                advance()
        finally:
            if opened:
                opened.close()
    return counts


def opener(path):
    """A file open for bytes, compressed where its name says so; the same bytes in, the same out."""
    return gzip.GzipFile("", "wb", 6, open(path, "wb"), mtime=0) if path.suffix == ".gz" else open(path, "wb")
