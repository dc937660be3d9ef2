"""Build a vocabulary from a corpus, or trim a checkpoint's to the tokens that a corpus uses.

run.py vocab build --corpus 'texts/*.txt.gz' --size 8000 --out FOLDER [--words 2000]
run.py vocab trim CHECKPOINT --corpus 'texts/*.txt.gz' --out FOLDER [--size 8000] [--min_count 2]
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import tyro

from baselines.cli.argument_parser import existing_checkpoint, parse
from baselines.corpus.shuffling.inputs import expand
from baselines.errors import InputError, nearest
from baselines.runtime.progress import Display
from baselines.storage.checkpoint_paths import folder_of


@dataclasses.dataclass(frozen=True)
class CorpusFlags:
    """Texts to count."""

    corpus: tuple[str, ...] = ()
    """Files, or quoted patterns: plain lines, .jsonl, .csv, .tsv; .gz of each."""
    text: str = "text"
    """Field or column of the text."""
    out: str = tyro.MISSING
    """Folder to write."""
    size: int | None = None
    """Tokens of the vocabulary, at most."""
    min_count: int = 2
    """Drop tokens that occur less often."""
    skip_bad_lines: bool = False
    """Skip records that cannot be read or have no text."""
    quiet: bool = False
    """Print results only."""

    def texts(self, display: Display) -> Iterator[str]:
        """Yields the texts of the corpus."""
        from baselines.corpus.record_files import RecordFiles

        files = RecordFiles(expand(self.corpus), self.skip_bad_lines)
        names, bar = files.text_fields(self.text), display.bar("counting", None)
        for record in files:
            yield record.text(names)
            bar.advance()
        bar.close()

    def check(self) -> None:
        """Raises InputError for wrong flags, before anything is read."""
        if not self.corpus:
            raise InputError("--corpus is missing. Give files of texts.")
        if self.min_count < 1:
            raise InputError(f"--min_count {self.min_count} is too small. Give at least 1.")
        out = Path(self.out)
        if out.is_file() or out.is_dir() and any(out.iterdir()):
            raise InputError(f"--out: {out} exists already. Choose a new folder.")


@dataclasses.dataclass(frozen=True)
class BuildFlags(CorpusFlags):
    """Build a WordPiece vocabulary from a corpus."""

    words: int = 0
    """Number of tokens that are words of several characters, as jieba segments them."""
    lower_case: bool = True
    """Convert to lower case and drop accents."""


@dataclasses.dataclass(frozen=True)
class TrimFlags(CorpusFlags):
    """Keep the tokens of a checkpoint that a corpus uses, and their rows in its tables."""

    pre_tokenizer: str | None = None
    """jieba cuts texts into words first, none into characters; default: as the checkpoint's tokenizer_config.json says."""


def main(argv: list[str]) -> None:
    """Runs `vocab build` or `vocab trim`."""
    if not argv or argv[0] in ("-h", "--help"):
        print(f"{__doc__.strip()}\n\nrun.py vocab build --help and the like show the flags of each.")
        return
    verb, *rest = argv
    if verb == "build":
        return build(rest)
    if verb != "trim":
        raise InputError(f"run.py vocab {verb}: no such verb. {nearest(verb, ['build', 'trim'])}")
    target = rest.pop(0) if rest and not rest[0].startswith("-") else None
    if target is None and not {"-h", "--help"} & set(rest):
        raise InputError("run.py vocab trim: no checkpoint is given. Name its folder right after `trim`.")
    trim(target, rest)


def build(argv: list[str]) -> None:
    """Builds a vocabulary and writes its folder."""
    from baselines.corpus import vocabulary_building
    from baselines.tokenizers.tokenizer import Tokenizer
    from baselines.tokenizers.vocabulary import Vocabulary
    from baselines.tokenizers.words import jieba_words

    flags = parse(BuildFlags, argv, "run.py vocab build")
    flags.check()
    if flags.words < 0 or flags.size is None:
        raise InputError(f"--size {flags.size}, --words {flags.words}: a number is missing or negative. Give --size N.")
    words = vocabulary_building.WordCounts(flags.lower_case, jieba_words if flags.words else None)
    with Display(flags.quiet) as display:
        for text in flags.texts(display):
            words.add(text)
        tokens = vocabulary_building.build_vocabulary(words, flags.size, flags.words, flags.min_count)
        tokenizer = Tokenizer.from_vocabulary(Vocabulary(tokens), flags.lower_case, "jieba" if flags.words else None)
        Path(flags.out).mkdir(parents=True, exist_ok=True)
        tokenizer.save(flags.out)
        covered = sum(count for token, count in words.single.items() if token in tokenizer.vocabulary)
        share = covered / max(1, words.single.total())
        size = len(tokenizer.vocabulary)
        display.result(f"{flags.out}: {size:,} tokens, which cover {share:.4%} of the ideographs and signs of the corpus")


def trim(folder: str, argv: list[str]) -> None:
    """Writes a checkpoint with the tokens that a corpus uses."""
    flags = parse(TrimFlags, argv, "run.py vocab trim CHECKPOINT")
    flags.check()
    folder = existing_checkpoint(folder, "run.py vocab trim")

    from baselines.cli.startup import start_backend

    start_backend()
    from baselines.models.checkpoint import Checkpoint
    from baselines.workflows import vocabulary_pruning

    with Display(flags.quiet) as display:
        checkpoint = Checkpoint.open(folder, pre_tokenizer=flags.pre_tokenizer, note=display.note)
        tokenizer = checkpoint.tokenizer
        counts = vocabulary_pruning.count_tokens(tokenizer, flags.texts(display))
        ids = vocabulary_pruning.retained_ids(tokenizer, counts, flags.size, flags.min_count)
        vocabulary_pruning.trim(checkpoint, flags.out, ids)
        before = vocabulary_pruning.megabytes(folder_of(folder), checkpoint.tensors)
        after = vocabulary_pruning.megabytes(Path(flags.out))
        lost = 1 - counts[ids].sum() / max(1, counts.sum())
        display.result(f"{flags.out}: {len(ids):,} of {len(tokenizer.vocabulary):,} tokens, {before:.1f} to {after:.1f} MB; "
                       f"{lost:.4%} of the tokens of the corpus are dropped")  # fmt: skip
