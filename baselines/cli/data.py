"""Prepare files of texts: statistics, deduplication, and a split into train, dev and test.

run.py data stats FILE … [--vocab CHECKPOINT] [--out DIR]
run.py data dedup FILE … --out DIR [--exact]
run.py data split FILE … --out DIR --dev 0.05 --test 1000 [--stratify label] [--group user]
"""

import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np
import tyro

from baselines.cli.argument_parser import existing_checkpoint, parse
from baselines.corpus.shuffling.inputs import expand
from baselines.errors import InputError, nearest
from baselines.runtime.progress import Display
from baselines.runtime.ray_cluster import check_engine
from baselines.storage.atomic_files import atomic_folder, atomic_write


@dataclasses.dataclass(frozen=True)
class TextFlags:
    """Files of texts."""

    inputs: tyro.conf.Positional[tuple[str, ...]] = ()
    """Files, or quoted patterns: plain lines, .jsonl, .csv, .tsv; .gz of each."""
    text: str = "text"
    """Field or column of the text; several with commas. Plain lines have none."""
    skip_bad_lines: bool = False
    """Skip and count records that are not UTF-8, not JSON, lack the text, or have more or fewer cells than the header."""
    out: str | None = None
    """Folder to write."""
    quiet: bool = False
    """Show results only."""

    def files(self, verb: str) -> tuple:
        """(RecordFiles, names of the text's fields)."""
        from baselines.corpus.record_files import RecordFiles

        if not self.inputs:
            raise InputError(f"data {verb}: no input files. Name files, or quoted patterns of them.")
        if verb != "stats" and not self.out:
            raise InputError(f"data {verb}: --out is required. Name a folder to write.")
        files = RecordFiles(expand(self.inputs), self.skip_bad_lines)
        self.refuse_other_content(files.paths)
        return files, files.text_fields(self.text)

    def refuse_other_content(self, paths: list[Path]) -> None:
        """Raises InputError for a folder that holds inputs, or files that this command does not write."""
        folder = Path(self.out) if self.out else None
        if folder is None or not folder.exists():
            return
        names = {path.name for path in paths} | {"dropped.jsonl", "stats.json", "lengths.png"}
        inputs = {path.resolve() for path in paths}
        ours = lambda path: path.name in names or path.name.startswith(("train.", "dev.", "test."))  # noqa: E731
        inside = [folder] if folder.is_file() else folder.iterdir()
        other = [path for path in inside if not ours(path) or path.resolve() in inputs]
        if other:
            raise InputError(f"--out: {folder} holds {other[0].name}, which this command did not write. Choose a new folder.")


@dataclasses.dataclass(frozen=True)
class StatsFlags(TextFlags):
    """Report what files hold."""

    vocab: str | None = None
    """Checkpoint folder, or folder of a tokenizer, to count tokens and unknown characters with."""


@dataclasses.dataclass(frozen=True)
class DedupFlags(TextFlags):
    """Drop records that appear earlier, in the same file or one before it."""

    exact: bool = False
    """Compare texts exactly; by default case, white space and punctuation are ignored."""
    engine: str = "local"
    """local, or ray: on the machines of a Ray cluster."""


@dataclasses.dataclass(frozen=True)
class SplitFlags(TextFlags):
    """Split records into train, dev and test; records whose texts differ only in case, space or punctuation stay together."""

    dev: float = 0.0
    """Records of dev: a number, or a share if below 1."""
    test: float = 0.0
    """Records of test: a number, or a share if below 1."""
    seed: int = 0
    """The same files and seed give the same split."""
    stratify: str | None = None
    """Field of a label: each part has the same label proportions."""
    group: str | None = None
    """Field such as a user's number: records with the same value stay together."""


def main(argv: list[str]) -> None:
    if not argv or argv[0] in ("-h", "--help"):
        print(f"{__doc__.strip()}\n\nrun.py data stats --help and the like show the flags of each.")
        return
    verb, *rest = argv
    if verb not in VERBS:
        raise InputError(f"data {verb}: no such command. {nearest(verb, VERBS)}")
    VERBS[verb](rest)


def stats(argv: list[str]) -> None:
    """Runs `data stats`."""
    from baselines.corpus import statistics
    from baselines.tokenizers.tokenizer import Tokenizer

    flags = parse(StatsFlags, argv, "run.py data stats")
    files, names = flags.files("stats")
    tokenizer = Tokenizer.from_folder(existing_checkpoint(flags.vocab, "--vocab", weights=False)) if flags.vocab else None
    with Display(flags.quiet) as display:
        report = statistics.measure(files, names, tokenizer, display.bar("reading", None).advance)
        table = statistics.format_table(report)
        display.result("\n".join(table))
        if flags.out:
            with atomic_folder(flags.out) as folder:
                statistics.draw_lengths(folder / "lengths.png", report)
                values = {"unknown": dict(report.unknown.most_common(1000)), "characters": dict(report.characters.most_common())}
                values |= {name: value for name, value in vars(report).items() if isinstance(value, int)}
                with atomic_write(folder / "stats.json", "w") as file:
                    json.dump(values, file, ensure_ascii=False, indent=1)


def dedup(argv: list[str]) -> None:
    """Runs `data dedup`."""
    from baselines.corpus.deduplication import deduplicate

    flags = parse(DedupFlags, argv, "run.py data dedup")
    files, names = flags.files("dedup")
    with Display(flags.quiet) as display:
        if check_engine(flags.engine) == "ray":
            from baselines.corpus.ray_engine import deduplicate_on_ray

            display.result(deduplicate_on_ray(flags, files, names))
            return
        report = deduplicate(files, flags.out, names, flags.exact, display.bar("records, twice", None).advance)
        for name, (count, num_retained) in report["files"].items():
            display.note(f"  {name}: {num_retained:,} of {count:,}")
        display.result(f"{flags.out}: {report['kept']:,} of {report['records']:,} records, {report['dropped']:,} dropped "
                       f"(dropped.jsonl), {report['skipped']:,} invalid")  # fmt: skip


def split(argv: list[str]) -> None:
    """Runs `data split`."""
    from baselines.corpus import splitting
    from baselines.corpus.deduplication import open_output
    from baselines.corpus.record_files import normalized

    flags = parse(SplitFlags, argv, "run.py data split")
    if min(flags.dev, flags.test) < 0 or not flags.dev + flags.test:
        problem = f"--dev {flags.dev:g} and --test {flags.test:g} are out of range."
        raise InputError(f"{problem} Set one to a share such as 0.1, or to a number.")
    files, names = flags.files("split")
    with Display(flags.quiet) as display:
        bar, keys, labels, known = display.bar("records, twice", None), [[], []], [], {}
        for record in files:
            keys[0].append(number_of(normalized(record.text(names))))
            if flags.group:
                keys[1].append(number_of(str(files.require(record, flags.group, "--group"))))
            label = str(files.require(record, flags.stratify, "--stratify")) if flags.stratify else ""
            labels.append(known.setdefault(label, len(known)))
            bar.advance()
        if not labels:
            raise InputError(f"{files.paths[0]} holds no records. Name files with some.")
        dev, test = splitting.sizes(len(labels), flags.dev, flags.test)
        if dev + test >= len(labels):
            raise InputError(f"--dev and --test take {dev + test:,} of {len(labels):,} records. Leave some for train.")
        groups = splitting.groups_of(*(np.array(key, np.uint64) for key in keys if key))
        part = splitting.split(groups, np.array(labels), dev, test, flags.seed)
        with atomic_folder(flags.out) as folder:
            outputs = {number: open_output(folder / f"{name}{files.suffix()}")
                       for number, name in enumerate(("train", "dev", "test")) if number in part}  # fmt: skip
            try:
                for output in outputs.values():
                    output.write(files.header)
                for record, number in zip(files, part.tolist(), strict=True):
                    outputs[number].write(record.raw)
                    bar.advance()
            finally:
                for output in outputs.values():
                    output.close()
        counts = np.bincount(part, minlength=3)
        display.result(f"{flags.out}: train {counts[0]:,}, dev {counts[1]:,}, test {counts[2]:,} of {len(part):,} records in "
                       f"{int(groups.max()) + 1:,} groups, {files.skipped:,} invalid")  # fmt: skip


def number_of(text: str) -> int:
    """64 bits of a text's hash."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


VERBS = {"stats": stats, "dedup": dedup, "split": split}
